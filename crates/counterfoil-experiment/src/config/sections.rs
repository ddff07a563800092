//! The sections of a config file as plain values with their defaults: raw, any key may still be out of bounds.

use std::path::PathBuf;

use counterfoil_autoencoder::{ModelConfig, ObjectiveConfig, Procedure, oracle::OracleConfig};
use counterfoil_tensor::Precision;
use serde::{Deserialize, Serialize};

use super::method::Method;
use crate::error::{ExperimentError, Result};

/// Everything that a config file can say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sections {
    /// Where to compute: `cpu`, `cuda:0` or `auto` (the first GPU, if there is one).
    #[serde(default = "cpu")]
    pub device: String,
    /// The method, which gives other keys their defaults.
    #[serde(default)]
    pub method: Method,
    /// The causal graph: a DOT file, its path taken from the folder of the config file.
    pub graph: PathBuf,
    /// Who and with which seed.
    pub experiment: ExperimentSection,
    /// The images, their number and their split.
    pub data: DataSection,
    /// The sizes and options of the model.
    #[serde(default)]
    pub model: ModelConfig,
    /// What training minimises.
    #[serde(default)]
    pub objective: ObjectiveConfig,
    /// The optimiser and its budgets.
    #[serde(default)]
    pub training: TrainingSection,
    /// How a counterfactual is made.
    #[serde(default)]
    pub counterfactual: Procedure,
    /// What is measured on the held-out part, and on how much of it.
    #[serde(default)]
    pub evaluation: EvaluationSection,
}

impl Sections {
    /// The sections as TOML text, every default written out.
    ///
    /// # Errors
    /// When a value has no form in TOML (an integer above `i64::MAX`).
    pub fn to_toml(&self) -> Result<String> {
        toml::to_string_pretty(self).map_err(|e| ExperimentError::Syntax {
            origin: "the resolved config".into(),
            reason: format!("cannot be written as TOML: {e}"),
        })
    }
}

fn all() -> f64 {
    1.0
}

fn cpu() -> String {
    "cpu".into()
}

/// `[experiment]`: who and with which seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExperimentSection {
    /// The name under which runs are kept: lower-case letters, digits, `-` and `_`.
    pub name: String,
    /// The seed of the model's initial weights and of all noise and order in training and evaluation.
    #[serde(default)]
    pub seed: u64,
}

/// Where images come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataKind {
    /// The procedural world of stroke digits, whose counterfactuals can be rendered exactly.
    Digits,
    /// Morpho-MNIST with the synthetic thickness and intensity, read from a folder of IDX files.
    MorphoMnist,
    /// The procedural world of a pendulum and its shadow.
    Pendulum,
    /// The procedural, circuit-like world of an arm, buttons and lamps.
    Circuit,
    /// The procedural world of water in a vessel.
    Flow,
    /// The linear world, grey spots.
    Gaussian,
    /// Pendulums that were drawn elsewhere, read from PNG files whose names hold the labels.
    #[serde(rename = "pendulum-files")]
    PendulumFiles,
    /// A folder of PNG files and `labels.csv`.
    Folder,
    /// A folder of CausalCircuit's archives.
    CausalCircuit,
    /// Images that the program which trains on them holds itself, a world of its own say: [`Data::of`](crate::data::Data::of).
    Own,
}

impl DataKind {
    /// `true` for what is drawn, `false` for what is read from a folder.
    pub fn is_world(self) -> bool {
        self == Self::Digits || self.is_scene()
    }

    /// `true` for a world that is drawn at any size.
    pub fn is_scene(self) -> bool {
        matches!(self, Self::Pendulum | Self::Circuit | Self::Flow | Self::Gaussian)
    }

    /// `true` for images that have no size of their own.
    pub fn is_sized(self) -> bool {
        self.is_scene() || self == Self::CausalCircuit
    }

    /// `true` for images that can be had at any size.
    pub fn is_scalable(self) -> bool {
        self.is_sized() || self == Self::Digits
    }

    /// The names of its forms, the usual one first; none where there is only one.
    pub fn variants(self) -> &'static [&'static str] {
        match self {
            Self::Pendulum => &["noisy", "exact", "grid", "published"],
            Self::Digits => &["plain", "slant", "confounded", "biased"],
            Self::PendulumFiles => &["exact", "named"],
            _ => &[],
        }
    }
}

/// Which images may come into which part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Parts {
    /// Any image into any part, but where a variant of a world says which are to test on.
    #[default]
    Random,
    /// Those that the data were published in.
    Published,
}

/// `[data]`: the images, their number and their split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSection {
    /// Where images come from.
    pub kind: DataKind,
    /// The folder of real data, from the caller's directory; none for a world.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dir: Option<PathBuf>,
    /// Which form of a world; its usual one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Height and width of the images of a world in pixels; digits have 28 where nothing is said, and most real data a
    /// size of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<usize>,
    /// Whether pendulums have a fourth channel that is opaque everywhere, as published networks read it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub alpha: bool,
    /// How many images a world draws; real data have their own number and leave it at 0.
    #[serde(default)]
    pub count: usize,
    /// Images to train on, to validate on and to test on.
    pub split: [usize; 3],
    /// Which images may come into which part.
    #[serde(default)]
    pub parts: Parts,
    /// The share of the labels that training, validation and calibration may see, in (0, 1].
    #[serde(default = "all")]
    pub labelled: f64,
    /// The seed of the world's draws and of the split; apart from the experiment's, so that seeds share their data.
    #[serde(default)]
    pub seed: u64,
}

/// `[training]`: the optimiser and its budgets. Schedules depend on steps alone, never on the clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingSection {
    /// Optimiser steps of the whole run; the schedules are laid out over them.
    pub steps: u64,
    /// Images per step.
    pub batch: usize,
    /// Share of a step's images that are drawn from those with labels, where others have none; 0 for images as they come.
    pub labelled_share: f64,
    /// Further images with labels at every step, which the encoder alone sees: reading costs little beside the decoder, and
    /// where labels are few those of a batch say little. 0 for none.
    pub read_images: usize,
    /// AdamW's learning rate at its highest.
    pub learning_rate: f64,
    /// Steps over which the rate rises linearly to its highest.
    pub warmup_steps: u64,
    /// The rate at the last step, reached along half a cosine.
    pub final_learning_rate: f64,
    /// AdamW's decoupled weight decay.
    pub weight_decay: f64,
    /// Factor of the learning rate of latent mechanisms, where no other network shares their loss (a causal code).
    pub mechanism_rate: f64,
    /// The largest norm that the gradient of a step may have; longer ones are scaled down to it.
    pub clip: f64,
    /// The highest decay of the averaged weights; early steps use `(1 + n) / (10 + n)` where that is smaller.
    pub ema_decay: f64,
    /// The number format of the heavy operations; the weights are `f32` either way.
    pub precision: Precision,
    /// Whether the UNet's activations are computed a second time for the gradient instead of being kept: less memory, more
    /// time, the same outcome.
    pub checkpoint_activations: bool,
    /// Steps between two entries of the training loss, each the mean over the steps since the last.
    pub log_every: u64,
    /// Steps between two validation losses.
    pub validate_every: u64,
    /// Images of the validation part that a validation loss is a mean of.
    pub validation_images: usize,
    /// Steps between two checkpoints; every checkpoint comes with a validation loss.
    pub checkpoint_every: u64,
    /// How many of the latest checkpoints are kept; the best one is kept besides.
    pub keep: usize,
    /// How often training that diverges goes back to its last checkpoint, with a lower learning rate, before it gives up.
    pub rollbacks: u64,
    /// What the learning rate is multiplied by each time.
    pub rollback_rate: f64,
    /// Training diverges when its loss is not finite, or comes to this many times what it began with; `inf` for the former
    /// alone.
    pub explosion: f64,
    /// Minutes after which training stops wherever it is: a safety net, `inf` for none.
    pub wall_clock_minutes: f64,
    /// Threads of one tensor operation; 0 for as many as the machine has.
    pub threads: usize,
}

impl Default for TrainingSection {
    fn default() -> Self {
        Self {
            steps: 1500,
            batch: 64,
            labelled_share: 0.0,
            read_images: 0,
            learning_rate: 1e-3,
            warmup_steps: 50,
            final_learning_rate: 1e-4,
            weight_decay: 0.0,
            mechanism_rate: 5.0,
            clip: 1.0,
            ema_decay: 0.999,
            precision: Precision::F32,
            checkpoint_activations: false,
            log_every: 10,
            validate_every: 250,
            validation_images: 256,
            checkpoint_every: 250,
            keep: 2,
            rollbacks: 2,
            rollback_rate: 0.5,
            explosion: 10.0,
            wall_clock_minutes: f64::INFINITY,
            threads: 0,
        }
    }
}

/// `[evaluation]`: what is measured on the held-out part, and on how much of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EvaluationSection {
    /// Test images that every figure is a mean over.
    pub images: usize,
    /// Test images of the figures that need ten rounds of encoding and decoding.
    pub tenfold_images: usize,
    /// Images that are encoded or decoded at once.
    pub batch: usize,
    /// Bootstrap resamples behind a 95 % interval.
    pub resamples: usize,
    /// How the regressors and classifiers that judge images are trained.
    pub oracle: OracleConfig,
}

impl Default for EvaluationSection {
    fn default() -> Self {
        Self {
            images: 256,
            tenfold_images: 32,
            batch: 64,
            resamples: 1000,
            oracle: OracleConfig::default(),
        }
    }
}
