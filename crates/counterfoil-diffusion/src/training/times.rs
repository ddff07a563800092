//! Which noise levels a training batch visits.

use crate::{DiffusionError, Level, plan::check_setting, schedule::ln_logistic};
use counterfoil_random::Stream;
use serde::{Deserialize, Serialize};

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

/// How the levels of a training batch are drawn where the schedule is continuous.
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
    /// The levels of a batch of `items`, independent of one another.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] for a parameter outside its domain.
    pub fn draw(self, stream: &mut Stream, items: usize) -> Result<Vec<Level>, DiffusionError> {
        use std::f64::consts::{FRAC_PI_2, PI};
        match self {
            Self::LogNormal { mean, std } | Self::LogitNormal { mean, std } => {
                check_setting("mean", mean, mean.abs() <= 100.0, "[-100, 100]")?;
                check_setting("std", std, std > 0.0 && std <= 100.0, "(0, 100]")?;
            }
            Self::Mode { scale } => {
                let most = 2.0 / (PI - 2.0);
                let fits = (-1.0..=most).contains(&scale);
                check_setting("scale", scale, fits, "[-1, 2 / (pi - 2)]")?;
            }
            Self::FlowUniform | Self::CosMap => {}
        }
        let mut level = || match self {
            Self::LogNormal { mean, std } => {
                Level::from_logarithms(0.0, mean + std * stream.normal())
            }
            Self::LogitNormal { mean, std } => {
                let logit = mean + std * stream.normal();
                Level::from_logarithms(ln_logistic(-logit), ln_logistic(logit))
            }
            Self::FlowUniform => Level::from_flow(stream.uniform()),
            Self::Mode { scale } => {
                let u = stream.uniform();
                let time = 1.0 - u - scale * ((FRAC_PI_2 * u).cos().powi(2) - 1.0 + u);
                Level::from_flow(time.clamp(0.0, 1.0))
            }
            Self::CosMap => {
                let time = 1.0 - 1.0 / ((FRAC_PI_2 * stream.uniform()).tan() + 1.0);
                Level::from_flow(time.clamp(0.0, 1.0))
            }
        };
        (0..items).map(|_| level()).collect()
    }
}

/// Draws labels in proportion to the root mean square of their recent losses, and says how to undo the bias
/// (Nichol and Dhariwal 2021, section 3.3): it lowers the variance of the variational bound, whose terms differ by
/// orders of magnitude.
///
/// Uniform until every label has a full memory. The state belongs into a checkpoint, hence serde.
///
/// ```
/// use counterfoil_diffusion::training::LossAware;
/// use counterfoil_random::Stream;
///
/// let mut sampler = LossAware::new(4)?;
/// for _ in 0..10 {
///     sampler.update(&[0, 1, 2, 3], &[1.0, 1.0, 1.0, 5.0])?;
/// }
/// assert!((sampler.probabilities()[3] - 0.625).abs() < 1e-3);
/// let draws = sampler.draw(&mut Stream::new(0, "labels", 0, 0), 8);
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

    /// Labels for a batch, each with the weight `1 / (T p)` of its loss. O(T + items log T).
    pub fn draw(&self, stream: &mut Stream, items: usize) -> Vec<(usize, f64)> {
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
        let pick = |_| {
            let place = stream.uniform() * sum;
            let label = cumulative.partition_point(|&below| below <= place).min(last);
            (label, 1.0 / (probabilities.len() as f64 * probabilities[label]))
        };
        (0..items).map(pick).collect()
    }
}
