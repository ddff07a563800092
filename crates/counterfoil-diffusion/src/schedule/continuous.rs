//! Schedules without labels: the level as a function of a real model time.

use super::{Scaling, Schedule};
use crate::{DiffusionError, Level, ModelTime, plan::check_setting};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// The curve of a continuous schedule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "snake_case")]
#[non_exhaustive]
pub enum Path {
    /// `alpha_bar = exp(-t^2 (beta_max - beta_min) / 2 - t beta_min)` (Song et al. 2021, equation 32), variance
    /// preserving; time `t` in `(0, 1]`.
    Vp {
        /// Rate of noise at time 0; published 0.1.
        beta_min: f64,
        /// Rate of noise at time 1; published 20.
        beta_max: f64,
    },
    /// `sigma = sigma_min (sigma_max / sigma_min)^t`, variance exploding (Song et al. 2021, equation 30); time `t` in
    /// `[0, 1]`.
    Ve {
        /// Noise at time 0; published 0.01.
        sigma_min: f64,
        /// Noise at time 1; published 50 for CIFAR-10.
        sigma_max: f64,
    },
    /// The time is the noise level `sigma` itself, variance exploding (Karras et al. 2022).
    Sigma,
    /// `alpha = 1 - s`, `sigma = s` with `s = time / time_scale` (Lipman et al. 2023; Liu et al. 2023).
    Flow {
        /// What the network is told at pure noise: 1 in the papers, 1000 in SD3 and Flux.
        time_scale: f64,
    },
    /// `alpha = cos(pi t / 2)`, `sigma = sin(pi t / 2)` (Albergo and Vanden-Eijnden 2023); time `t` in `[0, 1]`.
    Trigonometric,
}

/// A continuous schedule: a curve and the range of times that the network knows.
///
/// ```
/// use counterfoil_diffusion::{ContinuousSchedule, End, Schedule, Spacing};
/// // The grid of EDM: 18 levels from 80 to 0.002, and then the image.
/// let grid = ContinuousSchedule::edm(0.002, 80.0)?.grid(Spacing::Karras { rho: 7.0 }, 18, End::Zero)?;
/// assert!((grid.start().s() - 80.0).abs() < 1e-12 && grid.steps() == 18);
/// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct ContinuousSchedule {
    path: Path,
    cleanest: f64,
    noisiest: f64,
}

impl ContinuousSchedule {
    /// A curve between two of its times.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] for parameters or times outside the domain of the curve, or times that
    /// do not rise.
    pub fn new(path: Path, cleanest: f64, noisiest: f64) -> Result<Self, DiffusionError> {
        let positive = |name, x: f64| check_setting(name, x, x > 0.0 && x.is_finite(), "(0, inf)");
        let most = match path {
            Path::Vp { beta_min, beta_max } => {
                let fits = beta_min >= 0.0 && beta_min.is_finite();
                check_setting("beta_min", beta_min, fits, "[0, inf)")?;
                let fits = beta_max > 0.0 && beta_max >= beta_min && beta_max.is_finite();
                check_setting("beta_max", beta_max, fits, "(beta_min, inf)")?;
                1.0
            }
            Path::Ve { sigma_min, sigma_max } => {
                positive("sigma_min", sigma_min)?;
                let fits = sigma_max > sigma_min && sigma_max.is_finite();
                check_setting("sigma_max", sigma_max, fits, "(sigma_min, inf)")?;
                1.0
            }
            Path::Sigma => f64::MAX,
            Path::Flow { time_scale } => {
                positive("time_scale", time_scale)?;
                time_scale
            }
            Path::Trigonometric => 1.0,
        };
        check_setting("cleanest time", cleanest, cleanest >= 0.0 && cleanest <= most, "the curve")?;
        let fits = noisiest > cleanest && noisiest <= most;
        check_setting("noisiest time", noisiest, fits, "the curve after the cleanest time")?;
        Ok(Self { path, cleanest, noisiest })
    }

    /// The published variance-preserving process, from time 1e-3 to 1.
    ///
    /// # Errors
    /// As [`ContinuousSchedule::new`].
    pub fn vp(beta_min: f64, beta_max: f64) -> Result<Self, DiffusionError> {
        Self::new(Path::Vp { beta_min, beta_max }, 1e-3, 1.0)
    }

    /// The published variance-exploding process over all its times.
    ///
    /// # Errors
    /// As [`ContinuousSchedule::new`].
    pub fn ve(sigma_min: f64, sigma_max: f64) -> Result<Self, DiffusionError> {
        Self::new(Path::Ve { sigma_min, sigma_max }, 0.0, 1.0)
    }

    /// Noise levels as times, as EDM has them; published 0.002 to 80.
    ///
    /// # Errors
    /// As [`ContinuousSchedule::new`].
    pub fn edm(sigma_min: f64, sigma_max: f64) -> Result<Self, DiffusionError> {
        Self::new(Path::Sigma, sigma_min, sigma_max)
    }

    /// The straight path from the image to pure noise.
    ///
    /// # Errors
    /// As [`ContinuousSchedule::new`].
    pub fn flow(time_scale: f64) -> Result<Self, DiffusionError> {
        Self::new(Path::Flow { time_scale }, 0.0, time_scale)
    }

    /// The curve.
    pub fn path(&self) -> Path {
        self.path
    }

    /// The level at a time of the curve, unchecked.
    fn level_of(&self, time: f64) -> Result<Level, DiffusionError> {
        match self.path {
            Path::Vp { beta_min, beta_max } => {
                let rise = 0.5 * (beta_max - beta_min) * time;
                Level::from_ln_alpha_bar(-time * (rise + beta_min))
            }
            Path::Ve { sigma_min, sigma_max } => Level::from_logarithms(
                0.0,
                sigma_min.ln() + time * (sigma_max.ln() - sigma_min.ln()),
            ),
            Path::Sigma => Level::from_sigma_ve(time),
            Path::Flow { time_scale } => Level::from_flow(time / time_scale),
            Path::Trigonometric => trigonometric(time),
        }
    }
}

/// The level of the trigonometric interpolant, both ends exact.
pub(crate) fn trigonometric(time: f64) -> Result<Level, DiffusionError> {
    let quarter = std::f64::consts::FRAC_PI_2;
    // Each as the sine of the angle from its own zero: cos(pi/2) is 6e-17 in floating point, sin(0) is 0.
    let (alpha, sigma) = ((quarter * (1.0 - time)).sin(), (quarter * time).sin());
    Level::from_logarithms(alpha.ln(), sigma.ln())
}

impl Schedule for ContinuousSchedule {
    /// Times outside the range are refused: the network was not trained there.
    fn level_at(&self, time: ModelTime) -> Result<Level, DiffusionError> {
        let time = time.value();
        if !(self.cleanest..=self.noisiest).contains(&time) {
            let (name, domain) = ("model time", "the range of the schedule");
            return Err(DiffusionError::LevelOutOfRange { name, value: time, domain });
        }
        self.level_of(time)
    }

    /// Exact, in closed form; held at both ends of the range.
    fn time_of(&self, level: Level) -> ModelTime {
        let lambda = level.lambda();
        let time = match self.path {
            Path::Vp { beta_min, beta_max } => {
                // q = -ln alpha_bar solves slope t^2 / 2 + beta_min t = q; the form without cancellation.
                let q = -super::betas::ln_logistic(2.0 * lambda);
                if q == 0.0 {
                    // Nothing is left of q above some log-SNR, and without beta_min it would be 0 / 0.
                    return ModelTime::Continuous(self.cleanest);
                }
                let slope = beta_max - beta_min;
                2.0 * q / (beta_min + (beta_min * beta_min + 2.0 * slope * q).sqrt())
            }
            Path::Ve { sigma_min, sigma_max } => {
                (-lambda - sigma_min.ln()) / (sigma_max.ln() - sigma_min.ln())
            }
            Path::Sigma => (-lambda).exp(),
            Path::Flow { time_scale } => time_scale * super::betas::ln_logistic(-lambda).exp(),
            Path::Trigonometric => (-lambda).exp().atan() / std::f64::consts::FRAC_PI_2,
        };
        // Pure noise has q = inf in the VP curve, hence inf / inf.
        let time = if time.is_nan() { self.noisiest } else { time };
        ModelTime::Continuous(time.clamp(self.cleanest, self.noisiest))
    }

    fn train_steps(&self) -> Option<NonZeroUsize> {
        None
    }

    fn scaling(&self) -> Scaling {
        match self.path {
            Path::Vp { .. } | Path::Trigonometric => Scaling::VariancePreserving,
            Path::Ve { .. } | Path::Sigma => Scaling::VarianceExploding,
            Path::Flow { .. } => Scaling::Flow,
        }
    }

    fn range(&self) -> (ModelTime, ModelTime) {
        (ModelTime::Continuous(self.cleanest), ModelTime::Continuous(self.noisiest))
    }
}

/// The serialised form, checked when it is read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    path: Path,
    cleanest: f64,
    noisiest: f64,
}

impl From<ContinuousSchedule> for Raw {
    fn from(schedule: ContinuousSchedule) -> Self {
        let ContinuousSchedule { path, cleanest, noisiest } = schedule;
        Self { path, cleanest, noisiest }
    }
}

impl TryFrom<Raw> for ContinuousSchedule {
    type Error = DiffusionError;

    fn try_from(raw: Raw) -> Result<Self, DiffusionError> {
        Self::new(raw.path, raw.cleanest, raw.noisiest)
    }
}
