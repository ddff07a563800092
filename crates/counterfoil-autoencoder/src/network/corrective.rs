//! Corrective diffusion: a direct decoder draws the mean image of the latents, a diffusion model what is left of the image.

use super::Direct;
use super::unet::{Condition, Unet};
use crate::Architecture;
use counterfoil_tensor::{Recomputation, Scope, Weights};
use tch::Tensor;

/// Regression and the diffusion of its remainder (Mardani et al. 2023). A squared error makes of a direct decoder the mean of
/// all images with some latents, which shows where things are after few steps; noise has to be told apart from content only
/// where that mean is wrong. The UNet sees the mean beside the noisy remainder.
#[derive(Clone, Debug)]
pub struct Corrective {
    mean: Direct,
    unet: Unet,
    scale: f64,
}

impl Corrective {
    /// Declares both decoders of an architecture.
    pub fn new(mut scope: Scope<'_>, a: &Architecture) -> Self {
        let mean = Direct::new(scope.sub("mean"), a);
        Self { mean, unet: Unet::new(scope.sub("unet"), a), scale: a.remainder_scale }
    }

    /// The mean images of latents, `[n, d] -> [n, c, h, w]`.
    pub fn mean(&self, weights: &Weights, latents: &Tensor) -> Tensor {
        self.mean.forward(weights, latents)
    }

    /// What is left of images beside their mean, in units of its scale.
    pub fn remainder(&self, images: &Tensor, mean: &Tensor) -> Tensor {
        (images - mean) / self.scale
    }

    /// The images of remainders.
    pub fn complete(&self, remainder: &Tensor, mean: &Tensor) -> Tensor {
        remainder * self.scale + mean
    }

    /// The prediction for noisy remainders; the mean is drawn anew where the condition has none.
    pub fn denoise(&self, weights: &Weights, noisy: &Tensor, condition: &Condition<'_>) -> Tensor {
        self.unet.forward(weights, &self.shown(weights, noisy, condition), condition)
    }

    /// As [`Unet::checkpointed`].
    pub fn checkpointed(
        &self,
        weights: &Weights,
        noisy: &Tensor,
        condition: &Condition<'_>,
    ) -> (Tensor, Option<Recomputation>) {
        self.unet.checkpointed(weights, &self.shown(weights, noisy, condition), condition)
    }

    /// What the UNet sees: the noisy remainder and the mean beside it.
    fn shown(&self, weights: &Weights, noisy: &Tensor, condition: &Condition<'_>) -> Tensor {
        match condition.mean {
            Some(mean) => Tensor::cat(&[noisy, mean], 1),
            None => Tensor::cat(&[noisy, &self.mean(weights, condition.latents)], 1),
        }
    }
}
