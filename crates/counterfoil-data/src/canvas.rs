//! A small canvas for scenes: filled shapes with exact coverage of every pixel, blended in the order they are drawn.
//!
//! A shape is a list of closed outlines; a pixel takes the share of the shape's colour that the shape covers of it.
//! The share is the exact area of a polygon within the pixel, so an image is a continuous function of its labels: a
//! shape that moves by a hundredth of a pixel changes the image, which is what makes a place readable below a pixel.
//! Area is summed with its sign along the outlines, as font rasterisers do; outlines of opposite direction cut holes.

use std::f64::consts::TAU;

/// A point in pixels, x to the right and y down from the upper left corner of the image.
pub(crate) type Point = [f64; 2];

/// Red, green and blue, 0 to 255.
pub(crate) type Colour = [f32; 3];

/// Black.
pub(crate) const BLACK: Colour = [0.0; 3];

/// An image in the making.
#[derive(Clone, Debug)]
pub(crate) struct Canvas {
    side: usize,
    pixels: Vec<Colour>,
    /// Lower and upper corner of what may be drawn on.
    clip: [Point; 2],
    /// Signed area that begins in each pixel; two columns of room for what begins at the right border.
    area: Vec<f64>,
}

impl Canvas {
    /// A square canvas of one colour.
    pub(crate) fn new(side: usize, background: Colour) -> Self {
        Self {
            side,
            pixels: vec![background; side * side],
            clip: [[0.0; 2], [side as f64; 2]],
            area: vec![0.0; side * (side + 2)],
        }
    }

    /// From now on only what lies between two corners is drawn.
    pub(crate) fn clip(&mut self, low: Point, high: Point) {
        let side = self.side as f64;
        self.clip = [low.map(|x| x.clamp(0.0, side)), high.map(|x| x.clamp(0.0, side))];
    }

    /// Fills a shape; `opacity` is that of its interior, 1 hides what lies below.
    pub(crate) fn fill(&mut self, outlines: &[Vec<Point>], colour: Colour, opacity: f64) {
        let Some([top, bottom]) = self.gather(outlines) else { return };
        let stride = self.side + 2;
        for row in top..bottom {
            let mut covered = 0.0;
            let area = &mut self.area[row * stride..(row + 1) * stride];
            let pixels = &mut self.pixels[row * self.side..(row + 1) * self.side];
            for (pixel, area) in pixels.iter_mut().zip(area.iter()) {
                covered += area;
                let share = (covered.abs().min(1.0) * opacity) as f32;
                if share > 0.0 {
                    for (value, new) in pixel.iter_mut().zip(colour) {
                        *value += share * (new - *value);
                    }
                }
            }
            area.fill(0.0);
        }
    }

    /// Sums the signed area of all outlines; the rows that were touched, or none.
    fn gather(&mut self, outlines: &[Vec<Point>]) -> Option<[usize; 2]> {
        let (mut top, mut bottom) = (self.side, 0);
        for outline in outlines {
            let inside = clipped(outline, self.clip);
            let ends = inside.iter().cycle().skip(1);
            for (from, to) in inside.iter().zip(ends) {
                let (low, high) = (from[1].min(to[1]), from[1].max(to[1]));
                top = top.min(low as usize);
                bottom = bottom.max(high.ceil() as usize);
                self.edge(*from, *to);
            }
        }
        (top < bottom).then_some([top, bottom.min(self.side)])
    }

    /// Adds the area to the right of one edge that lies within the image.
    fn edge(&mut self, from: Point, to: Point) {
        if from[1] == to[1] {
            return;
        }
        let (direction, upper, lower) =
            if from[1] < to[1] { (1.0, from, to) } else { (-1.0, to, from) };
        let slope = (lower[0] - upper[0]) / (lower[1] - upper[1]);
        let stride = self.side + 2;
        let last = (lower[1].ceil() as usize).min(self.side);
        for row in upper[1] as usize..last {
            let begin = upper[1].max(row as f64);
            let end = lower[1].min((row + 1) as f64);
            let at = |y: f64| (upper[0] + slope * (y - upper[1])).clamp(0.0, self.side as f64);
            let (a, b) = (at(begin), at(end));
            let row = &mut self.area[row * stride..(row + 1) * stride];
            spread(row, a.min(b), a.max(b), direction * (end - begin));
        }
    }

    /// Writes channel after channel, rounded; a fourth channel is opaque.
    pub(crate) fn write(&self, planes: &mut [u8]) {
        for (channel, plane) in planes.chunks_exact_mut(self.side * self.side).enumerate() {
            if channel > 2 {
                plane.fill(255);
                continue;
            }
            for (value, pixel) in plane.iter_mut().zip(&self.pixels) {
                // Truncation after adding one half rounds to nearest: blending keeps values in [0, 255].
                *value = (pixel[channel] + 0.5) as u8;
            }
        }
    }
}

/// Distributes an edge's height over one row, the edge running evenly from column `left` to column `right`: pixels right
/// of it gain the whole height, those it crosses the share that lies to its right.
fn spread(row: &mut [f64], left: f64, right: f64, height: f64) {
    let (first, last) = (left as usize, right as usize);
    if first == last {
        let outside = f64::midpoint(left, right) - first as f64;
        row[first] += height * (1.0 - outside);
        row[first + 1] += height * outside;
        return;
    }
    // The share of the area right of the edge, as a function of the pixel border: a parabola within each pixel.
    let width = right - left;
    let covered = |border: f64| {
        // Area right of the edge and left of `border`, for a height of 1.
        let x = border.min(right) - left;
        0.5 * x * x / width + (border - right).max(0.0)
    };
    let (mut before, mut previous) = (0.0, 0.0);
    for (offset, slot) in row[first..=last + 1].iter_mut().enumerate() {
        let upto = covered((first + offset + 1) as f64);
        let own = upto - before;
        *slot += height * (own - previous);
        (before, previous) = (upto, own);
    }
}

/// The part of a closed outline within a rectangle (Sutherland and Hodgman 1974).
fn clipped(outline: &[Point], [low, high]: [Point; 2]) -> Vec<Point> {
    let mut points = outline.to_vec();
    for axis in 0..2 {
        for (bound, sign) in [(low[axis], 1.0), (high[axis], -1.0)] {
            let inside = |p: &Point| sign * (p[axis] - bound) >= 0.0;
            if points.iter().all(inside) {
                continue;
            }
            let mut kept = Vec::with_capacity(points.len() + 4);
            let ends = points.iter().cycle().skip(1);
            for (from, to) in points.iter().zip(ends) {
                if inside(from) {
                    kept.push(*from);
                }
                if inside(from) != inside(to) {
                    let t = (bound - from[axis]) / (to[axis] - from[axis]);
                    let mut crossing = [0, 1].map(|i| from[i] + t * (to[i] - from[i]));
                    crossing[axis] = bound;
                    kept.push(crossing);
                }
            }
            points = kept;
        }
    }
    points
}

/// Corners of a round outline of this size: none strays from the curve by more than 0.01 pixel.
fn corners(radius: f64) -> usize {
    // The middle of a chord strays by r (1 - cos(pi / n)), about r (pi / n)^2 / 2.
    ((radius.max(0.0) * 500.0).sqrt().ceil() as usize).clamp(16, 128)
}

/// An ellipse with half axes `radii`, its outline moved outwards by `grow`.
pub(crate) fn ellipse(centre: Point, radii: Point, grow: f64) -> Vec<Point> {
    let n = corners(radii[0].max(radii[1]) + grow);
    let corner = |k| {
        let (sin, cos) = (TAU * k as f64 / n as f64).sin_cos();
        let normal = [cos / radii[0].max(1e-9), sin / radii[1].max(1e-9)];
        let length = normal[0].hypot(normal[1]);
        [0, 1].map(|i| centre[i] + radii[i] * [cos, sin][i] + grow * normal[i] / length)
    };
    (0..n).map(corner).collect()
}

/// A disc.
pub(crate) fn disc(centre: Point, radius: f64) -> Vec<Point> {
    ellipse(centre, [radius; 2], 0.0)
}

/// The outline along an ellipse, `width` wide, half of it outside.
pub(crate) fn ring(centre: Point, radii: Point, width: f64) -> [Vec<Point>; 2] {
    let mut hole = ellipse(centre, radii, -0.5 * width);
    hole.reverse();
    [ellipse(centre, radii, 0.5 * width), hole]
}

/// A straight stroke with flat ends.
pub(crate) fn stroke(from: Point, to: Point, width: f64) -> Vec<Point> {
    let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    let scale = 0.5 * width / dx.hypot(dy).max(1e-9);
    let [nx, ny] = [-dy * scale, dx * scale];
    vec![
        [from[0] + nx, from[1] + ny],
        [to[0] + nx, to[1] + ny],
        [to[0] - nx, to[1] - ny],
        [from[0] - nx, from[1] - ny],
    ]
}

/// A band of even width along a curved line.
pub(crate) fn ribbon(line: &[Point], width: f64) -> Vec<Point> {
    let normal = |k: usize| {
        let (from, to) = (line[k.saturating_sub(1)], line[(k + 1).min(line.len() - 1)]);
        let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
        let scale = 0.5 * width / dx.hypot(dy).max(1e-9);
        [-dy * scale, dx * scale]
    };
    let edge = |k: usize, side: f64| {
        let normal = normal(k);
        [0, 1].map(|i| line[k][i] + side * normal[i])
    };
    let there = (0..line.len()).map(|k| edge(k, 1.0));
    there.chain((0..line.len()).rev().map(|k| edge(k, -1.0))).collect()
}

/// A rectangle between two corners.
pub(crate) fn rectangle(low: Point, high: Point) -> Vec<Point> {
    vec![low, [high[0], low[1]], high, [low[0], high[1]]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIDE: usize = 12;

    /// The share of white that a black shape leaves, summed: the area that is covered.
    fn covered(outlines: &[Vec<Point>]) -> (f64, Vec<f64>) {
        let mut canvas = Canvas::new(SIDE, [255.0; 3]);
        canvas.fill(outlines, BLACK, 1.0);
        let shares: Vec<f64> =
            canvas.pixels.iter().map(|p| 1.0 - f64::from(p[0]) / 255.0).collect();
        (shares.iter().sum(), shares)
    }

    /// The shoelace formula.
    fn area(outline: &[Point]) -> f64 {
        let ends = outline.iter().cycle().skip(1);
        let twice: f64 = outline.iter().zip(ends).map(|(p, q)| p[0] * q[1] - q[0] * p[1]).sum();
        (twice / 2.0).abs()
    }

    proptest! {
        /// Float: single precision of the pixels, 1e-5 each over 144 of them; the bound is 1e-3.
        #[test]
        fn the_area_of_a_shape_inside_is_what_it_covers(
            x in 4.0..8.0f64, y in 4.0..8.0f64, rx in 0.05..3.9f64, ry in 0.05..3.9f64,
        ) {
            let outline = ellipse([x, y], [rx, ry], 0.0);
            let expected = area(&outline);
            prop_assert!((covered(&[outline]).0 - expected).abs() < 1e-3);
        }

        /// Float: a pixel's share is that of the rectangle's overlap with it, whatever lies outside the image.
        #[test]
        fn a_rectangle_covers_its_overlap(
            x0 in -5.0..15.0f64, y0 in -5.0..15.0f64, w in 0.0..15.0f64, h in 0.0..15.0f64,
        ) {
            let (_, shares) = covered(&[rectangle([x0, y0], [x0 + w, y0 + h])]);
            let overlap = |k: usize, low: f64, high: f64| {
                (high.min((k + 1) as f64) - low.max(k as f64)).max(0.0)
            };
            for row in 0..SIDE {
                for column in 0..SIDE {
                    let expected = overlap(column, x0, x0 + w) * overlap(row, y0, y0 + h);
                    prop_assert!((shares[row * SIDE + column] - expected).abs() < 1e-5);
                }
            }
        }

        /// Monte-Carlo free: an independent count over a fine lattice of 40 x 40 points a pixel. A line through a pixel
        /// misplaces at most about three lattice rows of 40, so the bound is 0.08 a pixel.
        #[test]
        fn a_slanted_stroke_covers_what_a_lattice_counts(
            ax in -2.0..14.0f64, ay in -2.0..14.0f64, bx in -2.0..14.0f64, by in -2.0..14.0f64, width in 0.3..4.0f64,
        ) {
            prop_assume!((ax - bx).hypot(ay - by) > 0.5);
            let (_, shares) = covered(&[stroke([ax, ay], [bx, by], width)]);
            let (dx, dy) = (bx - ax, by - ay);
            let length = dx.hypot(dy);
            let within = |x: f64, y: f64| {
                let along = ((x - ax) * dx + (y - ay) * dy) / length;
                let across = ((y - ay) * dx - (x - ax) * dy) / length;
                (0.0..=length).contains(&along) && across.abs() <= width / 2.0
            };
            for row in 0..SIDE {
                for column in 0..SIDE {
                    let mut count = 0;
                    for k in 0..1600 {
                        let (i, j) = (k % 40, k / 40);
                        let x = column as f64 + (f64::from(i) + 0.5) / 40.0;
                        let y = row as f64 + (f64::from(j) + 0.5) / 40.0;
                        count += u32::from(within(x, y));
                    }
                    let expected = f64::from(count) / 1600.0;
                    let found = shares[row * SIDE + column];
                    prop_assert!((found - expected).abs() < 0.08, "{found} != {expected}");
                }
            }
        }

        /// Float: along a straight line the band is the stroke.
        #[test]
        fn a_straight_ribbon_is_a_stroke(ax in 1.0..11.0f64, ay in 1.0..11.0f64, width in 0.3..3.0f64) {
            let (from, to) = ([ax, ay], [12.0 - ax, 11.5 - ay]);
            prop_assume!((from[0] - to[0]).hypot(from[1] - to[1]) > 0.5);
            let line = [0, 1, 2, 3].map(|k| [0, 1].map(|i| from[i] + (to[i] - from[i]) * f64::from(k) / 3.0));
            let (_, found) = covered(&[ribbon(&line, width)]);
            let (_, expected) = covered(&[stroke(from, to, width)]);
            prop_assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5));
        }

        #[test]
        fn nothing_outside_the_clip_is_touched(x in -3.0..15.0f64, y in -3.0..15.0f64, r in 0.1..9.0f64) {
            let mut canvas = Canvas::new(SIDE, [255.0; 3]);
            canvas.clip([3.0, 4.0], [9.0, 8.0]);
            canvas.fill(&[disc([x, y], r)], BLACK, 1.0);
            for (k, pixel) in canvas.pixels.iter().enumerate() {
                let inside = (3..9).contains(&(k % SIDE)) && (4..8).contains(&(k / SIDE));
                prop_assert!(inside || *pixel == [255.0; 3]);
            }
        }
    }

    /// Exact: half a pixel of grey on white, by hand; a ring has a hole.
    #[test]
    fn shares_are_blended() {
        let mut canvas = Canvas::new(4, [200.0, 100.0, 0.0]);
        canvas.fill(&[rectangle([1.0, 1.0], [2.5, 2.0])], [100.0; 3], 1.0);
        let mut planes = vec![0; 4 * 16];
        canvas.write(&mut planes);
        assert_eq!(planes[4..8], [200, 100, 150, 200]);
        assert_eq!(planes[16 + 4..16 + 8], [100, 100, 100, 100]);
        assert_eq!(planes[32 + 4..32 + 8], [0, 100, 50, 0]);
        assert!(planes[48..].iter().all(|a| *a == 255));
        let (_, shares) = covered(&ring([6.0, 6.0], [4.0, 4.0], 1.0));
        assert_eq!(shares[6 * SIDE + 6], 0.0);
        assert!(shares[6 * SIDE + 9] > 0.4);
    }
}
