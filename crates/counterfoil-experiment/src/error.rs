//! Everything that can go wrong in an experiment, each as one sentence that names the place and the fix.

use std::{io, path::PathBuf};

use counterfoil_autoencoder::ModelError;
use counterfoil_data::DataError;
use counterfoil_graph::GraphError;
use counterfoil_tensor::TensorError;

/// The result of this crate's functions.
pub type Result<T, E = ExperimentError> = std::result::Result<T, E>;

/// What stopped an experiment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExperimentError {
    /// A key of a config that no section knows.
    #[error("{origin}: unknown key `{key}`{hint}")]
    UnknownKey {
        /// The file, preset or `--set` that holds the key.
        origin: String,
        /// The key with its sections, `training.steps`.
        key: String,
        /// What the user may have meant; begins with its own punctuation.
        hint: String,
    },
    /// A key of a config whose value has the wrong type or is out of bounds.
    #[error("{origin}: `{key}` {reason}")]
    InvalidKey {
        /// The file, preset or `--set` that holds the value.
        origin: String,
        /// The key with its sections.
        key: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A config file that is not TOML, or a `--set` that is not `key=value`.
    #[error("{origin}: {reason}")]
    Syntax {
        /// The file or `--set`.
        origin: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A name (experiment, preset, run) that nothing carries.
    #[error("there is no {what} `{name}` in {place}{hint}")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// The name given.
        name: String,
        /// Where it was looked for.
        place: String,
        /// What the user may have meant; begins with its own punctuation.
        hint: String,
    },
    /// The run is being written by another process.
    #[error(
        "{run} has been in use by process {owner} {age}: wait until it ends, or stop it, and try again"
    )]
    Locked {
        /// The run directory.
        run: PathBuf,
        /// The process that holds the lock, as far as the lock file says, and its machine where that is another one.
        owner: String,
        /// For how long.
        age: String,
    },
    /// A file of a run directory that cannot be understood.
    #[error("{path} {reason}")]
    BrokenRun {
        /// The file.
        path: PathBuf,
        /// What is wrong and how to mend it.
        reason: String,
    },
    /// A checkpoint that is missing, truncated or of another config.
    #[error("checkpoint {path} {reason}")]
    Checkpoint {
        /// The checkpoint's folder, or the file in it.
        path: PathBuf,
        /// What is wrong and how to mend it.
        reason: String,
    },
    /// Training diverged, and did so again each time it went back; nothing of it was kept.
    #[error(
        "training stopped at step {step}: {what}, also after {rollbacks} rollbacks; {last_good}; lower \
         training.learning_rate or training.clip"
    )]
    Diverged {
        /// The step that was being taken.
        step: u64,
        /// What it showed.
        what: String,
        /// How often training had gone back.
        rollbacks: u64,
        /// Where the last good state lies.
        last_good: String,
    },
    /// Processes that train one model cannot go on together.
    #[error("the ranks {reason}")]
    Ranks {
        /// What came between them and how to mend it.
        reason: String,
    },
    /// A file or folder that should be read cannot be.
    #[error("{message}{hint}")]
    Unreadable {
        /// The operation, the file and the reason.
        message: String,
        /// How to mend it; begins with its own punctuation.
        hint: &'static str,
    },
    /// Writing a file failed.
    #[error("{message}{hint}")]
    Io {
        /// The operation, the file and the reason.
        message: String,
        /// How to mend it; begins with its own punctuation.
        hint: &'static str,
    },
    /// The user stopped work that leaves nothing half done.
    #[error("the {what} was interrupted; run it again to have it")]
    Interrupted {
        /// What was going on.
        what: &'static str,
    },
    /// A figure cannot be computed from what was measured.
    #[error("a figure cannot be computed: {0}")]
    Metrics(#[from] counterfoil_metrics::MetricsError),
    /// The causal graph is at fault.
    #[error("{origin}: {error}")]
    Graph {
        /// The file that holds the graph.
        origin: String,
        /// What is wrong with it.
        error: Box<GraphError>,
    },
    /// The data are at fault.
    #[error(transparent)]
    Data(Box<DataError>),
    /// A tensor operation, a device or a tensor file is at fault.
    #[error(transparent)]
    Tensor(TensorError),
    /// The model is at fault.
    #[error(transparent)]
    Model(Box<ModelError>),
    /// libtorch refused an operation.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
}

impl ExperimentError {
    /// The exit status that the blueprint gives this error: 1 for a run that failed, 2 for bad input, 130
    /// for work that the user stopped.
    pub fn exit_status(&self) -> u8 {
        let failed = match self {
            // As shells count signals: 128 + SIGINT.
            Self::Interrupted { .. } => return 130,
            Self::Diverged { .. }
            | Self::Ranks { .. }
            | Self::Io { .. }
            | Self::Torch(_)
            | Self::Metrics(_) => true,
            Self::Tensor(error) => torch_failed(error),
            Self::Model(error) => match error.as_ref() {
                ModelError::Tensor(error) => torch_failed(error),
                ModelError::Fit { .. } => true,
                _ => false,
            },
            _ => false,
        };
        if failed { 1 } else { 2 }
    }

    /// For what fails before there is a run that could be resumed.
    pub(crate) fn without_run(self) -> Self {
        match self {
            Self::Io { message, hint: ROOM_ON_DISK | ROOM_BY_LIMIT } => {
                Self::Io { message, hint: ": make room and start again" }
            }
            other => other,
        }
    }

    /// For the reading of what a user names: what cannot be read is bad input.
    #[expect(clippy::needless_pass_by_value, reason = "so that it fits `map_err`")]
    pub(crate) fn unreadable(error: io::Error) -> Self {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => ": check the path",
            io::ErrorKind::PermissionDenied => ": ask for the right to read it",
            _ => "",
        };
        Self::Unreadable { message: error.to_string(), hint }
    }
}

/// Whether it is the computation that failed, or the disk, and not what the user gave.
fn torch_failed(error: &TensorError) -> bool {
    matches!(error, TensorError::Torch(_) | TensorError::Io(_))
}

impl From<TensorError> for ExperimentError {
    fn from(error: TensorError) -> Self {
        match error {
            TensorError::Io(error) => error.into(),
            error => Self::Tensor(error),
        }
    }
}

impl From<DataError> for ExperimentError {
    /// A picture that the disk has no room for is a run that failed; what cannot be read is the data's fault.
    fn from(error: DataError) -> Self {
        match error {
            DataError::Io(error) if lacks_room(error.kind()) => error.into(),
            error => Self::Data(Box::new(error)),
        }
    }
}

impl From<ModelError> for ExperimentError {
    fn from(error: ModelError) -> Self {
        Self::Model(Box::new(error))
    }
}

impl From<io::Error> for ExperimentError {
    /// Keeps the path that `fs_err` put into the message and says what helps.
    fn from(error: io::Error) -> Self {
        let hint = hint(error.kind()).unwrap_or_default();
        Self::Io { message: error.to_string(), hint }
    }
}

/// Whether a file could not be written for want of room, on the disk or in what a process may use of it.
fn lacks_room(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(kind, StorageFull | QuotaExceeded | FileTooLarge)
}

/// What helps a run that finds no room on the disk, or in what a process may write.
const ROOM_ON_DISK: &str = ": free some space and resume the run";
const ROOM_BY_LIMIT: &str = ": allow larger files (ulimit -f) and resume the run";

/// What helps where a file cannot be written.
fn hint(kind: io::ErrorKind) -> Option<&'static str> {
    match kind {
        io::ErrorKind::FileTooLarge => Some(ROOM_BY_LIMIT),
        kind if lacks_room(kind) => Some(ROOM_ON_DISK),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            Some(": choose a folder that you may write to with --out")
        }
        io::ErrorKind::NotFound => {
            Some(": is its folder still there? bring it back, or begin anew")
        }
        _ => None,
    }
}

/// "; did you mean `x`?" when one of `known` is near `name`, otherwise the list of what is known.
pub(crate) fn suggestion<S: AsRef<str>>(name: &str, known: &[S]) -> String {
    let nearest = known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(name, k.as_ref()), k.as_ref()))
        .min()
        .filter(|(distance, k)| *distance <= name.len().max(k.len()) / 3);
    match nearest {
        Some((_, k)) => format!("; did you mean `{k}`?"),
        None if known.is_empty() => String::new(),
        None => {
            let list: Vec<_> = known.iter().map(|k| format!("`{}`", k.as_ref())).collect();
            format!("; known are {}", list.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_suggested_and_far_ones_listed() {
        let known = ["learning_rate", "steps", "batch"];
        assert_eq!(suggestion("lerning_rate", &known), "; did you mean `learning_rate`?");
        assert_eq!(suggestion("step", &known), "; did you mean `steps`?");
        let list = "; known are `learning_rate`, `steps`, `batch`";
        assert_eq!(suggestion("temperature", &known), list);
        assert_eq!(suggestion::<&str>("x", &[]), "");
    }

    /// Whoever meets it: a history, an archive, a picture.
    #[test]
    fn a_full_disk_says_what_helps() {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        for kind in [StorageFull, QuotaExceeded, FileTooLarge] {
            for error in [
                ExperimentError::from(io::Error::from(kind)),
                TensorError::Io(kind.into()).into(),
                DataError::Io(kind.into()).into(),
            ] {
                assert!(error.to_string().ends_with("and resume the run"), "{error}");
                assert_eq!(error.exit_status(), 1, "{error}");
            }
        }
        let none_yet = ExperimentError::from(io::Error::from(StorageFull)).without_run();
        assert!(none_yet.to_string().ends_with(": make room and start again"), "{none_yet}");
        let error = ExperimentError::from(io::Error::from(ReadOnlyFilesystem));
        assert!(error.to_string().ends_with("with --out"), "{error}");
        // Data that may not be read are bad input.
        let error = ExperimentError::from(DataError::Io(io::ErrorKind::PermissionDenied.into()));
        assert_eq!(error.exit_status(), 2);
    }
}
