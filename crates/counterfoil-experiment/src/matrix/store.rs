//! Finished cells on disk: one small JSON file each, named by the hash of its config, and a picture beside it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    plan::Cell,
    strip::{self, Strip},
};
use crate::{
    actions::{
        outcome::{Environment, is_outcome},
        witness::Witness,
    },
    error::{ExperimentError, Result},
    evaluate::{GALLERY_FILE, SUMMARY_FILE, Summary, dotted::flatten},
    run_dir::{Cpu, Git, RunDir, RunLock, Software, read_json, write_atomic, write_json},
};

/// The layout of a record; grows when a key changes meaning.
pub const SCHEMA: u32 = 1;
/// The folder, beside that of failures, of the locks of cells that are being run.
const CLAIMS: &str = "claims";
/// Hexadecimal digits of the hash that name a file; the whole hash stands in it.
const DIGITS: usize = 16;
/// Bytes that a record and its picture should stay below.
const ROOM: usize = 96_000;

/// The outcome of one cell: everything that a table shows of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The version of this layout, [`SCHEMA`].
    pub schema: u32,
    /// The experiment.
    pub experiment: String,
    /// The method, or the ablation's name.
    pub name: String,
    /// The method.
    pub method: String,
    /// The seed.
    pub seed: u64,
    /// The preset of the experiment.
    pub preset: Option<String>,
    /// Overrides, the method and the seed among them.
    pub set: Vec<String>,
    /// The hash of the resolved config.
    pub config_hash: String,
    /// blake3 of the data, by the name of the data set.
    pub data: BTreeMap<String, String>,
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
    /// When the run began, UTC.
    pub started: String,
    /// Seconds of the whole process: data, training, evaluation and report.
    pub seconds: f64,
    /// Seconds of training.
    pub training_s: f64,
    /// What the picture beside the record shows.
    pub picture: Option<Strip>,
    /// The figures, and the most memory that the process held.
    pub summary: Summary,
}

impl Record {
    /// Reads the file of a record.
    ///
    /// # Errors
    /// When it cannot be read, or is none.
    pub fn read(file: &Path) -> Result<Self> {
        read_json(file)
    }

    /// What the record, which `file` holds, says of its config. A cell is computed by one process in one place.
    ///
    /// # Errors
    /// When its summary cannot be told figure by figure.
    pub fn witness(self, file: &Path) -> Result<Witness> {
        let summary = serde_json::to_value(&self.summary).map_err(|error| {
            let reason = format!("holds a summary that cannot be told figure by figure ({error})");
            ExperimentError::BrokenRun { path: file.to_owned(), reason }
        })?;
        let mut figures = Vec::new();
        flatten("", &summary, &mut figures);
        figures.retain(is_outcome);
        Ok(Witness {
            path: file.to_owned(),
            experiment: self.experiment,
            config: self.config_hash,
            data: self.data,
            environment: Environment::alone(self.cpu, self.threads, self.device, &self.software),
            figures: figures.into_iter().collect(),
        })
    }
}

/// A cell whose process ended with an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The exit status; nothing for a process that a signal ended.
    pub exit_status: Option<i32>,
    /// The last line that it said.
    pub said: String,
}

/// The folder of records.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
    failures: PathBuf,
}

impl Store {
    /// Records in `folder`; failures, which are this machine's alone, in `failures`. Neither has to exist.
    pub fn new(folder: impl Into<PathBuf>, failures: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), failures: failures.into() }
    }

    /// The folder of the records.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of a cell's record.
    pub fn file(&self, hash: &str) -> PathBuf {
        self.folder.join(format!("{}.json", short(hash)))
    }

    /// The picture of a cell.
    pub fn picture(&self, hash: &str) -> PathBuf {
        self.folder.join(format!("{}.png", short(hash)))
    }

    /// The file of a drawing of several cells.
    pub fn drawing(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn failure_file(&self, hash: &str) -> PathBuf {
        self.failures.join(format!("{}.json", short(hash)))
    }

    /// The right to run a cell, as far as processes with the same folder of failures know of each other.
    ///
    /// # Errors
    /// When another process has it, or the folder cannot be written.
    pub fn claim(&self, hash: &str) -> Result<RunLock> {
        let folder = self.failures.with_file_name(CLAIMS).join(short(hash));
        fs_err::create_dir_all(&folder)?;
        RunLock::acquire(&folder)
    }

    /// The record of a cell; nothing where it did not run.
    ///
    /// # Errors
    /// When its file is damaged, or belongs to another config.
    pub fn record(&self, hash: &str) -> Result<Option<Record>> {
        let file = self.file(hash);
        if !file.is_file() {
            return Ok(None);
        }
        let record: Record = read_json(&file)?;
        Ok((record.config_hash == hash).then_some(record))
    }

    /// Why a cell failed when it was run last on this machine.
    pub fn failure(&self, hash: &str) -> Option<Failure> {
        // A note that cannot be read only means that the cell is tried again.
        read_json(&self.failure_file(hash)).ok()
    }

    /// Every record that can be read, in the order of the hashes.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn all(&self) -> Result<Vec<Record>> {
        if !self.folder.is_dir() {
            return Ok(Vec::new());
        }
        let mut files: Vec<PathBuf> = Vec::new();
        for entry in fs_err::read_dir(&self.folder)? {
            files.push(entry?.path());
        }
        files.sort();
        let json = |file: &&PathBuf| file.extension().is_some_and(|e| e == "json");
        Ok(files.iter().filter(json).filter_map(|file| read_json(file).ok()).collect())
    }

    /// Keeps what a finished run found, `seconds` after the process that ended it began.
    ///
    /// # Errors
    /// When the run cannot be read, has no summary, or the folder cannot be written.
    pub fn keep(&self, cell: &Cell, run: &RunDir, seconds: f64) -> Result<Record> {
        let manifest = run.manifest()?;
        if manifest.config_hash != cell.hash {
            return Err(ExperimentError::BrokenRun {
                path: run.path().to_owned(),
                reason: "has another config than its cell: did its experiment change meanwhile? \
                         start the table again"
                    .into(),
            });
        }
        let summary: Summary = read_json(&run.file(SUMMARY_FILE))?;
        let mut record = Record {
            schema: SCHEMA,
            experiment: cell.experiment.clone(),
            name: cell.name.clone(),
            method: cell.method.clone(),
            seed: cell.seed,
            preset: cell.preset.clone(),
            set: cell.set.iter().filter(|text| !text.starts_with("data.dir")).cloned().collect(),
            config_hash: manifest.config_hash,
            data: manifest.data,
            git: manifest.git,
            software: manifest.software,
            cpu: manifest.cpu,
            device: manifest.device,
            threads: manifest.threads,
            started: manifest.started,
            // Of a run that was gone on with this process saw the end alone.
            seconds: if manifest.sessions.len() > 1 {
                seconds.max(summary.wall_s)
            } else {
                seconds
            },
            training_s: manifest.training_s,
            picture: None,
            summary,
        };
        let words = serde_json::to_vec_pretty(&record).map_or(0, |bytes| bytes.len());
        let gallery = run.file(GALLERY_FILE);
        let drawn = if gallery.is_file() {
            strip::draw(&read_json(&gallery)?, ROOM.saturating_sub(words))?
        } else {
            None
        };
        let (picture, bytes) = drawn.unzip();
        record.picture = picture;
        self.save(&record, bytes.as_deref())?;
        Ok(record)
    }

    /// Writes a record with its picture; an earlier failure of the cell is forgotten.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn save(&self, record: &Record, picture: Option<&[u8]>) -> Result<()> {
        fs_err::create_dir_all(&self.folder)?;
        // The record last: a cell is there from the moment its record is.
        if let Some(bytes) = picture {
            write_atomic(&self.picture(&record.config_hash), bytes)?;
        }
        write_json(&self.file(&record.config_hash), record)?;
        let failure = self.failure_file(&record.config_hash);
        if failure.is_file() {
            fs_err::remove_file(failure)?;
        }
        Ok(())
    }

    /// Notes that a cell failed.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn fail(&self, hash: &str, failure: &Failure) -> Result<()> {
        fs_err::create_dir_all(&self.failures)?;
        write_json(&self.failure_file(hash), failure)
    }
}

fn short(hash: &str) -> &str {
    hash.get(..DIGITS).unwrap_or(hash)
}
