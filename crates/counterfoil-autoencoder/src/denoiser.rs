//! The model as the sampler sees it: a denoiser with the causal latents already inside.

use crate::Model;
use crate::network::unet::Condition;
use counterfoil_diffusion::{BoxError, Call, Denoiser, Prediction};
use counterfoil_tensor::Weights;
use tch::{Kind, Tensor};

/// A [`Denoiser`] over image tensors `[n, c, h, w]` for fixed latents `[n, d]`; with a corrective decoder over what the mean
/// images of latents leave of images.
#[derive(Debug)]
pub struct LatentDenoiser<'m> {
    model: &'m Model,
    weights: &'m Weights,
    latents: Tensor,
    mean: Option<Tensor>,
    /// What the remainders of the sampler's latents and of these differ by.
    offset: Option<Tensor>,
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
        let mean = tch::no_grad(|| model.mean_image(weights, latents));
        Self { model, weights, latents: latents.shallow_clone(), mean, offset: None, classes }
    }

    /// The same where the sampler moves remainders of other latents' mean images, as guidance does that compares predictions
    /// under several latents: the states and predictions are translated, so that they speak of the same images.
    #[must_use]
    pub fn beside(self, sampled: &Self) -> Self {
        let offset = match (&self.mean, &sampled.mean) {
            (Some(own), Some(sampled)) => Some(self.model.remainder(sampled, Some(own))),
            _ => None,
        };
        Self { offset, ..self }
    }

    /// The mean images of the latents, where a diffusion model draws what they leave.
    pub fn mean(&self) -> Option<&Tensor> {
        self.mean.as_ref()
    }
}

impl Denoiser<Tensor> for LatentDenoiser<'_> {
    fn predict(&mut self, x: &Tensor, call: &Call<'_>) -> Result<Tensor, BoxError> {
        let n = x.size()[0];
        let times = Tensor::full([n], call.time.value(), (Kind::Float, x.device()));
        let condition = Condition {
            times: &times,
            latents: &self.latents,
            mean: self.mean.as_ref(),
            classes: self.classes.as_ref(),
        };
        let predict = |x: &Tensor| tch::no_grad(|| self.model.denoise(self.weights, x, &condition));
        let Some(offset) = &self.offset else { return Ok(predict(x)) };
        // An image lies further from its own mean by the offset; a prediction a x0 + b eps is brought back by a times it.
        let (of_image, _) = self.prediction().weights(call.level)?;
        Ok(predict(&(x + offset * call.level.alpha())) - offset * of_image)
    }

    fn prediction(&self) -> Prediction {
        self.model.architecture().prediction()
    }
}
