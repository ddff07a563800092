//! Ink from a skeleton: the distance of every pixel to the nearest stroke, turned into coverage.
//!
//! A pixel centre at distance `d` from the skeleton of a stroke of thickness `T` (both in pixels) is covered by
//!
//! ```text
//! clamp((T/2 - d) / w + 1/2, 0, 1),     w = min(1, T/3)
//! ```
//!
//! so ink fades linearly over a band of `w` pixels around the outline, where `d = T/2` and coverage is one half.
//! Strokes thinner than two pixels get a narrower band: with `w = 1` their full core would be less than half of
//! what lies above half coverage, and the median of the pixels above half the maximum, which is how
//! Morpho-MNIST defines and measures intensity, would no longer be the ink's intensity.

use super::curve::Segment;

/// Width of the band over which ink fades, in pixels, for a stroke of this thickness.
fn fade(thickness: f64) -> f64 {
    // The floor keeps the slope finite; a stroke that thin misses every pixel centre anyway.
    (thickness / 3.0).clamp(1e-3, 1.0)
}

/// How far from the skeleton ink of this thickness reaches, in pixels.
fn reach(thickness: f64) -> f64 {
    0.5 * (thickness + fade(thickness))
}

/// Writes `intensity` times the coverage into `pixels`, `side` to a row, rounded to whole grey levels.
///
/// `skeleton` and `thickness` are in pixels, `thickness` is at least 0; `intensity` in grey levels. Complexity: the sum
/// over the pieces of the area of their boxes grown by the reach, about 1,000 distances for a usual digit.
pub(super) fn paint(
    skeleton: &[Segment],
    thickness: f64,
    intensity: f64,
    side: usize,
    pixels: &mut [u8],
) {
    let squared = squared_distances(skeleton, reach(thickness), side);
    let slope = fade(thickness).recip() as f32;
    let at_centre = (0.5 * thickness) as f32 * slope + 0.5;
    let intensity = intensity.clamp(0.0, 255.0) as f32;
    for (pixel, d2) in pixels.iter_mut().zip(squared) {
        let coverage = (at_centre - slope * d2.sqrt()).clamp(0.0, 1.0);
        // Truncation after adding one half rounds to nearest: the value lies in [0, 255].
        *pixel = (intensity * coverage + 0.5) as u8;
    }
}

/// The smallest squared distance from each pixel's centre to any piece, exact wherever it is within `reach` and larger
/// elsewhere.
fn squared_distances(skeleton: &[Segment], reach: f64, side: usize) -> Vec<f32> {
    let reach = reach as f32;
    let mut field = vec![f32::INFINITY; side * side];
    for s in skeleton {
        let [ax, ay] = s.from.map(|v| v as f32);
        let [bx, by] = s.to.map(|v| v as f32);
        let (ux, uy) = (bx - ax, by - ay);
        let inverse = (ux * ux + uy * uy).max(f32::MIN_POSITIVE).recip();
        let (left, right) = pixels_near(ax.min(bx) - reach, ax.max(bx) + reach, side);
        let (top, bottom) = pixels_near(ay.min(by) - reach, ay.max(by) + reach, side);
        for row in top..bottom {
            let py = row as f32 + 0.5 - ay;
            for (column, least) in (left..right).zip(&mut field[row * side + left..]) {
                let px = column as f32 + 0.5 - ax;
                let t = ((px * ux + py * uy) * inverse).clamp(0.0, 1.0);
                let (dx, dy) = (px - t * ux, py - t * uy);
                *least = least.min(dx * dx + dy * dy);
            }
        }
    }
    field
}

/// The half-open range of pixels whose centres can lie between two coordinates, cut to the image.
fn pixels_near(low: f32, high: f32, side: usize) -> (usize, usize) {
    // Conversion saturates, so coordinates left of the image become 0.
    let first = ((low - 0.5).ceil().max(0.0) as usize).min(side);
    let end = ((high + 0.5).floor().max(0.0) as usize).min(side);
    (first, end.max(first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digits::style::SIDE;
    use proptest::prelude::*;

    /// The textbook distance from a point to a segment in double precision, by cases instead of by clamping.
    fn oracle(p: [f64; 2], Segment { from: a, to: b }: Segment) -> f64 {
        let dot = |u: [f64; 2], v: [f64; 2]| u[0] * v[0] + u[1] * v[1];
        let minus = |u: [f64; 2], v: [f64; 2]| [u[0] - v[0], u[1] - v[1]];
        let (u, v, w) = (minus(b, a), minus(p, a), minus(p, b));
        let norm = |u| dot(u, u).sqrt();
        if dot(u, v) <= 0.0 {
            norm(v)
        } else if dot(u, w) >= 0.0 {
            norm(w)
        } else {
            (u[0] * v[1] - u[1] * v[0]).abs() / norm(u)
        }
    }

    fn segments() -> impl Strategy<Value = Vec<Segment>> {
        let coordinate = || -2.0..30.0f64;
        prop::collection::vec(
            [coordinate(), coordinate(), coordinate(), coordinate()]
                .prop_map(|[a, b, c, d]| Segment { from: [a, b], to: [c, d] }),
            1..12,
        )
    }

    proptest! {
        /// Float class: coordinates below 32 in f32 are off by 2^-20, a distance by a few of those; bound 1e-4.
        #[test]
        fn distances_agree_with_brute_force(segments in segments(), reach in 0.5..5.0f64) {
            let field = squared_distances(&segments, reach, SIDE);
            for row in 0..SIDE {
                for column in 0..SIDE {
                    let p = [column as f64 + 0.5, row as f64 + 0.5];
                    let true_distance =
                        segments.iter().map(|&s| oracle(p, s)).fold(f64::INFINITY, f64::min);
                    let found = f64::from(field[row * SIDE + column]).sqrt();
                    if true_distance <= reach - 1e-4 {
                        prop_assert!((found - true_distance).abs() < 1e-4, "{found} != {true_distance}");
                    } else {
                        prop_assert!(found >= true_distance - 1e-4);
                    }
                }
            }
        }

        /// Exact: more thickness never removes ink, more intensity never darkens.
        #[test]
        fn ink_grows_with_thickness_and_intensity(
            segments in segments(), t in 0.6..5.0f64, dt in 0.0..2.0f64, i in 0.0..255.0f64, di in 0.0..80.0f64,
        ) {
            let draw = |t, i| {
                let mut pixels = [0; SIDE * SIDE];
                paint(&segments, t, i, SIDE, &mut pixels);
                pixels
            };
            let base = draw(t, i);
            prop_assert!(base.iter().zip(draw(t, i + di)).all(|(a, b)| *a <= b));
            prop_assert!(base.iter().zip(draw(t + dt, i)).all(|(a, b)| *a <= b));
        }
    }

    /// Exact: a horizontal stroke through pixel centres, by hand. T = 3: full at d <= 1, a half at 1.5, none at 2.
    #[test]
    fn a_straight_stroke_has_the_profile_of_the_formula() {
        let stroke = [Segment { from: [6.5, 14.5], to: [21.5, 14.5] }];
        let column = |thickness| {
            let mut pixels = [0; SIDE * SIDE];
            paint(&stroke, thickness, 200.0, SIDE, &mut pixels);
            [11, 12, 13, 14, 15, 16, 17].map(|row| pixels[row * SIDE + 14])
        };
        assert_eq!(column(3.0), [0, 0, 200, 200, 200, 0, 0]);
        assert_eq!(column(4.0), [0, 100, 200, 200, 200, 100, 0]);
        assert_eq!(column(2.0), [0, 0, 100, 200, 100, 0, 0]);
        assert_eq!(column(1.0), [0, 0, 0, 200, 0, 0, 0]);
    }
}
