//! Variances of the reverse step: the exact posterior between two levels, and what may stand in for its variance.

use crate::{DiffusionError, Direction, Grid, Level};
use serde::{Deserialize, Serialize};

/// Variance of the reverse step (Ho et al. 2020, section 3.2; Nichol and Dhariwal 2021, section 3.1).
///
/// A grid that leaves labels out has betas of its own, and these are they: every formula is in terms of the two levels
/// of a step, so nothing is ever sliced out of a table that was made for another spacing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Variance {
    /// `beta (1 - alpha_bar') / (1 - alpha_bar)`: exact when the data is one point.
    #[default]
    FixedSmall,
    /// `beta`: exact when the data is standard normal.
    FixedLarge,
    /// The network gives the logarithm of the variance itself.
    Learned,
    /// The network gives a number `v`, -1 for the small variance and 1 for the large one, and the logarithm of the
    /// variance lies so far between theirs (Nichol and Dhariwal 2021, equation 15).
    LearnedRange,
}

impl Variance {
    /// Whether the network gives it, as further channels of its output.
    pub fn is_learned(self) -> bool {
        matches!(self, Self::Learned | Self::LearnedRange)
    }

    /// The logarithm of the variance of a step; `output` is the network's number for this pixel, which fixed variances
    /// do not read. Minus infinity where a fixed variance is zero.
    pub fn ln_variance(self, bounds: Bounds, output: f64) -> f64 {
        match self {
            Self::FixedSmall => bounds.ln_small,
            Self::FixedLarge => bounds.ln_large,
            Self::Learned => output,
            Self::LearnedRange => {
                let share = 0.5 * (output + 1.0);
                // Either end is that bound alone: the other may be minus infinity.
                let part = |share: f64, ln: f64| if share == 0.0 { 0.0 } else { share * ln };
                part(share, bounds.ln_large) + part(1.0 - share, bounds.ln_small)
            }
        }
    }
}

/// The posterior of the state at level `to`, given the state at the noisier level `from` and the image: normal, with
/// mean `image x0 + state x` (Ho et al. 2020, equations 6 and 7, for any scaling of the levels).
///
/// ```
/// use counterfoil_diffusion::{DiscreteSchedule, variance::Posterior};
/// let schedule = DiscreteSchedule::linear(1000)?;
/// let step = Posterior::between(schedule.level(500)?, schedule.level(499)?)?;
/// // beta of label 500
/// assert!((step.bounds.ln_large.exp() / schedule.betas()[500] - 1.0).abs() < 1e-12);
/// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Posterior {
    /// Weight of the image in the mean, `alpha' (1 - rho)` with `rho = (s'/s)^2`.
    pub image: f64,
    /// Weight of the state in the mean, `rho alpha' / alpha = (sigma'/sigma)^2 alpha / alpha'`.
    pub state: f64,
    /// Share of the noise that is new, `1 - rho`.
    pub fresh: f64,
    /// Logarithms of both fixed variances.
    pub bounds: Bounds,
}

/// Logarithms of two variances: that of data which is one point, and that of standard normal data. Of data that varies less
/// the true variance, averaged over states, lies between them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// `ln(sigma'^2 (1 - rho))`; minus infinity for a step to the image.
    pub ln_small: f64,
    /// `ln(sigma^2 (1 - rho) p' / p)` with `p = alpha^2 + sigma^2`, which is `ln beta` for variance-preserving levels.
    pub ln_large: f64,
}

impl Posterior {
    /// The posterior of a step towards the data.
    ///
    /// # Errors
    /// [`DiffusionError::WrongDirection`] unless `to` is cleaner than `from`.
    pub fn between(from: Level, to: Level) -> Result<Self, DiffusionError> {
        let ln_rho = 2.0 * (from.lambda() - to.lambda());
        // Also refuses NaN, which two clean levels give.
        if !matches!(ln_rho.partial_cmp(&0.0), Some(std::cmp::Ordering::Less)) {
            return Err(DiffusionError::WrongDirection { sampler: "a reverse step" });
        }
        let fresh = -ln_rho.exp_m1();
        Ok(Self {
            image: to.alpha() * fresh,
            // rho alpha'/alpha with the alphas cancelled first: finite where no signal is left.
            state: (2.0 * (to.ln_sigma() - from.ln_sigma()) + from.ln_alpha() - to.ln_alpha())
                .exp(),
            fresh,
            bounds: Bounds {
                ln_small: 2.0 * to.ln_sigma() + fresh.ln(),
                ln_large: 2.0 * from.ln_sigma() + fresh.ln() + (to.power() / from.power()).ln(),
            },
        })
    }

    /// The posteriors of all steps of a grid, with the small variance of a step to the image replaced by that of the
    /// step before it: its logarithm is needed for learned variances and for the variational bound, and minus infinity
    /// will not do (the published code's "clipped" logarithm). A grid of one step keeps minus infinity.
    ///
    /// # Errors
    /// As [`Posterior::between`].
    pub fn along(grid: &Grid) -> Result<Vec<Self>, DiffusionError> {
        if grid.direction() == Direction::Noise {
            return Err(DiffusionError::WrongDirection { sampler: "a reverse step" });
        }
        let mut steps = grid
            .levels()
            .windows(2)
            .map(|pair| Self::between(pair[0], pair[1]))
            .collect::<Result<Vec<_>, _>>()?;
        if let [.., before, last] = steps.as_mut_slice()
            && last.bounds.ln_small == f64::NEG_INFINITY
        {
            last.bounds.ln_small = before.bounds.ln_small;
        }
        Ok(steps)
    }
}
