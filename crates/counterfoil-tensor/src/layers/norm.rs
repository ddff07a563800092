//! Normalisation: over groups of channels, and over the batch.

use crate::{Buffer, Init, Parameter, Scope, Weights};
use tch::{Device, Tensor};

/// Group normalisation (Wu and He 2018), `[n, c, ..] -> [n, c, ..]`; statistics and affine part in single precision
/// whatever the precision of the activations.
#[derive(Clone, Debug)]
pub struct GroupNorm {
    weight: Parameter,
    bias: Parameter,
    groups: i64,
}

impl GroupNorm {
    /// Declares the layer; `channels` must be a multiple of `groups`.
    pub fn new(mut scope: Scope<'_>, groups: i64, channels: i64) -> Self {
        Self {
            weight: scope.parameter("weight", &[channels], Init::Constant(1.0)),
            bias: scope.parameter("bias", &[channels], Init::Constant(0.0)),
            groups,
        }
    }

    /// Applies the layer.
    pub fn forward(&self, weights: &Weights, x: &Tensor) -> Tensor {
        grouped(x, self.groups, weights.full(self.weight), weights.full(self.bias))
    }

    /// Normalisation followed by an affine map of each item and channel, `GN(x) scale + shift` (adaptive normalisation);
    /// `x` is `[n, c, h, w]`, `scale` and `shift` are `[n, c]` in single precision.
    ///
    /// The channels of all items count as those of one, so that the affine part of the norm itself holds the product of
    /// both maps: no pass over the activations is added, forward or backward.
    pub fn modulated(
        &self,
        weights: &Weights,
        x: &Tensor,
        scale: &Tensor,
        shift: &Tensor,
    ) -> Tensor {
        let (n, c, h, w) = x.size4().unwrap_or((0, 0, 0, 0));
        let weight = (scale * weights.full(self.weight)).reshape([n * c]);
        let bias = shift.addcmul(scale, weights.full(self.bias)).reshape([n * c]);
        grouped(&x.reshape([1, n * c, h, w]), n * self.groups, &weight, &bias).view([n, c, h, w])
    }
}

/// Normalisation over groups with the affine part in single precision, in the precision of `x`.
fn grouped(x: &Tensor, groups: i64, weight: &Tensor, bias: &Tensor) -> Tensor {
    let norm = |x: &Tensor| x.group_norm(groups, Some(weight), Some(bias), 1e-5, false);
    // On the CPU alone libtorch takes activations of one precision and an affine part of another.
    if x.device() == Device::Cpu || x.kind() == weight.kind() {
        norm(x)
    } else {
        norm(&x.to_kind(weight.kind())).to_kind(x.kind())
    }
}

/// Batch normalisation (Ioffe and Szegedy 2015) over `[n, c, h, w]`, momentum 0.1.
///
/// A training pass normalises by the batch and updates the running statistics, an evaluating pass uses them.
#[derive(Clone, Debug)]
pub struct BatchNorm {
    weight: Parameter,
    bias: Parameter,
    mean: Buffer,
    variance: Buffer,
}

impl BatchNorm {
    /// Declares the layer.
    pub fn new(mut scope: Scope<'_>, channels: i64) -> Self {
        Self {
            weight: scope.parameter("weight", &[channels], Init::Constant(1.0)),
            bias: scope.parameter("bias", &[channels], Init::Constant(0.0)),
            mean: scope.buffer("running_mean", &[channels], 0.0),
            variance: scope.buffer("running_variance", &[channels], 1.0),
        }
    }

    /// Applies the layer.
    pub fn forward(&self, weights: &Weights, x: &Tensor) -> Tensor {
        x.batch_norm(
            Some(weights.full(self.weight)),
            Some(weights.full(self.bias)),
            Some(weights.buffer(self.mean)),
            Some(weights.buffer(self.variance)),
            weights.trains(),
            0.1,
            1e-5,
            false,
        )
    }
}
