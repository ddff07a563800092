//! Tables for classes and sinusoids for times.

use crate::{Init, Parameter, Scope, Weights};
use tch::{Kind, Tensor};

/// A table of one vector a class, `[n] (integers) -> [n, width]`.
#[derive(Clone, Debug)]
pub struct Embedding {
    weight: Parameter,
}

impl Embedding {
    /// Declares the table with standard normal entries, as PyTorch does.
    pub fn new(mut scope: Scope<'_>, classes: i64, width: i64) -> Self {
        Self { weight: scope.parameter("weight", &[classes, width], Init::Normal(1.0)) }
    }

    /// Looks the classes up.
    pub fn forward(&self, weights: &Weights, classes: &Tensor) -> Tensor {
        Tensor::embedding(weights.compute(self.weight), classes, -1, false, false)
    }
}

/// The sinusoidal embedding of times, `[n] -> [n, width]`: `[cos(t w_i) | sin(t w_i)]` with
/// `w_i = 10000^(-i / (width / 2))` (Vaswani et al. 2017, section 3.5; cosines first as in ADM, Dhariwal and Nichol 2021).
/// `width` must be even.
pub fn sinusoid(times: &Tensor, width: i64) -> Tensor {
    let half = width / 2;
    let index = Tensor::arange(half, (Kind::Float, times.device()));
    let frequency = (index * (-(10_000f64.ln()) / half as f64)).exp();
    let angle = times.to_kind(Kind::Float).unsqueeze(1) * frequency.unsqueeze(0);
    Tensor::cat(&[angle.cos(), angle.sin()], 1)
}
