//! A folder with a tiny experiment, and the binary started in it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use counterfoil::experiment::actions::outcome::MACHINE;
use serde_json::Value;

/// An experiment of seconds: every part is there, nothing is learned.
pub(crate) const CONFIG: &str = r#"
graph = "tiny.dot"
[experiment]
name = "tiny"
seed = 5
[data]
kind = "digits"
count = 64
split = [32, 16, 16]
[model]
size = "tiny"
[training]
steps = 10
batch = 8
warmup_steps = 2
checkpoint_every = 5
threads = 1
[counterfactual]
steps = 3
[evaluation]
images = 8
tenfold_images = 2
resamples = 20
[evaluation.oracle]
steps = 4
batch = 16
[preset.long.training]
steps = 60
"#;

pub(crate) const GRAPH: &str = "digraph {
    thickness [unit=px, low=1, high=5.8, domain_above=0];
    intensity [unit=grey, low=64, high=255, domain_low=0, domain_high=255];
    style [role=unlabelled, width=4];
    thickness -> intensity;
}";

/// A folder of its own for each test.
pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Starts a command and waits for its end.
    pub(crate) fn of(mut command: Command) -> Self {
        let ended = command.output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { status: ended.status.code(), out: text(ended.stdout), err: text(ended.stderr) }
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        bench.write("tiny.toml", CONFIG);
        bench.write("tiny.dot", GRAPH);
        bench
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs_err::write(self.path(name), contents).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs_err::read_to_string(self.path(name)).unwrap()
    }

    /// The binary with arguments, to be started in the folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("counterfoil"));
        command.args(arguments).current_dir(self.folder.path());
        command.env("OMP_NUM_THREADS", "1").stdin(Stdio::null());
        command
    }

    /// Starts the binary and waits for its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments))
    }

    /// A command that must succeed; its stdout.
    pub(crate) fn succeed(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!(ended.status, Some(0), "{arguments:?}: {ended:?}");
        ended.out
    }

    /// A command that must end with status 1, for what was compared differs; its stdout.
    pub(crate) fn fail(&self, arguments: &[&str]) -> String {
        let ended = self.run(arguments);
        assert_eq!((ended.status, ended.err.as_str()), (Some(1), ""), "{arguments:?}: {ended:?}");
        ended.out
    }

    /// A command with `--json` that must succeed: stdout is one document, stderr is empty.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let ended = self.run(&[arguments, &["--json"]].concat());
        assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""), "{arguments:?}: {ended:?}");
        serde_json::from_str(&ended.out).unwrap()
    }

    /// A command that must fail with `status` and one sentence that holds all `parts`, answer nothing and leave every
    /// file as it was.
    pub(crate) fn refuse(&self, status: i32, arguments: &[&str], parts: &[&str]) {
        let before = self.files();
        let ended = self.run(arguments);
        assert_eq!(
            (ended.status, ended.out.as_str()),
            (Some(status), ""),
            "{arguments:?}: {ended:?}"
        );
        // The sentence is the last line; progress may stand before it.
        let said = ended.err.trim_end().lines().last().unwrap_or_default();
        assert!(said.starts_with("error: "), "{arguments:?}: {ended:?}");
        assert!(!ended.err.contains("panicked"), "{arguments:?}: {ended:?}");
        for part in parts {
            assert!(said.contains(part), "{arguments:?}: {part:?} is not in {said:?}");
        }
        assert!(before == self.files(), "{arguments:?} changed files");
    }

    /// The folders of the runs, oldest first.
    pub(crate) fn runs(&self) -> Vec<PathBuf> {
        let listed = self.json(&["runs"]);
        let runs = listed["runs"].as_array().unwrap().iter();
        runs.map(|run| self.path(run["path"].as_str().unwrap())).collect()
    }

    /// Every file below the folder with its bytes; the lock of a run only tells who was last.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs_err::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if !path.ends_with("lock") {
                    let bytes = fs_err::read(&path).unwrap();
                    found.insert(path, bytes);
                }
            }
        }
        found
    }
}

/// The manifest of a run.
pub(crate) fn manifest(run: &Path) -> Value {
    serde_json::from_slice(&fs_err::read(run.join("manifest.json")).unwrap()).unwrap()
}

/// What a run came to: the bytes of its checkpoints and pictures, and its figures.
pub(crate) fn outcome(run: &Path) -> (BTreeMap<PathBuf, Vec<u8>>, Value) {
    let mut files = BTreeMap::new();
    let mut folders = vec![run.join("checkpoints"), run.join("counterfactuals")];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(
                    path.strip_prefix(run).unwrap().to_owned(),
                    fs_err::read(path).unwrap(),
                );
            }
        }
    }
    let mut summary: Value =
        serde_json::from_slice(&fs_err::read(run.join("summary.json")).unwrap()).unwrap();
    let told = summary.as_object_mut().unwrap();
    told.retain(|name, _| !MACHINE.contains(&name.as_str()));
    (files, summary)
}
