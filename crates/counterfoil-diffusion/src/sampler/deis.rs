//! DEIS: the exponential integrator with the predicted noise as signal, interpolated in the logarithm of the noise level.

use super::{
    Sampler,
    ddim::transfer,
    exponential::{Signal, recent},
};
use crate::plan::check_setting;
use crate::{DiffusionError, Grid, Plan, Prediction, Stage};
use serde::{Deserialize, Serialize};

/// tAB-DEIS with polynomials in `ln(sigma / alpha)` (Zhang and Chen 2023, section 3.4):
/// `x' = (alpha'/alpha) x + alpha' int p(ln s) ds`, where p goes through the last `order` noise predictions.
///
/// The step to `sigma' = 0` is a DDIM step, and so is one from pure noise. One call a step; orders 1 to 3, in either
/// direction. The first step is of first order, whose error hides in the noise and shows when encoding: third order is
/// second there. The integrals come from the functions phi, which keep all digits where the closed forms cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Deis {
    /// How many noise predictions the polynomial goes through, 1 to 3.
    pub order: u8,
    /// Let the order fall to 1 towards the end, as others do on grids of fewer than 15 steps.
    pub taper: bool,
}

impl Default for Deis {
    fn default() -> Self {
        Self { order: 3, taper: false }
    }
}

impl Sampler for Deis {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        let order = usize::from(self.order);
        check_setting("order", f64::from(self.order), (1..=3).contains(&order), "1, 2, 3")?;
        let mut stages = Vec::with_capacity(grid.steps());
        for step in 0..grid.steps() {
            let mut stage = Stage::call(grid, step);
            let (from, to) = (stage.level, stage.reaches);
            if from.is_pure_noise() || to.is_pure_noise() || from.is_clean() || to.is_clean() {
                let update = transfer(prediction, from, to, 1.0)?;
                (stage.state, stage.history) = (update.state, vec![update.output]);
            } else {
                let left = if self.taper { grid.steps() - step } else { order };
                stage.read = Signal::Noise.read(prediction, from)?;
                stage.state = Signal::Noise.carry(from, to);
                let used = recent(grid, step, order.min(left));
                stage.history = Signal::Noise.weights(&used, from, to);
            }
            stages.push(stage);
        }
        Plan::single("deis", self.order, prediction, stages)
    }
}
