//! A dense layer.

use crate::{Init, Parameter, Scope, Weights};
use tch::Tensor;

/// `y = x W^T + b`, `[n, inputs] -> [n, outputs]`, in the compute precision.
#[derive(Clone, Debug)]
pub struct Linear {
    weight: Parameter,
    bias: Parameter,
}

impl Linear {
    /// Declares the layer with PyTorch's default initial values, uniform within `1/sqrt(inputs)`.
    pub fn new(mut scope: Scope<'_>, inputs: i64, outputs: i64) -> Self {
        Self::with_init(&mut scope, inputs, outputs, Init::Uniform((inputs as f64).sqrt().recip()))
    }

    /// Declares the layer with all weights 0, so that its output is 0 at first.
    pub fn zeroed(mut scope: Scope<'_>, inputs: i64, outputs: i64) -> Self {
        Self::with_init(&mut scope, inputs, outputs, Init::Constant(0.0))
    }

    fn with_init(scope: &mut Scope<'_>, inputs: i64, outputs: i64, init: Init) -> Self {
        Self {
            weight: scope.parameter("weight", &[outputs, inputs], init),
            bias: scope.parameter("bias", &[outputs], init),
        }
    }

    /// Applies the layer.
    pub fn forward(&self, weights: &Weights, x: &Tensor) -> Tensor {
        weights.cast(x).linear(weights.compute(self.weight), Some(weights.compute(self.bias)))
    }
}
