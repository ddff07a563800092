//! What a run came to: its figures, pictures and weights, the machine that they are of, and how closely two must agree.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use super::figures::{Figures, figures};
use crate::{
    checkpoint::{Checkpoints, hash_file},
    config::Config,
    error::Result,
    run_dir::{Cpu, Manifest, RunDir},
};

/// Figures that tell of the machine and not of the outcome.
pub const MACHINE: [&str; 3] = ["wall_s", "evaluation_s", "peak_rss_mib"];
/// Folders of a run that hold pictures, as files or as numbers.
const PICTURES: [&str; 2] = ["counterfactuals", "samples"];

/// What decides the last bits of a number, beside code and config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The processor: libraries choose their kernels by its instruction sets and caches.
    pub cpu: Cpu,
    /// Threads of one tensor operation, which share its sums.
    pub threads: Option<usize>,
    /// Processes that trained together and shared their sums, where there was more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranks: Option<usize>,
    /// The device.
    pub device: Option<String>,
    /// The version of libtorch.
    pub libtorch: String,
}

/// How closely two outcomes must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tolerance {
    /// To the bit, weights and pictures too: both are of the same processor, threads, ranks, device and libtorch.
    Exact,
    /// Figures within a stated bound, and nothing else: sums were taken in another order, and training made more of it.
    Bounds,
}

impl Environment {
    /// That of a run that has computed something.
    pub fn of(manifest: &Manifest) -> Self {
        // How many cores there are does not matter once the number of threads is settled.
        Self {
            cpu: Cpu { cores: 0, ..manifest.cpu.clone() },
            threads: manifest.threads,
            ranks: manifest.ranks,
            device: manifest.device.clone(),
            libtorch: manifest.software.libtorch.clone(),
        }
    }

    /// How closely outcomes of this and another environment must agree.
    pub fn tolerance(&self, other: &Self) -> Tolerance {
        if self == other { Tolerance::Exact } else { Tolerance::Bounds }
    }
}

/// The figures of a run that tell of its outcome.
pub(super) fn outcome(run: &Path) -> Result<Figures> {
    let told = figures(run)?.into_iter();
    Ok(told.filter(|(name, _)| !MACHINE.contains(&name.as_str())).collect())
}

/// The hashes of the files of the last checkpoint.
pub(super) fn weights(run: &RunDir, config: &Config) -> Result<BTreeMap<String, String>> {
    let latest = Checkpoints::of(run.path()).latest(config.hash())?;
    Ok(latest.map(|checkpoint| checkpoint.state().files.clone()).unwrap_or_default())
}

/// The hashes of the pictures, by `FOLDER/FILE`.
pub(super) fn pictures(run: &RunDir) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for folder in PICTURES {
        let path = run.file(folder);
        if !path.is_dir() {
            continue;
        }
        for entry in fs_err::read_dir(&path)? {
            let entry = entry?;
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.path().is_file() {
                found.insert(name, hash_file(&entry.path())?);
            }
        }
    }
    Ok(found)
}
