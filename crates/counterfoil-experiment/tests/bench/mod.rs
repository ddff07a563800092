//! A folder of its own for each test, with a tiny experiment over two labels and a style.

use counterfoil_experiment::{
    config::Config,
    data::Data,
    run_dir::{Origin, RunDir},
};

const GRAPH: &str = "digraph { thickness [low=1, high=6]; intensity [low=64, high=255]; \
                     style [role=unlabelled, width=4]; thickness -> intensity; }";

/// A place for runs of one config.
pub(crate) struct Bench {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) config: Config,
    pub(crate) data: Data,
}

impl Bench {
    /// That of the file with this text, whose graph is `tiny.dot`, and the overrides `set`.
    pub(crate) fn of(text: &str, set: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("tiny.dot"), GRAPH).unwrap();
        let file = folder.path().join("tiny.toml");
        fs_err::write(&file, text).unwrap();
        let set: Vec<String> = set.iter().map(|&s| s.to_owned()).collect();
        let config = Config::load(&file, None, &set).unwrap();
        let data = Data::load(&config).unwrap();
        Self { folder, config, data }
    }

    /// A run that has taken no step.
    pub(crate) fn run(&self) -> RunDir {
        let out = self.folder.path().join("runs");
        RunDir::create(&out, &self.config, &self.data, Origin::default()).unwrap()
    }
}
