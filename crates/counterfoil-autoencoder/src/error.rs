//! What can go wrong when a model is built, trained or asked for a counterfactual.

use counterfoil_diffusion::{DiffusionError, SampleError};
use counterfoil_graph::GraphError;
use counterfoil_tensor::TensorError;

/// An error of this crate; each message names the key or the variable and what would be right.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A setting that cannot be built.
    #[error("{key}: {reason}")]
    Setting {
        /// The config key, `model.channels` and the like.
        key: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A tensor given to the model has another shape than the model was built for.
    #[error("{what} has shape {found:?}, the model expects {expected:?}")]
    Shape {
        /// Which tensor.
        what: &'static str,
        /// The shape it has.
        found: Vec<i64>,
        /// The shape it must have, -1 standing for any size.
        expected: Vec<i64>,
    },
    /// An intervention on a variable that has no label to set.
    #[error(
        "variable `{variable}` is unlabelled and cannot be intervened on; choose one of {choices}"
    )]
    Unlabelled {
        /// The variable.
        variable: String,
        /// The variables that can be set.
        choices: String,
    },
    /// Something numerical could not be fitted.
    #[error("{what}: {reason}")]
    Fit {
        /// What was being fitted.
        what: String,
        /// Why it failed.
        reason: String,
    },
    /// A sampler or the network inside it failed.
    #[error(transparent)]
    Sampling(#[from] SampleError),
    /// The graph or an intervention is wrong.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// A schedule, grid or sampler cannot be built or run.
    #[error(transparent)]
    Diffusion(#[from] DiffusionError),
    /// Tensors, archives and devices.
    #[error(transparent)]
    Tensor(#[from] TensorError),
}

impl From<tch::TchError> for ModelError {
    fn from(error: tch::TchError) -> Self {
        Self::Tensor(error.into())
    }
}

/// Fails with both shapes when they differ; -1 in `expected` stands for any size.
pub(crate) fn expect_shape(
    what: &'static str,
    found: &[i64],
    expected: &[i64],
) -> Result<(), ModelError> {
    let fits = |(f, e): (&i64, &i64)| *e == -1 || f == e;
    if found.len() == expected.len() && found.iter().zip(expected).all(fits) {
        return Ok(());
    }
    Err(ModelError::Shape { what, found: found.to_vec(), expected: expected.to_vec() })
}
