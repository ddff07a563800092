//! The causal diffusion autoencoder: encoder, latent mechanisms, prior, UNet, objective, counterfactuals.
