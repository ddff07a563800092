//! The networks: encoder, label reader, latent mechanisms, decoders, the predictor that guides one, and what is kept out of
//! unlabelled blocks.

pub mod corrective;
pub mod diagonal;
pub mod direct;
pub mod encoder;
pub mod hierarchical;
pub mod mechanism;
pub(crate) mod one_pass;
pub mod predictor;
pub mod prior;
pub mod reader;
mod residual;
pub mod residual_code;
pub(crate) mod spline;
pub mod unet;

pub use corrective::Corrective;
pub use diagonal::Diagonal;
pub use direct::Direct;
pub use encoder::{Encoder, Gaussian};
pub use hierarchical::Hierarchical;
pub use mechanism::Mechanisms;
pub use predictor::Predictor;
pub use prior::LabelPrior;
pub use reader::Reader;
pub use residual_code::ResidualCode;
pub use unet::Unet;
