//! The bottom-up encoder: what posteriors see of the image, at every resolution.

use crate::Architecture;
use crate::network::residual::{Downsample, Embedding, Residual, Widths};
use counterfoil_tensor::layers::{Conv2d, Linear};
use counterfoil_tensor::{Scope, Weights};
use tch::Tensor;

/// The downward half of the UNet; the causal latents enter its blocks too, so that it looks for what they do not say.
#[derive(Clone, Debug)]
pub(super) struct BottomUp {
    latent: Linear,
    stem: Conv2d,
    /// From the resolution of the image to the lowest, each with the way to the next.
    levels: Vec<(Vec<Residual>, Option<Downsample>)>,
}

impl BottomUp {
    pub(super) fn new(mut scope: Scope<'_>, a: &Architecture) -> Self {
        let (base, width) = (a.channels, 4 * a.channels);
        let latent = Linear::new(scope.sub("latent"), a.blocks.width(), width);
        let stem = Conv2d::new(scope.sub("stem"), a.image[0], base, 3, 1);
        let mut c = base;
        let mut levels = Vec::new();
        for (level, multiplier) in a.multipliers.iter().enumerate() {
            let mut part = scope.sub(level);
            let mut blocks = Vec::new();
            for block in 0..a.res_blocks {
                let outputs = multiplier * base;
                let widths = Widths { added: width, scaling: None };
                blocks.push(Residual::new(part.sub(block), [c, outputs], widths, a.groups));
                c = outputs;
            }
            let last = level + 1 == a.multipliers.len();
            levels.push((blocks, (!last).then(|| Downsample::new(part.sub("downsample"), c))));
        }
        Self { latent, stem, levels }
    }

    /// Activations of images `[n, c, h, w]` under causal latents `[n, d]`: one a resolution from that of the image to the
    /// lowest, and the last once more as vectors.
    pub(super) fn forward(
        &self,
        weights: &Weights,
        images: &Tensor,
        latents: &Tensor,
    ) -> Vec<Tensor> {
        let added = self.latent.forward(weights, latents).silu();
        let embedding = Embedding { added, scaling: None };
        let mut h = self.stem.forward(weights, images);
        let mut found = Vec::new();
        for (blocks, down) in &self.levels {
            h = blocks.iter().fold(h, |h, block| block.forward(weights, &h, &embedding));
            found.push(h.shallow_clone());
            if let Some(down) = down {
                h = down.forward(weights, &h);
            }
        }
        found.push(h.flatten(1, -1));
        found
    }
}
