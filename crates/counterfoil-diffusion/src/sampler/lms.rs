//! The linear multistep method in the noise level itself.

use super::{
    Sampler,
    ddim::transfer,
    exponential::Signal,
    quadrature::{plain_moments, weights},
};
use crate::plan::check_setting;
use crate::{DiffusionError, Grid, Plan, Prediction, Stage};
use serde::{Deserialize, Serialize};

/// Adams-Bashforth on `d(x/alpha) = eps ds` with `s = sigma / alpha`, on unequal steps (k-diffusion's LMS): the polynomial
/// through the last `order` noise predictions is integrated in s, exactly. Unlike solvers in log-SNR it keeps its order
/// down to `sigma = 0`.
///
/// A step from pure noise is a DDIM step. One call a step; orders 1 to 4, in either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lms {
    /// How many noise predictions the polynomial goes through, 1 to 4.
    pub order: u8,
}

impl Default for Lms {
    fn default() -> Self {
        Self { order: 4 }
    }
}

impl Sampler for Lms {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        let order = usize::from(self.order);
        check_setting("order", f64::from(self.order), (1..=4).contains(&order), "1, 2, 3, 4")?;
        let mut stages = Vec::with_capacity(grid.steps());
        for step in 0..grid.steps() {
            let mut stage = Stage::call(grid, step);
            let (from, to) = (stage.level, stage.reaches);
            if from.is_pure_noise() || to.is_pure_noise() {
                let update = transfer(prediction, from, to, 1.0)?;
                (stage.state, stage.history) = (update.state, vec![update.output]);
            } else {
                stage.read = Signal::Noise.read(prediction, from)?;
                stage.state = Signal::Noise.carry(from, to);
                let gap = to.s() - from.s();
                let nodes: Vec<f64> = grid.levels()[..=step]
                    .iter()
                    .rev()
                    .take(order)
                    .take_while(|level| !level.is_pure_noise())
                    .map(|level| (level.s() - from.s()) / gap)
                    .collect();
                let weights = weights(&nodes, &plain_moments(nodes.len()));
                stage.history = weights.iter().map(|w| to.alpha() * gap * w).collect();
            }
            stages.push(stage);
        }
        Plan::single("lms", self.order, prediction, stages)
    }
}
