//! What one config gave in one place: a run tells it, and so does the cell of a table
//! ([`Record::witness`](crate::matrix::Record::witness)), long after its run is gone.

use std::{collections::BTreeMap, path::PathBuf};

use super::{expected::ended, outcome::Environment};
use crate::{error::Result, run_dir::RunDir};

/// Figures with what they are of and where they were computed.
#[derive(Clone, Debug)]
pub struct Witness {
    /// The folder or file that tells of it.
    pub path: PathBuf,
    /// The experiment's name.
    pub experiment: String,
    /// The hash of the config.
    pub config: String,
    /// Hashes of the data.
    pub data: BTreeMap<String, String>,
    /// Where it was computed.
    pub environment: Environment,
    /// The figures that tell of the outcome, by name.
    pub figures: BTreeMap<String, f64>,
}

impl Witness {
    /// A run that was evaluated.
    ///
    /// # Errors
    /// When it has no figures, or cannot be read.
    pub fn of(run: &RunDir) -> Result<Self> {
        let manifest = run.manifest()?;
        Ok(Self {
            path: run.path().to_owned(),
            environment: Environment::of(&manifest),
            experiment: manifest.experiment,
            config: manifest.config_hash,
            data: manifest.data,
            figures: ended(run)?.into_iter().collect(),
        })
    }
}
