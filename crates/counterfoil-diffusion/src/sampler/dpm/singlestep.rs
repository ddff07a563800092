//! The singlestep solvers DPM-Solver++ 2S and 3S: two or three calls to one step of the solver, none remembered beyond it.

use super::Form;
use crate::plan::check_setting;
use crate::sampler::{
    Sampler,
    exponential::{Signal, integrals},
    require_denoising,
};
use crate::{DiffusionError, Grid, Level, Plan, Prediction, Stage};
use serde::{Deserialize, Serialize};

/// DPM-Solver++ with calls at inner points (Lu et al. 2022b, algorithm 1 and appendix). The inner points are levels of the
/// grid: a step of order k spans k neighbouring intervals, so a grid of N intervals costs N calls whatever the order, and
/// every call is at a level that has a label. On levels that are uniform in log-SNR the inner points are those of the
/// paper.
///
/// The interval to `sigma = 0` is a step of its own. Intervals that are left over make a step of lower order: before that
/// last one where there is one, as in other libraries, and at the beginning otherwise, where the image hardly changes. N
/// calls for N intervals; order 2 or 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DpmSinglestep {
    /// 1, 2 or 3 calls to a step.
    pub order: u8,
    /// How the highest term is formed: by one difference, or by the exact integral of the polynomial through all calls.
    pub form: Form,
}

impl Default for DpmSinglestep {
    /// 2S, midpoint.
    fn default() -> Self {
        Self { order: 2, form: Form::Midpoint }
    }
}

impl DpmSinglestep {
    /// The orders of the steps along the grid, whose intervals they fill.
    fn orders(self, grid: &Grid) -> Vec<usize> {
        let (steps, order) = (grid.steps(), usize::from(self.order));
        if grid.end().is_clean() {
            let rest = (steps - 1) % order;
            let mut orders = vec![order; (steps - 1) / order];
            orders.extend((rest > 0).then_some(rest));
            orders.push(1);
            return orders;
        }
        let rest = steps % order;
        let mut orders: Vec<usize> = (rest > 0).then_some(rest).into_iter().collect();
        orders.extend(vec![order; steps / order]);
        orders
    }
}

impl Sampler for DpmSinglestep {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        let order = f64::from(self.order);
        check_setting("order", order, (1..=3).contains(&self.order), "1, 2, 3")?;
        require_denoising("dpm-solver-singlestep", grid)?;
        let mut stages = Vec::with_capacity(grid.steps());
        let mut first = 0;
        for order in self.orders(grid) {
            for inner in 0..order {
                let mut stage = Stage::call(grid, first + inner);
                let (base, to) = (grid.levels()[first], stage.reaches);
                stage.read = Signal::Image.read(prediction, stage.level)?;
                // Newest first: the calls of this step alone.
                let at: Vec<Level> = (0..=inner).rev().map(|i| grid.levels()[first + i]).collect();
                let carry = Signal::Image.carry(base, to);
                if inner == 0 {
                    (stage.state, stage.rebase) = (carry, order > 1);
                } else {
                    stage.anchor = carry;
                }
                stage.history = self.weights(&at, base, to);
                stages.push(stage);
            }
            first += order;
        }
        Plan::single("dpm-solver-singlestep", self.order, prediction, stages)
    }
}

impl DpmSinglestep {
    /// The weights of the images at the levels `at`, newest first and the base last, in the step from the base.
    fn weights(self, at: &[Level], base: Level, to: Level) -> Vec<f64> {
        let gain = Signal::Image.gain(base, to);
        let h = to.lambda() - base.lambda();
        if at.len() == 1 || !h.is_finite() {
            let mut weights = vec![0.0; at.len()];
            // Without a finite log-SNR only the newest image counts.
            weights[0] = if at.len() == 1 { gain } else { to.alpha() };
            return weights;
        }
        let node = |level: Level| (level.lambda() - base.lambda()) / h;
        if self.form == Form::Taylor {
            let scale = to.alpha() * h;
            return integrals(at, base, h, -h).into_iter().map(|weight| scale * weight).collect();
        }
        // One difference between the newest call and the base: half the gain in second order, the exact first moment in
        // third.
        let r = node(at[0]);
        let slope = if at.len() == 2 {
            0.5 * gain
        } else {
            to.alpha() * h * crate::sampler::quadrature::exponential_moments(-h, 2)[1]
        };
        let mut weights = vec![0.0; at.len()];
        weights[0] = slope / r;
        weights[at.len() - 1] = gain - slope / r;
        weights
    }
}
