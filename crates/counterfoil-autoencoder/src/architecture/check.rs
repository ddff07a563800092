//! A model's config held against the graph, the images and the classes that it is for.

use super::Architecture;
use crate::{
    Blocks, Code, Conditioning, Decoder, Mechanism, Model, ModelConfig, ModelError, blocks::least,
    config::ScheduleKind, network::predictor,
};
use counterfoil_diffusion::{DiscreteSchedule, Prediction};
use counterfoil_graph::Dag;

/// The largest size that a config may name: far above what anybody trains, and so small that no product of sizes overflows.
const LARGEST: i64 = 8192;
/// The longest list of sizes: no image can be halved more often.
const LONGEST: usize = 16;
/// Parameters of a model at most: 4 GiB of them, six times as many as the largest of the published networks has.
const PARAMETERS: usize = 1 << 30;

fn setting<T>(key: &'static str, reason: impl Into<String>) -> Result<T, ModelError> {
    Err(ModelError::Setting { key, reason: reason.into() })
}

/// A size from 1 to [`LARGEST`].
fn size(key: &'static str, value: usize) -> Result<i64, ModelError> {
    match i64::try_from(value) {
        Ok(size @ 1..=LARGEST) => Ok(size),
        _ => setting(key, format!("must lie between 1 and {LARGEST}, not {value}")),
    }
}

/// Sizes, which may be none, each a multiple of some number.
fn sizes(key: &'static str, values: &[usize], multiple: i64) -> Result<Vec<i64>, ModelError> {
    if values.len() > LONGEST {
        return setting(key, format!("has {} entries, at most {LONGEST} fit", values.len()));
    }
    let fitting = |n: &usize| match size(key, *n) {
        Ok(size) if size % multiple == 0 => Ok(size),
        Err(error) if multiple == 1 => Err(error),
        _ => setting(key, format!("must be multiples of {multiple} up to {LARGEST}, {n} is none")),
    };
    values.iter().map(fitting).collect()
}

/// The sizes of a UNet.
struct Unet {
    channels: i64,
    multipliers: Vec<i64>,
    res_blocks: usize,
    attention: Vec<i64>,
    heads: i64,
    groups: i64,
}

impl Unet {
    fn check(config: &ModelConfig, [_, height, width]: [i64; 3]) -> Result<Self, ModelError> {
        let channels = size("model.channels", config.channels.unwrap_or(0))?;
        let heads = size("model.heads", config.heads.unwrap_or(0))?;
        let res_blocks = size("model.res_blocks", config.res_blocks.unwrap_or(0))? as usize;
        let multipliers = config.multipliers.as_deref().unwrap_or_default();
        let multipliers = sizes("model.multipliers", multipliers, 1)?;
        let Some(&most) = multipliers.iter().max() else {
            return setting("model.multipliers", "must have at least one entry");
        };
        if channels * most > LARGEST {
            return setting(
                "model.multipliers",
                format!("{most} times {channels} channels are more than {LARGEST}"),
            );
        }
        let halvings = multipliers.len() - 1;
        if height % (1 << halvings) != 0 || width % (1 << halvings) != 0 {
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
        // A factor that the UNet never reaches says nothing, whatever it is.
        let factor = |n: &usize| i64::try_from(*n).unwrap_or(i64::MAX);
        let attention = config.attention.iter().flatten().map(factor).collect();
        Ok(Self { channels, multipliers, res_blocks, attention, heads, groups })
    }
}

impl Architecture {
    /// Checks `config` against the graph, the image shape `[channels, height, width]` and the number of classes.
    ///
    /// # Errors
    /// One sentence with the key: sizes that are zero, beyond all reason or do not divide, a latent block too small for its
    /// variable's kind, a mechanism that the graph does not allow, parts that exclude each other.
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
            return setting("graph", reason);
        }
        let config = config.resolved(dag.len());
        let image = image.map(|n| n as i64);
        let unet = Unet::check(&config, image)?;
        let encoder = sizes("model.encoder", config.encoder.as_deref().unwrap_or_default(), 1)?;
        if encoder.is_empty() {
            return setting("model.encoder", "must have at least one entry");
        }
        let blocks = Blocks::new(dag, config.block_width.unwrap_or(0));
        check_blocks(dag, &blocks, config.mechanism)?;
        check_code(&config)?;
        check_decoder(&config, &blocks, classes)?;
        let schedule = match config.schedule {
            ScheduleKind::Linear => DiscreteSchedule::linear(config.levels)?,
            ScheduleKind::Cosine => DiscreteSchedule::cosine(config.levels)?,
        };
        let depth = size("model.mechanism_depth", config.mechanism_depth)?;
        let architecture = Self {
            dag: dag.clone(),
            image,
            classes: if config.class_conditional { classes as i64 } else { 0 },
            channels: unet.channels,
            multipliers: unet.multipliers,
            res_blocks: unet.res_blocks,
            attention: unet.attention,
            heads: unet.heads,
            groups: unet.groups,
            encoder,
            reader: sizes("model.reader", &config.reader, 1)?,
            // What labels do not tell is what remains of them both.
            residual_code: config.residual_code
                && blocks.unlabelled().next().is_some()
                && blocks.labelled().next().is_some(),
            blocks,
            mechanism: config.mechanism,
            mechanism_activation: config.mechanism_activation,
            mechanism_depth: depth as usize,
            code: config.code,
            label_prior: config.label_prior,
            decoder: config.decoder,
            remainder_scale: config.remainder_scale,
            conditioning: config.conditioning,
            predictor: sizes("model.predictor", &config.predictor, predictor::GROUPS)?,
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
        };
        match Model::new(&architecture).layout().count() {
            0..=PARAMETERS => Ok(architecture),
            count => setting(
                "model",
                format!("has {count} parameters, more than {PARAMETERS}: choose smaller sizes"),
            ),
        }
    }
}

/// A block must hold something, a labelled one its variable's code, and the published mechanism adds blocks and so needs
/// equal widths.
fn check_blocks(dag: &Dag, blocks: &Blocks, mechanism: Mechanism) -> Result<(), ModelError> {
    if blocks.iter().next().is_none() {
        return setting("graph", "has no variable with a block: label one, or set model.unlabelled_blocks = true for those that are unlabelled".to_owned());
    }
    for block in blocks.iter() {
        // An unlabelled block holds no code of a label, but without any place it would have no divergence to average.
        let kind = dag.variable(block.variable).kind();
        let least = if block.labelled { least(kind) } else { 1 };
        if !(least..=LARGEST).contains(&block.width) {
            let reason = format!(
                "variable `{}` needs a latent block of at least {least} and at most {LARGEST}, it has {}; \
                 change block_width or the variable's width in the graph file",
                block.name, block.width
            );
            return setting("model.block_width", reason);
        }
    }
    let widths: Vec<i64> = blocks.labelled().map(|b| b.width).collect();
    if mechanism == Mechanism::Published && widths.windows(2).any(|w| w[0] != w[1]) {
        return setting("model.mechanism", "the published mechanism needs blocks of equal width");
    }
    Ok(())
}

/// What the code means, and what is drawn around it.
fn check_code(config: &ModelConfig) -> Result<(), ModelError> {
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
    if config.code == Code::Exogenous && (config.residual_code || !config.reader.is_empty()) {
        return setting(
            "model.code",
            "an exogenous code cannot be read by a reader or made a residual: \
             set code = \"causal\", or reader = [] and residual_code = false",
        );
    }
    Ok(())
}

/// What draws the image, and what it can be given.
fn check_decoder(config: &ModelConfig, blocks: &Blocks, classes: usize) -> Result<(), ModelError> {
    if !(config.remainder_scale > 0.0 && config.remainder_scale.is_finite()) {
        let reason = format!("must be a finite number above 0, not {}", config.remainder_scale);
        return setting("model.remainder_scale", reason);
    }
    let one_pass = config.decoder.draws_in_one_pass();
    for (key, wrong, mend) in [
        ("model.class_conditional", config.class_conditional && one_pass, "false"),
        ("model.conditioning", config.conditioning == Conditioning::None, "\"added\""),
        ("model.predictor", !config.predictor.is_empty(), "[]"),
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
    if !config.predictor.is_empty() && blocks.labelled().next().is_none() {
        return setting("model.predictor", "the graph has no label to predict; set it to []");
    }
    if config.class_conditional && classes == 0 {
        return setting("model.class_conditional", "the data has no classes; set it to false");
    }
    Ok(())
}
