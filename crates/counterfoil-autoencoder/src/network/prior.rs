//! What training pulls a labelled block to: the prior of its latents given its label.

use crate::Architecture;
use counterfoil_tensor::{Init, Parameter, Scope, Weights};
use tch::Tensor;

/// Bounds of the learned logarithm of a deviation: outside, a block is told exactly by its label or not at all.
const LOG_DEVIATION: (f64, f64) = (-4.0, 4.0);

/// `p(z | y) = N((1 + a) c(y) + b, s^2)` for each dimension of the labelled blocks, `c(y)` the label's code (CausalDiffAE,
/// section 4, whose released code fixes mean and variance at `c(y)` and 1, the beginning of this one). Mean and variance are
/// learned; at `s` of its residuals the label term is the likelihood of a regression with its own error in each dimension.
#[derive(Clone, Copy, Debug)]
pub struct LabelPrior {
    slope: Parameter,
    offset: Parameter,
    log_deviation: Parameter,
}

impl LabelPrior {
    /// Declares the prior of all labelled blocks, side by side.
    pub fn new(mut scope: Scope<'_>, a: &Architecture) -> Self {
        let width: i64 = a.blocks.labelled().map(|b| b.width).sum();
        let mut zeros = |name| scope.parameter(name, &[width], Init::Constant(0.0));
        Self {
            slope: zeros("slope"),
            offset: zeros("offset"),
            log_deviation: zeros("log_deviation"),
        }
    }

    /// `-ln p(z | y)` up to a constant, for latents and codes `[n, labelled width]`, of that shape.
    pub fn surprise(&self, weights: &Weights, latents: &Tensor, codes: &Tensor) -> Tensor {
        let of = |parameter| weights.full(parameter);
        let mean = codes * (of(self.slope) + 1.0) + of(self.offset);
        let (low, high) = LOG_DEVIATION;
        let log_deviation = of(self.log_deviation).clamp(low, high);
        (latents - mean).square() * (&log_deviation * -2.0).exp() * 0.5 + log_deviation
    }
}
