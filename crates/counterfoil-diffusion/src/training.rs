//! What training needs: noised images, targets, loss weights and draws of time steps.

mod bound;
mod bridge;
mod interpolant;
mod loss;
mod times;

pub use bound::{HYBRID, discretised_nll, gaussian_kl, vlb_weight};
pub use bridge::Bridge;
pub use interpolant::Interpolant;
pub use loss::LossWeight;
pub use times::{LevelSampling, LossAware, MEMORY, TimeSampling, UNIFORM_SHARE};

use crate::{DiffusionError, Level, Prediction, State};

/// `alpha x0 + sigma eps` with the level of each item (Ho et al. 2020, equation 4).
///
/// # Errors
/// A shape mismatch, or not one level per item.
pub fn noised<X: State>(x0: &X, eps: &X, levels: &[Level]) -> Result<X, DiffusionError> {
    let alpha: Vec<f64> = levels.iter().map(|level| level.alpha()).collect();
    let sigma: Vec<f64> = levels.iter().map(|level| level.sigma()).collect();
    mixed(x0, &alpha, eps, &sigma)
}

/// What a network with this prediction should output for the noised image, item by item.
///
/// # Errors
/// A shape mismatch, not one level per item, or those of [`Prediction::weights`].
pub fn target<X: State>(
    prediction: Prediction,
    x0: &X,
    eps: &X,
    levels: &[Level],
) -> Result<X, DiffusionError> {
    let weights = levels.iter().map(|&level| prediction.weights(level));
    let (of_x0, of_eps): (Vec<f64>, Vec<f64>) = weights.collect::<Result<_, _>>()?;
    mixed(x0, &of_x0, eps, &of_eps)
}

/// A new state `a x0 + b eps` with per-item weights.
fn mixed<X: State>(x0: &X, a: &[f64], eps: &X, b: &[f64]) -> Result<X, DiffusionError> {
    let mut out = x0.zeroed()?;
    out.lincomb_items(&vec![0.0; a.len()], &[(a, x0), (b, eps)])?;
    Ok(out)
}
