//! Ancestral sampling of denoising diffusion probabilistic models: the exact reverse Markov chain, with noise.

use super::{Sampler, require_denoising};
use crate::plan::{Entry, Parts};
use crate::{DiffusionError, Grid, Mix, Plan, Prediction, Stage};
use serde::{Deserialize, Serialize};

/// Variance of the reverse step (Ho et al. 2020, section 3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Variance {
    /// `beta (1 - alpha_bar') / (1 - alpha_bar)`: exact when the data is one point.
    #[default]
    FixedSmall,
    /// `beta`: exact when the data is standard normal.
    FixedLarge,
}

/// DDPM (Ho et al. 2020, algorithm 2) along any grid: the betas are those of the visited levels.
///
/// With `rho = (s'/s)^2` the posterior of `x'` given `x` and `x0` has the mean
/// `alpha' (1 - rho) x0 + rho (alpha'/alpha) x` and the variance `sigma'^2 (1 - rho)` (small) or, with the noise
/// that the forward step adds, `sigma^2 (1 - rho)` (large). The last step, to `sigma' = 0`, adds none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ddpm {
    /// Variance of the reverse step.
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
            let ln_rho = 2.0 * (from.lambda() - to.lambda());
            let fresh = -ln_rho.exp_m1();
            let scale = match self.variance {
                Variance::FixedSmall => to.sigma(),
                Variance::FixedLarge => from.sigma(),
            };
            stage.noise = if to.is_clean() { 0.0 } else { scale * fresh.sqrt() };
            // rho alpha'/alpha with the alphas cancelled first: finite where no signal is left.
            stage.state =
                (2.0 * (to.ln_sigma() - from.ln_sigma()) + from.ln_alpha() - to.ln_alpha()).exp();
            let image = prediction.mix(Prediction::X0, from)?;
            if self.clip.is_some() {
                stage.read = image;
                stage.history = vec![to.alpha() * fresh];
            } else {
                let mean = image.blend(to.alpha() * fresh, Mix::OUTPUT, 0.0);
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
