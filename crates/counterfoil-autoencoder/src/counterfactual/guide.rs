//! What guidance compares the decoder's prediction with, and for which variables.
//!
//! With weights `w` for the variables that an intervention reaches and `k` for the others the prediction is
//!
//! ```text
//! target + (w - 1) (target - reached at their reference) + (k - 1) (target - others at their reference)
//! ```
//!
//! so that weights of 1 are no guidance whatever depends on what (Xia et al. 2025, decoupled guidance, in the form that
//! leaves groups out). Against the factual latents the second term is 0, and so is everything where nothing is set;
//! against null blocks the decoder must have been trained with blocks dropped one by one. With all blocks null at once,
//!
//! ```text
//! target + (w - 1) (target - everything null)
//! ```
//!
//! which is the classifier-free guidance of Ho and Salimans (2022) that CausalDiffAE takes over (section 4): for a decoder whose
//! blocks were dropped together.

use super::{Counterfactuals, Procedure};
use crate::{LatentDenoiser, ModelError};
use counterfoil_diffusion::Guided;
use counterfoil_diffusion::guidance::Decoupled;
use counterfoil_diffusion::inversion::Latent;
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

/// The latents that guidance moves away from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reference {
    /// Those of the image as it is.
    #[default]
    Factual,
    /// Null blocks: what the decoder is shown in training where a block is dropped.
    Null,
    /// Null blocks everywhere, whatever the intervention reaches: the published guidance.
    AllNull,
}

/// One pass of items to decode.
pub(super) struct Pass<'a> {
    pub(super) noise: Latent<Tensor>,
    /// What is wanted, `[n, d]`.
    pub(super) latents: Tensor,
    pub(super) factual: Tensor,
    /// `[n, d]`, 1 in the blocks that the intervention reaches.
    pub(super) reached: Tensor,
    pub(super) classes: Option<&'a Tensor>,
}

impl Procedure {
    /// How many predictions the target's is compared with.
    pub(super) fn references(&self) -> usize {
        let guides = |weight: f64| usize::from(weight != 1.0);
        match self.guidance_reference {
            Reference::Factual | Reference::AllNull => guides(self.guidance),
            Reference::Null => guides(self.guidance) + guides(self.guidance_kept),
        }
    }
}

impl Counterfactuals<'_> {
    /// Which blocks of `latents` are no longer the factual ones, `[n, d]`: what no intervention reaches is bit for bit.
    pub(super) fn reached(&self, factual: &Tensor, latents: &Tensor) -> Tensor {
        let block = |b: &crate::Block| {
            let differs = b.of(latents).ne_tensor(&b.of(factual));
            differs.any_dim(1, true).to_kind(Kind::Float).expand([-1, b.width], false)
        };
        let blocks = self.architecture().blocks().iter().map(block);
        Tensor::cat(&blocks.collect::<Vec<_>>(), 1)
    }

    /// Decodes one pass under the procedure's guidance.
    pub(super) fn guided(&self, pass: Pass<'_>) -> Result<Tensor, ModelError> {
        let goal = self.goal(&pass);
        let Pass { noise, latents, factual, reached, classes } = pass;
        let p = &self.procedure;
        let denoiser = |z: &Tensor| LatentDenoiser::new(self.model, self.weights, z, classes);
        let target = denoiser(&latents);
        let mean = target.mean().map(Tensor::shallow_clone);
        let complete = |drawn| self.model.complete(drawn, mean.as_ref());
        if p.references() == 0 {
            return Ok(complete(self.follow(noise, target, goal.as_ref())?));
        }
        let drawn = match p.guidance_reference {
            Reference::Factual | Reference::AllNull => {
                let reference = match p.guidance_reference {
                    Reference::AllNull => self.model.null(self.weights, &latents),
                    _ => factual,
                };
                let reference = denoiser(&reference).beside(&target);
                let guided = Guided::new::<Tensor>(target, reference, p.guidance)?;
                self.follow(noise, guided, goal.as_ref())
            }
            Reference::Null => {
                let null = self.model.null(self.weights, &latents);
                let without = |group: &Tensor| {
                    denoiser(&(&latents + group * (&null - &latents))).beside(&target)
                };
                let others = 1.0 - &reached;
                let groups = [(without(&reached), p.guidance), (without(&others), p.guidance_kept)];
                let guided = Decoupled::leaving_out::<Tensor>(target, groups)?;
                self.follow(noise, guided, goal.as_ref())
            }
        }?;
        Ok(complete(drawn))
    }
}
