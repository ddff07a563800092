//! What can go wrong between the workspace and libtorch.

use std::path::PathBuf;

/// An error of this crate: bad input from a file or a caller, or a message of libtorch.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TensorError {
    /// The text does not name a device.
    #[error("unknown device `{given}`: use cpu, cuda:0 (or another index) or auto")]
    UnknownDevice {
        /// What was asked for.
        given: String,
    },
    /// The device is not on this machine.
    #[error("device `{given}` is not available: {found}; use --device cpu or auto")]
    MissingDevice {
        /// What was asked for.
        given: String,
        /// What libtorch sees.
        found: String,
    },
    /// Two shapes that must agree do not.
    #[error("{what} has shape {found:?}, expected {expected:?}")]
    Shape {
        /// Which tensor, in the caller's words.
        what: String,
        /// The shape it has.
        found: Vec<i64>,
        /// The shape it must have.
        expected: Vec<i64>,
    },
    /// An archive cannot be read as safetensors.
    #[error("{path}: not a complete safetensors archive ({reason}); take an earlier checkpoint")]
    Archive {
        /// The file.
        path: PathBuf,
        /// What the reader found.
        reason: String,
    },
    /// An archive lacks a tensor, or holds one that the model does not have.
    #[error("archive and model differ: {reason}; it was written by another configuration")]
    Layout {
        /// The first difference.
        reason: String,
    },
    /// A file could not be read or written; the message names it.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// libtorch refused an operation.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
}

/// Fails with both shapes when they differ.
pub(crate) fn expect_shape(what: &str, found: &[i64], expected: &[i64]) -> Result<(), TensorError> {
    if found == expected {
        return Ok(());
    }
    Err(TensorError::Shape {
        what: what.to_owned(),
        found: found.to_vec(),
        expected: expected.to_vec(),
    })
}
