//! The settings of a model as a person writes them; nothing here is checked yet.

use counterfoil_diffusion::Prediction;
use serde::{Deserialize, Serialize};

/// Named sizes of encoder and UNet; a key given beside the size overrides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Size {
    /// A few thousand parameters for 8x8 and larger test images.
    Tiny,
    /// About 1.4 million parameters; the size of the `quick` presets at 28x28.
    Small,
    /// Twice as wide and deep, attention at half and quarter resolution.
    Digits,
    /// The published MorphoMNIST network (36.5 million parameters).
    Morphomnist,
    /// A narrow network for 96x96 scenes.
    Pendulum,
    /// The published pendulum network (RGBA, 109.8 million parameters).
    PublishedPendulum,
    /// The published circuit network (128x128, 160 million parameters).
    PublishedCircuit,
}

/// The form of the latent mechanisms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mechanism {
    /// `z_i = f_i(z_pa) + u_i` along the topological order.
    Additive,
    /// `z_i = t_i(z_pa) + exp(s_i(z_pa)) u_i` along the topological order: noise whose size depends on the parents.
    Affine,
    /// `z_i = t_i(z_pa) + exp(s_i(z_pa)) w_i` with `u_i = g_i(w_i; z_pa)`, g a monotone rational-quadratic spline (Durkan et
    /// al. 2019): noise whose whole distribution depends on the parents. Abduction is as exact as in the others.
    Spline,
    /// The published code: `z_i = f_i(sum over parents of u) + u_i`, one hop, parents entering as noise.
    Published,
    /// `z_i = u_i`: no structure between latents, so that an intervention changes its own block alone.
    Independent,
}

/// What bends the hidden layers of a mechanism's network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `x Phi(x)` (Hendrycks and Gimpel 2016): smooth, so that a law that is smooth is learned from fewer rows.
    #[default]
    Gelu,
    /// `max(x, 0.01 x)`, the published choice.
    LeakyRelu,
}

/// What the encoder's output means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The exogenous code u; the mechanisms turn it into z. The published choice.
    Exogenous,
    /// The causal latent z; inverting the mechanisms gives u. The label term then trains what the encoder reads
    /// directly, and the KL of u is the likelihood of the mechanism.
    Causal,
}

/// The prior of a labelled block given its label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prior {
    /// The label's code, with variance 1. The choice of the released code.
    Fixed,
    /// An affine function of the label's code, with a variance of its own, both learned in each dimension.
    Learned,
}

/// How the latents enter the residual blocks of the UNet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conditioning {
    /// Added to the time embedding: one scale and shift for both. The published choice.
    Added,
    /// Added, and by a dense layer to a map of the lowest resolution, which is where a direct decoder begins: scale and shift
    /// say what is in an image, a map says where.
    Placed,
    /// Time gives scale and shift, the latents a second scale (DiffAE, Preechakul et al. 2022).
    TwoCondition,
    /// Not at all: a diffusion model of images alone, for guidance by a predictor to steer (Diff-SCM, Sanchez and
    /// Tsaftaris 2022).
    None,
}

/// What draws images from latents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decoder {
    /// A diffusion model: the UNet, run from noise.
    Diffusion,
    /// A direct decoder draws the mean image, a diffusion model what is left of the image (Mardani et al. 2023).
    Corrective,
    /// The mean image in one pass, as a variational autoencoder has it: no noise, nothing to invert.
    Direct,
    /// A hierarchical variational autoencoder whose prior the latents condition (De Sousa Ribeiro et al. 2023): in one pass
    /// too, with latents of its own at every resolution.
    Hierarchical,
}

impl Decoder {
    /// Whether an image is one pass of the network, without sampler, noise levels or guidance.
    pub fn draws_in_one_pass(self) -> bool {
        match self {
            Self::Diffusion | Self::Corrective => false,
            Self::Direct | Self::Hierarchical => true,
        }
    }
}

/// The noise schedule that the network is trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScheduleKind {
    /// Betas on a line (Ho et al. 2020), scaled by 1000/T.
    Linear,
    /// The squared cosine (Nichol and Dhariwal 2021).
    Cosine,
}

/// The `[model]` section: absent keys take the value of `size`, or the default stated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own in the config file")]
pub struct ModelConfig {
    /// The named size that absent keys are taken from.
    pub size: Size,
    /// Channels of the UNet at full resolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<usize>,
    /// Channel multipliers, one a resolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub multipliers: Option<Vec<usize>>,
    /// Residual blocks a resolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub res_blocks: Option<usize>,
    /// Downsampling factors at which attention stands (beside the middle, which always has it).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attention: Option<Vec<usize>>,
    /// Attention heads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heads: Option<usize>,
    /// Channels of the encoder, one a stride-2 convolution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoder: Option<Vec<usize>>,
    /// Width of the latent block of a variable that declares none in the graph file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_width: Option<usize>,
    /// Channels of a label reader beside the encoder, the first at full resolution, each further one halving it;
    /// empty: the encoder reads the labels too, as in the published method. Needs `code = "causal"`.
    pub reader: Vec<usize>,
    /// Whether unlabelled blocks hold only what a quadratic function of the labels cannot predict.
    pub residual_code: bool,
    /// The form of the latent mechanisms.
    pub mechanism: Mechanism,
    /// Hidden layers of the network of one mechanism; 1 is the published choice.
    pub mechanism_depth: usize,
    /// What bends these layers.
    pub mechanism_activation: Activation,
    /// What the encoder's output means.
    pub code: Code,
    /// What the label term pulls labelled blocks to.
    pub label_prior: Prior,
    /// What draws images from latents.
    pub decoder: Decoder,
    /// What the remainder of an image is divided by before a corrective decoder sees it: about twice its standard deviation.
    pub remainder_scale: f64,
    /// How the latents enter the UNet.
    pub conditioning: Conditioning,
    /// Channels of a predictor of the labels from noisy images, multiples of 8, the first at full resolution, each further one
    /// halving it; empty: none. What `counterfactual.anticausal` follows.
    pub predictor: Vec<usize>,
    /// What the UNet predicts.
    pub prediction: Prediction,
    /// The noise schedule of training.
    pub schedule: ScheduleKind,
    /// The number of noise levels of training.
    pub levels: usize,
    /// Share of the code's variance that the latents of labelled variables are drawn with in training.
    pub labelled_noise: f64,
    /// The same for unlabelled blocks; 1 makes the KL a bottleneck.
    pub unlabelled_noise: f64,
    /// Whether the class of an image (the digit) conditions the decoder through an embedding.
    pub class_conditional: bool,
    /// Whether what the decoder sees of a dropped block is learned, one null block a variable; if not it is 0, as published,
    /// which a label in the middle of its range is too.
    pub null_blocks: bool,
    /// Whether unlabelled variables of the graph have blocks; if not, the model is one of the labelled part alone.
    pub unlabelled_blocks: bool,
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self {
            size: Size::Small,
            channels: None,
            multipliers: None,
            res_blocks: None,
            attention: None,
            heads: None,
            encoder: None,
            block_width: None,
            reader: vec![16, 32, 64],
            residual_code: true,
            mechanism: Mechanism::Spline,
            mechanism_depth: 3,
            mechanism_activation: Activation::Gelu,
            code: Code::Causal,
            label_prior: Prior::Fixed,
            decoder: Decoder::Diffusion,
            remainder_scale: 0.25,
            conditioning: Conditioning::Added,
            predictor: Vec::new(),
            prediction: Prediction::V,
            schedule: ScheduleKind::Cosine,
            levels: 1000,
            labelled_noise: 1e-3,
            unlabelled_noise: 1.0,
            class_conditional: false,
            null_blocks: false,
            unlabelled_blocks: true,
        }
    }
}

/// What a size stands for.
pub(crate) struct Dimensions {
    pub(crate) channels: usize,
    pub(crate) multipliers: &'static [usize],
    pub(crate) res_blocks: usize,
    pub(crate) attention: &'static [usize],
    pub(crate) heads: usize,
    pub(crate) encoder: &'static [usize],
    /// Width of the whole latent vector, divided evenly among the variables.
    pub(crate) latent: usize,
}

impl Size {
    pub(crate) fn dimensions(self) -> Dimensions {
        let shallow: &[usize] = &[16, 32, 64, 128];
        let deep: &[usize] = &[16, 32, 32, 64, 64, 128];
        let of = |channels, multipliers, res_blocks, attention, encoder, latent| Dimensions {
            channels,
            multipliers,
            res_blocks,
            attention,
            heads: 4,
            encoder,
            latent,
        };
        match self {
            Self::Tiny => of(8, &[1, 2], 1, &[], &[8, 16], 8),
            Self::Small => of(32, &[1, 2, 2], 1, &[4], shallow, 64),
            Self::Digits => of(64, &[1, 2, 2], 2, &[2, 4], shallow, 64),
            Self::Morphomnist => of(128, &[1, 2, 2], 3, &[1], shallow, 512),
            Self::Pendulum => of(32, &[1, 2, 3, 4], 1, &[8], deep, 64),
            Self::PublishedPendulum => of(128, &[1, 2, 3, 4], 3, &[], deep, 64),
            Self::PublishedCircuit => of(128, &[1, 1, 2, 2, 4, 4], 3, &[8, 16], deep, 512),
        }
    }
}

impl ModelConfig {
    /// The same settings with every key of the size written out, as a run directory records them.
    #[must_use]
    pub fn resolved(&self, variables: usize) -> Self {
        let d = self.size.dimensions();
        let width = d.latent / variables.max(1);
        Self {
            channels: Some(self.channels.unwrap_or(d.channels)),
            multipliers: Some(self.multipliers.clone().unwrap_or_else(|| d.multipliers.to_vec())),
            res_blocks: Some(self.res_blocks.unwrap_or(d.res_blocks)),
            attention: Some(self.attention.clone().unwrap_or_else(|| d.attention.to_vec())),
            heads: Some(self.heads.unwrap_or(d.heads)),
            encoder: Some(self.encoder.clone().unwrap_or_else(|| d.encoder.to_vec())),
            block_width: Some(self.block_width.unwrap_or(width)),
            ..self.clone()
        }
    }
}
