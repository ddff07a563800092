//! Ancestral sampling of denoising diffusion probabilistic models: the exact reverse Markov chain, with noise.

use super::{Sampler, require_denoising};
use crate::plan::{Entry, Parts};
use crate::variance::{Posterior, Variance};
use crate::{DiffusionError, Grid, Mix, Plan, Prediction, Stage};
use serde::{Deserialize, Serialize};

/// DDPM (Ho et al. 2020, algorithm 2) along any grid: the betas are those of the visited levels.
///
/// With `rho = (s'/s)^2` the posterior of `x'` given `x` and `x0` has the mean
/// `alpha' (1 - rho) x0 + rho (alpha'/alpha) x` and the variance `sigma'^2 (1 - rho)` (small) or, with the noise
/// that the forward step adds, `sigma^2 (1 - rho)` (large), times `(alpha'^2 + sigma'^2) / (alpha^2 + sigma^2)` where levels
/// do not preserve the variance. The last step, to `sigma' = 0`, adds none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ddpm {
    /// Variance of the reverse step; a plan has one number for a whole state, so learned ones are refused.
    pub variance: Variance,
    /// Clamp the predicted image to `[-clip, clip]`, as published for images.
    pub clip: Option<f64>,
}

impl Sampler for Ddpm {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        require_denoising("ddpm", grid)?;
        let mut stages = Vec::with_capacity(grid.steps());
        for step in 0..grid.steps() {
            let mut stage = Stage::call(grid, step);
            let (from, to) = (stage.level, stage.reaches);
            let posterior = Posterior::between(from, to)?;
            let scale = match self.variance {
                Variance::FixedSmall => to.sigma(),
                Variance::FixedLarge => from.sigma() * (to.power() / from.power()).sqrt(),
                Variance::Learned | Variance::LearnedRange => {
                    let (sampler, variance) = ("ddpm", self.variance);
                    return Err(DiffusionError::VarianceUnavailable { sampler, variance });
                }
            };
            stage.noise = if to.is_clean() { 0.0 } else { scale * posterior.fresh.sqrt() };
            stage.state = posterior.state;
            let image = prediction.mix(Prediction::X0, from)?;
            if self.clip.is_some() {
                stage.read = image;
                stage.history = vec![posterior.image];
            } else {
                let mean = image.blend(posterior.image, Mix::OUTPUT, 0.0);
                stage.state += mean.state;
                stage.history = vec![mean.output];
            }
            stages.push(stage);
        }
        Plan::new(Parts {
            sampler: "ddpm".to_owned(),
            order: 1,
            prediction,
            entry: Entry::Single,
            clip: self.clip,
            stages,
        })
    }
}
