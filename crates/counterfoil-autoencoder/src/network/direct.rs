//! The decoder of a variational autoencoder: the image straight from the latents, in one pass and without noise.

use super::one_pass::{ImageNoise, OnePass};
use super::residual::{Embedding, Residual, Upsample, Widths};
use crate::{Architecture, draws::Draws};
use counterfoil_tensor::layers::{Conv2d, GroupNorm, Linear};
use counterfoil_tensor::{Scope, Weights};
use tch::{Kind, Tensor};

/// The upward half of the UNet without its skips: a dense layer gives the lowest resolution, residual blocks and
/// upsampling the others. The latents enter every block by its adaptive norm too, as they enter the UNet, so that a
/// variational autoencoder and a diffusion decoder are compared at like means. The mean of a Gaussian likelihood
/// (Kingma and Welling 2014; CausalVAE, Yang et al. 2021, has a Bernoulli one).
#[derive(Clone, Debug)]
pub struct Direct {
    latent: Linear,
    dense: Linear,
    lowest: [i64; 3],
    levels: Vec<(Vec<Residual>, Option<Upsample>)>,
    norm: GroupNorm,
    out: Conv2d,
}

impl Direct {
    /// Declares the decoder of an architecture.
    pub fn new(mut scope: Scope<'_>, a: &Architecture) -> Self {
        let (base, width, groups) = (a.channels, 4 * a.channels, a.groups);
        let channels = a.image[0];
        let lowest = a.lowest();
        let mut c = lowest[0];
        let latent = Linear::new(scope.sub("latent"), a.blocks.width(), width);
        let dense = Linear::new(scope.sub("dense"), a.blocks.width(), lowest.iter().product());
        let mut levels = Vec::new();
        for (level, multiplier) in a.multipliers.iter().enumerate().rev() {
            let mut part = scope.sub("up");
            let mut part = part.sub(level);
            let mut blocks = Vec::new();
            for block in 0..=a.res_blocks {
                let outputs = multiplier * base;
                let widths = Widths { added: width, scaling: None };
                blocks.push(Residual::new(part.sub(block), [c, outputs], widths, groups));
                c = outputs;
            }
            let up = (level > 0).then(|| Upsample::new(part.sub("upsample"), c));
            levels.push((blocks, up));
        }
        let norm = GroupNorm::new(scope.sub("norm"), groups, c);
        let out = Conv2d::zeroed(scope.sub("out"), c, channels, 3);
        Self { latent, dense, lowest, levels, norm, out }
    }

    /// The images of latents, `[n, d] -> [n, c, h, w]`, in single precision.
    pub fn forward(&self, weights: &Weights, latents: &Tensor) -> Tensor {
        let embedding =
            Embedding { added: self.latent.forward(weights, latents).silu(), scaling: None };
        let [c, height, across] = self.lowest;
        let mut h = self.dense.forward(weights, latents).view([-1, c, height, across]);
        for (blocks, up) in &self.levels {
            h = blocks.iter().fold(h, |h, block| block.forward(weights, &h, &embedding));
            if let Some(up) = up {
                h = up.forward(weights, &h);
            }
        }
        let h = self.norm.forward(weights, &h).silu();
        self.out.forward(weights, &h).to_kind(Kind::Float)
    }
}

/// Its noise is what it misses of the pixels.
impl OnePass for Direct {
    fn hidden(&self) -> i64 {
        0
    }

    fn abduct(&self, weights: &Weights, images: &Tensor, latents: &Tensor) -> ImageNoise {
        let pixels = images - self.forward(weights, latents);
        ImageNoise { hidden: pixels.flatten(1, -1).narrow(1, 0, 0), pixels }
    }

    fn predict(&self, weights: &Weights, latents: &Tensor, noise: &ImageNoise) -> Tensor {
        self.forward(weights, latents) + &noise.pixels
    }

    fn terms(
        &self,
        weights: &Weights,
        images: &Tensor,
        latents: &Tensor,
        _: &Draws<'_>,
    ) -> Vec<(&'static str, Tensor)> {
        let error = self.forward(weights, latents) - images;
        vec![("reconstruct", error.square().mean(Kind::Float))]
    }
}
