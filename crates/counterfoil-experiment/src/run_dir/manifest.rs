//! `manifest.json`: where a run comes from, with what it was made and how it ended.

use std::{collections::BTreeMap, path::Path};

use counterfoil_data::Dataset;
use serde::{Deserialize, Serialize};

use super::{
    atomic::{read_json, write_json},
    clock,
    machine::{Cpu, Git, Software},
};
use crate::{config::Config, error::Result};

/// The file of the manifest inside a run directory.
pub const MANIFEST_FILE: &str = "manifest.json";

/// The layout of the manifest; grows when a key changes meaning.
const SCHEMA: u32 = 1;

/// How a run was asked for: what the caller knows and the config does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The preset that was laid over the file.
    pub preset: Option<String>,
    /// The `--set` overrides, in order.
    pub overrides: Vec<String>,
    /// The command line.
    pub arguments: Vec<String>,
    /// The run that this one repeats.
    pub parent: Option<String>,
}

/// Why training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoppedBy {
    /// All planned steps were taken.
    Steps,
    /// The safety net of `training.wall_clock_minutes`; the outcome depends on the machine's speed.
    WallClock,
    /// The user.
    Interrupt,
    /// A loss that was not finite or exploded, after all rollbacks.
    #[serde(alias = "non-finite")]
    Diverged,
}

/// One stretch of training without a break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// UTC.
    pub started: String,
    /// The step that it continued after.
    pub from_step: u64,
}

/// The contents of `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The layout of this file.
    pub schema: u32,
    /// The experiment's name.
    pub experiment: String,
    /// The experiment's seed.
    pub seed: u64,
    /// How the run was asked for.
    #[serde(flatten)]
    pub origin: Origin,
    /// [`Config::hash`].
    pub config_hash: String,
    /// The state of the source code.
    pub git: Option<Git>,
    /// The versions behind the numbers.
    #[serde(flatten)]
    pub software: Software,
    /// The processor.
    pub cpu: Cpu,
    /// The device that was computed on.
    pub device: Option<String>,
    /// Threads of one tensor operation.
    pub threads: Option<usize>,
    /// Processes that trained together, where there was more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranks: Option<usize>,
    /// blake3 of the data that were read or drawn, by the name of the data set.
    pub data: BTreeMap<String, String>,
    /// `[channels, height, width]` of an image.
    pub image_shape: [usize; 3],
    /// Classes of the images; 0 for none.
    pub classes: usize,
    /// When the run directory was made, UTC.
    pub started: String,
    /// Stretches of training.
    pub sessions: Vec<Session>,
    /// Optimiser steps taken.
    pub steps: u64,
    /// Seconds of training, all sessions together.
    pub training_s: f64,
    /// Why training ended; nothing while it goes on or after a kill.
    pub stopped_by: Option<StoppedBy>,
    /// When the command that made the run ended, UTC.
    pub finished: Option<String>,
    /// The exit status of that command.
    pub exit_status: Option<u8>,
}

impl Manifest {
    /// The manifest of a run that begins now.
    pub(super) fn begin(config: &Config, data: &Dataset, origin: Origin, git: Option<Git>) -> Self {
        Self {
            schema: SCHEMA,
            experiment: config.experiment().name.clone(),
            seed: config.experiment().seed,
            origin,
            config_hash: config.hash().to_owned(),
            git,
            software: Software::built_with(),
            cpu: Cpu::here(),
            device: None,
            threads: None,
            ranks: None,
            data: BTreeMap::from([(data.name().to_owned(), data.hash().to_owned())]),
            image_shape: data.images().image_shape(),
            classes: data.class_count(),
            started: clock::utc(),
            sessions: Vec::new(),
            steps: 0,
            training_s: 0.0,
            stopped_by: None,
            finished: None,
            exit_status: None,
        }
    }

    /// Reads the manifest of `run`.
    ///
    /// # Errors
    /// When it is missing or damaged.
    pub fn read(run: &Path) -> Result<Self> {
        read_json(&run.join(MANIFEST_FILE))
    }

    /// Writes the manifest of `run`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, run: &Path) -> Result<()> {
        write_json(&run.join(MANIFEST_FILE), self)
    }
}
