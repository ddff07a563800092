//! Denoising diffusion implicit models: one call and one rotation per step, deterministic or with noise `eta`.

use super::{Sampler, require_denoising};
use crate::plan::{Parts, check_setting};
use crate::{DiffusionError, Grid, Level, Mix, Plan, Prediction, Stage, plan::Entry};
use serde::{Deserialize, Serialize};

/// DDIM (Song, Meng and Ermon 2021, equation 12): `x' = alpha' x0 + sqrt(sigma'^2 - var) eps + sqrt(var) z` with
/// `var = eta^2 sigma'^2 (1 - (s'/s)^2)`.
///
/// `eta = 0` is the first-order exponential integrator of the probability flow and runs in either direction:
/// along [`Grid::mirror`] it is the DDIM inversion (Dhariwal and Nichol 2021, appendix F). `eta = 1` is DDPM with
/// the small variance. One call per step; order 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ddim {
    /// Share of the ancestral noise, 0 to 1.
    pub eta: f64,
    /// Clamp the predicted image to `[-clip, clip]` and derive `eps` from the clamped one. Keeps samples of a
    /// rough network in range; breaks the probability flow, so it is refused when encoding.
    pub clip: Option<f64>,
}

impl Sampler for Ddim {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        let eta = self.eta;
        check_setting("eta", eta, (0.0..=1.0).contains(&eta), "[0, 1]")?;
        if eta > 0.0 {
            require_denoising("ddim with eta above 0", grid)?;
        }
        if self.clip.is_some() {
            require_denoising("ddim with clipping", grid)?;
        }
        let mut stages = Vec::with_capacity(grid.steps());
        for step in 0..grid.steps() {
            let mut stage = Stage::call(grid, step);
            let (from, to) = (stage.level, stage.reaches);
            // eta^2 (1 - (s'/s)^2) of the noise's variance is new; exact near both ends.
            let fresh = match eta {
                0.0 => 0.0,
                _ => eta * (-(2.0 * (from.lambda() - to.lambda())).exp_m1()).sqrt(),
            };
            let kept = ((1.0 - fresh) * (1.0 + fresh)).sqrt();
            stage.noise = to.sigma() * fresh;
            let update = if self.clip.is_some() {
                stage.read = prediction.mix(Prediction::X0, from)?;
                transfer(Prediction::X0, from, to, kept)?
            } else {
                transfer(prediction, from, to, kept)?
            };
            (stage.state, stage.history) = (update.state, vec![update.output]);
            stages.push(stage);
        }
        Plan::new(Parts {
            sampler: "ddim".to_owned(),
            order: 1,
            prediction,
            entry: Entry::Single,
            clip: self.clip,
            stages,
        })
    }
}

/// `alpha' x0 + kept sigma' eps` as a mix of the state and of the output of a network with `prediction`.
pub(crate) fn transfer(
    prediction: Prediction,
    from: Level,
    to: Level,
    kept: f64,
) -> Result<Mix, DiffusionError> {
    let image = prediction.mix(Prediction::X0, from)?;
    if to.is_clean() {
        // The jump to the data needs the image alone, so an x0 network may be asked for it anywhere.
        return Ok(image.blend(to.alpha(), image, 0.0));
    }
    let noise = prediction.mix(Prediction::Eps, from)?;
    Ok(image.blend(to.alpha(), noise, kept * to.sigma()))
}
