//! The network as a whole: a function of weights, images, times and latents.

use crate::network::unet::Condition;
use crate::network::{Encoder, Gaussian, Mechanisms, Unet};
use crate::{Architecture, Block, Code, ModelError, error::expect_shape};
use counterfoil_tensor::{Layout, LayoutBuilder, ParameterStore, Weights};
use std::sync::Arc;
use tch::{Device, Tensor};

/// Encoder, mechanisms and UNet of one architecture. It holds no numbers: those are a [`ParameterStore`], of which a
/// run has two, the trained one and its average.
#[derive(Debug)]
pub struct Model {
    architecture: Architecture,
    encoder: Encoder,
    mechanisms: Mechanisms,
    unet: Unet,
    layout: Arc<Layout>,
}

/// What the encoder says of images, `[n, d]` each.
#[derive(Debug)]
pub struct Encoded {
    /// Exogenous code.
    pub u: Tensor,
    /// Causal latents, the image of `u` under the mechanisms.
    pub z: Tensor,
    /// Variance of the encoder's Gaussian, around `u` or around `z` as [`Code`] says.
    pub variance: Tensor,
    /// Log-scales by which the mechanisms multiply the noise; 0 where they add it plainly.
    pub log_scale: Tensor,
}

impl Model {
    /// Builds the network of an architecture.
    pub fn new(architecture: &Architecture) -> Self {
        let mut builder = LayoutBuilder::new();
        let mut root = builder.root();
        let encoder = Encoder::new(root.sub("encoder"), architecture);
        let mechanisms = Mechanisms::new(root.sub("mechanisms"), architecture);
        let unet = Unet::new(root.sub("unet"), architecture);
        let layout = builder.finish();
        Self { architecture: architecture.clone(), encoder, mechanisms, unet, layout }
    }

    /// What it was built from.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Names and shapes of its tensors.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The mechanisms between exogenous code and causal latents.
    pub fn mechanisms(&self) -> &Mechanisms {
        &self.mechanisms
    }

    /// Fresh parameters, a function of `seed` alone.
    pub fn initialise(&self, seed: u64, device: Device) -> ParameterStore {
        ParameterStore::initialise(&self.layout, seed, device)
    }

    /// Encodes images `[n, c, h, w]` in `[-1, 1]`: abduction of the exogenous code.
    ///
    /// # Errors
    /// When the images have another shape than the architecture's.
    pub fn encode(&self, weights: &Weights, images: &Tensor) -> Result<Encoded, ModelError> {
        let [c, h, w] = self.architecture.image;
        expect_shape("the image batch", &images.size(), &[-1, c, h, w])?;
        let Gaussian { mean, variance } = self.encoder.forward(weights, images);
        Ok(match self.architecture.code {
            Code::Exogenous => {
                let z = self.mechanisms.predict(weights, &mean);
                let log_scale = mean.zeros_like();
                Encoded { u: mean, z, variance, log_scale }
            }
            Code::Causal => {
                let (u, log_scale) = self.mechanisms.abduct(weights, &mean);
                Encoded { u, z: mean, variance, log_scale }
            }
        })
    }

    /// The UNet's prediction for noisy images at `times` given causal latents `[n, d]` (and classes).
    pub fn denoise(&self, weights: &Weights, noisy: &Tensor, condition: &Condition<'_>) -> Tensor {
        self.unet.forward(weights, noisy, condition)
    }

    /// The block of the variable called `name`.
    ///
    /// # Errors
    /// When there is no such variable; the nearest name is suggested.
    pub fn block(&self, name: &str) -> Result<&Block, ModelError> {
        Ok(self.architecture.blocks.get(self.architecture.dag.index_of(name)?))
    }
}
