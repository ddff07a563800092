//! The settings of the procedure, checked against the model before anything is trained.

use super::Reference;
use crate::{Architecture, Conditioning, Decoder, Mechanism, ModelError};
use counterfoil_diffusion::inversion::{Abduction as _, Method};
use counterfoil_diffusion::{End, Grid, Prediction, Spacing, denoiser};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

/// The `[counterfactual]` section: how abduction and prediction are computed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own in the config file")]
pub struct Procedure {
    /// The sampler, backwards and forwards.
    pub method: Method,
    /// How the sampler's levels are spaced.
    pub spacing: Spacing,
    /// Steps from pure noise to the image.
    pub steps: usize,
    /// Share of the steps that abduction goes up; below 1 the coarse layout of the image is kept as it is.
    pub depth: f64,
    /// Weight of the variables that an intervention reaches against their reference in the decoder; 1 is no guidance.
    pub guidance: f64,
    /// The same for the variables that it leaves alone, against null blocks one by one.
    pub guidance_kept: f64,
    /// What guidance compares with.
    pub guidance_reference: Reference,
    /// Weight of the gradient of a predictor of the labels that the intervention reaches; 0 is none. Needs `model.predictor`.
    pub anticausal: f64,
    /// How often the counterfactual is read again and the request corrected.
    pub rounds: usize,
    /// Images a pass: equal numbers give equal bits.
    pub batch: usize,
    /// Whether x_T is the image under fresh noise instead of its abducted noise: the published code. A hierarchical
    /// decoder's latents are drawn from their prior then.
    pub fresh_noise: bool,
    /// Whether the image that the network predicts at each level is clamped to `[-1, 1]`, as published samplers do.
    pub clamp: bool,
    /// Whether what a decoder of one pass does not draw of the image is added to the counterfactual again: the abducted
    /// noise of the pixels (DeepSCM, Pawlowski et al. 2020), times the scale that a hierarchical decoder gives each. A
    /// diffusion decoder has x_T instead.
    pub keep_residual: bool,
    /// Whether a value is written as the latent that the trained encoder has for it; if not, as the code of the label
    /// itself, with the published one-hop mechanism in a root's u and elsewhere in z.
    pub calibrated: bool,
    /// Whether labels are read off the whole code by a linear reader, and the code is moved along its directions
    /// ([`Directions`](crate::Directions)) instead of one variable's block: for a code that nothing ties to labels. Needs
    /// `model.mechanism = "independent"`.
    pub directions: bool,
}

impl Default for Procedure {
    fn default() -> Self {
        Self {
            method: Method::AdamsBashforth,
            spacing: Spacing::Trailing,
            steps: 20,
            depth: 1.0,
            guidance: 1.0,
            guidance_kept: 1.0,
            guidance_reference: Reference::Factual,
            anticausal: 0.0,
            rounds: 0,
            batch: 64,
            fresh_noise: false,
            clamp: false,
            keep_residual: false,
            calibrated: true,
            directions: false,
        }
    }
}

impl Procedure {
    /// Checks the settings and lays out the levels that decoding visits; before any training, so that a mistake is told
    /// in time.
    ///
    /// # Errors
    /// When a setting is out of range; the key is named.
    pub fn grid(&self, architecture: &Architecture) -> Result<Grid, ModelError> {
        let setting =
            |key, reason: &str| Err(ModelError::Setting { key, reason: reason.to_owned() });
        if self.batch == 0 {
            return setting("counterfactual.batch", "must be at least 1");
        }
        if !(self.depth > 0.0 && self.depth <= 1.0) {
            return setting("counterfactual.depth", "must lie in (0, 1]");
        }
        for (key, weight) in [
            ("counterfactual.guidance", self.guidance),
            ("counterfactual.guidance_kept", self.guidance_kept),
        ] {
            if !weight.is_finite() {
                return setting(key, "must be a finite number");
            }
            if architecture.decoder.draws_in_one_pass() && weight != 1.0 {
                return setting(
                    key,
                    "must be 1 with a decoder of one pass, which has nothing to guide",
                );
            }
            if architecture.conditioning == Conditioning::None && weight != 1.0 {
                return setting(
                    key,
                    "must be 1 with model.conditioning = \"none\", where no prediction depends on latents: \
                     counterfactual.anticausal guides there",
                );
            }
        }
        if !self.anticausal.is_finite() {
            return setting("counterfactual.anticausal", "must be a finite number");
        }
        if self.anticausal != 0.0 && architecture.predictor.is_empty() {
            return setting(
                "counterfactual.anticausal",
                "must be 0 without a predictor to follow; give the model one, such as \
                 model.predictor = [16, 32, 64]",
            );
        }
        if self.clamp && architecture.decoder == Decoder::Corrective {
            return setting(
                "counterfactual.clamp",
                "must be false with a corrective decoder, which draws what a mean leaves of an image",
            );
        }
        if self.guidance_kept != 1.0 {
            let reason = match self.guidance_reference {
                Reference::Null => None,
                Reference::Factual => Some(
                    "must be 1 with guidance_reference = \"factual\": what is kept is factual already",
                ),
                Reference::AllNull => Some(
                    "must be 1 with guidance_reference = \"all-null\", which knows no groups: set \"null\"",
                ),
            };
            if let Some(reason) = reason {
                return setting("counterfactual.guidance_kept", reason);
            }
        }
        if self.directions && architecture.mechanism != Mechanism::Independent {
            return setting(
                "counterfactual.directions",
                "must be false unless model.mechanism = \"independent\": a mechanism reads blocks",
            );
        }
        if !architecture.decoder.draws_in_one_pass() && self.keep_residual {
            return setting(
                "counterfactual.keep_residual",
                "must be false with a diffusion decoder, whose x_T holds what the latents do not",
            );
        }
        if self.directions && self.anticausal != 0.0 {
            return setting(
                "counterfactual.anticausal",
                "must be 0 with directions = true, whose moves are of the whole code and reach every label",
            );
        }
        let schedule = architecture.schedule();
        let whole = schedule.grid(self.spacing, self.steps, End::Zero)?;
        let depth = ((self.steps as f64 * self.depth).round() as usize).max(1);
        let grid = whole.lowest(depth)?;
        if !architecture.decoder.draws_in_one_pass() && !self.fresh_noise {
            self.rehearse(&grid, architecture.prediction())?;
        }
        Ok(grid)
    }

    /// Abducts the noise of one number with a network that predicts nothing: what fails there fails for every image.
    fn rehearse(&self, grid: &Grid, prediction: Prediction) -> Result<(), ModelError> {
        let mut silent = denoiser(prediction, |x: &Tensor, _| Ok(x.zeros_like()));
        let image = Tensor::full([1, 1, 1, 1], 0.5, (Kind::Float, Device::Cpu));
        let Err(error) = self.method.encode(grid, image, &mut silent) else { return Ok(()) };
        Err(match prediction {
            Prediction::X0 => ModelError::Setting {
                key: "model.prediction",
                reason: "must be \"v\" or \"eps\" where counterfactual.method climbs from the clean image, in which a \
                         prediction of x0 tells no noise; edit-friendly does not, and fresh_noise = true climbs nowhere"
                    .to_owned(),
            },
            _ => {
                ModelError::Setting { key: "counterfactual.method", reason: error.to_string() }
            }
        })
    }
}
