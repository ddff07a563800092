//! How people write the ten digits: control points of pen strokes, a few habits per digit.
//!
//! Coordinates are in units of the digit's height, x to the right and y **down**, so that the top is about 0 and
//! the baseline 1. A stroke is a smooth curve through its points; a sharp corner is made by ending one stroke and
//! starting the next at the same point, and a stroke that ends at the point it started from is a closed loop.
//! Strokes name their points by index, so that noise moves a shared point once and joined strokes stay joined.

use super::habits::{EIGHT, FIVE, FOUR, NINE, ONE, SEVEN, SIX, THREE, TWO, ZERO};

/// One habit of writing a digit.
pub(super) struct Glyph {
    /// Share of writers with this habit; the shares of one digit sum to 1.
    pub share: f64,
    /// Control points `[x, y]`.
    pub points: &'static [[f64; 2]],
    /// The pen strokes, as indices into `points`.
    pub strokes: &'static [&'static [usize]],
}

/// The habits of the digit `class`, most usual first.
pub(super) fn habits(class: u8) -> &'static [Glyph] {
    GLYPHS[usize::from(class)]
}

/// The habit that a number in `[0, 1)` falls into when the shares are laid side by side.
pub(super) fn choose(class: u8, u: f64) -> &'static Glyph {
    let habits = habits(class);
    let mut upper = 0.0;
    habits
        .iter()
        .find(|glyph| {
            upper += glyph.share;
            u < upper
        })
        .unwrap_or(&habits[habits.len() - 1])
}

const GLYPHS: [&[Glyph]; 10] = [ZERO, ONE, TWO, THREE, FOUR, FIVE, SIX, SEVEN, EIGHT, NINE];

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: the tables are data, and these are the promises the renderer rests on.
    #[test]
    fn every_glyph_is_well_formed() {
        for class in 0..10 {
            let habits = habits(class);
            let total: f64 = habits.iter().map(|g| g.share).sum();
            assert!((total - 1.0).abs() < 1e-12, "shares of {class} sum to {total}");
            for glyph in habits {
                assert!(
                    glyph.strokes.iter().all(|s| s.len() >= 2),
                    "{class}: a stroke of one point"
                );
                assert!(glyph.strokes.iter().flat_map(|s| *s).all(|&i| i < glyph.points.len()));
                for i in 0..glyph.points.len() {
                    assert!(
                        glyph.strokes.iter().any(|s| s.contains(&i)),
                        "{class}: point {i} lies on no stroke"
                    );
                }
                let ys = || glyph.points.iter().map(|p| p[1]);
                let (top, base) = (ys().fold(f64::INFINITY, f64::min), ys().fold(0.0, f64::max));
                assert!((0.0..=0.03).contains(&top), "{class}: top {top}");
                assert_eq!(base, 1.0, "{class}: baseline");
            }
        }
    }

    #[test]
    fn the_choice_follows_the_shares() {
        for class in 0..10 {
            let n = 10_000;
            for glyph in habits(class) {
                let hits = (0..n)
                    .filter(|&k| {
                        std::ptr::eq(choose(class, (f64::from(k) + 0.5) / f64::from(n)), glyph)
                    })
                    .count();
                assert!((hits as f64 / f64::from(n) - glyph.share).abs() < 1e-3);
            }
        }
    }
}
