//! The checked form of the settings: a network that can be built, or an error that names the key.

mod check;

use crate::{Blocks, Code, Conditioning, Decoder, Mechanism, Prior, config::Activation};
use counterfoil_diffusion::{DiscreteSchedule, Prediction};
use counterfoil_graph::Dag;

/// Everything needed to build a network; made by [`Architecture::check`] and never wrong.
#[derive(Clone, Debug)]
pub struct Architecture {
    pub(crate) dag: Dag,
    pub(crate) blocks: Blocks,
    pub(crate) image: [i64; 3],
    pub(crate) classes: i64,
    pub(crate) channels: i64,
    pub(crate) multipliers: Vec<i64>,
    pub(crate) res_blocks: usize,
    pub(crate) attention: Vec<i64>,
    pub(crate) heads: i64,
    pub(crate) groups: i64,
    pub(crate) encoder: Vec<i64>,
    pub(crate) reader: Vec<i64>,
    pub(crate) residual_code: bool,
    pub(crate) mechanism: Mechanism,
    pub(crate) mechanism_depth: usize,
    pub(crate) mechanism_activation: Activation,
    pub(crate) code: Code,
    pub(crate) label_prior: Prior,
    pub(crate) decoder: Decoder,
    pub(crate) remainder_scale: f64,
    pub(crate) conditioning: Conditioning,
    pub(crate) predictor: Vec<i64>,
    pub(crate) prediction: Prediction,
    pub(crate) schedule: DiscreteSchedule,
    pub(crate) null_blocks: bool,
    pub(crate) labelled_noise: f64,
    pub(crate) unlabelled_noise: f64,
}

impl Architecture {
    /// The graph, unlabelled variables included.
    pub fn dag(&self) -> &Dag {
        &self.dag
    }

    /// The latent blocks.
    pub fn blocks(&self) -> &Blocks {
        &self.blocks
    }

    /// `[channels, height, width]` of an image.
    pub fn image_shape(&self) -> [i64; 3] {
        self.image
    }

    /// `[channels, height, width]` of what decoders hold at their lowest resolution.
    pub(crate) fn lowest(&self) -> [i64; 3] {
        let [_, height, width] = self.image;
        let factor = 1 << (self.multipliers.len() - 1);
        let channels = self.channels * self.multipliers.last().copied().unwrap_or(1);
        [channels, height / factor, width / factor]
    }

    /// What draws images from latents.
    pub fn decoder(&self) -> Decoder {
        self.decoder
    }

    /// What the UNet predicts.
    pub fn prediction(&self) -> Prediction {
        self.prediction
    }

    /// The schedule of training.
    pub fn schedule(&self) -> &DiscreteSchedule {
        &self.schedule
    }
}
