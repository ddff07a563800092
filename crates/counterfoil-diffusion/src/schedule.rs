//! Schedules: the map between what a network is told and the noise level that it means, and the grids along it.

mod betas;
mod continuous;
mod rescale;
mod table;

pub use betas::BetaKind;
pub(crate) use betas::ln_logistic;
pub(crate) use continuous::trigonometric;
pub use continuous::{ContinuousSchedule, Path};
pub use table::DiscreteSchedule;

use crate::{DiffusionError, End, Grid, Level, ModelTime, Spacing, plan::check_setting};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;

/// The most labels of a schedule and steps of a grid. More are taken for a mistake before room is made for them.
pub const MAX_STEPS: usize = 1 << 20;

/// Refuses a number of labels or steps that nobody means.
pub(crate) fn check_count(name: &'static str, count: usize) -> Result<(), DiffusionError> {
    check_setting(name, count as f64, count <= MAX_STEPS, "1 to 1048576")
}

/// How the levels of a schedule scale the signal as noise is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scaling {
    /// `alpha^2 + sigma^2 = 1`.
    VariancePreserving,
    /// `alpha = 1`.
    VarianceExploding,
    /// `alpha + sigma = 1`.
    Flow,
}

impl Scaling {
    /// The level with this `lambda = ln(alpha / sigma)`; plus infinity is the clean level.
    ///
    /// # Errors
    /// [`DiffusionError::LevelOutOfRange`] for NaN, and for minus infinity where `alpha = 1`.
    pub fn level(self, lambda: f64) -> Result<Level, DiffusionError> {
        match self {
            Self::VariancePreserving => Level::from_log_snr(2.0 * lambda),
            Self::VarianceExploding => Level::from_logarithms(0.0, -lambda),
            Self::Flow => Level::from_logarithms(ln_logistic(lambda), ln_logistic(-lambda)),
        }
    }
}

/// A map between model times and levels.
///
/// The trait is object safe, and the grids are made here for all schedules alike: a schedule only says where its
/// levels lie.
pub trait Schedule {
    /// The level that a model time means.
    ///
    /// # Errors
    /// [`DiffusionError::LabelOutOfRange`] or [`DiffusionError::LevelOutOfRange`].
    fn level_at(&self, time: ModelTime) -> Result<Level, DiffusionError>;

    /// The model time of a level, in any scaling: the inverse of [`Schedule::level_at`], held at both ends of the
    /// range. Tables interpolate linearly in `lambda` between labels.
    fn time_of(&self, level: Level) -> ModelTime;

    /// Number of labels; `None` for a continuous schedule.
    fn train_steps(&self) -> Option<NonZeroUsize>;

    /// How the levels scale the signal.
    fn scaling(&self) -> Scaling;

    /// The times of the cleanest and of the noisiest level.
    fn range(&self) -> (ModelTime, ModelTime);

    /// A grid of `steps` steps towards the data.
    ///
    /// Spacings in model time visit `N` times and then go to the end. Spacings in levels run from the noisiest level
    /// to the end, whose level they include; [`End::Zero`] lies at infinity for them, so they run to the cleanest
    /// level of the schedule and the image comes after it. With [`End::LastPositive`] every spacing makes `N + 1`
    /// entries of which the last is the end.
    ///
    /// # Errors
    /// [`DiffusionError::ZeroSteps`], [`DiffusionError::TooManySteps`], [`DiffusionError::LabelOutOfRange`] (an
    /// offset that leaves the table), [`DiffusionError::SpacingUnsupported`],
    /// [`DiffusionError::SettingOutOfRange`] (also for more than [`MAX_STEPS`] steps), and those of [`Grid::new`]: in particular
    /// [`DiffusionError::DuplicateLevel`] when the chosen end is the last label that the spacing visits.
    fn grid(&self, spacing: Spacing, steps: usize, end: End) -> Result<Grid, DiffusionError> {
        if steps == 0 {
            return Err(DiffusionError::ZeroSteps { what: "a grid" });
        }
        check_count("number of steps", steps)?;
        let entries = steps + usize::from(end == End::LastPositive);
        if spacing.is_in_levels() {
            return spaced_in_levels(self, spacing, steps, end);
        }
        let times = match (spacing, self.train_steps()) {
            (Spacing::Flow { .. }, _) => return spaced_along_flow(self, spacing, steps, end),
            (_, Some(train_steps)) => spacing
                .labels(train_steps.get(), entries)?
                .unwrap_or_default()
                .into_iter()
                .map(ModelTime::Index)
                .collect(),
            (_, None) => {
                let (from, to) = self.range();
                let place = |fraction: f64| {
                    // Both ends as they are: from + (to - from) may round.
                    let (from, to) = (from.value(), to.value());
                    if fraction == 1.0 { to } else { from + fraction * (to - from) }
                };
                let fractions = spacing.fractions(entries)?;
                fractions.into_iter().map(|f| ModelTime::Continuous(place(f))).collect::<Vec<_>>()
            }
        };
        self.grid_at_times(&times, end)
    }

    /// The grid that visits these model times, noisiest first, and then goes to the end: one step per time, or one
    /// fewer with [`End::LastPositive`].
    ///
    /// # Errors
    /// As [`Schedule::level_at`], and those of [`Grid::new`].
    fn grid_at_times(&self, times: &[ModelTime], end: End) -> Result<Grid, DiffusionError> {
        let levels = times.iter().map(|&time| self.level_at(time)).collect::<Result<_, _>>()?;
        closed(self, levels, times.to_vec(), end)
    }

    /// The grid that visits these levels, noisiest first, and then goes to the end; the network is told the time of
    /// each level, held at the ends of what it knows.
    ///
    /// # Errors
    /// Those of [`Grid::new`].
    fn grid_at_levels(&self, levels: &[Level], end: End) -> Result<Grid, DiffusionError> {
        let times = levels.iter().map(|&level| self.time_of(level)).collect();
        closed(self, levels.to_vec(), times, end)
    }
}

/// Appends the end, if it is not already there.
fn closed<S: Schedule + ?Sized>(
    schedule: &S,
    mut levels: Vec<Level>,
    mut times: Vec<ModelTime>,
    end: End,
) -> Result<Grid, DiffusionError> {
    if let Some((level, time)) = end_of(schedule, end)? {
        levels.push(level);
        times.push(time);
    }
    Grid::new(levels, times)
}

/// The level and time of an end; `None` for the last visited level.
fn end_of<S: Schedule + ?Sized>(
    schedule: &S,
    end: End,
) -> Result<Option<(Level, ModelTime)>, DiffusionError> {
    let cleanest = schedule.range().0;
    Ok(match end {
        End::Zero => Some((Level::CLEAN, cleanest)),
        End::Label0 => Some((schedule.level_at(cleanest)?, cleanest)),
        End::SigmaMin(s) => {
            let level = schedule.scaling().level(-Level::from_sigma_ve(s)?.ln_sigma())?;
            Some((level, schedule.time_of(level)))
        }
        End::LastPositive => None,
    })
}

/// Levels between the noisiest one and the end, both pinned against rounding.
fn spaced_in_levels<S: Schedule + ?Sized>(
    schedule: &S,
    spacing: Spacing,
    steps: usize,
    end: End,
) -> Result<Grid, DiffusionError> {
    let (clean_time, noisy_time) = schedule.range();
    let (start, floor) = (schedule.level_at(noisy_time)?, schedule.level_at(clean_time)?);
    let end = end_of(schedule, end)?;
    // A level without noise lies at infinity: the step to it comes after the spaced ones.
    let after = end.filter(|(level, _)| level.is_clean());
    let (stop, stop_time) = match (after, end) {
        (None, Some(end)) => end,
        _ => (floor, clean_time),
    };
    let entries = steps + usize::from(after.is_none());
    let mut levels = spacing
        .lambdas(start.lambda(), stop.lambda(), entries)?
        .into_iter()
        .map(|lambda| schedule.scaling().level(lambda))
        .collect::<Result<Vec<_>, _>>()?;
    levels[0] = start;
    if entries > 1 {
        levels[entries - 1] = stop;
    }
    let mut times: Vec<ModelTime> = levels.iter().map(|&level| schedule.time_of(level)).collect();
    times[0] = noisy_time;
    if entries > 1 {
        times[entries - 1] = stop_time;
    }
    if let Some((level, time)) = after {
        levels.push(level);
        times.push(time);
    }
    Grid::new(levels, times)
}

/// Flow times equally spaced before their shift, the end included.
fn spaced_along_flow<S: Schedule + ?Sized>(
    schedule: &S,
    spacing: Spacing,
    steps: usize,
    end: End,
) -> Result<Grid, DiffusionError> {
    if schedule.scaling() != Scaling::Flow {
        let (spacing, schedule) = ("flow", "levels with alpha + sigma = 1");
        return Err(DiffusionError::SpacingUnsupported { spacing, schedule });
    }
    let (clean_time, noisy_time) = schedule.range();
    let start = schedule.level_at(noisy_time)?;
    let (stop, stop_time) =
        end_of(schedule, end)?.unwrap_or((schedule.level_at(clean_time)?, clean_time));
    let mut levels = spacing
        .flow_times(start.sigma(), stop.sigma(), steps)?
        .into_iter()
        .map(Level::from_flow)
        .collect::<Result<Vec<_>, _>>()?;
    levels[0] = start;
    let mut times: Vec<ModelTime> = levels.iter().map(|&level| schedule.time_of(level)).collect();
    times[0] = noisy_time;
    levels.push(stop);
    times.push(stop_time);
    Grid::new(levels, times)
}
