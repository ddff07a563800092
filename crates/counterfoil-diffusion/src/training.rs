//! What training needs: noised images, targets, loss weights and draws of time steps.

use crate::{DiffusionError, Level, Prediction, State, plan::check_setting};
use counterfoil_random::Stream;
use serde::{Deserialize, Serialize};

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

/// Weight of an item's squared error, by its level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LossWeight {
    /// 1: the mean squared error of whatever the network predicts.
    #[default]
    Simple,
    /// The signal-to-noise ratio of the image error, cut at `gamma` (Hang et al. 2023): in terms of the image
    /// `min(snr, gamma)`, of the noise that over `snr`, of `v` that over `snr + 1`.
    MinSnr {
        /// Where the ratio is cut; published 5.
        gamma: f64,
    },
}

impl LossWeight {
    /// The weight at a level, for a network with this prediction. Finite at every level, both ends included.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] for a `gamma` that is not positive and finite.
    pub fn at(self, level: Level, prediction: Prediction) -> Result<f64, DiffusionError> {
        match self {
            Self::Simple => Ok(1.0),
            Self::MinSnr { gamma } => {
                check_setting("gamma", gamma, gamma > 0.0 && gamma.is_finite(), "(0, inf)")?;
                let snr = level.snr();
                // Divided before the minimum, so that neither 0/0 nor inf/inf can arise.
                Ok(match prediction {
                    Prediction::Eps => (gamma / snr).min(1.0),
                    Prediction::X0 => snr.min(gamma),
                    Prediction::V if snr <= gamma => snr / (snr + 1.0),
                    Prediction::V => gamma / (snr + 1.0),
                    // With f = a x0 + b eps at a given state, an error in f is det / sigma times that in x0.
                    Prediction::Flow | Prediction::Edm { .. } => {
                        let (a, b) = prediction.weights(level)?;
                        let ratio = level.sigma() / (level.alpha() * b - level.sigma() * a);
                        // snr ratio^2 without inf * 0 at the clean end.
                        let signal = level.alpha() * ratio / level.sigma();
                        if snr <= gamma { signal * signal } else { gamma * ratio * ratio }
                    }
                })
            }
        }
    }
}

/// How the labels of a training batch are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TimeSampling {
    /// Each label uniform on `0..T`, independently.
    Uniform,
    /// One label from each of as many equal parts of `0..T` as there are items, in random order: each label is
    /// still uniform, and the loss of the batch varies less (Kingma et al. 2021, appendix I.1).
    #[default]
    Stratified,
}

impl TimeSampling {
    /// The labels of a batch of `items`, each below `train_steps`; all 0 for a schedule without labels.
    pub fn draw(self, stream: &mut Stream, items: usize, train_steps: usize) -> Vec<usize> {
        match self {
            Self::Uniform => (0..items).map(|_| stream.below(train_steps)).collect(),
            Self::Stratified => stream
                .permutation(items)
                .into_iter()
                .map(|part| {
                    let place = (part as f64 + stream.uniform()) / items as f64;
                    ((place * train_steps as f64) as usize).min(train_steps.saturating_sub(1))
                })
                .collect(),
        }
    }
}
