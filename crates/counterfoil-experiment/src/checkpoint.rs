//! Checkpoints: everything that training needs to go on as if it had never stopped, and nothing else.
//!
//! `checkpoints/step-N/` holds `weights`, `ema` and `optimiser` as safetensors and a `state.json`. There is no time,
//! path or run id inside, so equal states are equal files. A checkpoint is written to a hidden folder and renamed, so
//! one that can be seen is complete; `state.json` carries the hash of each file, so one that was damaged later is found.

mod state;

use std::path::{Path, PathBuf};

use counterfoil_tensor::archive;
use serde::{Deserialize, Serialize};

use self::state::SCHEMA;
pub use self::state::{Best, LossState, NamedTensors, State, StateTensors};
use crate::{
    error::{ExperimentError, Result},
    run_dir::{read_json, sync_folder, temporary, write_json},
};

/// The folder of the checkpoints inside a run directory.
pub const CHECKPOINTS_DIR: &str = "checkpoints";
/// The file that names the latest checkpoint of a run.
pub const LATEST_FILE: &str = "latest.json";
/// The file that names the checkpoint with the lowest validation loss.
pub const BEST_FILE: &str = "best.json";

const WEIGHTS: &str = "weights.safetensors";
const EMA: &str = "ema.safetensors";
const OPTIMISER: &str = "optimiser.safetensors";
const STATE_FILE: &str = "state.json";

/// The checkpoints of one run.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    run: PathBuf,
}

impl Checkpoints {
    /// The checkpoints of the run directory `run`; there may be none yet.
    pub fn of(run: &Path) -> Self {
        Self { run: run.to_owned() }
    }

    /// The steps of all complete checkpoints, ascending.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn steps(&self) -> Result<Vec<u64>> {
        let folder = self.folder();
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut steps = Vec::new();
        for entry in fs_err::read_dir(folder)? {
            let name = entry?.file_name();
            let step = name.to_str().and_then(|n| n.strip_prefix("step-")?.parse::<u64>().ok());
            steps.extend(step);
        }
        steps.sort_unstable();
        Ok(steps)
    }

    /// The latest checkpoint, which must be of the config with this hash; nothing when there is none.
    ///
    /// # Errors
    /// When its state is damaged or belongs to another config.
    pub fn latest(&self, config_hash: &str) -> Result<Option<Checkpoint>> {
        let step = self.steps()?.last().copied();
        step.map(|step| self.open(step, config_hash)).transpose()
    }

    /// The checkpoint with the lowest validation loss; nothing when none was validated.
    ///
    /// # Errors
    /// When `best.json` or the checkpoint is damaged or missing, or belongs to another config.
    pub fn best(&self, config_hash: &str) -> Result<Option<Checkpoint>> {
        let path = self.run.join(BEST_FILE);
        if !path.is_file() {
            return Ok(None);
        }
        let pointer: Pointer = read_json(&path)?;
        self.open(pointer.step, config_hash).map(Some)
    }

    /// The checkpoint of a step, which must be of the config with this hash.
    ///
    /// # Errors
    /// When it is missing (the others are named), damaged, or belongs to another config.
    pub fn open(&self, step: u64, config_hash: &str) -> Result<Checkpoint> {
        let path = self.path(step);
        let steps = self.steps()?;
        let wrong = |reason| ExperimentError::Checkpoint { path: path.clone(), reason };
        if !steps.contains(&step) {
            let there: Vec<String> = steps.iter().map(|s| format!("step-{s}")).collect();
            return Err(wrong(if there.is_empty() {
                "is missing and the run has no other; start a new run".into()
            } else {
                format!("is missing; the run has {}", there.join(", "))
            }));
        }
        let remedy = match steps.iter().rev().find(|s| **s < step) {
            Some(earlier) => format!("delete that folder to go on from step-{earlier}"),
            None => "it is the first of its run, so start a new one".to_owned(),
        };
        let state: State = read_json(&path.join(STATE_FILE))
            .map_err(|e| wrong(format!("has no readable {STATE_FILE} ({e}); {remedy}")))?;
        if state.config != config_hash {
            let short = |hash: &str| hash.get(..8).unwrap_or(hash).to_owned();
            return Err(wrong(format!(
                "belongs to another config ({}, not {}); use it with the config.toml of its own run",
                short(&state.config),
                short(config_hash)
            )));
        }
        if state.schema != SCHEMA || state.step != step {
            return Err(wrong(format!("was written by another version or renamed; {remedy}")));
        }
        Ok(Checkpoint { path, state, remedy })
    }

    /// Writes a checkpoint, then the pointers to the latest and the best, and deletes all but the latest `keep` and the
    /// best. Returns its folder.
    ///
    /// # Errors
    /// When the disk is full or the folder cannot be written; earlier checkpoints are untouched then.
    pub fn save(&self, state: &State, tensors: &StateTensors, keep: usize) -> Result<PathBuf> {
        let path = self.path(state.step);
        let hidden = temporary(&path);
        fs_err::create_dir_all(&hidden)?;
        if let Err(error) = fill(&hidden, state, tensors).and_then(|()| put(&hidden, &path)) {
            // The cause is what the user must hear about; a torso that stays is swept by the next resume.
            let _ = fs_err::remove_dir_all(&hidden);
            return Err(error);
        }
        self.settle(state, keep)?;
        Ok(path)
    }

    /// Does what a kill kept the [`Checkpoints::save`] of `state` from doing: the pointers, and the deletion of all but the
    /// latest `keep` and the best.
    ///
    /// # Errors
    /// When a file cannot be written or removed.
    pub fn settle(&self, state: &State, keep: usize) -> Result<()> {
        self.point(state)?;
        self.prune(state.loss.best.map(|best| best.step), keep)
    }

    fn point(&self, state: &State) -> Result<()> {
        write_json(&self.run.join(LATEST_FILE), &Pointer::to(state.step, None))?;
        if let Some(best) = state.loss.best {
            let pointer = Pointer::to(best.step, Some(best.validation_loss));
            write_json(&self.run.join(BEST_FILE), &pointer)?;
        }
        Ok(())
    }

    fn prune(&self, best: Option<u64>, keep: usize) -> Result<()> {
        let steps = self.steps()?;
        for step in &steps[..steps.len().saturating_sub(keep)] {
            if Some(*step) != best {
                discard(&self.path(*step))?;
            }
        }
        Ok(())
    }

    fn folder(&self) -> PathBuf {
        self.run.join(CHECKPOINTS_DIR)
    }

    fn path(&self, step: u64) -> PathBuf {
        self.folder().join(format!("step-{step}"))
    }
}

/// The contents of `latest.json` and `best.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Pointer {
    step: u64,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    validation_loss: Option<f64>,
}

impl Pointer {
    fn to(step: u64, validation_loss: Option<f64>) -> Self {
        Self { step, path: format!("{CHECKPOINTS_DIR}/step-{step}"), validation_loss }
    }
}

/// Writes the files of a checkpoint into `folder`.
fn fill(folder: &Path, state: &State, tensors: &StateTensors) -> Result<()> {
    let mut state = state.clone();
    for (name, tensors) in
        [(WEIGHTS, &tensors.weights), (EMA, &tensors.ema), (OPTIMISER, &tensors.optimiser)]
    {
        let path = folder.join(name);
        archive::write(&path, tensors)?;
        state.files.insert(name.to_owned(), hash_file(&path)?);
    }
    write_json(&folder.join(STATE_FILE), &state)
}

/// Gives a finished folder its name.
fn put(hidden: &Path, path: &Path) -> Result<()> {
    if path.exists() {
        // The same step taken again ends in the same state.
        discard(path)?;
    }
    fs_err::rename(hidden, path)?;
    sync_folder(path.parent())
}

/// Deletes a checkpoint, which loses its name first: one that can be seen is whole at every moment.
fn discard(path: &Path) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hidden = temporary(&path.with_file_name(format!("old-{name}")));
    fs_err::rename(path, &hidden)?;
    Ok(fs_err::remove_dir_all(hidden)?)
}

pub(crate) fn hash_file(path: &Path) -> Result<String> {
    Ok(blake3::hash(&fs_err::read(path)?).to_hex().to_string())
}

/// One checkpoint whose state was read; its tensors are read, and checked, when asked for.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    path: PathBuf,
    state: State,
    remedy: String,
}

impl Checkpoint {
    /// Its folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its state.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// blake3 of the file of the averaged weights.
    pub fn ema_hash(&self) -> &str {
        self.state.files.get(EMA).map_or("", String::as_str)
    }

    /// Parameters and buffers of the trained model.
    ///
    /// # Errors
    /// When the file is missing, truncated or changed.
    pub fn weights(&self) -> Result<NamedTensors> {
        self.read(WEIGHTS)
    }

    /// The averaged parameters and their buffers, which is what evaluation uses.
    ///
    /// # Errors
    /// When the file is missing, truncated or changed.
    pub fn ema(&self) -> Result<NamedTensors> {
        self.read(EMA)
    }

    /// The moments of the optimiser.
    ///
    /// # Errors
    /// When the file is missing, truncated or changed.
    pub fn optimiser(&self) -> Result<NamedTensors> {
        self.read(OPTIMISER)
    }

    fn read(&self, name: &str) -> Result<NamedTensors> {
        let path = self.path.join(name);
        let wrong = |reason| ExperimentError::Checkpoint { path: path.clone(), reason };
        if !path.is_file() {
            return Err(wrong(format!("is missing; {}", self.remedy)));
        }
        if self.state.files.get(name) != Some(&hash_file(&path)?) {
            let what = "is truncated or was changed, its hash is not the one in state.json";
            return Err(wrong(format!("{what}; {}", self.remedy)));
        }
        Ok(archive::read(&path)?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tch::Tensor;

    use super::*;
    use crate::train::Position;

    const HASH: &str = "0123456789abcdef";

    fn state(step: u64, best: Option<u64>) -> State {
        let best = best.map(|step| Best { step, validation_loss: 0.1 });
        let sums = vec![("loss".into(), 0.1 + 0.2)];
        let loss = LossState { pending: 3, sums, best, first: Some(0.7) };
        State::new(step, Position { epoch: 2, offset: 64 }, 7, loss, HASH)
    }

    fn tensors(value: f32) -> StateTensors {
        let named = |name: &str| vec![(name.to_owned(), Tensor::from_slice(&[value, 1.0]))];
        StateTensors { weights: named("w"), ema: named("e"), optimiser: named("m") }
    }

    fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
        let error = result.unwrap_err();
        assert_eq!(error.exit_status(), 2);
        error.to_string()
    }

    /// Exact: the state and the tensors come back, and equal states are equal files.
    #[test]
    fn a_checkpoint_comes_back_and_repeats_itself() {
        let bytes = |run: &Path| {
            let checkpoints = Checkpoints::of(run);
            let folder = checkpoints.save(&state(5, Some(5)), &tensors(0.5), 2).unwrap();
            [WEIGHTS, EMA, OPTIMISER, STATE_FILE].map(|f| fs_err::read(folder.join(f)).unwrap())
        };
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_eq!(bytes(one.path()), bytes(two.path()));
        let found = Checkpoints::of(one.path()).latest(HASH).unwrap().unwrap();
        assert_eq!(State { files: BTreeMap::new(), ..found.state().clone() }, state(5, Some(5)));
        assert_eq!(found.weights().unwrap(), tensors(0.5).weights);
        assert_eq!(found.ema().unwrap(), tensors(0.5).ema);
        assert_eq!(found.optimiser().unwrap(), tensors(0.5).optimiser);
    }

    #[test]
    fn the_latest_and_the_best_are_kept_and_pointed_to() {
        let run = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::of(run.path());
        assert!(checkpoints.latest(HASH).unwrap().is_none());
        assert!(checkpoints.best(HASH).unwrap().is_none());
        for step in 1..=12 {
            checkpoints.save(&state(step, Some(step.min(3))), &tensors(0.0), 2).unwrap();
        }
        assert_eq!(checkpoints.steps().unwrap(), [3, 11, 12]);
        assert_eq!(checkpoints.best(HASH).unwrap().unwrap().state().step, 3);
        let latest: Pointer = read_json(&run.path().join(LATEST_FILE)).unwrap();
        assert_eq!((latest.step, latest.path.as_str()), (12, "checkpoints/step-12"));
    }

    /// A kill between the new name and what comes after it, or in the middle of a deletion.
    #[test]
    fn a_save_that_was_cut_short_is_settled() {
        let run = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::of(run.path());
        for step in [4, 8, 12] {
            checkpoints.save(&state(step, Some(4)), &tensors(0.0), 3).unwrap();
        }
        fs_err::write(run.path().join(LATEST_FILE), "{\"step\": 8, \"path\": \"\"}").unwrap();
        let torso = run.path().join(CHECKPOINTS_DIR).join(".step-16.99.tmp");
        fs_err::create_dir(&torso).unwrap();
        let found = checkpoints.latest(HASH).unwrap().unwrap();
        assert_eq!(found.state().step, 12);
        checkpoints.settle(found.state(), 1).unwrap();
        assert_eq!(checkpoints.steps().unwrap(), [4, 12]);
        let latest: Pointer = read_json(&run.path().join(LATEST_FILE)).unwrap();
        assert_eq!(latest.step, 12);
    }

    #[test]
    fn damage_is_named_with_the_way_out() {
        let run = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::of(run.path());
        let said = message(checkpoints.open(4, HASH));
        assert!(said.contains("no other"), "{said}");
        for step in [4, 8] {
            checkpoints.save(&state(step, None), &tensors(0.0), 2).unwrap();
        }
        let said = message(checkpoints.open(5, HASH));
        assert!(said.contains("step-5 is missing; the run has step-4, step-8"), "{said}");
        let said = message(checkpoints.open(8, "fedcba9876543210"));
        assert!(said.contains("another config (01234567, not fedcba98)"), "{said}");

        let folder = run.path().join(CHECKPOINTS_DIR).join("step-8");
        let found = checkpoints.open(8, HASH).unwrap();
        let weights = folder.join(WEIGHTS);
        let whole = fs_err::read(&weights).unwrap();
        fs_err::write(&weights, &whole[..whole.len() - 1]).unwrap();
        let said = message(found.weights());
        assert!(said.contains("weights.safetensors is truncated"), "{said}");
        assert!(said.contains("delete that folder to go on from step-4"), "{said}");
        fs_err::remove_file(&weights).unwrap();
        let said = message(found.weights());
        assert!(said.contains("weights.safetensors is missing"), "{said}");

        let text = fs_err::read(folder.join(STATE_FILE)).unwrap();
        fs_err::write(folder.join(STATE_FILE), &text[..text.len() / 2]).unwrap();
        let said = message(checkpoints.latest(HASH));
        assert!(said.contains("no readable state.json") && said.contains("step-4"), "{said}");
    }

    /// A folder in the way of the new checkpoint's files stands for a full disk.
    #[test]
    fn a_failed_save_leaves_earlier_checkpoints() {
        let run = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::of(run.path());
        checkpoints.save(&state(4, None), &tensors(0.0), 1).unwrap();
        let hidden = temporary(&checkpoints.path(8));
        fs_err::create_dir_all(hidden.join(EMA).join("full")).unwrap();
        checkpoints.save(&state(8, None), &tensors(0.0), 1).unwrap_err();
        assert!(!hidden.exists());
        assert_eq!(checkpoints.steps().unwrap(), [4]);
        checkpoints.open(4, HASH).unwrap().weights().unwrap();
    }
}
