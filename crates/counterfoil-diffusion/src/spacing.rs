//! How the levels of a grid are chosen: integer labels, times or noise levels, exactly as many as were asked for.

mod labels;
mod quantile;
mod respacing;
mod shift;

pub(crate) use labels::round_ratio;
pub use quantile::beta_quantile;
pub use respacing::Respacing;
pub use shift::Shift;

use crate::{DiffusionError, plan::check_setting};
use serde::{Deserialize, Serialize};

/// How `N` noise levels are chosen.
///
/// The first group chooses labels of a discrete schedule, or times of a continuous one; the second chooses levels, of
/// which the network is told the (fractional) model time; the last belongs to flow schedules. Custom labels, times or
/// levels go through [`crate::DiscreteSchedule::grid_at`], [`crate::Schedule::grid_at_times`] and
/// [`crate::Schedule::grid_at_levels`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "snake_case")]
#[non_exhaustive]
pub enum Spacing {
    /// `i * (T / N) + offset` for `i` in `N-1 ..= 0`, integer division: never visits the noisiest labels unless
    /// `N` divides `T` into ones (Song et al. 2021; the published DDIM grid). Only for discrete schedules.
    Leading {
        /// Added to every label.
        #[serde(default)]
        offset: usize,
    },
    /// `round((N - i) * T / N) - 1` for `i` in `0..N`: starts at the noisiest label `T - 1`
    /// (Lin et al. 2024, section 3.3). Exactly `N` labels for every `N`; ties round to even.
    Trailing,
    /// `N` labels equally spaced from `T - 1` down to 0, rounded, ties to even; `N = 1` gives `T - 1`.
    Linspace,
    /// `(T - 1) (i / (N - 1))^2`, rounded: labels dense near the data (Song et al. 2021, appendix D.3, with both ends
    /// of the table included). Labels that would coincide move up to the next free one.
    Quadratic,
    /// `(T - 1) F^-1(q)` for `q` equally spaced on `[0, 1]`, rounded, `F` being the Beta(a, b) distribution function
    /// (Lee et al. 2024, section 4: it maps time steps, where diffusers maps sigmas). Labels that would coincide are
    /// spread over the next free ones. `a = b = 0.6` as published is dense at both ends.
    BetaQuantile {
        /// First shape, positive; below 1 is dense near the data.
        a: f64,
        /// Second shape, positive; below 1 is dense near the noise.
        b: f64,
    },
    /// Levels equally spaced in log signal-to-noise ratio, which is geometrically in `s = sigma / alpha`, from the
    /// noisiest label to the end of the grid, with fractional labels between (Lu et al. 2022, section 3.3;
    /// "exponential" in k-diffusion, "lu-lambda" in diffusers).
    #[serde(alias = "exponential")]
    LogSnr,
    /// Levels equally spaced in `s^(1/rho)` (Karras et al. 2022, equation 5).
    Karras {
        /// Published 7; 1 is linear in `s`, large numbers approach [`Spacing::LogSnr`].
        #[serde(default = "published_rho")]
        rho: f64,
    },
    /// `ln s` along `r^rho` for `r` from 1 to 0 (k-diffusion's polyexponential); `rho = 1` is [`Spacing::LogSnr`].
    PolyExponential {
        /// Above 1 dense near the data.
        rho: f64,
    },
    /// Flow times equally spaced from the noisiest to the end, then shifted; only for flow schedules.
    Flow {
        /// Moves the times towards the noise.
        #[serde(default)]
        shift: Shift,
        /// Stretches `1 - s` after the shift, so that the last visited time is this (LTX-Video); the first stays.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        terminal: Option<f64>,
    },
}

/// The exponent of EDM.
fn published_rho() -> f64 {
    7.0
}

impl Spacing {
    /// The name of [`Spacing::LogSnr`] in k-diffusion.
    pub const EXPONENTIAL: Self = Self::LogSnr;
    /// The quantiles of Lee et al. 2024.
    pub const BETA: Self = Self::BetaQuantile { a: 0.6, b: 0.6 };

    /// Whether levels rather than model times are spaced.
    pub fn is_in_levels(self) -> bool {
        matches!(self, Self::LogSnr | Self::Karras { .. } | Self::PolyExponential { .. })
    }

    /// `count` values of `lambda = -ln s` between two, both included and exact; only the first for a count of 1.
    ///
    /// # Errors
    /// [`DiffusionError::SpacingUnsupported`] for a spacing that is not in levels, and where an end is infinite:
    /// no level lies half-way to pure noise or to the image. [`DiffusionError::SettingOutOfRange`].
    pub fn lambdas(self, from: f64, to: f64, count: usize) -> Result<Vec<f64>, DiffusionError> {
        if !(from.is_finite() && to.is_finite()) && count > 1 {
            let schedule = "ends with both signal and noise (use labels, or another end)";
            return Err(DiffusionError::SpacingUnsupported { spacing: self.name(), schedule });
        }
        let gaps = count.saturating_sub(1).max(1) as f64;
        let share = |i: usize| i as f64 / gaps;
        let value: Box<dyn Fn(usize) -> f64> = match self {
            Self::LogSnr => {
                let gap = (to - from) / gaps;
                Box::new(move |i| from + gap * i as f64)
            }
            Self::Karras { rho } => {
                check_setting("rho", rho, rho > 0.0 && rho.is_finite(), "(0, inf)")?;
                // In units of the first: s^(1/rho) of large levels overflows for small rho, a ratio does not.
                let ratio = ((from - to) / rho).exp_m1();
                Box::new(move |i| from - rho * (share(i) * ratio).ln_1p())
            }
            Self::PolyExponential { rho } => {
                check_setting("rho", rho, rho > 0.0 && rho.is_finite(), "(0, inf)")?;
                Box::new(move |i| to + (1.0 - share(i)).powf(rho) * (from - to))
            }
            other => {
                let schedule = "model times, not levels";
                return Err(DiffusionError::SpacingUnsupported { spacing: other.name(), schedule });
            }
        };
        let mut lambdas: Vec<f64> = (0..count).map(value).collect();
        if let Some(last) = lambdas.last_mut().filter(|_| count > 1) {
            *last = to;
        }
        if let Some(first) = lambdas.first_mut() {
            *first = from;
        }
        Ok(lambdas)
    }

    /// Places in the range of a continuous schedule, 1 being the noisiest: what [`Spacing::labels`] are to a table,
    /// unrounded.
    ///
    /// # Errors
    /// [`DiffusionError::SpacingUnsupported`] and [`DiffusionError::SettingOutOfRange`].
    pub fn fractions(self, count: usize) -> Result<Vec<f64>, DiffusionError> {
        let share = |i: usize| {
            if count == 1 { 1.0 } else { (count - 1 - i) as f64 / (count - 1) as f64 }
        };
        match self {
            Self::Trailing => Ok((0..count).map(|i| (count - i) as f64 / count as f64).collect()),
            Self::Linspace => Ok((0..count).map(share).collect()),
            Self::Quadratic => Ok((0..count).map(|i| share(i) * share(i)).collect()),
            Self::BetaQuantile { a, b } => {
                (0..count).map(|i| beta_quantile(share(i), a, b)).collect()
            }
            other => {
                let schedule = "a schedule with labels";
                Err(DiffusionError::SpacingUnsupported { spacing: other.name(), schedule })
            }
        }
    }

    /// The name in settings and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Leading { .. } => "leading",
            Self::Trailing => "trailing",
            Self::Linspace => "linspace",
            Self::Quadratic => "quadratic",
            Self::BetaQuantile { .. } => "beta-quantile",
            Self::LogSnr => "log-snr",
            Self::Karras { .. } => "karras",
            Self::PolyExponential { .. } => "poly-exponential",
            Self::Flow { .. } => "flow",
        }
    }
}
