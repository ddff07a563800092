//! Latent consistency models: jump to the image and noise it again.

use super::{Sampler, require_denoising};
use crate::plan::check_setting;
use crate::{DiffusionError, Grid, Mix, Plan, Prediction, Stage};
use serde::{Deserialize, Serialize};

/// The sampler of (latent) consistency models (Song et al. 2023, algorithm 1; Luo et al. 2023, section 4.2): the image is
/// read through the boundary condition `f = c_skip x + c_out x0` with `c_skip = d^2 / (t^2 + d^2)` and
/// `c_out = t / sqrt(t^2 + d^2)` at `t = scaling label`, then noised to the next level. One call a step. The step to
/// `sigma = 0` adds no noise.
///
/// For networks that were distilled to predict the image from any level at once; with others it draws blurred samples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lcm {
    /// Standard deviation d of the data in the boundary condition.
    pub sigma_data: f64,
    /// By what labels are multiplied there.
    pub scaling: f64,
}

impl Default for Lcm {
    /// The published latent model: 0.5 and 10.
    fn default() -> Self {
        Self { sigma_data: 0.5, scaling: 10.0 }
    }
}

impl Sampler for Lcm {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        let positive = |x: f64| x > 0.0 && x.is_finite();
        check_setting("sigma_data", self.sigma_data, positive(self.sigma_data), "(0, inf)")?;
        check_setting("scaling", self.scaling, positive(self.scaling), "(0, inf)")?;
        require_denoising("lcm", grid)?;
        let mut stages = Vec::with_capacity(grid.steps());
        for step in 0..grid.steps() {
            let mut stage = Stage::call(grid, step);
            let t = self.scaling * stage.time.value();
            let norm = t.hypot(self.sigma_data);
            let (skip, out) = ((self.sigma_data / norm).powi(2), t / norm);
            let image = prediction.mix(Prediction::X0, stage.level)?;
            let mut read = image.blend(out, Mix::OUTPUT, 0.0);
            read.state += skip;
            (stage.read, stage.history) = (read, vec![stage.reaches.alpha()]);
            stage.noise = stage.reaches.sigma();
            stages.push(stage);
        }
        Plan::single("lcm", 1, prediction, stages)
    }
}
