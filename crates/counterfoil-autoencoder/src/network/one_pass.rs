//! What decoders without a sampler have in common: latents and noise become an image in one pass of a network.

use crate::draws::Draws;
use counterfoil_tensor::Weights;
use tch::{Kind, Tensor};

/// What images hold beside their latents, in terms of a decoder that draws in one pass.
#[derive(Debug)]
pub(crate) struct ImageNoise {
    /// Of latents inside the decoder, `[n, hidden]`: standard normal before an image is seen.
    pub(crate) hidden: Tensor,
    /// Of pixels, `[n, c, h, w]`: what the decoder does not draw; 0 gives what it draws.
    pub(crate) pixels: Tensor,
}

impl ImageNoise {
    /// The same without the noise of pixels.
    pub(crate) fn without_pixels(self) -> Self {
        Self { pixels: self.pixels.zeros_like(), ..self }
    }

    /// All of it, an item a row.
    pub(crate) fn flat(&self) -> Tensor {
        Tensor::cat(&[self.hidden.shallow_clone(), self.pixels.flatten(1, -1)], 1)
    }

    /// What [`ImageNoise::flat`] wrote, of images `[c, h, w]`.
    pub(crate) fn from_flat(flat: &Tensor, [c, h, w]: [i64; 3]) -> Self {
        let pixels = c * h * w;
        let hidden = flat.size()[1] - pixels;
        Self {
            hidden: flat.narrow(1, 0, hidden),
            pixels: flat.narrow(1, hidden, pixels).reshape([-1, c, h, w]),
        }
    }
}

/// A decoder that draws in one pass.
pub(crate) trait OnePass: std::fmt::Debug {
    /// Latents of its own, beside those that the mechanisms know.
    fn hidden(&self) -> i64;

    /// The noise of images `[n, c, h, w]` whose latents are `[n, d]`.
    fn abduct(&self, weights: &Weights, images: &Tensor, latents: &Tensor) -> ImageNoise;

    /// The images of latents `[n, d]` and noise. With the noise of an image and its own latents it is that image, up to
    /// rounding.
    fn predict(&self, weights: &Weights, latents: &Tensor, noise: &ImageNoise) -> Tensor;

    /// The terms of the loss that train it, by name, for images whose latents it sees as `latents`.
    fn terms(
        &self,
        weights: &Weights,
        images: &Tensor,
        latents: &Tensor,
        draws: &Draws<'_>,
    ) -> Vec<(&'static str, Tensor)>;

    /// The images of latents `[n, d]` at noise 0.
    fn mean(&self, weights: &Weights, latents: &Tensor, [c, h, w]: [i64; 3]) -> Tensor {
        let n = latents.size()[0];
        let zeros = |shape: &[i64]| Tensor::zeros(shape, (Kind::Float, latents.device()));
        let noise = ImageNoise { hidden: zeros(&[n, self.hidden()]), pixels: zeros(&[n, c, h, w]) };
        self.predict(weights, latents, &noise)
    }
}
