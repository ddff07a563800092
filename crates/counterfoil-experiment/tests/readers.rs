//! Files of experiments and of runs that are damaged: each is read, or refused in one line that names it.

#![expect(clippy::unwrap_used, reason = "a test fails where its fixture does")]

use std::path::{Path, PathBuf};

use counterfoil_autoencoder::Calibration;
use counterfoil_experiment::{
    ExperimentError,
    actions::{
        diffusion::read_mixture,
        estimate::Sample,
        expected::Expected,
        regimes::read_regimes,
        simulate::{Family, Simulator},
    },
    checkpoint::Checkpoints,
    config::Config,
    evaluate::{Summary, gallery::Gallery},
    matrix::{Plan, Store, plan::Request},
    report,
    run_dir::{EventLog, Manifest, RunDir, read_events, read_json},
};
use counterfoil_graph::Admg;
use proptest::prelude::*;

/// A seed of the fuzzers.
macro_rules! seed {
    ($name:literal) => {
        include_str!(concat!("../fuzz/seeds/", $name))
    };
}

const GRAPH: &str =
    "digraph { thickness [low=1, high=6]; intensity [low=64, high=255]; thickness -> intensity }";

/// The file of a run that a seed holds, whose first line is the name.
fn named(seed: &'static str) -> (&'static str, &'static str) {
    seed.split_once('\n').unwrap_or_default()
}

const RUN: [&str; 6] = [
    seed!("run/manifest.txt"),
    seed!("run/summary.txt"),
    seed!("run/gallery.txt"),
    seed!("run/calibration.txt"),
    seed!("run/events.txt"),
    seed!("run/graph.txt"),
];

/// A text some of whose characters are replaced, taken out or doubled, or that ends too early.
fn damaged(text: &'static str) -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0..9, "[-a-c{}\\[\\]=:,\" 0-9.]");
    prop::collection::vec(edit, 1..5).prop_map(|edits| {
        let mut text: Vec<char> = text.chars().collect();
        for (place, kind, with) in edits {
            let place = place.index(text.len());
            match kind {
                0 if place > 0 => text.truncate(place),
                1..4 if text.len() > 1 => drop(text.remove(place)),
                4..6 => text.insert(place, text[place]),
                _ => text[place] = with.chars().next().unwrap_or(' '),
            }
        }
        text.into_iter().collect()
    })
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("tiny.dot", GRAPH);
        folder.write("base.toml", seed!("config/tiny.toml"));
        folder.write("tiny.toml", seed!("config/tiny.toml"));
        folder
    }

    /// A whole run, of which one checkpoint lacks its tensors.
    fn with_run() -> (Self, RunDir) {
        let folder = Self(tempfile::tempdir().unwrap());
        for seed in RUN.into_iter().chain([seed!("run/best.txt")]) {
            let (name, text) = named(seed);
            folder.write(name, text);
        }
        folder.write("checkpoints/step-4/state.json", named(seed!("run/state.txt")).1);
        folder.write("cells/cell.json", named(seed!("run/cell.txt")).1);
        let path = folder.0.path();
        let run = RunDir::open(path, path.to_str().unwrap()).unwrap();
        (folder, run)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(&path, text).unwrap();
        path
    }
}

/// Bad input in one line that names the file.
fn refused<T>(read: Result<T, ExperimentError>, file: &Path) -> Result<Option<T>, TestCaseError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) => {
            let said = error.to_string();
            prop_assert_eq!((said.lines().count(), error.exit_status()), (1, 2), "{}", said);
            let name = file.file_name().unwrap().to_str().unwrap();
            prop_assert!(
                said.contains(name) || said.contains("--set"),
                "{} does not name {}",
                said,
                name
            );
            Ok(None)
        }
    }
}

fn read_run_file(name: &str, run: &RunDir) -> Result<(), TestCaseError> {
    let file = run.file(name);
    match name {
        "manifest.json" => refused(Manifest::read(run.path()), &file).map(drop),
        "summary.json" => refused(read_json::<Summary>(&file), &file).map(drop),
        "calibration.json" => refused(read_json::<Calibration>(&file), &file).map(drop),
        "events.jsonl" => {
            let Some(events) = refused(read_events(run.path()), &file)? else { return Ok(()) };
            // What a resume keeps of them is their beginning.
            EventLog::open(run.path(), 2).unwrap();
            let kept = read_events(run.path()).unwrap();
            prop_assert_eq!(&kept[..], &events[..kept.len()]);
            Ok(())
        }
        "samples/gallery.json" => {
            let read = refused(read_json::<Gallery>(&file), &file)?;
            let _ = read.map(|gallery| gallery.sheet(&gallery.grid).is_ok());
            Ok(())
        }
        _ => Ok(()),
    }
}

#[test]
fn the_seeds_of_the_fuzzers_are_read() {
    let folder = Folder::new();
    Config::load(&folder.write("a.toml", seed!("config/tiny.toml")), None, &[]).unwrap();
    let request = Request { preset: None, set: Vec::new() };
    let plan = Plan::load(&folder.write("t.toml", seed!("table/table.toml")), &request).unwrap();
    assert_eq!(plan.cells.len(), 6);
    Expected::read(&folder.write("e.json", seed!("expected/gaussian.json"))).unwrap();
    let abc: Admg = "a -> b; b -> c; a <-> c".parse().unwrap();
    read_regimes(&folder.write("r.json", seed!("regimes/two.json")), &abc).unwrap();
    let xyz: Admg = "Z -> X; X -> Y; Z -> Y".parse().unwrap();
    Sample::read(&folder.write("c.csv", seed!("rows/categories.csv")), &xyz).unwrap();
    for model in [seed!("rows/tables.json"), seed!("rows/graph.txt")] {
        Simulator::read(&folder.write("m", model), Family::Linear, 1).unwrap();
    }
    read_mixture(Some(&folder.write("x.json", seed!("rows/mixture.json")))).unwrap();

    let (_folder, run) = Folder::with_run();
    for seed in RUN {
        read_run_file(named(seed).0, &run).unwrap();
    }
    let checkpoints = Checkpoints::of(run.path());
    assert_eq!(checkpoints.latest("f").unwrap().unwrap().state().step, 4);
    assert_eq!(checkpoints.best("f").unwrap().unwrap().state().step, 4);
    let store = Store::new(run.file("cells"), run.file("failures"));
    assert_eq!(store.all().unwrap().len(), 1);
    let page = fs_err::read_to_string(report::write(&run).unwrap()).unwrap();
    assert!(page.contains("do(thickness)") && !page.contains("cannot be read"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_config_is_refused_or_reads_back(
        text in prop_oneof![damaged(seed!("config/tiny.toml")), damaged(seed!("config/extends.toml"))],
        set in prop::option::of("(training|model|data)?\\.?(steps|batch|width|split)?=?[-0-9a-z.\\[\\],]{0,6}"),
    ) {
        let folder = Folder::new();
        // Overrides of the fuzzers' seeds are no part of a file.
        let text: Vec<&str> = text.lines().filter(|line| !line.starts_with("--set")).collect();
        let file = folder.write("child.toml", &text.join("\n"));
        let set: Vec<String> = set.into_iter().collect();
        match Config::load(&file, None, &set) {
            Ok(config) => {
                let kept = folder.write("kept/config.toml", &config.to_toml().unwrap());
                folder.write("kept/graph.dot", config.graph_text());
                let again = Config::load(&kept, None, &[]).unwrap();
                prop_assert_eq!(again.hash(), config.hash());
            }
            // A graph or a file that it names may be the one at fault.
            Err(error) => {
                let said = error.to_string();
                prop_assert_eq!((said.lines().count(), error.exit_status()), (1, 2), "{}", said);
            }
        }
    }

    #[test]
    fn any_table_is_read_or_refused(text in damaged(seed!("table/table.toml"))) {
        let folder = Folder::new();
        let file = folder.write("table.toml", &text);
        if let Err(error) = Plan::load(&file, &Request { preset: None, set: Vec::new() }) {
            let said = error.to_string();
            prop_assert_eq!((said.lines().count(), error.exit_status()), (1, 2), "{}", said);
        }
    }

    #[test]
    fn any_file_of_a_question_is_read_or_refused(
        expected in damaged(seed!("expected/gaussian.json")),
        regimes in damaged(seed!("regimes/two.json")),
        rows in damaged(seed!("rows/categories.csv")),
        tables in damaged(seed!("rows/tables.json")),
        statements in damaged(seed!("rows/graph.txt")),
        mixture in damaged(seed!("rows/mixture.json")),
    ) {
        let folder = Folder::new();
        let file = folder.write("e.json", &expected);
        if let Some(read) = refused(Expected::read(&file), &file)? {
            read.write(&file).unwrap();
            prop_assert_eq!(Expected::read(&file).unwrap(), read);
        }
        let file = folder.write("r.json", &regimes);
        refused(read_regimes(&file, &"a -> b; b -> c; a <-> c".parse().unwrap()), &file)?;
        let file = folder.write("c.csv", &rows);
        refused(Sample::read(&file, &"Z -> X; X -> Y; Z -> Y".parse().unwrap()), &file)?;
        for model in [tables, statements] {
            let file = folder.write("m.any", &model);
            refused(Simulator::read(&file, Family::Linear, 1), &file)?;
        }
        let file = folder.write("x.json", &mixture);
        refused(read_mixture(Some(&file)), &file)?;
    }

    /// The report says what is wrong with a file instead of failing, unless it is the manifest.
    #[test]
    fn a_damaged_file_of_a_run_is_read_or_refused(
        (place, text) in (0..RUN.len()).prop_flat_map(|k| (Just(k), damaged(named(RUN[k]).1))),
    ) {
        let (folder, run) = Folder::with_run();
        let (name, _) = named(RUN[place]);
        folder.write(name, &text);
        read_run_file(name, &run)?;
        let written = report::write(&run);
        prop_assert!(written.is_ok() || name == "manifest.json", "{:?}", written);
    }

    #[test]
    fn a_damaged_state_is_read_or_refused(
        state in damaged(named(seed!("run/state.txt")).1),
        best in damaged(named(seed!("run/best.txt")).1),
        cell in damaged(named(seed!("run/cell.txt")).1),
    ) {
        let (folder, run) = Folder::with_run();
        let checkpoints = Checkpoints::of(run.path());
        folder.write("best.json", &best);
        let found = checkpoints.best("f");
        prop_assert!(found.as_ref().err().is_none_or(|error| error.exit_status() == 2), "{:?}", found);
        let file = folder.write("checkpoints/step-4/state.json", &state);
        refused(checkpoints.latest("f"), file.parent().unwrap())?;
        // A record that cannot be read is none.
        folder.write("cells/cell.json", &cell);
        Store::new(run.file("cells"), run.file("failures")).all().unwrap();
    }
}
