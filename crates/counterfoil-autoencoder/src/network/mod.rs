//! The networks: encoder, label reader, latent mechanisms, decoders, the predictor that guides one, and what is kept out of
//! unlabelled blocks.

pub mod direct;
pub mod encoder;
pub mod mechanism;
pub mod predictor;
pub mod reader;
mod residual;
pub mod residual_code;
pub(crate) mod spline;
pub mod unet;

pub use direct::Direct;
pub use encoder::{Encoder, Gaussian};
pub use mechanism::Mechanisms;
pub use predictor::Predictor;
pub use reader::Reader;
pub use residual_code::ResidualCode;
pub use unet::Unet;
