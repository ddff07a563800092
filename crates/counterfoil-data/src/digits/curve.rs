//! Smooth curves through given points, cut into short straight segments.
//!
//! The curve is the centripetal Catmull-Rom spline (Catmull and Rom 1974; Yuksel, Schaefer and Keyser, "On the
//! parameterization of Catmull-Rom curves", 2009): it passes through every point and, with this spacing of its
//! knots, makes no cusp or loop within a span however unevenly the points lie.

/// A point or vector in the plane.
pub(super) type Point = [f64; 2];

/// A straight piece of a flattened curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Segment {
    /// Where the pen starts.
    pub from: Point,
    /// Where it ends.
    pub to: Point,
}

/// Appends the spline through `points` to `out`, in pieces about `step` long (at least one for each span).
///
/// A stroke whose first point equals its last is a closed loop and is smooth there too. Coinciding neighbours
/// are allowed. Complexity: linear in the number of pieces.
pub(super) fn flatten(points: &[Point], step: f64, out: &mut Vec<Segment>) {
    let n = points.len();
    if n < 2 {
        return;
    }
    let closed = n > 3 && points[0] == points[n - 1];
    for k in 0..n - 1 {
        let (p1, p2) = (points[k], points[k + 1]);
        // The neighbours beyond the span: around the loop, or the mirror image at a free end.
        let p0 = match k {
            0 if closed => points[n - 2],
            0 => reflect(p2, p1),
            _ => points[k - 1],
        };
        let p3 = match k + 2 {
            j if j < n => points[j],
            _ if closed => points[1],
            _ => reflect(p1, p2),
        };
        let span = Span::new(p0, p1, p2, p3);
        let pieces = (distance(p1, p2) / step).ceil().max(1.0) as usize;
        let mut from = p1;
        for i in 1..=pieces {
            let to = if i == pieces { p2 } else { span.at(i as f64 / pieces as f64) };
            out.push(Segment { from, to });
            from = to;
        }
    }
}

/// One span of the spline as a cubic Hermite curve from `start` to `end`.
struct Span {
    start: Point,
    end: Point,
    tangent_in: Point,
    tangent_out: Point,
}

impl Span {
    fn new(p0: Point, p1: Point, p2: Point, p3: Point) -> Self {
        // Knot distances |p - q|^(1/2); the floor keeps coinciding points from dividing by zero.
        let knot = |p, q| distance(p, q).sqrt().max(1e-6);
        let (d01, d12, d23) = (knot(p0, p1), knot(p1, p2), knot(p2, p3));
        let tangent = |a: Point, b: Point, c: Point, dab: f64, dbc: f64| {
            [0, 1].map(|i| {
                d12 * ((b[i] - a[i]) / dab - (c[i] - a[i]) / (dab + dbc) + (c[i] - b[i]) / dbc)
            })
        };
        Self {
            start: p1,
            end: p2,
            tangent_in: tangent(p0, p1, p2, d01, d12),
            tangent_out: tangent(p1, p2, p3, d12, d23),
        }
    }

    fn at(&self, t: f64) -> Point {
        let (t2, t3) = (t * t, t * t * t);
        let (h00, h10) = (2.0 * t3 - 3.0 * t2 + 1.0, t3 - 2.0 * t2 + t);
        let (h01, h11) = (3.0 * t2 - 2.0 * t3, t3 - t2);
        [0, 1].map(|i| {
            h00 * self.start[i]
                + h10 * self.tangent_in[i]
                + h01 * self.end[i]
                + h11 * self.tangent_out[i]
        })
    }
}

/// The mirror image of `p` in `centre`.
fn reflect(p: Point, centre: Point) -> Point {
    [2.0 * centre[0] - p[0], 2.0 * centre[1] - p[1]]
}

fn distance(p: Point, q: Point) -> f64 {
    let (dx, dy) = (p[0] - q[0], p[1] - q[1]);
    (dx * dx + dy * dy).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn flat(points: &[Point], step: f64) -> Vec<Segment> {
        let mut out = Vec::new();
        flatten(points, step, &mut out);
        out
    }

    /// Float class: eight points on a circle of radius 1; the spline's own error at this spacing is below 1 %.
    #[test]
    fn a_closed_loop_through_a_circle_is_round() {
        let mut points: Vec<Point> = (0..8)
            .map(|k| f64::from(k) * std::f64::consts::FRAC_PI_4)
            .map(|a| [a.cos(), a.sin()])
            .collect();
        points.push(points[0]);
        for s in flat(&points, 0.05) {
            let r = (s.to[0].powi(2) + s.to[1].powi(2)).sqrt();
            assert!((r - 1.0).abs() < 0.01, "radius {r}");
        }
    }

    proptest! {
        #[test]
        fn the_pieces_join_and_pass_through_every_point(
            points in prop::collection::vec([-1.0..1.0f64, -1.0..1.0], 2..12), step in 0.02..0.5f64,
        ) {
            let pieces = flat(&points, step);
            prop_assert!(pieces.windows(2).all(|w| w[0].to == w[1].from));
            prop_assert_eq!(pieces[0].from, points[0]);
            for p in &points[1..] {
                prop_assert!(pieces.iter().any(|s| s.to == *p));
            }
            prop_assert!(pieces.iter().flat_map(|s| [s.from, s.to]).flatten().all(f64::is_finite));
        }

        /// Float class: the spline of points on a line stays on it, up to rounding.
        #[test]
        fn points_on_a_line_give_the_line(
            mut ts in prop::collection::vec(0.0..1.0f64, 2..8), slope in -2.0..2.0f64,
        ) {
            ts.sort_by(f64::total_cmp);
            let points: Vec<Point> = ts.iter().map(|&t| [t, slope * t]).collect();
            for s in flat(&points, 0.05) {
                prop_assert!((s.to[1] - slope * s.to[0]).abs() < 1e-8);
            }
        }

        #[test]
        fn coinciding_points_are_harmless(p in [-1.0..1.0f64, -1.0..1.0], n in 2usize..6) {
            let pieces = flat(&vec![p; n], 0.1);
            prop_assert!(pieces.iter().flat_map(|s| [s.from, s.to]).flatten().all(f64::is_finite));
        }
    }
}
