//! The semantic encoder: an image becomes the mean and variance of a Gaussian code.

use crate::Architecture;
use counterfoil_tensor::layers::{BatchNorm, Conv2d, Linear};
use counterfoil_tensor::{Scope, Weights};
use tch::{Kind, Tensor};

/// A diagonal Gaussian over codes, `[n, d]` each, in single precision.
#[derive(Debug)]
pub struct Gaussian {
    /// The means.
    pub mean: Tensor,
    /// The variances, positive.
    pub variance: Tensor,
}

impl Gaussian {
    /// `ln N(x; mean, variance)` of each dimension of `x` `[n, d]`, up to the constant `ln(2 pi) / 2`.
    pub fn log_density(&self, x: &Tensor) -> Tensor {
        ((x - &self.mean).square() / &self.variance + self.variance.log()) * -0.5
    }
}

/// Stride-2 convolutions, each with batch norm and a leaky rectifier (slope 0.01), then two dense heads: the mean, and
/// a variance through softplus (CausalDiffAE's encoder, with as many convolutions as the config lists).
#[derive(Clone, Debug)]
pub struct Encoder {
    stages: Vec<(Conv2d, BatchNorm)>,
    mean: Linear,
    variance: Linear,
}

impl Encoder {
    /// Declares the encoder of an architecture, for codes of width `code`.
    pub fn new(mut scope: Scope<'_>, a: &Architecture, code: i64) -> Self {
        let [mut channels, mut height, mut width] = a.image;
        let mut stages = Vec::new();
        let mut stage = |scope: &mut Scope<'_>, inputs, outputs, stride| {
            let mut inner = scope.sub(stages.len());
            let conv = Conv2d::new(inner.sub("conv"), inputs, outputs, 3, stride);
            let norm = BatchNorm::new(inner.sub("norm"), outputs);
            stages.push((conv, norm));
        };
        for outputs in &a.encoder {
            stage(&mut scope, channels, *outputs, 2);
            (channels, height, width) = (*outputs, (height + 1) / 2, (width + 1) / 2);
        }
        let features = channels * height * width;
        Self {
            stages,
            mean: Linear::new(scope.sub("mean"), features, code),
            variance: Linear::new(scope.sub("variance"), features, code),
        }
    }

    /// Encodes images `[n, c, h, w]` in `[-1, 1]`.
    pub fn forward(&self, weights: &Weights, images: &Tensor) -> Gaussian {
        let mut h = images.shallow_clone();
        for (conv, norm) in &self.stages {
            h = norm.forward(weights, &conv.forward(weights, &h)).leaky_relu();
        }
        let features = h.flatten(1, -1);
        let full = |x: Tensor| x.to_kind(Kind::Float);
        Gaussian {
            mean: full(self.mean.forward(weights, &features)),
            variance: full(self.variance.forward(weights, &features)).softplus() + 1e-8,
        }
    }
}
