//! Flow matching and stochastic interpolants: the velocity of a path from image to noise as the training target.

use super::{mixed, noised};
use crate::schedule::trigonometric;
use crate::{DiffusionError, Level, Prediction, State};
use serde::{Deserialize, Serialize};

/// A path `x_t = alpha(t) x0 + sigma(t) eps` from the image at `t = 0` to noise at `t = 1`, whose time derivative is
/// learned (Lipman et al. 2023; Albergo and Vanden-Eijnden 2023).
///
/// Many papers count time from the noise: their `t` is `1 - t` here, and their velocity the negative.
///
/// ```
/// use counterfoil_diffusion::training::Interpolant;
/// use ndarray::array;
/// let (image, noise) = (array![[1.0], [1.0]], array![[-0.5], [0.5]]);
/// // The straight path has the same velocity everywhere.
/// let target = Interpolant::Linear.velocity(&image, &noise, &[0.1, 0.9])?;
/// assert_eq!(target, array![[-1.5], [-0.5]]);
/// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Interpolant {
    /// `(1 - t) x0 + t eps`: rectified flow, conditional optimal transport.
    #[default]
    Linear,
    /// `cos(pi t / 2) x0 + sin(pi t / 2) eps`: variance preserving.
    Trigonometric,
}

impl Interpolant {
    /// The level at a time in `[0, 1]`.
    ///
    /// # Errors
    /// [`DiffusionError::LevelOutOfRange`] outside the interval.
    pub fn level(self, time: f64) -> Result<Level, DiffusionError> {
        let level = Level::from_flow(time)?;
        match self {
            Self::Linear => Ok(level),
            Self::Trigonometric => trigonometric(time),
        }
    }

    /// What a network that learned the velocity predicts, and the factor by which its output must be multiplied to be
    /// that: samplers and loss weights then apply to it as to any other.
    ///
    /// The linear velocity is [`Prediction::Flow`]; the trigonometric one is `pi/2` times [`Prediction::V`].
    pub fn prediction(self) -> (Prediction, f64) {
        match self {
            Self::Linear => (Prediction::Flow, 1.0),
            Self::Trigonometric => (Prediction::V, std::f64::consts::FRAC_2_PI),
        }
    }

    /// The point of the path at the time of each item.
    ///
    /// # Errors
    /// As [`Interpolant::level`], a shape mismatch, or not one time per item.
    pub fn at<X: State>(self, x0: &X, eps: &X, times: &[f64]) -> Result<X, DiffusionError> {
        noised(x0, eps, &self.levels(times)?)
    }

    /// The derivative `alpha'(t) x0 + sigma'(t) eps` at the time of each item: the training target.
    ///
    /// # Errors
    /// As [`Interpolant::at`].
    pub fn velocity<X: State>(self, x0: &X, eps: &X, times: &[f64]) -> Result<X, DiffusionError> {
        let levels = self.levels(times)?;
        let (prediction, factor) = self.prediction();
        let weights = levels.iter().map(|&level| prediction.weights(level));
        let (of_x0, of_eps): (Vec<f64>, Vec<f64>) = weights
            .map(|pair| pair.map(|(a, b)| (a / factor, b / factor)))
            .collect::<Result<_, _>>()?;
        mixed(x0, &of_x0, eps, &of_eps)
    }

    fn levels(self, times: &[f64]) -> Result<Vec<Level>, DiffusionError> {
        times.iter().map(|&time| self.level(time)).collect()
    }
}
