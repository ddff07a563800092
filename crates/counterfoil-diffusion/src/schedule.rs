//! Training schedules: the map from a network's label to the noise level that it means.

use crate::{DiffusionError, End, Grid, Level, ModelTime, Respacing, Spacing};
use serde::{Deserialize, Serialize};

/// The family of a discrete schedule, as the betas of its steps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BetaKind {
    /// Betas equally spaced from `first` to `last`, both included (Ho et al. 2020, section 4).
    Linear {
        /// Beta of label 0.
        first: f64,
        /// Beta of label `T - 1`.
        last: f64,
    },
    /// `alpha_bar(t) = cos^2((t + offset) / (1 + offset) pi / 2)`, betas capped (Nichol and Dhariwal 2021,
    /// equation 17).
    Cosine {
        /// Keeps the first betas from vanishing; published 0.008.
        offset: f64,
        /// Largest beta; published 0.999. The cap is part of the definition: without it the last level holds no
        /// signal at all.
        cap: f64,
    },
}

impl BetaKind {
    /// The `T` betas.
    fn betas(self, train_steps: usize) -> Vec<f64> {
        let t = train_steps as f64;
        match self {
            Self::Linear { first, last } => {
                let gap = (last - first) / (t - 1.0).max(1.0);
                (0..train_steps).map(|i| first + gap * i as f64).collect()
            }
            Self::Cosine { offset, cap } => {
                let angle = |i: usize| {
                    (i as f64 / t + offset) / (1.0 + offset) * std::f64::consts::FRAC_PI_2
                };
                let abar = |i: usize| angle(i).cos().powi(2);
                (0..train_steps).map(|i| (1.0 - abar(i + 1) / abar(i)).min(cap)).collect()
            }
        }
    }
}

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
    betas: Vec<f64>,
    levels: Vec<Level>,
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
        Self::new(BetaKind::Cosine { offset: 0.008, cap: 0.999 }, train_steps)
    }

    /// The schedule of a family.
    ///
    /// # Errors
    /// As [`DiscreteSchedule::from_betas`].
    pub fn new(kind: BetaKind, train_steps: usize) -> Result<Self, DiffusionError> {
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
    /// O(log T).
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
        let (clean, noisy) = (self.levels[above - 1].lambda(), self.levels[above].lambda());
        match (clean - lambda) / (clean - noisy) {
            1.0 => ModelTime::Index(above),
            fraction => ModelTime::Continuous((above - 1) as f64 + fraction),
        }
    }

    /// A grid of `steps` steps towards the data.
    ///
    /// # Errors
    /// Those of [`Spacing::labels`] and [`Grid::new`]; in particular [`DiffusionError::DuplicateLevel`] when the
    /// chosen end is the last label that the spacing visits.
    pub fn grid(&self, spacing: Spacing, steps: usize, end: End) -> Result<Grid, DiffusionError> {
        match spacing.labels(self.train_steps(), steps)? {
            Some(labels) => self.grid_at(&labels, end),
            None => self.log_snr_grid(steps, end),
        }
    }

    /// The grid of a respacing string.
    ///
    /// # Errors
    /// Those of [`Respacing::labels`] and [`Grid::new`].
    pub fn respace(&self, respacing: &Respacing, end: End) -> Result<Grid, DiffusionError> {
        self.grid_at(&respacing.labels(self.train_steps())?, end)
    }

    /// The grid that visits these labels, noisiest first, and then goes to the end: one step per label.
    ///
    /// # Errors
    /// [`DiffusionError::LabelOutOfRange`] and those of [`Grid::new`].
    pub fn grid_at(&self, labels: &[usize], end: End) -> Result<Grid, DiffusionError> {
        let (last, time) = self.end(end)?;
        let mut levels = self.levels_at(labels)?;
        levels.push(last);
        let times = labels.iter().map(|&label| ModelTime::Index(label)).chain([time]).collect();
        Grid::new(levels, times)
    }

    /// Levels equally spaced in `lambda` from the noisiest label to the end, or to label 0 when the end is zero.
    fn log_snr_grid(&self, steps: usize, end: End) -> Result<Grid, DiffusionError> {
        let (last, time) = self.end(end)?;
        let start = self.levels[self.train_steps() - 1].lambda();
        // A level without noise lies at infinity: the step to it comes after the equally spaced ones.
        let (stop, gaps) = if last.is_clean() {
            (self.levels[0].lambda(), steps - 1)
        } else {
            (last.lambda(), steps)
        };
        let gap = (stop - start) / gaps.max(1) as f64;
        let mut levels = (0..steps)
            .map(|i| Level::from_log_snr(2.0 * (start + gap * i as f64)))
            .collect::<Result<Vec<_>, _>>()?;
        // The first level is a level of the table, and so is the last before zero: pinned against rounding.
        if last.is_clean() {
            levels[steps - 1] = self.levels[0];
        }
        levels[0] = self.levels[self.train_steps() - 1];
        let mut times: Vec<ModelTime> = levels.iter().map(|&level| self.time_of(level)).collect();
        levels.push(last);
        times.push(time);
        Grid::new(levels, times)
    }

    /// The last level of a grid and its label.
    fn end(&self, end: End) -> Result<(Level, ModelTime), DiffusionError> {
        match end {
            End::Zero => Ok((Level::CLEAN, ModelTime::Index(0))),
            End::Label0 => Ok((self.levels[0], ModelTime::Index(0))),
            End::SigmaMin(s) => {
                let level = Level::from_log_snr(-2.0 * Level::from_sigma_ve(s)?.ln_sigma())?;
                Ok((level, self.time_of(level)))
            }
        }
    }
}
