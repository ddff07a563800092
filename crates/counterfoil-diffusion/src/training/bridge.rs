//! Stochastic interpolants between two data sets: from one image to another instead of to noise.

use super::Interpolant;
use crate::{DiffusionError, State, plan::check_setting};
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// A path `x_t = alpha(t) x0 + sigma(t) x1 + gamma(t) z` from an item of one data set at `t = 0` to an item of another at
/// `t = 1`, with noise `z` between them, whose expected time derivative is learned (Albergo, Boffi and Vanden-Eijnden 2023,
/// "Stochastic interpolants", definition 2.1).
///
/// The pairs `(x0, x1)` may be drawn independently or belong together. Following the learned velocity from `t = 0` to 1
/// turns the first distribution into the second; back, the second into the first. `gamma(t) = gamma sin^2(pi t)`, one of the
/// published choices: it and its derivative vanish at both ends, so that the target is finite everywhere.
///
/// ```
/// use counterfoil_diffusion::training::{Bridge, Interpolant};
/// use ndarray::array;
///
/// let (healthy, ill, noise) = (array![[1.0]], array![[3.0]], array![[0.5]]);
/// let bridge = Bridge { path: Interpolant::Linear, gamma: 0.25 };
/// // In the middle the noise is at its height and does not change.
/// let middle: f64 = bridge.at(&healthy, &ill, &noise, &[0.5])?[[0, 0]];
/// let velocity: f64 = bridge.velocity(&healthy, &ill, &noise, &[0.5])?[[0, 0]];
/// assert!((middle - 2.125).abs() < 1e-14 && (velocity - 2.0).abs() < 1e-14);
/// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bridge {
    /// The weights of the two items.
    pub path: Interpolant,
    /// The weight of the noise in the middle; 0 for none.
    pub gamma: f64,
}

impl Bridge {
    /// The point of the path at the time of each item.
    ///
    /// # Errors
    /// As [`Interpolant::level`], [`DiffusionError::SettingOutOfRange`] for a negative `gamma`, a shape mismatch, or not
    /// one time per item.
    pub fn at<X: State>(
        self,
        x0: &X,
        x1: &X,
        noise: &X,
        times: &[f64],
    ) -> Result<X, DiffusionError> {
        let mut point = self.path.at(x0, x1, times)?;
        self.add(&mut point, noise, times, |t| (PI * t).sin().powi(2))?;
        Ok(point)
    }

    /// The derivative `alpha'(t) x0 + sigma'(t) x1 + gamma'(t) z` at the time of each item: the training target.
    ///
    /// # Errors
    /// As [`Bridge::at`].
    pub fn velocity<X: State>(
        self,
        x0: &X,
        x1: &X,
        noise: &X,
        times: &[f64],
    ) -> Result<X, DiffusionError> {
        let mut target = self.path.velocity(x0, x1, times)?;
        self.add(&mut target, noise, times, |t| PI * (2.0 * PI * t).sin())?;
        Ok(target)
    }

    fn add<X: State>(
        self,
        to: &mut X,
        noise: &X,
        times: &[f64],
        of: impl Fn(f64) -> f64,
    ) -> Result<(), DiffusionError> {
        let fits = self.gamma >= 0.0 && self.gamma.is_finite();
        check_setting("gamma", self.gamma, fits, "[0, inf)")?;
        let weights: Vec<f64> = times.iter().map(|&t| self.gamma * of(t)).collect();
        to.lincomb_items(&vec![1.0; times.len()], &[(&weights, noise)])
    }
}
