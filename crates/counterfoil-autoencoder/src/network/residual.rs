//! The building blocks of the UNet: a residual block with adaptive group norm, and changes of resolution.

use counterfoil_tensor::layers::{Conv2d, GroupNorm, Linear};
use counterfoil_tensor::{Scope, Weights};
use tch::{Kind, Tensor};

/// What conditions the residual blocks of a pass, already activated: `[n, width]` each.
#[derive(Debug)]
pub(crate) struct Embedding {
    /// Becomes scale and shift of every block.
    pub(crate) added: Tensor,
    /// Becomes a second scale of every block, where a network has two conditions.
    pub(crate) scaling: Option<Tensor>,
}

/// The widths of an [`Embedding`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Widths {
    pub(crate) added: i64,
    pub(crate) scaling: Option<i64>,
}

/// ADM's residual block (Dhariwal and Nichol 2021, appendix): norm, SiLU, convolution, adaptive norm
/// `GN(h) (1 + scale) + shift` with scale and shift from the embedding, SiLU, a convolution that starts at 0; the skip
/// is the identity, or a 1x1 convolution when the channels change. `[n, in, h, w] -> [n, out, h, w]`.
///
/// With two conditions the norm is `(GN(h) (1 + scale) + shift) (1 + scaling)`: time says scale and shift, the latents a
/// scale of their own (DiffAE, Preechakul et al. 2022, section 3.1).
#[derive(Clone, Debug)]
pub(crate) struct Residual {
    norm_in: GroupNorm,
    conv_in: Conv2d,
    embedding: Linear,
    scaling: Option<Linear>,
    norm_out: GroupNorm,
    conv_out: Conv2d,
    skip: Option<Conv2d>,
}

impl Residual {
    pub(crate) fn new(
        mut scope: Scope<'_>,
        [inputs, outputs]: [i64; 2],
        widths: Widths,
        groups: i64,
    ) -> Self {
        Self {
            norm_in: GroupNorm::new(scope.sub("norm_in"), groups, inputs),
            conv_in: Conv2d::new(scope.sub("conv_in"), inputs, outputs, 3, 1),
            embedding: Linear::new(scope.sub("embedding"), widths.added, 2 * outputs),
            scaling: widths.scaling.map(|width| Linear::new(scope.sub("scaling"), width, outputs)),
            norm_out: GroupNorm::new(scope.sub("norm_out"), groups, outputs),
            conv_out: Conv2d::zeroed(scope.sub("conv_out"), outputs, outputs, 3),
            skip: (inputs != outputs)
                .then(|| Conv2d::new(scope.sub("skip"), inputs, outputs, 1, 1)),
        }
    }

    pub(crate) fn forward(&self, weights: &Weights, x: &Tensor, embedding: &Embedding) -> Tensor {
        let h = self.conv_in.forward(weights, &self.norm_in.forward(weights, x).silu());
        let film = self.embedding.forward(weights, &embedding.added).to_kind(Kind::Float);
        let parts = film.chunk(2, 1);
        let (mut scale, mut shift) = (&parts[0] + 1.0, parts[1].shallow_clone());
        if let (Some(layer), Some(scaling)) = (&self.scaling, &embedding.scaling) {
            let scaling = layer.forward(weights, scaling).to_kind(Kind::Float) + 1.0;
            (scale, shift) = (scale * &scaling, shift * scaling);
        }
        let h = self.norm_out.modulated(weights, &h, &scale, &shift);
        let h = self.conv_out.forward(weights, &h.silu());
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
