//! The multistep solvers DPM-Solver++ 1, 2M and 3M and their stochastic forms: one call a step.

use super::Form;
use crate::plan::{Entry, Parts, check_setting};
use crate::sampler::{
    Sampler,
    ddim::transfer,
    exponential::{Signal, integrals, recent},
    require_denoising,
};
use crate::{DiffusionError, Grid, Level, Plan, Prediction, Stage};
use serde::{Deserialize, Serialize};

/// DPM-Solver++ with a history of predicted images (Lu et al. 2022b, algorithm 2 and appendix B; stochastic form of
/// section 4): with `h = lambda' - lambda` and `H = (1 + eta) h`,
/// `x' = (sigma'/sigma) e^{-eta h} x + alpha' H int_0^1 e^{-H (1 - theta)} p(theta) d theta + sigma' sqrt(1 - e^{-2 eta h}) z`,
/// where p goes through the last `order` images.
///
/// The first steps use what history there is. The step to `sigma' = 0` is a DDIM step, which is exact to first order; so is
/// the step away from `sigma = 0` when encoding, after which the history starts afresh. With `eta = 0` it runs in either
/// direction. One call a step; orders 1 to 3 on levels that vary smoothly.
///
/// Deviation: third order as published has half of the second difference and is of second order; [`Self::half_difference`]
/// brings that back for those who compare.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DpmMultistep {
    /// How many images the polynomial goes through, 1 to 3.
    pub order: u8,
    /// How the second order is formed.
    pub form: Form,
    /// Noise of the stochastic form: 0 is the probability flow, 1 the reverse diffusion.
    pub eta: f64,
    /// Let the order fall to 1 towards the end, as others do on grids of fewer than 15 steps.
    pub taper: bool,
    /// Third order as published and in other libraries, with half of the second difference.
    pub half_difference: bool,
    /// Clamp the predicted image to `[-clip, clip]`; refused when encoding.
    pub clip: Option<f64>,
}

impl Default for DpmMultistep {
    /// 2M: second order, midpoint, no noise.
    fn default() -> Self {
        Self {
            order: 2,
            form: Form::Midpoint,
            eta: 0.0,
            taper: false,
            half_difference: false,
            clip: None,
        }
    }
}

impl Sampler for DpmMultistep {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        let order = usize::from(self.order);
        check_setting("order", f64::from(self.order), (1..=3).contains(&order), "1, 2, 3")?;
        check_setting("eta", self.eta, (0.0..=10.0).contains(&self.eta), "[0, 10]")?;
        if self.clip.is_some() {
            require_denoising("dpm-solver with clipping", grid)?;
        }
        if self.eta > 0.0 {
            require_denoising("dpm-solver with noise", grid)?;
        }
        let mut stages = Vec::with_capacity(grid.steps());
        for step in 0..grid.steps() {
            let mut stage = Stage::call(grid, step);
            let (from, to) = (stage.level, stage.reaches);
            if from.is_clean() {
                let update = transfer(prediction, from, to, 1.0)?;
                (stage.state, stage.history) = (update.state, vec![update.output]);
            } else {
                stage.read = Signal::Image.read(prediction, from)?;
                let left = if self.taper { grid.steps() - step } else { order };
                let used = recent(grid, step, order.min(left));
                // No noise stays none on the infinite step to the data.
                let h = to.lambda() - from.lambda();
                let eta_h = if self.eta == 0.0 { 0.0 } else { self.eta * h };
                stage.state = Signal::Image.carry(from, to) * (-eta_h).exp();
                stage.history = self.weights(&used, from, to);
                stage.noise = to.sigma() * (-(-2.0 * eta_h).exp_m1()).sqrt();
            }
            stages.push(stage);
        }
        let name = if self.eta == 0.0 { "dpm-solver-multistep" } else { "dpm-solver-sde" };
        Plan::new(Parts {
            sampler: name.to_owned(),
            order: if self.half_difference { self.order.min(2) } else { self.order },
            prediction,
            entry: Entry::Single,
            clip: self.clip,
            stages,
        })
    }
}

impl DpmMultistep {
    /// The weights of the images at the levels `at`, newest first, in the step.
    fn weights(&self, at: &[Level], from: Level, to: Level) -> Vec<f64> {
        let h = to.lambda() - from.lambda();
        let stretched = (1.0 + self.eta) * h;
        let gain = -to.alpha() * (-stretched).exp_m1();
        if at.len() == 1 {
            return vec![gain];
        }
        if at.len() == 2 && self.form == Form::Midpoint {
            let slope = h / (2.0 * (from.lambda() - at[1].lambda()));
            return vec![gain * (1.0 + slope), -gain * slope];
        }
        let scale = to.alpha() * stretched;
        let mut weights = integrals(at, from, h, -stretched);
        if at.len() == 3 && self.half_difference {
            // The second difference, of which half is taken back. Its weights in the polynomial are those of theta^2.
            let node = |level: Level| (level.lambda() - from.lambda()) / h;
            let (a, b) = (node(at[1]), node(at[2]));
            let moments = crate::sampler::quadrature::exponential_moments(-stretched, 3);
            let second = [1.0 / (a * b), 1.0 / (a * (a - b)), 1.0 / (b * (b - a))];
            weights.iter_mut().zip(second).for_each(|(w, c)| *w -= 0.5 * c * moments[2]);
        }
        weights.into_iter().map(|weight| scale * weight).collect()
    }
}

/// DPM-Solver++ 2M without noise: [`DpmMultistep`] with its defaults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DpmSolver2M {
    /// Clamp the predicted image to `[-clip, clip]`; refused when encoding.
    pub clip: Option<f64>,
}

impl Sampler for DpmSolver2M {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        DpmMultistep { clip: self.clip, ..DpmMultistep::default() }.plan(grid, prediction)
    }
}
