//! The three networks: encoder, latent mechanisms, UNet.

pub mod encoder;
pub mod mechanism;
mod residual;
pub mod unet;

pub use encoder::{Encoder, Gaussian};
pub use mechanism::Mechanisms;
pub use unet::Unet;
