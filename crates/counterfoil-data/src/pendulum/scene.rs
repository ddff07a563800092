//! What a pendulum looks like: rod, bob, sun and shadow in the published colours, sizes and place.
//!
//! The published images are figures of one inch at 96 dots with matplotlib's margins: a length of 1 is 3.72 pixels
//! across and 3.36 up, and nothing is drawn outside the axes. Other sizes are the same picture scaled.

use super::{PUBLISHED_SIDE, cotangent, radians};
use crate::canvas::{BLACK, Canvas, Colour, Point, ellipse, rectangle, ring, stroke};

const FIREBRICK: Colour = [178.0, 34.0, 34.0];
const ORANGE: Colour = [255.0, 165.0, 0.0];
const WHITE: Colour = [255.0; 3];

/// Pixels of a length of 1, across and up, in the published size.
const SCALE: Point = [3.72, 3.36];
/// Where the length 0 stands, in published pixels from the upper left corner.
const ORIGIN: Point = [12.0, 82.08];
/// The axes, whose border cuts what is drawn; the bottom is not there for smooth images.
const AXES: [Point; 2] = [[12.0, 11.52], [86.4, 85.44]];
/// Width of rod and shadow, 3 points.
const LINE: f64 = 4.0;
/// Width of the outline of bob and sun, 1 point.
const OUTLINE: f64 = 4.0 / 3.0;

/// The labels of one image.
pub(super) struct Scene {
    /// Of the pendulum, in gon.
    pub(super) angle: f64,
    /// Elevation of the sun, in gon.
    pub(super) light: f64,
    pub(super) shadow_length: f64,
    pub(super) shadow_position: f64,
}

impl Scene {
    /// The picture; `snapped` puts lines along an axis and the border on whole pixels, as matplotlib does.
    pub(super) fn draw(&self, side: usize, snapped: bool) -> Canvas {
        let zoom = side as f64 / PUBLISHED_SIDE as f64;
        let place =
            |[x, y]: Point| [zoom * (ORIGIN[0] + SCALE[0] * x), zoom * (ORIGIN[1] - SCALE[1] * y)];
        let radii = |r: f64| SCALE.map(|s| zoom * s * r);
        let (sin, cos) = radians(self.angle).sin_cos();
        let bob = place([10.0 + 8.0 * sin, 10.5 - 8.0 * cos]);
        // Near the horizon the sun is far outside; a bound keeps its place a number.
        let sun = place([10.0 + (10.0 * cotangent(self.light)).clamp(-1e3, 1e3), 20.5]);
        let middle = self.shadow_position.clamp(-1e3, 1e3);
        let half = 0.5 * self.shadow_length.clamp(0.0, 1e3);
        let ends = [middle - half, middle + half].map(|x| place([x, -0.5]));

        let border = |p: Point| p.map(|x| if snapped { (zoom * x).round() } else { zoom * x });
        let mut canvas = Canvas::new(side, WHITE);
        canvas.clip(border(AXES[0]), border(AXES[1]));
        let rod = line(place([10.0, 10.5]), bob, zoom * LINE, snapped);
        canvas.fill(&[rod], BLACK, 1.0);
        for (centre, radius, colour) in [(bob, 1.5, FIREBRICK), (sun, 3.0, ORANGE)] {
            canvas.fill(&[ellipse(centre, radii(radius), 0.0)], colour, 1.0);
            canvas.fill(&ring(centre, radii(radius), zoom * OUTLINE), colour, 1.0);
        }
        canvas.fill(&[line(ends[0], ends[1], zoom * LINE, snapped)], BLACK, 1.0);
        canvas
    }
}

/// A stroke. Snapped ones along an axis end on whole pixels, and so do their edges when the width is even.
fn line(from: Point, to: Point, width: f64, snapped: bool) -> Vec<Point> {
    let along = (0..2).find(|axis| (from[1 - axis] - to[1 - axis]).abs() < 1e-4);
    match along.filter(|_| snapped) {
        None => stroke(from, to, width),
        Some(along) => {
            let [a, b] = [from, to].map(|p| p.map(f64::round));
            let (mut low, mut high) = (a, b);
            low[along] = a[along].min(b[along]);
            high[along] = a[along].max(b[along]);
            low[1 - along] -= 0.5 * width;
            high[1 - along] = low[1 - along] + width;
            rectangle(low, high)
        }
    }
}
