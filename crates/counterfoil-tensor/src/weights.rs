//! The weights of one pass through a network: views of a store, cast to the compute precision.

use crate::{Buffer, Layout, Parameter};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

/// The arithmetic of convolutions and products; parameters, norms and losses are always single precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32-bit floats throughout.
    F32,
    /// bfloat16 products with single-precision master weights (Kalamkar et al. 2019); 8 bits of mantissa.
    Bf16,
}

impl Precision {
    /// The libtorch type of activations.
    pub fn kind(self) -> Kind {
        match self {
            Self::F32 => Kind::Float,
            Self::Bf16 => Kind::BFloat16,
        }
    }
}

/// Whether a pass trains: batch statistics and gradients, or running statistics and neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Batch norm uses and updates batch statistics; gradients are recorded.
    Train,
    /// Batch norm uses running statistics; no gradients.
    Evaluate,
}

/// What the layers of one pass read: each parameter as a view, in single precision and in the compute precision.
///
/// The cast is one operation over the flat vector, and so is its gradient.
#[derive(Debug)]
pub struct Weights {
    full: Vec<Tensor>,
    compute: Option<Vec<Tensor>>,
    buffers: Vec<Tensor>,
    precision: Precision,
    mode: Mode,
}

impl Weights {
    pub(crate) fn bind(
        layout: &Layout,
        flat: &Tensor,
        buffers: &[Tensor],
        precision: Precision,
        mode: Mode,
    ) -> Self {
        let flat = match mode {
            Mode::Train => flat.shallow_clone(),
            Mode::Evaluate => flat.detach(),
        };
        let sizes = layout.sizes();
        let views = |vector: &Tensor| -> Vec<Tensor> {
            let parts = vector.split_with_sizes(&sizes, 0);
            parts.iter().enumerate().map(|(i, part)| part.view(layout.shape(i))).collect()
        };
        let full = views(&flat);
        let compute = (precision != Precision::F32).then(|| views(&flat.to_kind(precision.kind())));
        let buffers = buffers.iter().map(Tensor::shallow_clone).collect();
        Self { full, compute, buffers, precision, mode }
    }

    /// The same weights with the same graph behind them.
    pub(crate) fn shallow_clone(&self) -> Self {
        self.map(Tensor::shallow_clone)
    }

    /// The same numbers without what is behind them: every parameter a leaf of libtorch's graph.
    pub(crate) fn leaves(&self) -> Self {
        self.map(|view| view.detach().set_requires_grad(true))
    }

    fn map(&self, of: impl Fn(&Tensor) -> Tensor) -> Self {
        Self {
            full: self.full.iter().map(&of).collect(),
            compute: self.compute.as_ref().map(|views| views.iter().map(&of).collect()),
            buffers: self.buffers.iter().map(Tensor::shallow_clone).collect(),
            precision: self.precision,
            mode: self.mode,
        }
    }

    /// Each of these parameters whose one of the `leaves` has a gradient, with that gradient.
    pub(crate) fn gradients<'a>(
        &'a self,
        leaves: &'a Self,
    ) -> impl Iterator<Item = (&'a Tensor, Tensor)> {
        let all = |of: &'a Self| of.full.iter().chain(of.compute.iter().flatten());
        let pairs = all(self).zip(all(leaves)).map(|(view, leaf)| (view, leaf.grad()));
        pairs.filter(|(_, gradient)| gradient.defined())
    }

    /// The parameter in single precision (norms, biases of the loss head).
    pub fn full(&self, parameter: Parameter) -> &Tensor {
        &self.full[parameter.0]
    }

    /// The parameter in the compute precision (convolutions and products).
    pub fn compute(&self, parameter: Parameter) -> &Tensor {
        &self.compute.as_ref().unwrap_or(&self.full)[parameter.0]
    }

    /// A buffer; batch norm updates it in place.
    pub fn buffer(&self, buffer: Buffer) -> &Tensor {
        &self.buffers[buffer.0]
    }

    /// Casts an activation to the compute precision; the identity when it has it already.
    pub fn cast(&self, x: &Tensor) -> Tensor {
        x.to_kind(self.precision.kind())
    }

    /// Whether this pass trains.
    pub fn trains(&self) -> bool {
        self.mode == Mode::Train
    }
}
