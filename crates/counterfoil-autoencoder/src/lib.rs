//! The causal diffusion autoencoder: an image becomes causal latents, an intervention changes some of them, and a
//! diffusion decoder draws the image that would have been.
//!
//! The method is CausalDiffAE (Komanduri, Zhao, Chen, Wu; ECAI 2024) with its published defects corrected; each
//! correction is a config key, so that `parity` settings give the published behaviour back.
//!
//! | idea | module |
//! |---|---|
//! | sizes and options, checked against graph and image | [`architecture`], [`config`] |
//! | which part of the latent vector belongs to which variable | [`blocks`] |
//! | image -> Gaussian code | [`network::encoder`] |
//! | image -> labels' codes, apart from the encoder | [`network::reader`] |
//! | what of the code labels do not tell | [`network::residual_code`] |
//! | exogenous code <-> causal latents along the graph | [`network::mechanism`] |
//! | noisy image, time, latents -> prediction | [`network::unet`] |
//! | noisy image, time -> labels, for anti-causal guidance | [`network::predictor`] |
//! | latents -> mean image, of which the UNet draws the remainder | [`network::corrective`] |
//! | latents -> image in one pass, for variational autoencoders | [`network::direct`] |
//! | the same with latents of its own at every resolution | [`network::hierarchical`] |
//! | label-aligned prior, KL terms, denoising loss | [`objective`] |
//! | labels that training may not see | [`KnownCodes`] |
//! | abduct, act, predict | [`counterfactual`] |
//! | label value <-> latent value after training | [`calibration`] |
//! | the same where no block belongs to a label | [`Directions`] |
//! | regressors and classifiers that judge generated images | [`oracle`] |
//! | mechanisms of a table of labels, without images | [`tabular`] |
//!
//! Images live in `[-1, 1]`, labels keep their own units outside and are standardised by the graph's declared ranges
//! inside.

pub mod architecture;
pub mod blocks;
pub mod calibration;
mod codes;
pub mod config;
pub mod counterfactual;
mod denoiser;
mod directions;
mod draws;
mod error;
mod known;
mod likelihood;
mod model;
pub mod network;
pub mod objective;
pub mod oracle;
pub mod tabular;

pub use architecture::Architecture;
pub use blocks::{Block, Blocks};
pub use calibration::Calibration;
pub use config::{Activation, Code, Conditioning, Decoder, Mechanism, ModelConfig, Prior, Size};
pub use counterfactual::{Abduction, Counterfactuals, Procedure, image_keys};
pub use denoiser::LatentDenoiser;
pub use directions::Directions;
pub use error::ModelError;
pub use known::KnownCodes;
pub use model::Model;
pub use objective::{Batch, Loss, Objective, ObjectiveConfig, Share, ToRead};
