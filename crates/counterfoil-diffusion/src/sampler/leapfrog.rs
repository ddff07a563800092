//! The leapfrog scheme in the `u = asinh(sigma/alpha)` coordinate: second order and exactly reversible.

use super::Sampler;
use crate::plan::{Entry, Parts};
use crate::{DiffusionError, Grid, Level, Mix, Plan, Prediction, Stage};
use serde::{Deserialize, Serialize};

/// Leapfrog on the probability flow `dx/du = alpha v` of variance-preserving levels:
/// `x_{n+1} = x_{n-1} + (u_{n+1} - u_{n-1}) alpha_n v(x_n)`, started by one Heun step.
///
/// The two newest states determine the one before them by the same formula, so a run is undone exactly up to
/// rounding, with any network and any guidance, provided that the *pair* is kept. The parasitic root is -1 in
/// both directions: neither encoding nor decoding amplifies the start-up error, as in [`Bdia`](crate::inversion::Bdia) with
/// `gamma = 1`. One call per step and one more for the start; order 2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leapfrog {}

impl Leapfrog {
    /// The plan that continues from a pair: `grid` begins at the level of the anchor, the state is one level
    /// further, and the run goes on to the end. One call for each step but the first.
    ///
    /// # Errors
    /// As [`Sampler::plan`]; [`DiffusionError::ZeroSteps`] for a grid of one step, where nothing is left to do.
    pub fn continue_pair(
        self,
        grid: &Grid,
        prediction: Prediction,
    ) -> Result<Plan, DiffusionError> {
        check_levels("leapfrog", grid)?;
        let stages = (1..grid.steps())
            .map(|step| leap(grid, step, step - 1, prediction))
            .collect::<Result<Vec<_>, _>>()?;
        finish(prediction, Entry::Pair, stages)
    }
}

impl Sampler for Leapfrog {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        check_levels("leapfrog", grid)?;
        let (first, second) = (grid.levels()[0], grid.levels()[1]);
        let h = second.u() - first.u();
        // Heun: x' = x + h f(x), then x1 = x + h/2 (f(x) + f(x')) = (x + x')/2 + h/2 f(x').
        let mut euler = Stage::call(grid, 0);
        let slope = slope(prediction, first)?;
        (euler.state, euler.history) = (1.0 + h * slope.state, vec![h * slope.output]);
        euler.rebase = true;
        let mut heun = Stage::call(grid, 0);
        (heun.stage, heun.level, heun.time) = (1, second, grid.times()[1]);
        let slope = self::slope(prediction, second)?;
        (heun.state, heun.anchor) = (0.5 + 0.5 * h * slope.state, 0.5);
        heun.history = vec![0.5 * h * slope.output];
        let leaps = (1..grid.steps()).map(|step| leap(grid, step, step, prediction));
        let stages = [Ok(euler), Ok(heun)].into_iter().chain(leaps);
        finish(prediction, Entry::Single, stages.collect::<Result<Vec<_>, _>>()?)
    }
}

/// `alpha v = dx/du` as a mix of the state and of the output.
pub(crate) fn slope(prediction: Prediction, level: Level) -> Result<Mix, DiffusionError> {
    let velocity = prediction.mix(Prediction::V, level)?;
    Ok(velocity.blend(level.alpha(), velocity, 0.0))
}

/// The leap over level `at`: from the anchor, one level behind, to one level ahead.
fn leap(
    grid: &Grid,
    at: usize,
    step: usize,
    prediction: Prediction,
) -> Result<Stage, DiffusionError> {
    let mut stage = Stage::call(grid, at);
    let span = grid.levels()[at + 1].u() - grid.levels()[at - 1].u();
    let slope = slope(prediction, stage.level)?;
    stage.step = step;
    (stage.state, stage.anchor) = (span * slope.state, 1.0);
    stage.history = vec![span * slope.output];
    stage.rebase = true;
    Ok(stage)
}

/// Schemes in `u` or in the angle integrate in a coordinate that only variance-preserving levels have.
pub(crate) fn check_levels(sampler: &'static str, grid: &Grid) -> Result<(), DiffusionError> {
    for (at, level) in grid.levels().iter().enumerate() {
        let sum = level.power();
        if (sum - 1.0).abs() > 1e-9 {
            return Err(DiffusionError::NotVariancePreserving { sampler, at, sum });
        }
    }
    Ok(())
}

/// The common end of both plans.
fn finish(
    prediction: Prediction,
    entry: Entry,
    stages: Vec<Stage>,
) -> Result<Plan, DiffusionError> {
    let sampler = "leapfrog".to_owned();
    Plan::new(Parts { sampler, order: 2, prediction, entry, clip: None, stages })
}
