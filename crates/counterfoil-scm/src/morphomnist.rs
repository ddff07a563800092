//! The label model of synthetic Morpho-MNIST: stroke thickness causes stroke brightness.
//!
//! `thickness = 0.5 + Gamma(shape 10, rate 5)` in pixels and
//! `intensity = 64 + 191 sigmoid(2 (thickness - 2.5) + 0.5 N(0, 1))` in grey levels
//! (Pawlowski, Castro and Glocker 2020, Deep Structural Causal Models, section 4; images by Castro et al. 2019).
//! Thickness has mean 2.50 and standard deviation 0.632, intensity has 157.8 and 48.4; their correlation is
//! 0.908 (by quadrature; a sample as large as the published 60,000 labels has 2.50, 0.633, 157.9, 48.4, 0.908).

use crate::{Logistic, Mechanism, Noise, Root, Scm, ScmError};
use counterfoil_graph::{Dag, GraphError, Variable};
use std::ops::Bound;

/// The smallest grey level of the model, which itself cannot occur.
pub const INTENSITY_LOW: f64 = 64.0;
/// The largest grey level of the model, which itself cannot occur.
pub const INTENSITY_HIGH: f64 = 255.0;

/// The graph thickness (px) -> intensity (grey level), with the ranges and domains of the labels.
pub fn graph() -> Dag {
    constant(try_graph())
}

/// The structural model over [`graph`]; its noise is (Gamma(10, rate 5), standard normal).
///
/// ```
/// let scm = counterfoil_scm::morphomnist::model();
/// let noise = scm.abduct(&[2.5, 159.5])?;
/// assert_eq!(noise, [2.0, 0.0]);
/// // No noise gives a stroke of full brightness, so it is an error to ask for it.
/// assert!(scm.abduct(&[2.5, 255.0]).is_err());
/// # Ok::<(), counterfoil_scm::ScmError>(())
/// ```
pub fn model() -> Scm {
    constant(try_model())
}

/// The logit of the intensity that goes with a thickness when the noise is 0.
pub fn intensity_logit(thickness: f64) -> f64 {
    2.0 * (thickness - 2.5)
}

fn try_graph() -> Result<Dag, GraphError> {
    let thickness = Variable::continuous("thickness")?
        .with_unit("px")?
        .with_range(1.0, 5.8)?
        .with_domain((Bound::Excluded(0.0), Bound::Unbounded))?;
    let intensity = Variable::continuous("intensity")?
        .with_unit("grey level")?
        .with_range(INTENSITY_LOW, INTENSITY_HIGH)?
        .with_domain(0.0..=255.0)?;
    Dag::new([thickness, intensity], &[("thickness", "intensity")])
}

fn try_model() -> Result<Scm, ScmError> {
    let thickness = Root::new(0.5, 1.0, Noise::Gamma { shape: 10.0, rate: 5.0 })?;
    let location = |parents: &[f64]| intensity_logit(parents[0]);
    let intensity = Logistic::new(INTENSITY_LOW, INTENSITY_HIGH, location, 0.5)?;
    let mechanisms: Vec<Box<dyn Mechanism>> = vec![Box::new(thickness), Box::new(intensity)];
    Scm::new(graph(), mechanisms)
}

/// The value of something that depends on constants alone, so that it is right or the tests fail.
fn constant<T, E: std::fmt::Display>(result: Result<T, E>) -> T {
    result.unwrap_or_else(|error| unreachable!("a constant of the Morpho-MNIST model: {error}"))
}
