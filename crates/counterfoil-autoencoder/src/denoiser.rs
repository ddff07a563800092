//! The model as the sampler sees it: a denoiser with the causal latents already inside.

use crate::Model;
use crate::network::unet::Condition;
use counterfoil_diffusion::{BoxError, Call, Denoiser, Prediction};
use counterfoil_tensor::Weights;
use tch::{Kind, Tensor};

/// A [`Denoiser`] over image tensors `[n, c, h, w]` for fixed latents `[n, d]`.
#[derive(Debug)]
pub struct LatentDenoiser<'m> {
    model: &'m Model,
    weights: &'m Weights,
    latents: Tensor,
    classes: Option<Tensor>,
}

impl<'m> LatentDenoiser<'m> {
    /// Conditions `model` on `latents` (and classes, when it has them).
    pub fn new(
        model: &'m Model,
        weights: &'m Weights,
        latents: &Tensor,
        classes: Option<&Tensor>,
    ) -> Self {
        let classes = classes.map(Tensor::shallow_clone);
        Self { model, weights, latents: latents.shallow_clone(), classes }
    }
}

impl Denoiser<Tensor> for LatentDenoiser<'_> {
    fn predict(&mut self, x: &Tensor, call: &Call<'_>) -> Result<Tensor, BoxError> {
        let n = x.size()[0];
        let times = Tensor::full([n], call.time.value(), (Kind::Float, x.device()));
        let condition =
            Condition { times: &times, latents: &self.latents, classes: self.classes.as_ref() };
        Ok(tch::no_grad(|| self.model.denoise(self.weights, x, &condition)))
    }

    fn prediction(&self) -> Prediction {
        self.model.architecture().prediction()
    }
}
