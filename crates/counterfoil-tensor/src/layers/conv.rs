//! A two-dimensional convolution.

use crate::{Init, Parameter, Scope, Weights};
use tch::Tensor;

/// A square convolution with bias and "same" padding for odd kernels, `[n, in, h, w] -> [n, out, h', w']`, in the
/// compute precision; `h' = ceil(h / stride)`.
#[derive(Clone, Debug)]
pub struct Conv2d {
    weight: Parameter,
    bias: Parameter,
    stride: i64,
    padding: i64,
}

impl Conv2d {
    /// Declares the layer with PyTorch's default initial values, uniform within `1/sqrt(inputs * kernel^2)`.
    pub fn new(scope: Scope<'_>, inputs: i64, outputs: i64, kernel: i64, stride: i64) -> Self {
        let bound = ((inputs * kernel * kernel) as f64).sqrt().recip();
        Self::with_init(scope, [outputs, inputs, kernel, kernel], stride, Init::Uniform(bound))
    }

    /// Declares the layer with all weights 0: a residual branch that starts as the identity.
    pub fn zeroed(scope: Scope<'_>, inputs: i64, outputs: i64, kernel: i64) -> Self {
        Self::with_init(scope, [outputs, inputs, kernel, kernel], 1, Init::Constant(0.0))
    }

    fn with_init(mut scope: Scope<'_>, shape: [i64; 4], stride: i64, init: Init) -> Self {
        Self {
            weight: scope.parameter("weight", &shape, init),
            bias: scope.parameter("bias", &shape[..1], init),
            stride,
            padding: shape[3] / 2,
        }
    }

    /// Applies the layer.
    pub fn forward(&self, weights: &Weights, x: &Tensor) -> Tensor {
        weights.cast(x).conv2d(
            weights.compute(self.weight),
            Some(weights.compute(self.bias)),
            [self.stride, self.stride],
            [self.padding, self.padding],
            [1, 1],
            1,
        )
    }
}
