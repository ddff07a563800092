//! What preparing a model costs minutes to find out, kept in the run so that later questions begin at once: the running
//! statistics of the averaged weights, and the calibration.
//!
//! Both are functions of weights and data, so a record that names the weights by their hash and its own files by theirs
//! is as good as the computation. Anything that does not fit is no error: the computation is done again.

use std::collections::BTreeMap;

use counterfoil_autoencoder::Calibration;
use counterfoil_tensor::archive;
use serde::{Deserialize, Serialize};

use crate::{
    checkpoint::hash_file,
    error::Result,
    run_dir::{RunDir, read_json, write_json},
    trained::Trained,
};

/// The file of the calibration inside a run directory.
pub(crate) const CALIBRATION_FILE: &str = "calibration.json";
const STATISTICS_FILE: &str = "statistics.safetensors";
const RECORD_FILE: &str = "prepared.json";

/// What the kept files belong to.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    /// blake3 of the averaged weights that were prepared.
    weights: String,
    /// blake3 of each kept file.
    files: BTreeMap<String, String>,
}

impl Record {
    /// The record of what lies in `run` now.
    fn of(run: &RunDir, trained: &Trained) -> Result<Self> {
        let hash = |name: &str| Ok((name.to_owned(), hash_file(&run.file(name))?));
        let files = [CALIBRATION_FILE, STATISTICS_FILE].into_iter().map(hash);
        Ok(Self { weights: trained.hash.clone(), files: files.collect::<Result<_>>()? })
    }
}

/// Writes both, and the record last: a kill before it leaves nothing that could be taken for whole.
pub(crate) fn write(run: &RunDir, trained: &Trained, calibration: &Calibration) -> Result<()> {
    let parameters = trained.weights.layout().parameters().count();
    let statistics = trained.weights.state().split_off(parameters);
    archive::write(&run.file(STATISTICS_FILE), &statistics)?;
    write_json(&run.file(CALIBRATION_FILE), calibration)?;
    write_json(&run.file(RECORD_FILE), &Record::of(run, trained)?)
}

/// The calibration of these weights, which get their statistics; nothing where none was kept or it does not fit.
pub(crate) fn read(run: &RunDir, trained: &mut Trained) -> Option<Calibration> {
    let kept: Record = read_json(&run.file(RECORD_FILE)).ok()?;
    if kept != Record::of(run, trained).ok()? {
        return None;
    }
    let calibration = read_json(&run.file(CALIBRATION_FILE)).ok()?;
    let mut state = trained.weights.state();
    state.truncate(trained.weights.layout().parameters().count());
    state.extend(archive::read(&run.file(STATISTICS_FILE)).ok()?);
    trained.weights.load_state(&state).ok()?;
    Some(calibration)
}
