//! The labels of the variants: their structural models, and noise that is tied where the plain world's is independent.

use super::{CLASSES, Variant};
use crate::Result;
use counterfoil_graph::{Dag, Variable};
use counterfoil_random::Stream;
use counterfoil_scm::{
    Additive, Logistic, Mechanism, Noise, Root, Scm,
    morphomnist::{INTENSITY_HIGH, INTENSITY_LOW, graph, intensity_logit},
};

/// Degrees of slant for a pixel of thickness, and of one standard deviation of its noise.
const SLANT: [f64; 2] = [10.0, 8.0];

/// The label model of Morpho-MNIST with a slant that thickness causes, too.
pub(super) fn with_slant() -> Result<Scm> {
    let plain = graph();
    let slant = Variable::continuous("slant")?
        .with_unit("degree")?
        .with_range(-35.0, 50.0)?
        .with_domain(-75.0..=75.0)?;
    let variables = [plain.variable(0).clone(), plain.variable(1).clone(), slant];
    let edges = [("thickness", "intensity"), ("thickness", "slant")];
    let brightness = |parents: &[f64]| intensity_logit(parents[0]);
    let lean = |parents: &[f64]| SLANT[0] * (parents[0] - 2.5);
    let mechanisms: Vec<Box<dyn Mechanism>> = vec![
        Box::new(Root::new(0.5, 1.0, Noise::Gamma { shape: 10.0, rate: 5.0 })?),
        Box::new(Logistic::new(INTENSITY_LOW, INTENSITY_HIGH, brightness, 0.5)?),
        Box::new(Additive::new(lean, SLANT[1], Noise::Normal)?),
    ];
    Ok(Scm::new(Dag::new(variables, &edges)?, mechanisms)?)
}

/// The noise of image `index`, whose class is known.
pub(super) fn noise(
    model: &Scm,
    variant: Variant,
    index: u64,
    class: u8,
    stream: &mut Stream,
) -> Vec<f64> {
    let one = model.draw_noise(stream);
    match variant {
        Variant::Confounded => {
            let other = model.draw_noise(stream);
            let heavy = stream.bernoulli(0.5);
            vec![one_of(heavy, one[0], other[0]), one_of(!heavy, one[1], other[1])]
        }
        Variant::Biased { first_plain } if index < first_plain => {
            let other = model.draw_noise(stream);
            let heavy = usize::from(class) >= CLASSES / 2;
            vec![one_of(heavy, one[0], other[0]), one[1]]
        }
        _ => one,
    }
}

/// The larger or the smaller of two draws. Half the images of either kind together have the distribution of one draw.
fn one_of(larger: bool, a: f64, b: f64) -> f64 {
    if larger { a.max(b) } else { a.min(b) }
}
