//! The multistep solver DPM-Solver++ 2M: second order at one call per step.

use super::{Sampler, ddim::transfer, require_denoising};
use crate::plan::{Entry, Parts};
use crate::{DiffusionError, Grid, Plan, Prediction, Stage};
use serde::{Deserialize, Serialize};

/// DPM-Solver++ 2M (Lu et al. 2022b, algorithm 2): with `h = lambda' - lambda`,
/// `x' = (sigma'/sigma) x - alpha' expm1(-h) (m0 + (m0 - m1) h / (2 h_prev))`, `m` being predicted images.
///
/// The first step, and the step to `sigma' = 0`, are DDIM steps; so is the step away from `sigma = 0` when
/// encoding, after which the history starts afresh. One call per step; order 2 on levels that vary smoothly.
/// Runs in either direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DpmSolver2M {
    /// Clamp the predicted image to `[-clip, clip]`; refused when encoding.
    pub clip: Option<f64>,
}

impl Sampler for DpmSolver2M {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        if self.clip.is_some() {
            require_denoising("dpm-solver-2m with clipping", grid)?;
        }
        let mut stages = Vec::with_capacity(grid.steps());
        let mut previous_h: Option<f64> = None;
        for step in 0..grid.steps() {
            let mut stage = Stage::call(grid, step);
            let (from, to) = (stage.level, stage.reaches);
            if from.is_clean() {
                let update = transfer(prediction, from, to, 1.0)?;
                (stage.state, stage.history) = (update.state, vec![update.output]);
            } else {
                stage.read = prediction.mix(Prediction::X0, from)?;
                let h = to.lambda() - from.lambda();
                stage.state = (to.ln_sigma() - from.ln_sigma()).exp();
                let gain = -to.alpha() * (-h).exp_m1();
                stage.history = match previous_h.filter(|_| h.is_finite()) {
                    Some(previous) => {
                        let slope = h / (2.0 * previous);
                        vec![gain * (1.0 + slope), -gain * slope]
                    }
                    None => vec![gain],
                };
                // Levels without signal lie at lambda = -inf and must not enter the next ratio.
                previous_h = h.is_finite().then_some(h);
            }
            stages.push(stage);
        }
        Plan::new(Parts {
            sampler: "dpm-solver-2m".to_owned(),
            order: 2,
            prediction,
            entry: Entry::Single,
            clip: self.clip,
            stages,
        })
    }
}
