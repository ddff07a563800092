//! The folder of one run: everything that went in and came out, laid out as the blueprint promises.
//!
//! `runs/NAME/UTC-SHORTREV-sSEED-HASH8/` is made once and owned by one process at a time ([`RunLock`]). Every file but
//! the two histories (`events.jsonl`, `log.txt`) and TensorBoard's is written whole and renamed ([`write_atomic`]), so
//! a kill at any moment leaves a folder that can be read and resumed.

mod atomic;
pub(crate) mod clock;
mod events;
mod find;
mod lock;
mod log;
mod machine;
mod manifest;
mod place;
mod sweep;
mod table;
mod tensorboard;

use std::path::{Path, PathBuf};

pub use atomic::{check_target, read_json, write_atomic, write_json};
pub(crate) use atomic::{sync_folder, temporary};
pub use events::{EVENTS_FILE, Event, EventLog, Part, read_events};
pub use find::{RunEntry, list, resolve};
pub use lock::RunLock;
pub use log::LOG_FILE;
pub use machine::{Cpu, Git, Software, peak_rss_mib};
pub use manifest::{MANIFEST_FILE, Manifest, Origin, Session, StoppedBy};
pub use place::Place;
pub use table::{METRICS_FILE, write_metrics};
pub use tensorboard::{EventFile, TENSORBOARD_DIR};

use crate::{
    config::{CONFIG_FILE, Config, GRAPH_FILE},
    data::Data,
    error::{ExperimentError, Result},
};

/// The folder that holds all runs unless the user names another.
pub const DEFAULT_OUT: &str = "runs";

/// `NAME/ID` of a run's folder.
pub fn short_name(run: &Path) -> String {
    let mut parts: Vec<_> = run.iter().rev().take(2).map(|p| p.to_string_lossy()).collect();
    parts.reverse();
    parts.join("/")
}

/// A run directory that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// Makes the directory of a new run under `out` and writes config, graph and manifest into it.
    ///
    /// That the model and the procedure fit the data is checked first, so that a mistake leaves no run behind.
    ///
    /// A directory of that name gets `-2`, `-3` ... behind it; nothing that exists is touched.
    ///
    /// # Errors
    /// When the model's sizes or the procedure do not fit the data, or a folder or file cannot be written.
    pub fn create(out: &Path, config: &Config, data: &Data, origin: Origin) -> Result<Self> {
        let dataset = data.dataset();
        config.fitted_to(dataset)?;
        let git = Git::of_source();
        let revision = git.as_ref().map_or("norev", Git::short);
        let seed = config.experiment().seed;
        let id = format!("{}-{revision}-s{seed}-{}", clock::utc_compact(), config.hash8());
        let claimed = claim(&out.join(&config.experiment().name), &id);
        let run = Self { path: claimed.map_err(ExperimentError::without_run)? };
        let filled = (|| {
            write_atomic(&run.file(CONFIG_FILE), config.to_toml()?.as_bytes())?;
            write_atomic(&run.file(GRAPH_FILE), config.graph_text().as_bytes())?;
            // Last, because a folder is a run from the moment it has a manifest.
            Manifest::begin(config, dataset, origin, git).write(&run.path)
        })();
        if let Err(error) = filled {
            // Nothing can be done with it; the cause is what the user must hear about.
            let _ = fs_err::remove_dir_all(&run.path);
            return Err(error.without_run());
        }
        Ok(run)
    }

    /// The run that `text` names under `out`: a path, `NAME/ID`, or NAME for its latest run.
    ///
    /// # Errors
    /// When there is no such run; the nearest name is suggested.
    pub fn open(out: &Path, text: &str) -> Result<Self> {
        Ok(Self { path: resolve(out, text)? })
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file or folder inside the directory.
    pub fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// A folder inside the directory, made when it is not there: `samples`, `counterfactuals`.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.path.join(name);
        fs_err::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// The resolved config of the run.
    ///
    /// # Errors
    /// When it is missing, damaged, or was edited after the run began.
    pub fn config(&self) -> Result<Config> {
        let path = self.file(CONFIG_FILE);
        let config = Config::load(&path, None, &[])?;
        if config.hash() != self.manifest()?.config_hash {
            let reason = "differs from what the run began with; undo the change, or start a new run \
                          with it";
            return Err(ExperimentError::BrokenRun { path, reason: reason.into() });
        }
        Ok(config)
    }

    /// The manifest of the run.
    ///
    /// # Errors
    /// When it is missing or damaged.
    pub fn manifest(&self) -> Result<Manifest> {
        Manifest::read(&self.path)
    }

    /// Changes the manifest of the run.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn amend(&self, change: impl FnOnce(&mut Manifest)) -> Result<()> {
        let mut manifest = self.manifest()?;
        change(&mut manifest);
        manifest.write(&self.path)
    }

    /// Notes in the manifest that the command has ended, and how.
    ///
    /// # Errors
    /// When the manifest cannot be read or written.
    pub fn finish(&self, exit_status: u8) -> Result<()> {
        self.amend(|manifest| {
            manifest.finished = Some(clock::utc());
            manifest.exit_status = Some(exit_status);
        })
    }

    /// Takes the right to write into the run.
    ///
    /// # Errors
    /// When another process has it.
    pub fn lock(&self) -> Result<RunLock> {
        RunLock::acquire(&self.path)
    }

    /// Removes what a kill left half written anywhere in the directory; for the process that has the lock.
    ///
    /// # Errors
    /// When a folder cannot be read or something in it not removed.
    pub fn sweep(&self) -> Result<()> {
        sweep::sweep(&self.path)
    }

    /// Appends one line to `log.txt`, with the time.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn log(&self, line: &str) -> Result<()> {
        log::append_log(&self.path, line)
    }
}

/// Makes the folder `id` in `parent`, or the first of `id-2`, `id-3` ... that nobody has.
fn claim(parent: &Path, id: &str) -> Result<PathBuf> {
    fs_err::create_dir_all(parent)?;
    let mut path = parent.join(id);
    for copy in 2.. {
        match fs_err::create_dir(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                path = parent.join(format!("{id}-{copy}"));
            }
            made => {
                made?;
                break;
            }
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(folder: &Path) -> Config {
        fs_err::write(folder.join("g.dot"), "digraph { thickness [low=1, high=6]; }").unwrap();
        let text = "graph = 'g.dot'\n[experiment]\nname = 'tiny'\nseed = 3\n[data]\nkind = 'digits'\n\
                    count = 100\nsplit = [80, 10, 10]\n[evaluation]\nimages = 5\ntenfold_images = 2\n";
        fs_err::write(folder.join("tiny.toml"), text).unwrap();
        Config::load(&folder.join("tiny.toml"), None, &[]).unwrap()
    }

    #[test]
    fn a_run_is_made_found_and_finished() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        fs_err::create_dir(&out).unwrap();
        fs_err::write(out.join("a file of someone else"), "").unwrap();
        let config = config(folder.path());
        let data = Data::load(&config).unwrap();
        let origin = Origin { overrides: vec!["a=1".into()], ..Origin::default() };
        let first = RunDir::create(&out, &config, &data, origin.clone()).unwrap();
        let second = RunDir::create(&out, &config, &data, Origin::default()).unwrap();
        assert_ne!(first, second);

        let id = first.path().file_name().unwrap().to_str().unwrap();
        let parts: Vec<&str> = id.split('-').collect();
        assert_eq!((parts.len(), parts[0].len(), parts[2]), (4, 16, "s3"), "{id}");
        assert_eq!(parts[3], config.hash8());

        let manifest = first.manifest().unwrap();
        assert_eq!((manifest.experiment.as_str(), manifest.seed), ("tiny", 3));
        assert_eq!(manifest.origin, origin);
        assert_eq!(manifest.software.tch.as_deref(), Some("0.24.0"));
        assert!(manifest.software.rustc.starts_with("rustc 1."));
        first.finish(130).unwrap();
        let manifest = first.manifest().unwrap();
        assert_eq!(manifest.exit_status, Some(130));
        assert!(manifest.finished.unwrap() >= manifest.started);

        assert_eq!(RunDir::open(&out, "tiny").unwrap(), second);
        assert_eq!(RunDir::open(&out, &format!("tiny/{id}")).unwrap(), first);
        let path = first.path().to_str().unwrap();
        assert_eq!(RunDir::open(Path::new("none"), path).unwrap(), first);
        assert_eq!(first.config().unwrap().hash(), config.hash());
        let listed: Vec<PathBuf> = list(&out).unwrap().into_iter().map(|e| e.path).collect();
        assert_eq!(listed, [first.path(), second.path()]);

        let error = RunDir::open(&out, "tinny").unwrap_err();
        assert!(error.to_string().contains("did you mean `tiny`?"), "{error}");
        let error = RunDir::open(&folder.path().join("nowhere"), "tiny").unwrap_err();
        assert!(error.to_string().contains("holds no runs"), "{error}");
    }

    #[test]
    fn names_that_are_taken_are_counted_up() {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<_> = (0..3).map(|_| claim(folder.path(), "x").unwrap()).collect();
        assert_eq!(names, ["x", "x-2", "x-3"].map(|n| folder.path().join(n)));
    }

    #[test]
    fn an_edited_config_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let data = Data::load(&config).unwrap();
        let run = RunDir::create(folder.path(), &config, &data, Origin::default()).unwrap();
        let file = run.file(CONFIG_FILE);
        let text = fs_err::read_to_string(&file).unwrap();
        fs_err::write(&file, text.replace("seed = 3", "seed = 4")).unwrap();
        let said = run.config().unwrap_err().to_string();
        assert!(said.contains("config.toml differs from what the run began with"), "{said}");
    }
}
