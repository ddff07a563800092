//! A schedule with `T` labels, as a table of levels.

use super::{BetaKind, Scaling, Schedule};
use crate::{DiffusionError, End, Grid, Level, ModelTime, Respacing, Spacing};
use std::num::NonZeroUsize;

/// A variance-preserving schedule of `T` labels; label `i` has `alpha_bar = prod_{j <= i} (1 - beta_j)`.
///
/// The table is kept in double precision and in logarithms, summed with `ln_1p`.
///
/// ```
/// use counterfoil_diffusion::{DiscreteSchedule, End, Spacing};
/// let schedule = DiscreteSchedule::linear(1000)?;
/// let grid = schedule.grid(Spacing::Trailing, 20, End::Zero)?;
/// assert_eq!((grid.steps(), grid.levels().len()), (20, 21));
/// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DiscreteSchedule {
    pub(super) betas: Vec<f64>,
    pub(super) levels: Vec<Level>,
}

impl DiscreteSchedule {
    /// The linear schedule of improved-diffusion: betas from 1e-4 to 0.02 times `1000 / T`, so that the last
    /// level hardly depends on `T`.
    ///
    /// # Errors
    /// [`DiffusionError::BetaOutOfRange`] for `T <= 20`, where the last beta would reach 1.
    pub fn linear(train_steps: usize) -> Result<Self, DiffusionError> {
        let scale = 1000.0 / train_steps.max(1) as f64;
        let (first, last) = (1e-4 * scale, 0.02 * scale);
        if train_steps == 1 {
            // A single beta would be the first, and the schedule would hardly add noise.
            return Err(DiffusionError::BetaOutOfRange { index: 0, beta: last, train_steps });
        }
        Self::new(BetaKind::Linear { first, last }, train_steps)
    }

    /// The cosine schedule with the published offset 0.008 and cap 0.999.
    ///
    /// # Errors
    /// [`DiffusionError::ZeroSteps`] for `T = 0`.
    pub fn cosine(train_steps: usize) -> Result<Self, DiffusionError> {
        Self::new(BetaKind::COSINE, train_steps)
    }

    /// The schedule of a family.
    ///
    /// # Errors
    /// As [`DiscreteSchedule::from_betas`]; [`DiffusionError::SettingOutOfRange`] for more than [`MAX_STEPS`] labels.
    ///
    /// [`MAX_STEPS`]: crate::MAX_STEPS
    pub fn new(kind: BetaKind, train_steps: usize) -> Result<Self, DiffusionError> {
        super::check_count("number of training steps", train_steps)?;
        Self::from_betas(kind.betas(train_steps))
    }

    /// The schedule of these betas.
    ///
    /// # Errors
    /// [`DiffusionError::ZeroSteps`] for none, [`DiffusionError::BetaOutOfRange`] for a beta outside `(0, 1)`.
    pub fn from_betas(betas: Vec<f64>) -> Result<Self, DiffusionError> {
        let train_steps = betas.len();
        if train_steps == 0 {
            return Err(DiffusionError::ZeroSteps { what: "a schedule" });
        }
        let mut ln_alpha_bar = 0.0;
        let mut levels = Vec::with_capacity(train_steps);
        for (index, &beta) in betas.iter().enumerate() {
            if !(beta > 0.0 && beta < 1.0) {
                return Err(DiffusionError::BetaOutOfRange { index, beta, train_steps });
            }
            ln_alpha_bar += (-beta).ln_1p();
            levels.push(Level::from_ln_alpha_bar(ln_alpha_bar)?);
        }
        Ok(Self { betas, levels })
    }

    /// Number of training labels `T`.
    pub fn train_steps(&self) -> usize {
        self.levels.len()
    }

    /// The betas of the `T` steps.
    pub fn betas(&self) -> &[f64] {
        &self.betas
    }

    /// The levels of the labels `0..T`, from the cleanest to the noisiest.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The level of one label.
    ///
    /// # Errors
    /// [`DiffusionError::LabelOutOfRange`].
    pub fn level(&self, label: usize) -> Result<Level, DiffusionError> {
        let train_steps = self.train_steps();
        self.levels
            .get(label)
            .copied()
            .ok_or(DiffusionError::LabelOutOfRange { label, train_steps })
    }

    /// The levels of one label per item of a batch.
    ///
    /// # Errors
    /// [`DiffusionError::LabelOutOfRange`].
    pub fn levels_at(&self, labels: &[usize]) -> Result<Vec<Level>, DiffusionError> {
        labels.iter().map(|&label| self.level(label)).collect()
    }

    /// The label of a level, fractional between labels: linear in `lambda`, and held at the ends of the table.
    /// Next to a label without signal, where `lambda` is infinite, linear in `alpha`. O(log T).
    pub fn time_of(&self, level: Level) -> ModelTime {
        let lambda = level.lambda();
        // lambda falls along the table: `above` labels are cleaner than the level.
        let above = self.levels.partition_point(|entry| entry.lambda() > lambda);
        if above == 0 {
            return ModelTime::Index(0);
        }
        if above == self.train_steps() {
            return ModelTime::Index(above - 1);
        }
        let (clean, noisy) = (self.levels[above - 1], self.levels[above]);
        let fraction = if noisy.is_pure_noise() {
            // The level may come in another scaling.
            let alpha = super::betas::ln_logistic(2.0 * lambda).exp().sqrt();
            1.0 - alpha / clean.alpha()
        } else {
            (clean.lambda() - lambda) / (clean.lambda() - noisy.lambda())
        };
        match fraction {
            1.0 => ModelTime::Index(above),
            fraction => ModelTime::Continuous((above - 1) as f64 + fraction),
        }
    }

    /// The level between labels, the inverse of [`DiscreteSchedule::time_of`].
    fn level_between(&self, time: f64) -> Result<Level, DiffusionError> {
        let last = self.train_steps() - 1;
        if !(0.0..=last as f64).contains(&time) {
            let (name, domain) = ("model time", "[0, T - 1]");
            return Err(DiffusionError::LevelOutOfRange { name, value: time, domain });
        }
        let below = (time as usize).min(last);
        let fraction = time - below as f64;
        let clean = self.levels[below];
        if fraction == 0.0 {
            return Ok(clean);
        }
        let noisy = self.levels[below + 1];
        if noisy.is_pure_noise() {
            return Level::from_ln_alpha_bar(2.0 * (clean.ln_alpha() + (-fraction).ln_1p()));
        }
        Level::from_log_snr(2.0 * (clean.lambda() + fraction * (noisy.lambda() - clean.lambda())))
    }

    /// A grid of `steps` steps towards the data.
    ///
    /// # Errors
    /// As [`Schedule::grid`].
    pub fn grid(&self, spacing: Spacing, steps: usize, end: End) -> Result<Grid, DiffusionError> {
        Schedule::grid(self, spacing, steps, end)
    }

    /// The grid of a respacing string.
    ///
    /// # Errors
    /// Those of [`Respacing::labels`] and [`Grid::new`].
    pub fn respace(&self, respacing: &Respacing, end: End) -> Result<Grid, DiffusionError> {
        self.grid_at(&respacing.labels(self.train_steps())?, end)
    }

    /// The grid that visits these labels, noisiest first, and then goes to the end: one step per label, or one fewer
    /// with [`End::LastPositive`], where the last label is the end.
    ///
    /// # Errors
    /// [`DiffusionError::LabelOutOfRange`] and those of [`Grid::new`].
    pub fn grid_at(&self, labels: &[usize], end: End) -> Result<Grid, DiffusionError> {
        let times: Vec<ModelTime> = labels.iter().map(|&label| ModelTime::Index(label)).collect();
        self.grid_at_times(&times, end)
    }
}

impl Schedule for DiscreteSchedule {
    fn level_at(&self, time: ModelTime) -> Result<Level, DiffusionError> {
        match time {
            ModelTime::Index(label) => self.level(label),
            ModelTime::Continuous(time) => self.level_between(time),
        }
    }

    fn time_of(&self, level: Level) -> ModelTime {
        self.time_of(level)
    }

    fn train_steps(&self) -> Option<NonZeroUsize> {
        NonZeroUsize::new(self.train_steps())
    }

    fn scaling(&self) -> Scaling {
        Scaling::VariancePreserving
    }

    fn range(&self) -> (ModelTime, ModelTime) {
        (ModelTime::Index(0), ModelTime::Index(self.train_steps() - 1))
    }
}
