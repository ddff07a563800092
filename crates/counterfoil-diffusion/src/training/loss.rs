//! Weights of the squared error over noise levels.

use crate::{DiffusionError, Level, Prediction, plan::check_setting};
use serde::{Deserialize, Serialize};

/// Weight of an item's squared error, by its level.
///
/// Papers state a weight for the error of one quantity. At a given state an error in one prediction is a fixed multiple
/// of the error in another, so each weight is turned into that of whatever the network predicts: two networks that
/// differ in their prediction alone are trained on the same loss. [`LossWeight::Simple`] is the exception by intent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "snake_case")]
#[non_exhaustive]
pub enum LossWeight {
    /// 1: the mean squared error of whatever the network predicts.
    #[default]
    Simple,
    /// The signal-to-noise ratio of the image error, cut at `gamma` (Hang et al. 2023): in terms of the image
    /// `min(snr, gamma)`, of the noise that over `snr`, of `v` that over `(snr + 1) (alpha^2 + sigma^2)`.
    MinSnr {
        /// Where the ratio is cut; published 5.
        gamma: f64,
    },
    /// `1 / (k + snr)^gamma` of the noise error (Choi et al. 2022, equation 9): less of the levels at which only
    /// detail is left.
    P2 {
        /// Published 1.
        k: f64,
        /// Published 1, or 0.5; 0 is the simple loss of `eps`.
        gamma: f64,
    },
    /// `(s^2 + sigma_data^2) / (s sigma_data)^2` of the image error (Karras et al. 2022, table 1): the error of the raw
    /// output of an EDM network with this `sigma_data`, at weight 1.
    Edm {
        /// Standard deviation of the data; published 0.5.
        sigma_data: f64,
    },
}

/// How far off the image and the noise are at a level when the prediction is off by 1: `(|d x0|, |d eps|)`.
///
/// With `f = a x0 + b eps` and `det = alpha b - sigma a` these are `sigma / det` and `alpha / det`.
fn sensitivity(level: Level, prediction: Prediction) -> Result<(f64, f64), DiffusionError> {
    let (a, b) = prediction.weights(level)?;
    let (alpha, sigma) = (level.alpha(), level.sigma());
    Ok(match prediction {
        // Ratios in logarithms, where both may be tiny.
        Prediction::Eps => (level.s(), 1.0),
        Prediction::X0 => (1.0, level.lambda().exp()),
        _ => {
            let det = (alpha * b - sigma * a).abs();
            (sigma / det, alpha / det)
        }
    })
}

impl LossWeight {
    /// The weight at a level, for a network with this prediction. [`LossWeight::Simple`] and [`LossWeight::MinSnr`] are
    /// finite at every level, both ends included.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] for a parameter outside its domain, [`DiffusionError::InfiniteWeight`]
    /// where the weight has no bound, as that of the image has at the data, and those of [`Prediction::weights`].
    pub fn at(self, level: Level, prediction: Prediction) -> Result<f64, DiffusionError> {
        let positive = |name, x: f64| check_setting(name, x, x > 0.0 && x.is_finite(), "(0, inf)");
        let (name, weight) = match self {
            Self::Simple => ("simple", 1.0),
            Self::MinSnr { gamma } => {
                positive("gamma", gamma)?;
                ("min-snr", min_snr(level, prediction, gamma)?)
            }
            Self::P2 { k, gamma } => {
                positive("k", k)?;
                let fits = (0.0..=10.0).contains(&gamma);
                check_setting("gamma", gamma, fits, "[0, 10]")?;
                let noise = (level.snr() + k).powf(-gamma);
                let gain = sensitivity(level, prediction)?.1;
                // 0 * inf at the data end for a network of the image: the product has a limit that depends on gamma.
                let unknown = noise == 0.0 && gain.is_infinite();
                let weight = if unknown { f64::INFINITY } else { noise * gain * gain };
                ("p2", if gain == 0.0 { 0.0 } else { weight })
            }
            Self::Edm { sigma_data } => {
                // The raw output's own error has weight 1 exactly, at the ends too.
                let raw = Prediction::Edm { sigma_data };
                let (image, noise) = sensitivity(level, raw)?;
                let (own_image, own_noise) = sensitivity(level, prediction)?;
                // At the data only the noise tells them apart, elsewhere the image does.
                let ratio = if image > 0.0 { own_image / image } else { own_noise / noise };
                ("edm", ratio * ratio)
            }
        };
        if weight.is_finite() {
            Ok(weight)
        } else {
            let log_snr = level.log_snr();
            Err(DiffusionError::InfiniteWeight { weight: name, prediction, log_snr })
        }
    }
}

/// [`LossWeight::MinSnr`] at a level.
fn min_snr(level: Level, prediction: Prediction, gamma: f64) -> Result<f64, DiffusionError> {
    let snr = level.snr();
    // 1 for variance-preserving levels, and then exactly: networks trained on them find the same bits.
    let power = level.power();
    let power = if (power - 1.0).abs() < 1e-9 { 1.0 } else { power };
    // Divided before the minimum, so that neither 0/0 nor inf/inf can arise.
    Ok(match prediction {
        Prediction::Eps => (gamma / snr).min(1.0),
        Prediction::X0 => snr.min(gamma),
        Prediction::V if snr <= gamma => snr / (snr + 1.0) / power,
        Prediction::V => gamma / (snr + 1.0) / power,
        _ => {
            let (image, noise) = sensitivity(level, prediction)?;
            if snr <= gamma { noise * noise } else { gamma * image * image }
        }
    })
}
