//! The checked form of the settings: a network that can be built, or an error that names the key.

use crate::network::predictor;
use crate::{
    Blocks, Code, Conditioning, Decoder, Mechanism, ModelConfig, ModelError, Prior,
    blocks::least,
    config::{Activation, ScheduleKind},
};
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

fn setting<T>(key: &'static str, reason: impl Into<String>) -> Result<T, ModelError> {
    Err(ModelError::Setting { key, reason: reason.into() })
}

impl Architecture {
    /// Checks `config` against the graph, the image shape `[channels, height, width]` and the number of classes.
    ///
    /// # Errors
    /// One sentence with the key: sizes that are zero or do not divide, a latent block too small for its variable's
    /// kind, a mechanism that the graph does not allow.
    pub fn check(
        config: &ModelConfig,
        dag: &Dag,
        image: [usize; 3],
        classes: usize,
    ) -> Result<Self, ModelError> {
        if let Some(hidden) = dag.variables().find(|v| v.is_latent()) {
            let reason = format!(
                "`{}` is latent, and a model has no block for a hidden cause: remove it or declare it unlabelled",
                hidden.name()
            );
            return Err(ModelError::Setting { key: "graph", reason });
        }
        let config = config.resolved(dag.len());
        let positive = |key, value: Option<usize>| match value {
            Some(n) if n > 0 => Ok(n as i64),
            _ => setting(key, "must be at least 1"),
        };
        let list = |key, value: Option<Vec<usize>>| -> Result<Vec<i64>, ModelError> {
            let list = value.unwrap_or_default();
            if list.is_empty() || list.contains(&0) {
                return setting(key, "must be a list of at least one positive number");
            }
            Ok(list.into_iter().map(|n| n as i64).collect())
        };
        let channels = positive("model.channels", config.channels)?;
        let heads = positive("model.heads", config.heads)?;
        let res_blocks = positive("model.res_blocks", config.res_blocks)? as usize;
        let multipliers = list("model.multipliers", config.multipliers)?;
        let encoder = list("model.encoder", config.encoder)?;
        let attention: Vec<i64> =
            config.attention.unwrap_or_default().into_iter().map(|n| n as i64).collect();
        let factor = 1 << (multipliers.len() - 1);
        let [_, height, width] = image.map(|n| n as i64);
        if height % factor != 0 || width % factor != 0 {
            let halvings = multipliers.len() - 1;
            return setting(
                "model.multipliers",
                format!(
                    "{height}x{width} images cannot be halved {halvings} times; give fewer multipliers"
                ),
            );
        }
        let groups = if channels % 32 == 0 { 32 } else { channels.min(8) };
        if channels % groups != 0 || channels % 2 != 0 {
            return setting(
                "model.channels",
                format!("must be even, and above 8 a multiple of 8, not {channels}"),
            );
        }
        if channels % heads != 0 {
            return setting(
                "model.heads",
                format!("must divide the {channels} channels, {heads} does not"),
            );
        }
        let blocks = Blocks::new(dag, config.block_width.unwrap_or(1));
        Self::check_blocks(dag, &blocks, config.mechanism)?;
        for (key, share) in [
            ("model.labelled_noise", config.labelled_noise),
            ("model.unlabelled_noise", config.unlabelled_noise),
        ] {
            if !(0.0..=1.0).contains(&share) {
                return setting(key, format!("must lie in [0, 1], not {share}"));
            }
        }
        if config.code == Code::Causal && config.mechanism == Mechanism::Published {
            return setting("model.code", "the published mechanism needs code = \"exogenous\"");
        }
        if config.reader.contains(&0) {
            return setting("model.reader", "channels must be at least 1");
        }
        if config.code == Code::Exogenous && (config.residual_code || !config.reader.is_empty()) {
            return setting(
                "model.code",
                "an exogenous code cannot be read by a reader or made a residual: \
                 set code = \"causal\", or reader = [] and residual_code = false",
            );
        }
        if !(config.remainder_scale > 0.0 && config.remainder_scale.is_finite()) {
            let reason = format!("must be a finite number above 0, not {}", config.remainder_scale);
            return setting("model.remainder_scale", reason);
        }
        let predictor: Vec<i64> = config.predictor.iter().map(|n| *n as i64).collect();
        if predictor.iter().any(|n| *n < 1 || n % predictor::GROUPS != 0) {
            let reason = format!("channels must be multiples of {}", predictor::GROUPS);
            return setting("model.predictor", reason);
        }
        let one_pass = config.decoder.draws_in_one_pass();
        for (key, wrong, mend) in [
            ("model.class_conditional", config.class_conditional && one_pass, "false"),
            ("model.conditioning", config.conditioning == Conditioning::None, "\"added\""),
            ("model.predictor", !predictor.is_empty(), "[]"),
        ] {
            let reason = match config.decoder {
                _ if !wrong => continue,
                Decoder::Diffusion => continue,
                Decoder::Corrective => "a corrective decoder draws what the latents' mean leaves",
                _ => "a decoder of one pass sees latents alone and no noise",
            };
            let mend = format!("{reason}; set it to {mend}, or decoder = \"diffusion\"");
            return setting(key, mend);
        }
        if !predictor.is_empty() && blocks.labelled().next().is_none() {
            return setting("model.predictor", "the graph has no label to predict; set it to []");
        }
        if config.class_conditional && classes == 0 {
            return setting("model.class_conditional", "the data has no classes; set it to false");
        }
        let schedule = match config.schedule {
            ScheduleKind::Linear => DiscreteSchedule::linear(config.levels)?,
            ScheduleKind::Cosine => DiscreteSchedule::cosine(config.levels)?,
        };
        Ok(Self {
            dag: dag.clone(),
            image: image.map(|n| n as i64),
            classes: if config.class_conditional { classes as i64 } else { 0 },
            channels,
            multipliers,
            res_blocks,
            attention,
            heads,
            groups,
            encoder,
            reader: config.reader.iter().map(|n| *n as i64).collect(),
            residual_code: config.residual_code && blocks.unlabelled().next().is_some(),
            blocks,
            mechanism: config.mechanism,
            mechanism_activation: config.mechanism_activation,
            mechanism_depth: positive("model.mechanism_depth", Some(config.mechanism_depth))?
                as usize,
            code: config.code,
            label_prior: config.label_prior,
            decoder: config.decoder,
            remainder_scale: config.remainder_scale,
            conditioning: config.conditioning,
            predictor,
            // A decoder of one pass predicts the image, whatever else a diffusion model would.
            prediction: if config.decoder.draws_in_one_pass() {
                Prediction::X0
            } else {
                config.prediction
            },
            schedule,
            null_blocks: config.null_blocks,
            labelled_noise: config.labelled_noise,
            unlabelled_noise: config.unlabelled_noise,
        })
    }

    /// A block must hold something, a labelled one its variable's code, and the published mechanism adds blocks and so needs
    /// equal widths.
    fn check_blocks(dag: &Dag, blocks: &Blocks, mechanism: Mechanism) -> Result<(), ModelError> {
        for block in blocks.iter() {
            // An unlabelled block holds no code of a label, but without any place it would have no divergence to average.
            let kind = dag.variable(block.variable).kind();
            let least = if block.labelled { least(kind) } else { 1 };
            if block.width < least {
                let reason = format!(
                    "variable `{}` needs a latent block of at least {least}, it has {}; \
                     raise block_width or the variable's width in the graph file",
                    block.name, block.width
                );
                return setting("model.block_width", reason);
            }
        }
        let widths: Vec<i64> = blocks.labelled().map(|b| b.width).collect();
        if mechanism == Mechanism::Published && widths.windows(2).any(|w| w[0] != w[1]) {
            return setting(
                "model.mechanism",
                "the published mechanism needs blocks of equal width",
            );
        }
        Ok(())
    }

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
