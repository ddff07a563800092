//! Two-step Adams-Bashforth in the angle `phi = atan(sigma/alpha)`: second order, regular at the clean image.

use super::{Sampler, leapfrog::check_levels};
use crate::{DiffusionError, Grid, Plan, Prediction, Stage};
use serde::{Deserialize, Serialize};

/// The probability flow of variance-preserving levels turns the pair (state, velocity) by the angle between two levels
/// as long as the predicted image and noise stay the same: `x' = cos(h) x + sin(h) v`, which is DDIM (Salimans and Ho
/// 2022, appendix D). This scheme extrapolates how the velocity changes from the last two calls (Adams-Bashforth),
/// after the older velocity was turned into the present frame, and starts with a Heun step.
///
/// One call a step and one more for the start; order 2 in both directions. The angle is 0 at the clean image, where
/// solvers in log-SNR must fall back to first order, so it suits short runs down to the image and up from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdamsBashforth {}

impl Sampler for AdamsBashforth {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        check_levels("adams-bashforth", grid)?;
        let angle: Vec<f64> =
            grid.levels().iter().map(|level| level.sigma().atan2(level.alpha())).collect();
        let call = |at: usize| -> Result<Stage, DiffusionError> {
            let mut stage = Stage::call(grid, at);
            stage.read = prediction.mix(Prediction::V, stage.level)?;
            Ok(stage)
        };
        let (sin, cos) = (angle[1] - angle[0]).sin_cos();
        let mut euler = call(0)?;
        (euler.state, euler.history, euler.rebase) = (cos, vec![sin], true);
        // Heun: the velocity at the Euler point, turned back into the first frame, is sin(h) x' + cos(h) v'.
        let mut heun = Stage::call(grid, 0);
        (heun.stage, heun.level, heun.time) = (1, grid.levels()[1], grid.times()[1]);
        heun.read = prediction.mix(Prediction::V, heun.level)?;
        (heun.anchor, heun.state) = (cos, 0.5 * sin * sin);
        heun.history = vec![0.5 * sin * cos, 0.5 * sin];
        let mut stages = vec![euler, heun];
        for at in 1..grid.steps() {
            let (h, last) = (angle[at + 1] - angle[at], angle[at] - angle[at - 1]);
            let (sin, cos) = h.sin_cos();
            let (sin_last, cos_last) = last.sin_cos();
            let slope = h / (2.0 * last);
            // v + slope (v - v_last), with v_last turned forward: cos(last) v_last - sin(last) x_last.
            let mut stage = call(at)?;
            (stage.state, stage.anchor) = (cos, sin * slope * sin_last);
            stage.history = vec![sin * (1.0 + slope), -sin * slope * cos_last];
            if at == 1 {
                // Between the two lies the call at the Euler point, which has done its work.
                stage.history.insert(1, 0.0);
            }
            stage.rebase = true;
            stages.push(stage);
        }
        Plan::single("adams-bashforth", 2, prediction, stages)
    }
}
