//! A folder with two tiny experiments and a table, and something that pretends to run cells.

use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use counterfoil_experiment::{
    Result,
    matrix::{
        Board, Budget, Cell, Failure, Outcome, Places, Plan, child::Ended, perform, plan::Request,
        schedule::Runner,
    },
    progress::Silent,
    run_dir::RunDir,
};
use serde_json::{Value, json};

/// Two worlds, two methods, two seeds, and an ablation.
pub(crate) const TABLE: &str = r#"
kind = "table"
[table]
name = "tiny"
minutes = 2
publish = true
[[matrix]]
experiments = ["one", "two"]
methods = ["default", "parity"]
seeds = [0, 1]
[[matrix]]
label = "less a step"
experiments = ["one"]
methods = ["default"]
ablations = [{ name = "not calibrated", set = ["counterfactual.calibrated=false"] }]
minutes = 5
[preset.short.table]
publish = false
[[preset.short.matrix]]
experiments = ["two"]
methods = ["label-conditional"]
"#;

const EXPERIMENT: &str = r#"
graph = "tiny.dot"
[experiment]
name = "NAME"
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
[evaluation]
images = 8
tenfold_images = 2
[preset.long.training]
steps = 60
"#;

const GRAPH: &str = "digraph { thickness [low=1, high=5.8]; intensity [low=64, high=255]; \
                     style [role=unlabelled, width=4]; thickness -> intensity; }";

pub(crate) struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap() };
        bench.write("tiny.dot", GRAPH);
        for name in ["one", "two"] {
            bench.write(&format!("{name}.toml"), &EXPERIMENT.replace("NAME", name));
        }
        let real = EXPERIMENT
            .replace("NAME", "real")
            .replace("\"digits\"\ncount = 64", "\"morphomnist\"\ndir = \"nowhere\"");
        bench.write("real.toml", &real);
        bench
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs_err::write(&path, text).unwrap();
        path
    }

    pub(crate) fn load(&self, table: &str, preset: Option<&str>, set: &[&str]) -> Result<Plan> {
        let set = set.iter().map(|&text| text.to_owned()).collect();
        Plan::load(&self.write("table.toml", table), &Request { preset, set })
    }

    pub(crate) fn plan(&self) -> Plan {
        self.load(TABLE, None, &[]).unwrap()
    }

    pub(crate) fn places(&self, plan: &Plan) -> Places {
        let cells = self.path("cells");
        Places::new(plan, &self.path("runs"), Some(&cells), None)
    }

    /// Runs what is missing, or what `only` names.
    pub(crate) fn perform(
        &self,
        plan: &Plan,
        budget: Budget,
        only: &[&str],
        actor: &mut Actor<'_>,
    ) -> Outcome {
        let only: Vec<String> = only.iter().map(|&word| word.to_owned()).collect();
        let places = self.places(plan);
        perform(
            plan,
            &plan.select(&only).unwrap(),
            &places.store,
            budget,
            actor,
            &mut Silent,
            &AtomicBool::new(false),
            &mut || places.write(plan).map(drop),
        )
        .unwrap()
    }

    /// The table as it is shown now.
    pub(crate) fn board(&self, plan: &Plan) -> (Board, String, String) {
        let places = self.places(plan);
        let board = places.write(plan).unwrap();
        let read = |path: &Path| fs_err::read_to_string(path).unwrap();
        (board, read(&places.page), read(&places.markdown))
    }
}

/// What an [`Actor`] does with a cell.
pub(crate) enum Act {
    /// Ends with these changes of the summary of a real run.
    End(Value),
    /// Fails with this sentence.
    Fail(&'static str),
    /// Is interrupted.
    Stop,
}

/// Writes the run of each cell instead of training.
pub(crate) struct Actor<'a> {
    out: PathBuf,
    act: Box<dyn FnMut(&Cell) -> Act + 'a>,
    /// `EXPERIMENT/METHOD/SEED` of the cells that were run.
    pub(crate) ran: Vec<String>,
}

impl<'a> Actor<'a> {
    pub(crate) fn new(bench: &Bench, act: impl FnMut(&Cell) -> Act + 'a) -> Self {
        Self { out: bench.path("runs"), act: Box::new(act), ran: Vec::new() }
    }
}

impl Runner for Actor<'_> {
    fn run(&mut self, cell: &Cell, _: &AtomicBool) -> Result<Ended> {
        self.ran.push(format!("{}/{}/{}", cell.experiment, cell.name, cell.seed));
        match (self.act)(cell) {
            Act::Stop => Ok(Ended::Interrupted),
            Act::Fail(said) => {
                Ok(Ended::Failed(Failure { exit_status: Some(1), said: said.to_owned() }))
            }
            Act::End(changes) => Ok(Ended::Done(run(&self.out, cell, &changes))),
        }
    }
}

/// A run directory with a manifest, the summary of a real run with `changes`, and two images of noise.
pub(crate) fn run(out: &Path, cell: &Cell, changes: &Value) -> RunDir {
    let folder = out.join(&cell.experiment).join(&cell.hash);
    fs_err::create_dir_all(folder.join("samples")).unwrap();
    let mut summary: Value =
        serde_json::from_str(include_str!("../../../../docs/results/quick/digits-s0.json"))
            .unwrap();
    for (key, value) in changes.as_object().into_iter().flatten() {
        summary[key] = value.clone();
    }
    let manifest = json!({
        "schema": 1, "experiment": cell.experiment, "seed": cell.seed, "preset": null,
        "overrides": cell.set, "arguments": [], "parent": null, "config_hash": cell.hash,
        "git": {"revision": "0123456789", "dirty": false}, "counterfoil": "0.1.0",
        "lock_hash": null, "rustc": "r", "tch": null, "libtorch": "2",
        "cpu": {"model": "a <b> processor", "cores": 2, "avx2": true, "avx512": false, "bf16": false},
        "device": "cpu", "threads": 1, "data": {"digits": "d"}, "image_shape": [1, 2, 2],
        "classes": 10, "started": "2026-01-01T00:00:00.000Z", "sessions": [], "steps": 10,
        "training_s": 3.0, "stopped_by": "steps", "finished": null, "exit_status": 0,
    });
    let tile = |heading: &str| json!({"heading": heading, "caption": "", "pixels": "AIL/Bw=="});
    let gallery = json!({
        "shape": [1, 2, 2], "sweeps": [],
        "grid": [{
            "item": 3, "caption": "thickness <2>",
            "tiles": [tile("factual"), tile("do(thickness)"), tile("truth"), tile("difference")],
        }],
    });
    for (name, value) in
        [("manifest.json", manifest), ("summary.json", summary), ("samples/gallery.json", gallery)]
    {
        fs_err::write(folder.join(name), value.to_string()).unwrap();
    }
    RunDir::open(Path::new(""), folder.to_str().unwrap()).unwrap()
}
