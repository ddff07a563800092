//! The building blocks of the UNet: a residual block with adaptive group norm, and changes of resolution.

use counterfoil_tensor::layers::{Conv2d, GroupNorm, Linear};
use counterfoil_tensor::{Scope, Weights};
use tch::Tensor;

/// ADM's residual block (Dhariwal and Nichol 2021, appendix): norm, SiLU, convolution, adaptive norm
/// `GN(h) (1 + scale) + shift` with scale and shift from the embedding, SiLU, a convolution that starts at 0; the skip
/// is the identity, or a 1x1 convolution when the channels change. `[n, in, h, w] -> [n, out, h, w]`.
#[derive(Clone, Debug)]
pub(crate) struct Residual {
    norm_in: GroupNorm,
    conv_in: Conv2d,
    embedding: Linear,
    norm_out: GroupNorm,
    conv_out: Conv2d,
    skip: Option<Conv2d>,
}

impl Residual {
    pub(crate) fn new(
        mut scope: Scope<'_>,
        [inputs, outputs]: [i64; 2],
        embedding: i64,
        groups: i64,
    ) -> Self {
        Self {
            norm_in: GroupNorm::new(scope.sub("norm_in"), groups, inputs),
            conv_in: Conv2d::new(scope.sub("conv_in"), inputs, outputs, 3, 1),
            embedding: Linear::new(scope.sub("embedding"), embedding, 2 * outputs),
            norm_out: GroupNorm::new(scope.sub("norm_out"), groups, outputs),
            conv_out: Conv2d::zeroed(scope.sub("conv_out"), outputs, outputs, 3),
            skip: (inputs != outputs)
                .then(|| Conv2d::new(scope.sub("skip"), inputs, outputs, 1, 1)),
        }
    }

    /// `embedding` is already activated, `[n, width]`.
    pub(crate) fn forward(&self, weights: &Weights, x: &Tensor, embedding: &Tensor) -> Tensor {
        let h = self.conv_in.forward(weights, &self.norm_in.forward(weights, x).silu());
        let film = self.embedding.forward(weights, embedding).unsqueeze(-1).unsqueeze(-1);
        let parts = film.chunk(2, 1);
        let h = parts[1].addcmul(&self.norm_out.forward(weights, &h), &(&parts[0] + 1.0)).silu();
        let h = self.conv_out.forward(weights, &h);
        match &self.skip {
            None => x + h,
            Some(skip) => skip.forward(weights, x) + h,
        }
    }
}

/// Halves the resolution by a stride-2 convolution.
#[derive(Clone, Debug)]
pub(crate) struct Downsample(Conv2d);

impl Downsample {
    pub(crate) fn new(mut scope: Scope<'_>, channels: i64) -> Self {
        Self(Conv2d::new(scope.sub("conv"), channels, channels, 3, 2))
    }

    pub(crate) fn forward(&self, weights: &Weights, x: &Tensor) -> Tensor {
        self.0.forward(weights, x)
    }
}

/// Doubles the resolution: nearest neighbour, then a convolution.
#[derive(Clone, Debug)]
pub(crate) struct Upsample(Conv2d);

impl Upsample {
    pub(crate) fn new(mut scope: Scope<'_>, channels: i64) -> Self {
        Self(Conv2d::new(scope.sub("conv"), channels, channels, 3, 1))
    }

    pub(crate) fn forward(&self, weights: &Weights, x: &Tensor) -> Tensor {
        let size = x.size();
        let doubled = x.upsample_nearest2d([2 * size[2], 2 * size[3]], None, None);
        self.0.forward(weights, &doubled)
    }
}
