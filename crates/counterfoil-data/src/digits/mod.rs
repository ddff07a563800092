//! Stroke digits: handwriting with a thickness and an intensity, and every counterfactual known exactly.
//!
//! Three independent causes make an image:
//!
//! 1. the labels, thickness T (pixels) and intensity I (grey levels), from the structural model of
//!    [`counterfoil_scm::morphomnist`], in which T causes I;
//! 2. the class, 0 to 9, uniform;
//! 3. the style, how this writer wrote this digit: a habit (7 with or without a bar, 4 open or closed, ...), size,
//!    aspect, slant, turn, place, a smooth bend of the whole and a wobble of every control point.
//!
//! Class and style give the skeleton of the strokes, smooth curves in the plane. A pixel whose centre lies at
//! distance `d` from the skeleton has the value `I clamp((T/2 - d) / w + 1/2, 0, 1)`, rounded, where the outline
//! fades over `w = min(1, T/3)` pixels. So do(I) changes brightness and nothing else, do(T) keeps the skeleton,
//! and neither touches class or style.
//!
//! Variants change the labels and leave the drawing as it is:
//!
//! | variant | what is different |
//! |---|---|
//! | [`Variant::Slant`] | a third label, the slant in degrees, is caused by thickness and takes the place of the style's |
//! | [`Variant::Confounded`] | a hidden coin, the pen, ties the noise of thickness to that of intensity |
//! | [`Variant::Biased`] | in the first images of a data set digits from 5 on are thick and the others thin |
//!
//! The tie is made by drawing two numbers and taking the larger or the smaller one, so every noise keeps its own distribution
//! and only its dependence changes: what differs from the plain world is what an observer sees, not what an intervention does.

mod curve;
mod field;
mod glyph;
#[rustfmt::skip]
mod habits;
mod labels;
mod style;

use crate::{Exogenous, Gauge, Result, World, png::Picture, sheet};
use counterfoil_graph::Intervention;
use counterfoil_random::Stream;
use counterfoil_scm::Scm;

/// The number of digits.
const CLASSES: usize = 10;

/// What is different about the labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Nothing: the label model of Morpho-MNIST, with independent noise.
    Plain,
    /// `slant = 10 (thickness - 2.5) + 8 n` degrees, n standard normal. Handwriting that is turned (by 4 degrees, one standard
    /// deviation) or bent looks much the same, so that an image tells its slant to some four degrees only.
    Slant,
    /// The pen is one or the other, each for half of the images: it makes thick and dark strokes (the larger of two draws
    /// of thickness's noise, the smaller of two of intensity's), or thin and bright ones. Nobody sees the pen.
    Confounded,
    /// The same of class and thickness, up to some index: digits from 5 on have the larger of two draws of thickness's
    /// noise, the others the smaller. From that index on all is as in the plain world.
    Biased {
        /// The first index that is not biased: as many images as are trained on.
        first_plain: u64,
    },
}

/// The world of stroke digits, 28 x 28 grey pixels unless another size is asked for.
pub struct Digits {
    model: Scm,
    variant: Variant,
    side: usize,
}

impl Digits {
    /// The world with the label model of Morpho-MNIST.
    pub fn new() -> Self {
        Self {
            model: counterfoil_scm::morphomnist::model(),
            variant: Variant::Plain,
            side: style::SIDE,
        }
    }

    /// A variant of it.
    ///
    /// # Errors
    /// None.
    pub fn variant(variant: Variant) -> Result<Self> {
        let model = match variant {
            Variant::Slant => labels::with_slant()?,
            _ => counterfoil_scm::morphomnist::model(),
        };
        Ok(Self { model, variant, side: style::SIDE })
    }

    /// The same writing in images of `side` x `side` pixels. The whole drawing is scaled, strokes too, so that thickness is
    /// still in pixels of an image of 28.
    pub fn with_side(self, side: usize) -> Self {
        Self { side, ..self }
    }
}

impl Default for Digits {
    fn default() -> Self {
        Self::new()
    }
}

impl World for Digits {
    fn name(&self) -> &'static str {
        match self.variant {
            Variant::Plain => "digits",
            Variant::Slant => "digits-slant",
            Variant::Confounded => "digits-confounded",
            Variant::Biased { .. } => "digits-biased",
        }
    }

    fn scm(&self) -> &Scm {
        &self.model
    }

    fn image_shape(&self) -> [usize; 3] {
        [1, self.side, self.side]
    }

    fn class_count(&self) -> usize {
        CLASSES
    }

    fn gauge(&self) -> Gauge {
        Gauge::Strokes
    }

    fn class_tells_labels(&self) -> bool {
        matches!(self.variant, Variant::Biased { .. })
    }

    fn draw(&self, seed: u64, index: u64) -> Exogenous {
        let mut stream = Stream::new(seed, "digits-style", index, 0);
        let class = stream.below(CLASSES) as u8;
        let mut labels = Stream::new(seed, "digits-labels", index, 0);
        let noise = labels::noise(&self.model, self.variant, index, class, &mut labels);
        Exogenous { noise, style: style::draw(class, &mut stream), class: Some(class) }
    }

    fn render(&self, values: &[f64], exogenous: &Exogenous, pixels: &mut [u8]) {
        let slant = values.get(2).copied();
        let mut skeleton = style::skeleton(exogenous.class.unwrap_or(0), &exogenous.style, slant);
        // Exactly 1 at the usual size.
        let scale = self.side as f64 / style::SIDE as f64;
        for piece in &mut skeleton {
            piece.from = piece.from.map(|x| x * scale);
            piece.to = piece.to.map(|x| x * scale);
        }
        field::paint(&skeleton, values[0] * scale, values[1], self.side, pixels);
    }
}

/// A picture of the world: one row for each digit, `columns` writers in each, with their own labels.
///
/// # Errors
/// [`crate::DataError::Shape`] when `columns` is 0.
pub fn contact_sheet(columns: usize, seed: u64) -> Result<Picture> {
    let world = Digits::new();
    let mut rows = vec![Vec::new(); CLASSES];
    let mut index = 0;
    while rows.iter().any(|row| row.len() < columns) {
        let exogenous = world.draw(seed, index);
        index += 1;
        let row = &mut rows[usize::from(exogenous.class.unwrap_or(0))];
        if row.len() < columns {
            let values = world.model.predict(&exogenous.noise, &Intervention::none());
            let mut pixels = vec![0; style::SIDE * style::SIDE];
            world.render(&values, &exogenous, &mut pixels);
            row.push(pixels);
        }
    }
    let images: Vec<&[u8]> = rows.iter().flatten().map(Vec::as_slice).collect();
    sheet::compose(world.image_shape(), &images, &sheet::Layout { columns, ..Default::default() })
}
