//! Which noise levels a training batch visits.

use crate::{DiffusionError, Level, plan::check_setting, schedule::ln_logistic};
use counterfoil_random::{Stream, normal};
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_PI_2, PI};

/// How the draws of a training batch depend on one another. Each is uniform by itself, so no loss is biased; batches that
/// cover the range evenly have losses that vary less.
///
/// The same four ways serve labels ([`TimeSampling::draw`]), continuous levels ([`LevelSampling::draw`]) and draws in
/// proportion to the loss ([`LossAware::draw`]).
///
/// ```
/// use counterfoil_diffusion::training::TimeSampling;
/// use counterfoil_random::Stream;
///
/// let stream = &mut Stream::new(0, "labels", 0, 0);
/// let mut labels = TimeSampling::Lattice.draw(stream, 4, 1000);
/// labels.sort_unstable();
/// assert!(labels.windows(2).all(|pair| pair[1] - pair[0] == 250));
/// let pair = TimeSampling::Antithetic.draw(stream, 2, 1000);
/// assert_eq!(pair[0] + pair[1], 999);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TimeSampling {
    /// Independent of one another.
    Uniform,
    /// One draw from each of as many equal parts of the range as there are items, in random order.
    #[default]
    Stratified,
    /// Equally spaced from a random start, in random order (Kingma et al. 2021, appendix I.1): as stratified, with one
    /// random place in all parts. Varies least for losses that change slowly along the range.
    Lattice,
    /// Independent pairs `u` and `1 - u`, one after the other; the last of an odd number is single. Takes away what is
    /// odd about the middle of the range, whatever the size of the batch (used with DDIM, Song et al. 2021).
    Antithetic,
}

impl TimeSampling {
    /// The labels of a batch of `items`, each below `train_steps`; all 0 for a schedule without labels.
    pub fn draw(self, stream: &mut Stream, items: usize, train_steps: usize) -> Vec<usize> {
        let last = train_steps.saturating_sub(1);
        match self {
            Self::Uniform => (0..items).map(|_| stream.below(train_steps)).collect(),
            // In integers, where the two labels of a pair mirror each other exactly.
            Self::Antithetic => {
                let mut label = 0;
                (0..items)
                    .map(|item| {
                        label =
                            if item % 2 == 0 { stream.below(train_steps) } else { last - label };
                        label
                    })
                    .collect()
            }
            Self::Stratified | Self::Lattice => {
                let places = self.places(stream, items).into_iter();
                places.map(|place| ((place * train_steps as f64) as usize).min(last)).collect()
            }
        }
    }

    /// Numbers in `[0, 1]`, one for each of `items`.
    pub fn places(self, stream: &mut Stream, items: usize) -> Vec<f64> {
        match self {
            Self::Uniform => (0..items).map(|_| stream.uniform()).collect(),
            Self::Stratified => {
                let parts = stream.permutation(items).into_iter();
                parts.map(|part| (part as f64 + stream.uniform()) / items as f64).collect()
            }
            Self::Lattice => {
                let parts = stream.permutation(items);
                let start = stream.uniform();
                parts.into_iter().map(|part| (part as f64 + start) / items as f64).collect()
            }
            Self::Antithetic => {
                let mut place = 0.0;
                (0..items)
                    .map(|item| {
                        place = if item % 2 == 0 { stream.uniform() } else { 1.0 - place };
                        place
                    })
                    .collect()
            }
        }
    }
}

/// The density of the levels of a training batch where the schedule is continuous.
///
/// For a network with labels, [`crate::Schedule::time_of`] gives the (fractional) label of each level.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "snake_case")]
#[non_exhaustive]
pub enum LevelSampling {
    /// `ln s` normal (Karras et al. 2022, table 1); variance-exploding levels.
    LogNormal {
        /// Published -1.2.
        mean: f64,
        /// Published 1.2.
        std: f64,
    },
    /// `ln s` uniform, which is uniform in log signal-to-noise ratio; variance-exploding levels.
    LogUniform {
        /// The smallest `s`, such as 0.002.
        low: f64,
        /// The largest, such as 80.
        high: f64,
    },
    /// Flow times uniform on `[0, 1]`.
    FlowUniform,
    /// The logit of the flow time normal (Esser et al. 2024, section 3.1).
    LogitNormal {
        /// Published 0; below 0 leans towards the data.
        mean: f64,
        /// Published 1.
        std: f64,
    },
    /// Flow times `1 - u - scale (cos^2(pi u / 2) - 1 + u)` of uniform `u` (Esser et al. 2024, equation 20): the middle
    /// is drawn more often for positive scales, the ends for negative ones, and neither end ever vanishes.
    Mode {
        /// In `[-1, 2 / (pi - 2)]`, where the map is monotone; published 1.29.
        scale: f64,
    },
    /// Flow times under which the log signal-to-noise ratio is distributed as along the cosine schedule,
    /// `1 - 1 / (tan(pi u / 2) + 1)` (Esser et al. 2024, section 3.1).
    CosMap,
}

impl LevelSampling {
    /// The levels of a batch of `items`; `times` says how they depend on one another.
    ///
    /// Each level is the quantile of a uniform number ([`LevelSampling::quantile`]), so stratified draws take one level
    /// from each of `items` parts of equal probability.
    ///
    /// ```
    /// use counterfoil_diffusion::training::{LevelSampling, TimeSampling};
    /// use counterfoil_random::Stream;
    ///
    /// let published = LevelSampling::LogNormal { mean: -1.2, std: 1.2 };
    /// let stream = &mut Stream::new(0, "levels", 0, 0);
    /// let levels = published.draw(TimeSampling::Stratified, stream, 8)?;
    /// // Four of eight lie below the median.
    /// let below = levels.iter().filter(|level| level.s().ln() < -1.2).count();
    /// assert_eq!(below, 4);
    /// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
    /// ```
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] for a parameter outside its domain.
    pub fn draw(
        self,
        times: TimeSampling,
        stream: &mut Stream,
        items: usize,
    ) -> Result<Vec<Level>, DiffusionError> {
        self.check()?;
        times.places(stream, items).into_iter().map(|place| self.quantile(place)).collect()
    }

    /// The level below whose `s` a share `place` in `[0, 1]` of the draws lies. Where the density has no bounds,
    /// a place at an end counts as 2^-54 inside it, the half of the smallest draw.
    ///
    /// # Errors
    /// As [`LevelSampling::draw`], and for a place outside its domain.
    pub fn quantile(self, place: f64) -> Result<Level, DiffusionError> {
        self.check()?;
        check_setting("place", place, (0.0..=1.0).contains(&place), "[0, 1]")?;
        // 1 - 2^-54 is no float: the upper end is the next one.
        let normal = || normal::quantile(place.clamp(0.5_f64.powi(54), 1.0 - 0.5_f64.powi(53)));
        match self {
            Self::LogNormal { mean, std } => Level::from_logarithms(0.0, mean + std * normal()),
            Self::LogUniform { low, high } => {
                Level::from_logarithms(0.0, low.ln() + (high / low).ln() * place)
            }
            Self::LogitNormal { mean, std } => {
                let logit = mean + std * normal();
                Level::from_logarithms(ln_logistic(-logit), ln_logistic(logit))
            }
            Self::FlowUniform => Level::from_flow(place),
            Self::Mode { scale } => {
                // The published map falls; this is it at 1 - u.
                let u = 1.0 - place;
                let time = place - scale * ((FRAC_PI_2 * u).cos().powi(2) - place);
                Level::from_flow(time.clamp(0.0, 1.0))
            }
            Self::CosMap => {
                let time = 1.0 - 1.0 / ((FRAC_PI_2 * place).tan() + 1.0);
                Level::from_flow(time.clamp(0.0, 1.0))
            }
        }
    }

    fn check(self) -> Result<(), DiffusionError> {
        match self {
            Self::LogNormal { mean, std } | Self::LogitNormal { mean, std } => {
                check_setting("mean", mean, mean.abs() <= 100.0, "[-100, 100]")?;
                check_setting("std", std, std > 0.0 && std <= 100.0, "(0, 100]")
            }
            Self::LogUniform { low, high } => {
                check_setting("low", low, low > 0.0 && low.is_finite(), "(0, inf)")?;
                check_setting("high", high, high > low && high.is_finite(), "(low, inf)")
            }
            Self::Mode { scale } => {
                let fits = (-1.0..=2.0 / (PI - 2.0)).contains(&scale);
                check_setting("scale", scale, fits, "[-1, 2 / (pi - 2)]")
            }
            Self::FlowUniform | Self::CosMap => Ok(()),
        }
    }
}

/// Draws labels in proportion to the root mean square of their recent losses, and says how to undo the bias
/// (Nichol and Dhariwal 2021, section 3.3): it lowers the variance of the variational bound, whose terms differ by
/// orders of magnitude.
///
/// Uniform until every label has a full memory. The state belongs into a checkpoint, hence serde.
///
/// ```
/// use counterfoil_diffusion::training::{LossAware, TimeSampling};
/// use counterfoil_random::Stream;
///
/// let mut sampler = LossAware::new(4)?;
/// for _ in 0..10 {
///     sampler.update(&[0, 1, 2, 3], &[1.0, 1.0, 1.0, 5.0])?;
/// }
/// assert!((sampler.probabilities()[3] - 0.625).abs() < 1e-3);
/// let draws = sampler.draw(TimeSampling::Stratified, &mut Stream::new(0, "labels", 0, 0), 8);
/// // Rare labels count for more: the weighted loss has the mean of the uniform one.
/// assert!(draws.iter().all(|(label, weight)| (*weight < 1.0) == (*label == 3)));
/// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossAware {
    /// Squared losses of each label, the oldest first; at most [`MEMORY`] of them.
    squares: Vec<Vec<f64>>,
}

/// Losses remembered per label, as published.
pub const MEMORY: usize = 10;

/// Share of uniform draws mixed in, as published: no label is ever forgotten.
pub const UNIFORM_SHARE: f64 = 0.001;

impl LossAware {
    /// A sampler of `train_steps` labels without any memory.
    ///
    /// # Errors
    /// [`DiffusionError::ZeroSteps`].
    pub fn new(train_steps: usize) -> Result<Self, DiffusionError> {
        if train_steps == 0 {
            return Err(DiffusionError::ZeroSteps { what: "a schedule" });
        }
        Ok(Self { squares: vec![Vec::new(); train_steps] })
    }

    /// Remembers the (unweighted) losses of drawn labels.
    ///
    /// # Errors
    /// [`DiffusionError::ItemMismatch`] unless there is one loss per label, [`DiffusionError::LabelOutOfRange`], and
    /// [`DiffusionError::SettingOutOfRange`] for a loss that is not finite; nothing is remembered then.
    pub fn update(&mut self, labels: &[usize], losses: &[f64]) -> Result<(), DiffusionError> {
        if labels.len() != losses.len() {
            return Err(DiffusionError::ItemMismatch { given: losses.len(), batch: labels.len() });
        }
        let train_steps = self.squares.len();
        for (&label, &loss) in labels.iter().zip(losses) {
            if label >= train_steps {
                return Err(DiffusionError::LabelOutOfRange { label, train_steps });
            }
            check_setting("loss", loss, (loss * loss).is_finite(), "(-inf, inf)")?;
        }
        for (&label, &loss) in labels.iter().zip(losses) {
            let memory = &mut self.squares[label];
            if memory.len() >= MEMORY {
                memory.remove(0);
            }
            memory.push(loss * loss);
        }
        Ok(())
    }

    /// The probability of each label.
    pub fn probabilities(&self) -> Vec<f64> {
        let count = self.squares.len() as f64;
        let uniform = vec![1.0 / count; self.squares.len()];
        if self.squares.iter().any(|memory| memory.len() < MEMORY) {
            return uniform;
        }
        let root = |memory: &Vec<f64>| (memory.iter().sum::<f64>() / MEMORY as f64).sqrt();
        let roots: Vec<f64> = self.squares.iter().map(root).collect();
        let sum: f64 = roots.iter().sum();
        if sum == 0.0 {
            return uniform;
        }
        let share = |root| (1.0 - UNIFORM_SHARE) * root / sum + UNIFORM_SHARE / count;
        roots.into_iter().map(share).collect()
    }

    /// Labels for a batch, each with the weight `1 / (T p)` of its loss; `times` says how they depend on one another.
    /// O(T + items log T).
    pub fn draw(
        &self,
        times: TimeSampling,
        stream: &mut Stream,
        items: usize,
    ) -> Vec<(usize, f64)> {
        let probabilities = self.probabilities();
        let mut sum = 0.0;
        let cumulative: Vec<f64> = probabilities
            .iter()
            .map(|p| {
                sum += p;
                sum
            })
            .collect();
        let last = probabilities.len() - 1;
        let pick = |place: f64| {
            let label = cumulative.partition_point(|&below| below <= place * sum).min(last);
            (label, 1.0 / (probabilities.len() as f64 * probabilities[label]))
        };
        times.places(stream, items).into_iter().map(pick).collect()
    }
}
