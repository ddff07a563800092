//! Handwriting: independent random numbers become the skeleton of one written digit.
//!
//! The style of an image is a flat list of numbers, each drawn independently of all others and of the labels:
//! one uniform number picks the writer's habit, the rest are standard normal and bend, stretch, slant, turn and
//! move the habit's strokes. [`skeleton`] is a pure function of the class and that list, which is what makes a
//! counterfactual exact: the same list under other labels is the same handwriting.
//!
//! Size and place follow MNIST (LeCun et al. 1998, section III-A): the digit is scaled so that its ink fills a
//! 20 x 20 box, keeps its aspect, and is centred by mass. On top, nothing of the skeleton comes nearer to the
//! border than [`MARGIN`], so strokes up to 6 pixels thick lie wholly inside the image.

use super::curve::{Point, Segment, flatten};
use super::glyph;
use counterfoil_random::Stream;

/// Height and width, in pixels, of the image that lengths are given for.
pub(super) const SIDE: usize = 28;
/// Half of the largest thickness that stays inside (6 px), and half a pixel of soft edge.
pub(super) const MARGIN: f64 = 3.5;

/// Length of a straight piece of the skeleton, in units of the digit's height (1.4 pixels of about 17.5): the
/// tightest loops have a radius of about 2.5 pixels, where the piece strays 1.4^2 / (8 * 2.5) = 0.1 pixel.
const STEP: f64 = 0.08;

/// Longer side of the skeleton's box: MNIST's 20 pixels less the mean thickness of 2.5.
const SIZE: Normal = Normal { mean: 17.4, sd: 0.6 };
/// Logarithm of the factor on the width.
const STRETCH: Normal = Normal { mean: 0.05, sd: 0.17 };
/// Slant to the right, in degrees from the vertical; people lean a little.
const SLANT: Normal = Normal { mean: 8.0, sd: 11.0 };
/// Turn of the whole digit, in degrees.
const TURN: Normal = Normal { mean: 0.0, sd: 4.0 };
/// Distance of the skeleton's centre of mass from the image's, in pixels, for each axis.
const SHIFT: Normal = Normal { mean: 0.0, sd: 0.4 };
/// Coefficients of the smooth bending field, in units of the height.
const BEND: Normal = Normal { mean: 0.0, sd: 0.1 };
/// Displacement of a single control point, in units of the height.
const WOBBLE: Normal = Normal { mean: 0.0, sd: 0.025 };

/// Bending terms of each axis: see [`bend`].
const BENDS: usize = 4;
/// Numbers before those of the single control points.
const GLOBALS: usize = 7 + 2 * BENDS;

/// A normal distribution cut off at 2.5 standard deviations, so that no writer is absurd.
struct Normal {
    mean: f64,
    sd: f64,
}

impl Normal {
    /// The value for the standard normal number `z`.
    fn at(&self, z: f64) -> f64 {
        self.mean + self.sd * z.clamp(-2.5, 2.5)
    }
}

/// Draws the style of a digit of the given class.
pub(super) fn draw(class: u8, stream: &mut Stream) -> Vec<f64> {
    let habit = stream.uniform();
    let points = glyph::choose(class, habit).points.len();
    let mut style = vec![0.0; GLOBALS + 2 * points];
    stream.fill_normal_f64(&mut style);
    style[0] = habit;
    style
}

/// The skeleton, in pixels with the origin at the upper left corner of the image, of a digit in this style.
///
/// Numbers that are missing from the style count as 0, the middle of their distribution. A slant, in degrees, takes the place
/// of the style's own.
pub(super) fn skeleton(class: u8, style: &[f64], slant: Option<f64>) -> Vec<Segment> {
    let number = |i: usize| style.get(i).copied().unwrap_or(0.0);
    let glyph = glyph::choose(class, number(0));
    let size = SIZE.at(number(1));
    let stretch = STRETCH.at(number(2)).exp();
    let slant = slant.unwrap_or_else(|| SLANT.at(number(3)));
    // At 75 degrees a digit is a flat smear; the bound keeps the tangent finite.
    let slant = slant.clamp(-75.0, 75.0).to_radians().tan();
    let (sin, cos) = TURN.at(number(4)).to_radians().sin_cos();
    let shift = [SHIFT.at(number(5)), SHIFT.at(number(6))];

    let moved: Vec<Point> = glyph
        .points
        .iter()
        .enumerate()
        .map(|(k, &[x, y])| {
            // About the middle of the digit: wobble, bend, stretch, slant, turn.
            let wobble = |axis| WOBBLE.at(number(GLOBALS + 2 * k + axis));
            let at = [x - 0.3 + wobble(0), y - 0.5 + wobble(1)];
            let [x, y] = [0, 1]
                .map(|axis| at[axis] + bend(at, |term| BEND.at(number(7 + axis * BENDS + term))));
            let x = stretch * x - slant * y;
            [cos * x + sin * y, cos * y - sin * x]
        })
        .collect();

    let mut skeleton = Vec::with_capacity(64);
    let mut stroke = Vec::with_capacity(16);
    for indices in glyph.strokes {
        stroke.clear();
        stroke.extend(indices.iter().map(|&i| moved[i]));
        flatten(&stroke, STEP, &mut skeleton);
    }
    place(&mut skeleton, size, shift);
    skeleton
}

/// A smooth displacement: a quadratic and a cubic polynomial that vanish, with their slopes, in the middle.
fn bend([x, y]: Point, coefficient: impl Fn(usize) -> f64) -> f64 {
    let terms: [f64; BENDS] = [2.0 * x * x, 2.0 * x * y, 2.0 * y * y, 4.0 * y * y * y];
    terms.iter().enumerate().map(|(k, term)| coefficient(k) * term).sum()
}

/// Scales the skeleton to `size` pixels, centres its mass on the image plus `shift`, and keeps it off the border.
fn place(skeleton: &mut [Segment], size: f64, shift: [f64; 2]) {
    let (low, high) = bounds(skeleton);
    let scale = size / (high[0] - low[0]).max(high[1] - low[1]).max(1e-9);
    let centre = centroid(skeleton);
    let far = SIDE as f64 - MARGIN;
    let offset = [0, 1].map(|i| {
        let offset = SIDE as f64 / 2.0 + shift[i] - scale * centre[i];
        // `size` is below the room between the margins, so the two bounds cannot cross.
        offset.clamp(MARGIN - scale * low[i], far - scale * high[i])
    });
    for s in skeleton {
        for p in [&mut s.from, &mut s.to] {
            *p = [0, 1].map(|i| scale * p[i] + offset[i]);
        }
    }
}

/// Lower and upper corner of the box around the skeleton.
fn bounds(skeleton: &[Segment]) -> (Point, Point) {
    let mut low = [f64::INFINITY; 2];
    let mut high = [f64::NEG_INFINITY; 2];
    for p in skeleton.iter().flat_map(|s| [s.from, s.to]) {
        for i in 0..2 {
            low[i] = low[i].min(p[i]);
            high[i] = high[i].max(p[i]);
        }
    }
    (low, high)
}

/// Mean position along the skeleton, weighted by length.
fn centroid(skeleton: &[Segment]) -> Point {
    let mut sum = [0.0; 2];
    let mut total = 0.0;
    for Segment { from, to } in skeleton {
        let length = ((to[0] - from[0]).powi(2) + (to[1] - from[1]).powi(2)).sqrt();
        total += length;
        for i in 0..2 {
            sum[i] += length * (from[i] + to[i]) / 2.0;
        }
    }
    sum.map(|x| x / total.max(1e-9))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Exact up to rounding: 1e-9 px.
        #[test]
        fn the_skeleton_keeps_its_distance_from_the_border(seed: u64, class in 0u8..10) {
            let style = draw(class, &mut Stream::new(seed, "test", 0, 0));
            let skeleton = skeleton(class, &style, None);
            let (low, high) = bounds(&skeleton);
            for i in 0..2 {
                prop_assert!(low[i] >= MARGIN - 1e-9 && high[i] <= SIDE as f64 - MARGIN + 1e-9);
            }
            let longest = (high[0] - low[0]).max(high[1] - low[1]);
            prop_assert!((longest - SIZE.mean).abs() <= 2.5 * SIZE.sd + 1e-9);
        }

        #[test]
        fn a_skeleton_is_a_pure_function_of_its_style(seed: u64, class in 0u8..10) {
            let style = draw(class, &mut Stream::new(seed, "test", 0, 0));
            prop_assert_eq!(skeleton(class, &style, None), skeleton(class, &style, None));
        }

        #[test]
        fn any_numbers_give_a_finite_skeleton(
            class in 0u8..10, style in prop::collection::vec(-1e6..1e6f64, 0..60),
        ) {
            let skeleton = skeleton(class, &style, None);
            prop_assert!(!skeleton.is_empty());
            prop_assert!(skeleton.iter().flat_map(|s| [s.from, s.to]).flatten().all(f64::is_finite));
        }
    }
}
