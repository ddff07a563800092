//! Noise that is added before a call, so that a solver of the probability flow forgets its errors.

use crate::plan::check_setting;
use crate::{DiffusionError, Grid, Level, ModelTime, Stage};
use serde::{Deserialize, Serialize};

/// Churn (Karras et al. 2022, algorithm 2): before a step from a level `s = sigma / alpha` between `low` and `high`, noise
/// raises it to `s (1 + gamma)` with `gamma = min(amount / N, sqrt(2) - 1)`. The default adds none.
///
/// Noise belongs to the update that leads to a level, so the start of a run, which is noise already, has no churn. Noise of
/// [`Heun`](crate::Heun) with churn must come from a [`KeyedNoise`](crate::KeyedNoise): the intervals to which its updates
/// belong overlap, so that increments of one [`BrownianTree`](crate::BrownianTree) would not be independent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Churn {
    /// Total amount, shared by the N steps.
    pub amount: f64,
    /// Least noise level `sigma / alpha` with churn.
    pub low: f64,
    /// Greatest noise level with churn.
    pub high: f64,
    /// Standard deviation of the noise, a little above 1 where the network takes away too much.
    pub noise: f64,
}

impl Default for Churn {
    fn default() -> Self {
        Self { amount: 0.0, low: 0.0, high: f64::MAX, noise: 1.0 }
    }
}

/// Where a step begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) level: Level,
    pub(super) time: ModelTime,
    /// The weight of the noise that leads there from the grid's own level.
    pub(super) noise: f64,
}

impl Churn {
    pub(super) fn check(&self) -> Result<(), DiffusionError> {
        let fits = self.amount >= 0.0 && self.amount.is_finite();
        check_setting("churn", self.amount, fits, "[0, inf)")?;
        let fits = self.noise >= 0.0 && self.noise.is_finite();
        check_setting("churn noise", self.noise, fits, "[0, inf)")
    }

    pub(super) fn is_none(&self) -> bool {
        self.amount == 0.0
    }

    /// Where the step with this index begins.
    pub(super) fn start(&self, grid: &Grid, step: usize) -> Result<Start, DiffusionError> {
        let (level, time) = (grid.levels()[step], grid.times()[step]);
        let s = level.s();
        if self.is_none() || step == 0 || !(self.low..=self.high).contains(&s) || level.is_clean() {
            return Ok(Start { level, time, noise: 0.0 });
        }
        let gamma = (self.amount / grid.steps() as f64).min(std::f64::consts::SQRT_2 - 1.0);
        // The signal keeps its size, so that the state needs no scaling: alpha stays, sigma grows.
        let raised = Level::from_logarithms(level.ln_alpha(), level.ln_sigma() + gamma.ln_1p())?;
        let noise = self.noise * level.sigma() * (gamma * (2.0 + gamma)).sqrt();
        Ok(Start { level: raised, time: between(grid, step, raised), noise })
    }

    /// Puts the noise of the next step into the update that leads to its level.
    pub(super) fn pass_on(&self, grid: &Grid, stage: &mut Stage) -> Result<(), DiffusionError> {
        if stage.step + 1 < grid.steps() {
            let next = self.start(grid, stage.step + 1)?;
            if next.noise != 0.0 {
                (stage.noise, stage.reaches) = (stage.noise.hypot(next.noise), next.level);
            }
        }
        Ok(())
    }
}

/// The label of a level noisier than that of grid step `step`: on the straight line, in log-SNR, through the labels of the
/// two grid levels that it lies between, and that of the grid's start beyond it, where no network was trained.
fn between(grid: &Grid, step: usize, level: Level) -> ModelTime {
    let lambda = |at: usize| grid.levels()[at].lambda();
    let time = |at: usize| grid.times()[at].value();
    let Some(at) = (1..=step).rev().find(|&at| lambda(at - 1) <= level.lambda()) else {
        return grid.times()[0];
    };
    let part = (level.lambda() - lambda(at)) / (lambda(at - 1) - lambda(at));
    if part.is_finite() {
        ModelTime::Continuous(time(at) + part * (time(at - 1) - time(at)))
    } else {
        grid.times()[at]
    }
}
