//! The label reader: an encoder of its own for the labelled blocks, trained by the label term alone.
//!
//! What a label measures (a thickness, a brightness, an angle) is a statistic of the whole image, and the best network
//! for it is not the best one for identity: a convolution at full resolution, few reductions, then the mean and the
//! maximum of each channel.

use crate::Architecture;
use counterfoil_tensor::layers::{BatchNorm, Conv2d, Linear};
use counterfoil_tensor::{Scope, Weights};
use tch::{Kind, Tensor};

/// Width of the dense layer between the pooled channels and the blocks.
const HIDDEN: i64 = 128;

/// Images to the means of all labelled blocks, `[n, c, h, w] -> [n, labelled width]`.
#[derive(Clone, Debug)]
pub struct Reader {
    stages: Vec<(Conv2d, BatchNorm)>,
    hidden: Linear,
    out: Linear,
}

impl Reader {
    /// Declares a reader with these channels: the first at full resolution, each further one halving it.
    pub fn new(mut scope: Scope<'_>, a: &Architecture, channels: &[i64]) -> Self {
        let mut inputs = a.image[0];
        let mut stages = Vec::new();
        for (index, outputs) in channels.iter().enumerate() {
            let mut part = scope.sub(index);
            let stride = if index == 0 { 1 } else { 2 };
            let conv = Conv2d::new(part.sub("conv"), inputs, *outputs, 3, stride);
            stages.push((conv, BatchNorm::new(part.sub("norm"), *outputs)));
            inputs = *outputs;
        }
        let width = a.blocks.labelled().map(|b| b.width).sum();
        Self {
            stages,
            hidden: Linear::new(scope.sub("hidden"), 2 * inputs, HIDDEN),
            out: Linear::new(scope.sub("out"), HIDDEN, width),
        }
    }

    /// Reads images in `[-1, 1]`.
    pub fn forward(&self, weights: &Weights, images: &Tensor) -> Tensor {
        let mut h = images.shallow_clone();
        for (conv, norm) in &self.stages {
            h = norm.forward(weights, &conv.forward(weights, &h)).leaky_relu();
        }
        let flat = h.flatten(2, -1);
        let statistics = Tensor::cat(&[flat.mean_dim(2, false, None), flat.amax(2, false)], 1);
        let hidden = self.hidden.forward(weights, &statistics).leaky_relu();
        self.out.forward(weights, &hidden).to_kind(Kind::Float)
    }
}
