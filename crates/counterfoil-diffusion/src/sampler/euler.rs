//! Euler's method on the probability flow, and its ancestral form.

use super::{Sampler, churn::Churn, ddim::transfer, require_denoising};
use crate::plan::check_setting;
use crate::{DiffusionError, Grid, Level, Plan, Prediction, Stage};
use serde::{Deserialize, Serialize};

/// Euler's method on `d(x/alpha) = eps ds` with `s = sigma / alpha` (Karras et al. 2022, algorithm 2 without its
/// correction). On variance-exploding levels that is `x' = x + (s' - s) eps`, on flow levels `x' = x + (t' - t) u`, and
/// without churn it is DDIM on all of them. One call a step; order 1, in either direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Euler {
    /// Noise before each call; none by default.
    pub churn: Churn,
}

impl Sampler for Euler {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        self.churn.check()?;
        if !self.churn.is_none() {
            require_denoising("euler with churn", grid)?;
        }
        let mut stages = Vec::with_capacity(grid.steps());
        for step in 0..grid.steps() {
            let mut stage = Stage::call(grid, step);
            let start = self.churn.start(grid, step)?;
            (stage.level, stage.time) = (start.level, start.time);
            let update = transfer(prediction, stage.level, stage.reaches, 1.0)?;
            (stage.state, stage.history) = (update.state, vec![update.output]);
            self.churn.pass_on(grid, &mut stage)?;
            stages.push(stage);
        }
        Plan::single("euler", 1, prediction, stages)
    }
}

/// The ancestral form: each step goes down to a lower level than the next one and adds the noise in between (k-diffusion;
/// with `eta = 1` the variance of the noise is that of the reverse Markov chain).
///
/// `s_up = eta s' sqrt(1 - (s'/s)^2)`, `s_down = sqrt(s'^2 - s_up^2)`. One call a step; order 1 in law.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EulerAncestral {
    /// Share of the noise, 0 to 1.
    pub eta: f64,
}

impl Default for EulerAncestral {
    fn default() -> Self {
        Self { eta: 1.0 }
    }
}

impl Sampler for EulerAncestral {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        check_setting("eta", self.eta, (0.0..=1.0).contains(&self.eta), "[0, 1]")?;
        require_denoising("euler-ancestral", grid)?;
        let mut stages = Vec::with_capacity(grid.steps());
        for step in 0..grid.steps() {
            let mut stage = Stage::call(grid, step);
            let (from, to) = (stage.level, stage.reaches);
            let fresh = self.eta * (-(2.0 * (from.lambda() - to.lambda())).exp_m1()).sqrt();
            let kept = ((1.0 - fresh) * (1.0 + fresh)).sqrt();
            // Down to `kept s'` at the signal of the next level, where the noise lifts it to `s'`.
            let down = Level::from_logarithms(to.ln_alpha(), to.ln_sigma() + kept.ln())?;
            let update = transfer(prediction, from, down, 1.0)?;
            (stage.state, stage.history) = (update.state, vec![update.output]);
            stage.noise = to.sigma() * fresh;
            stages.push(stage);
        }
        Plan::single("euler-ancestral", 1, prediction, stages)
    }
}
