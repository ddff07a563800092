//! Pseudo numerical methods: classical coefficients on the noise prediction, with DDIM for the step itself.

use super::{Sampler, ddim::transfer, exponential::Signal, require_denoising};
use crate::{DiffusionError, Grid, Level, Plan, Prediction, Stage};
use serde::{Deserialize, Serialize};

/// How the history is begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// One Heun-like step, then as many old predictions as there are (PLMS of latent diffusion): any grid.
    #[default]
    Heun,
    /// Three pseudo Runge-Kutta steps of four calls (PNDM as published). Each spans two intervals of the grid, whose
    /// inner level is where the second and third call are made: give a grid that begins with three halved steps.
    RungeKutta,
}

/// PNDM (Liu et al. 2022, equations 12 and 13): the noise prediction is extrapolated with the coefficients of
/// Adams-Bashforth for equal steps, and the state goes along with a DDIM step under that noise.
///
/// The coefficients are those of equal steps in the label whatever the grid, so the order is that of the paper only where
/// levels vary smoothly with the label. One call a step after the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pndm {
    /// How the history is begun.
    pub start: Start,
}

/// Adams-Bashforth for equal steps, newest first.
const ADAMS: [&[f64]; 4] = [
    &[1.0],
    &[1.5, -0.5],
    &[23.0 / 12.0, -16.0 / 12.0, 5.0 / 12.0],
    &[55.0 / 24.0, -59.0 / 24.0, 37.0 / 24.0, -9.0 / 24.0],
];

/// Weights of the four slopes of the classical Runge-Kutta method.
const RUNGE_KUTTA: [f64; 4] = [1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0];

/// Steps with four calls.
const RUNGE_KUTTA_STEPS: usize = 3;

impl Sampler for Pndm {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        require_denoising("pndm", grid)?;
        let (stages, remembered) = match self.start {
            Start::Heun => (heun(grid, prediction)?, Vec::from([0])),
            Start::RungeKutta => runge_kutta(grid, prediction)?,
        };
        let mut plan = Builder { grid, prediction, stages, remembered };
        let first = plan.stages.last().map_or(0, |stage| stage.step + 1);
        for step in first..grid.steps() {
            plan.adams(step)?;
        }
        Plan::single("pndm", 2, prediction, plan.stages)
    }
}

struct Builder<'g> {
    grid: &'g Grid,
    prediction: Prediction,
    stages: Vec<Stage>,
    /// Which calls count as history, oldest first.
    remembered: Vec<usize>,
}

impl Builder<'_> {
    /// One call and a step under extrapolated noise.
    fn adams(&mut self, step: usize) -> Result<(), DiffusionError> {
        let mut stage = noise_call(self.grid, step, self.prediction)?;
        let call = self.stages.len();
        self.remembered.push(call);
        let used = self.remembered.len().min(ADAMS.len());
        let gain = Signal::Noise.gain(stage.level, stage.reaches);
        let oldest = self.remembered[self.remembered.len() - used];
        stage.history = vec![0.0; call - oldest + 1];
        for (old, weight) in self.remembered.iter().rev().zip(ADAMS[used - 1]) {
            stage.history[call - old] = gain * weight;
        }
        stage.state = Signal::Noise.carry(stage.level, stage.reaches);
        self.stages.push(stage);
        Ok(())
    }
}

/// A call whose signal is the predicted noise.
fn noise_call(grid: &Grid, at: usize, prediction: Prediction) -> Result<Stage, DiffusionError> {
    let mut stage = Stage::call(grid, at);
    if stage.level.is_pure_noise() {
        // Refused by the prediction itself where it must be; others read their noise there.
        transfer(prediction, stage.level, stage.reaches, 1.0)?;
    }
    stage.read = Signal::Noise.read(prediction, stage.level)?;
    Ok(stage)
}

/// A DDIM step, and the same again under the mean of the noise at its two ends.
fn heun(grid: &Grid, prediction: Prediction) -> Result<Vec<Stage>, DiffusionError> {
    let mut first = noise_call(grid, 0, prediction)?;
    let (from, to) = (first.level, first.reaches);
    let (carry, gain) = (Signal::Noise.carry(from, to), Signal::Noise.gain(from, to));
    (first.state, first.history) = (carry, vec![gain]);
    if to.is_clean() {
        return Ok(vec![first]);
    }
    first.rebase = true;
    let mut second = at_end(grid, 0, prediction)?;
    (second.stage, second.anchor, second.history) = (1, carry, vec![0.5 * gain, 0.5 * gain]);
    Ok(vec![first, second])
}

/// The call at the end of a step, which belongs to the step.
fn at_end(grid: &Grid, step: usize, prediction: Prediction) -> Result<Stage, DiffusionError> {
    let mut stage = Stage::call(grid, step);
    (stage.level, stage.time) = (grid.levels()[step + 1], grid.times()[step + 1]);
    stage.read = Signal::Noise.read(prediction, stage.level)?;
    Ok(stage)
}

/// Three steps of four calls over two intervals each, and which of their calls are remembered.
fn runge_kutta(
    grid: &Grid,
    prediction: Prediction,
) -> Result<(Vec<Stage>, Vec<usize>), DiffusionError> {
    if grid.steps() <= 2 * RUNGE_KUTTA_STEPS {
        return Err(DiffusionError::TooFewSteps {
            sampler: "pndm with a Runge-Kutta start",
            least: 2 * RUNGE_KUTTA_STEPS + 1,
            steps: grid.steps(),
        });
    }
    let mut stages = Vec::new();
    let mut remembered = Vec::new();
    for first in (0..2 * RUNGE_KUTTA_STEPS).step_by(2) {
        let base = grid.levels()[first];
        let (middle, end) = (grid.levels()[first + 1], grid.levels()[first + 2]);
        let carry = |to: Level| Signal::Noise.carry(base, to);
        let gain = |to: Level| Signal::Noise.gain(base, to);
        remembered.push(stages.len());
        let mut one = noise_call(grid, first, prediction)?;
        (one.state, one.history, one.rebase) = (carry(middle), vec![gain(middle)], true);
        let mut two = at_end(grid, first, prediction)?;
        (two.stage, two.anchor, two.history) = (1, carry(middle), vec![gain(middle)]);
        let mut three = at_end(grid, first, prediction)?;
        (three.step, three.reaches) = (first + 1, end);
        (three.anchor, three.history) = (carry(end), vec![gain(end)]);
        let mut four = at_end(grid, first + 1, prediction)?;
        (four.stage, four.anchor) = (1, carry(end));
        // Newest first.
        four.history = RUNGE_KUTTA.iter().rev().map(|weight| weight * gain(end)).collect();
        stages.extend([one, two, three, four]);
    }
    Ok((stages, remembered))
}
