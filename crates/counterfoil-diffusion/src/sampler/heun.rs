//! Heun's method on the probability flow: second order for two calls a step.

use super::{Sampler, churn::Churn, ddim::transfer, exponential::Signal, require_denoising};
use crate::{DiffusionError, Grid, Level, Plan, Prediction, Stage};
use serde::{Deserialize, Serialize};

/// Heun's method on `d(x/alpha) = eps ds` (Karras et al. 2022, algorithm 2): an Euler step, then the mean of the slopes at
/// its two ends. The step to `sigma = 0`, where no network can be called, is Euler's alone; so is the step away from it.
///
/// Two calls a step and one for the last; order 2, in either direction. On flow levels this is Heun's method for the flow
/// velocity in the scaled coordinate `x / alpha`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Heun {
    /// Noise before each step; none by default.
    pub churn: Churn,
}

impl Sampler for Heun {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        self.churn.check()?;
        if !self.churn.is_none() {
            require_denoising("heun with churn", grid)?;
        }
        let mut stages = Vec::with_capacity(2 * grid.steps());
        for step in 0..grid.steps() {
            let mut euler = Stage::call(grid, step);
            let start = self.churn.start(grid, step)?;
            (euler.level, euler.time) = (start.level, start.time);
            let (from, to) = (euler.level, euler.reaches);
            // From pure noise x/alpha has no meaning either; one rotation leads away.
            if to.is_clean() || from.is_clean() || from.is_pure_noise() || to.is_pure_noise() {
                let update = transfer(prediction, from, to, 1.0)?;
                (euler.state, euler.history) = (update.state, vec![update.output]);
                self.churn.pass_on(grid, &mut euler)?;
                stages.push(euler);
                continue;
            }
            let (carry, gain) = (Signal::Noise.carry(from, to), Signal::Noise.gain(from, to));
            euler.read = Signal::Noise.read(prediction, from)?;
            (euler.state, euler.history, euler.rebase) = (carry, vec![gain], true);
            let mut heun = Stage::call(grid, step);
            (heun.stage, heun.level, heun.time) = (1, to, grid.times()[step + 1]);
            heun.read = Signal::Noise.read(prediction, to)?;
            (heun.anchor, heun.history) = (carry, vec![0.5 * gain, 0.5 * gain]);
            self.churn.pass_on(grid, &mut heun)?;
            stages.extend([euler, heun]);
        }
        Plan::single("heun", 2, prediction, stages)
    }
}

/// Heun's method for a flow velocity, in the flow's own coordinate (Lipman et al. 2023; Liu et al. 2023): on levels
/// `alpha = 1 - t`, `sigma = t` the state moves by `dx = u dt` with `u = eps - x0`, so the slope exists at both ends and
/// no step is special. Two calls a step; order 2, in either direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowHeun {}

impl Sampler for FlowHeun {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        for (at, level) in grid.levels().iter().enumerate() {
            let sum = level.alpha() + level.sigma();
            if (sum - 1.0).abs() > 1e-9 {
                return Err(DiffusionError::NotFlow { sampler: "flow-heun", at, sum });
            }
        }
        let read = |level: Level| prediction.mix(Prediction::Flow, level);
        let mut stages = Vec::with_capacity(2 * grid.steps());
        for step in 0..grid.steps() {
            let mut euler = Stage::call(grid, step);
            let (from, to) = (euler.level, euler.reaches);
            let gap = to.sigma() - from.sigma();
            euler.read = read(from)?;
            (euler.state, euler.history, euler.rebase) = (1.0, vec![gap], true);
            let mut heun = Stage::call(grid, step);
            (heun.stage, heun.level, heun.time) = (1, to, grid.times()[step + 1]);
            heun.read = read(to)?;
            (heun.anchor, heun.history) = (1.0, vec![0.5 * gap, 0.5 * gap]);
            stages.extend([euler, heun]);
        }
        Plan::single("flow-heun", 2, prediction, stages)
    }
}
