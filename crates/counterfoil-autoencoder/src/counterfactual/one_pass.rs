//! Abduction and prediction where the decoder draws in one pass: no sampler runs, its noise is read off and given back.

use super::{Counterfactuals, image_keys};
use crate::ModelError;
use crate::network::one_pass::{ImageNoise, OnePass};
use counterfoil_tensor::noise;
use tch::{Device, Kind, Tensor};

impl Counterfactuals<'_> {
    /// Whether abduction looks at the image through the decoder: there is noise to find that the procedure keeps.
    pub(super) fn abducts_in_one_pass(&self, decoder: &dyn OnePass) -> bool {
        !self.procedure.fresh_noise && (self.procedure.keep_residual || decoder.hidden() > 0)
    }

    /// The noise `[n, k]` of images whose latents are `z`, without that of pixels where the procedure does not keep it.
    pub(super) fn abduct_in_one_pass(
        &self,
        decoder: &dyn OnePass,
        images: &Tensor,
        z: &Tensor,
    ) -> Result<Tensor, ModelError> {
        if !self.abducts_in_one_pass(decoder) {
            return Ok(self.drawn_from_prior(decoder, 0, &image_keys(images)?, images.device()));
        }
        let mut parts = Vec::new();
        for (start, length) in self.passes(images.size()[0]) {
            let of = |x: &Tensor| x.narrow(0, start, length);
            let found = tch::no_grad(|| decoder.abduct(self.weights, &of(images), &of(z)));
            let kept = if self.procedure.keep_residual { found } else { found.without_pixels() };
            parts.push(kept.flat());
        }
        Ok(Tensor::f_cat(&parts, 0)?)
    }

    /// Noise of the decoder's own latents as it is before an image is seen, keyed by item, and none of pixels.
    pub(super) fn drawn_from_prior(
        &self,
        decoder: &dyn OnePass,
        seed: u64,
        items: &[u64],
        device: Device,
    ) -> Tensor {
        let hidden = noise::normal(seed, "fresh-noise", items, 0, &[decoder.hidden()], device);
        let [c, h, w] = self.architecture().image_shape();
        let pixels = Tensor::zeros([items.len() as i64, c, h, w], (Kind::Float, device));
        ImageNoise { hidden, pixels }.flat()
    }

    /// The images of latents `[n, d]` and noise `[n, k]`.
    pub(super) fn predict_in_one_pass(
        &self,
        decoder: &dyn OnePass,
        latents: &Tensor,
        noise: &Tensor,
    ) -> Result<Tensor, ModelError> {
        let shape = self.architecture().image_shape();
        let mut images = Vec::new();
        for (start, length) in self.passes(latents.size().first().copied().unwrap_or(0)) {
            let noise = ImageNoise::from_flat(&noise.narrow(0, start, length), shape);
            let latents = latents.narrow(0, start, length);
            images.push(tch::no_grad(|| decoder.predict(self.weights, &latents, &noise)));
        }
        Ok(Tensor::f_cat(&images, 0)?)
    }
}
