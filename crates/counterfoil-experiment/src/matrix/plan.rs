//! The file of a table: which experiments, methods and seeds, checked before anything runs.
//!
//! ```toml
//! kind = "table"
//! [table]
//! name = "table"
//! preset = "quick"
//! [[matrix]]
//! experiments = ["digits", "pendulum"]
//! methods = ["default", "parity"]
//! seeds = [0, 1, 2]
//! [[matrix]]
//! label = "Ours less one step"
//! experiments = ["digits"]
//! methods = ["default"]
//! ablations = [{ name = "no calibration", set = ["counterfactual.calibrated=false"] }]
//! [[matrix]]
//! label = "Fewer labels"
//! experiments = ["pendulum"]
//! sweep = { key = "data.labelled", values = [1.0, 0.1, 0.01], logarithm = true }
//! ```

use std::path::{Path, PathBuf};

use super::{
    figures::World,
    file::{Group, Head, Origin, is_taken, key_of, parsed},
    sweep::{self, Place},
};
use crate::{
    actions::perform,
    config::{Config, Method, locate},
    error::{ExperimentError, Result, suggestion},
    plot::Axis,
};

/// The least that shows whether a network can be built: three images of a world, one for each part.
const SMALLEST: [&str; 5] = [
    "data.count=3",
    "data.split=[1, 1, 1]",
    "training.batch=1",
    "evaluation.images=1",
    "evaluation.tenfold_images=1",
];

/// What is laid over the file by its caller.
#[derive(Clone, Debug, Default)]
pub struct Request<'a> {
    /// A preset of the table's file.
    pub preset: Option<&'a str>,
    /// `--set` overrides of every cell; `data.dir` concerns those alone that read a folder.
    pub set: Vec<String>,
}

/// A checked table: its cells, and how they stand in rows and sections.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The name, which its page and its folder have.
    pub name: String,
    /// The preset of the table's file that was asked for.
    pub preset: Option<String>,
    /// The folder whose `docs` its cells and its Markdown belong into, above that of its file; nothing where it is not
    /// published, as when its caller changes what the file says.
    pub publish: Option<PathBuf>,
    /// One section for each experiment of each group.
    pub sections: Vec<Section>,
    /// Every run once, in the order in which they are worth having.
    pub cells: Vec<Cell>,
}

/// The methods of one experiment side by side.
#[derive(Clone, Debug)]
pub struct Section {
    /// The experiment.
    pub experiment: String,
    /// What the file calls the group.
    pub label: Option<String>,
    /// Methods and ablations.
    pub rows: Vec<Row>,
    /// What its rows vary, where they are a sweep.
    pub axis: Option<Axis>,
    /// What columns know of the experiment's world.
    pub world: World,
}

/// One method or ablation over its seeds.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it is called.
    pub name: String,
    /// Keys that an ablation sets, as texts.
    pub set: Vec<String>,
    /// Where it stands in a sweep.
    pub place: Option<Place>,
    /// Places in [`Plan::cells`], one a seed.
    pub cells: Vec<usize>,
}

/// One run.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The experiment.
    pub experiment: String,
    /// Its file.
    pub file: PathBuf,
    /// Its preset.
    pub preset: Option<String>,
    /// The method, or the ablation's name.
    pub name: String,
    /// The method.
    pub method: String,
    /// Overrides, the method and the seed among them.
    pub set: Vec<String>,
    /// The seed.
    pub seed: u64,
    /// The hash of the resolved config.
    pub hash: String,
    /// Minutes that the file expects it to take.
    pub minutes: f64,
    /// Why it cannot run here.
    pub blocked: Option<String>,
}

impl Plan {
    /// Reads a table's file and resolves the config of every cell.
    ///
    /// # Errors
    /// When the file cannot be read or is not a table, when a key is unknown or out of bounds, and when an experiment, a
    /// preset, a method or a key of a cell does not exist or makes no network; file and key are named.
    pub fn load(path: &Path, request: &Request<'_>) -> Result<Self> {
        let mut file = parsed(path, request.preset)?;
        let origin = Origin(path.display().to_string());
        if let Some(text) = request.set.iter().find(|text| is_taken(text)) {
            return Err(ExperimentError::InvalidKey {
                origin: format!("--set {text}"),
                key: text.split('=').next().unwrap_or_default().to_owned(),
                reason: "is what the rows of a table differ in: choose rows with --only".into(),
            });
        }
        origin.check_head(&file.table)?;
        if file.matrix.is_empty() {
            return Err(origin.wrong("matrix", "has no groups: add one under [[matrix]]"));
        }
        let maker = Maker { path, origin: &origin, head: &file.table, request };
        let mut sections = Vec::new();
        let mut found = Vec::new();
        for (place, group) in file.matrix.iter_mut().enumerate() {
            sweep::spread(&origin, place, group)?;
            origin.check_group(place, group)?;
            for experiment in &group.experiments {
                let section = maker.section(place, group, experiment, &mut found)?;
                if sections.iter().any(|s: &Section| same_title(s, &section)) {
                    let key = format!("matrix[{place}].experiments");
                    let reason = format!(
                        "names {experiment} again under the same label: add to the first group, or give \
                         this one another `label`"
                    );
                    return Err(origin.wrong(&key, &reason));
                }
                sections.push(section);
            }
        }
        let cells = ordered(found, &mut sections);
        Ok(Self {
            name: file.table.name,
            preset: request.preset.map(str::to_owned),
            publish: (file.table.publish && request.set.iter().all(|text| is_data_dir(text)))
                .then(|| above(path)),
            sections,
            cells,
        })
    }

    /// The name of the folder in which a table that is not published keeps its cells and its page.
    pub fn folder(&self) -> String {
        match &self.preset {
            Some(preset) => format!("{}-{preset}", self.name),
            None => self.name.clone(),
        }
    }
}

/// Whether an override says where data lie, which changes no outcome.
fn is_data_dir(text: &str) -> bool {
    key_of(text) == "data.dir"
}

/// The folder above the one that a file lies in, as its path has it.
fn above(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new(""));
    match folder.parent() {
        Some(above) if folder.file_name().is_some() => above.to_owned(),
        _ => folder.join(".."),
    }
}

fn same_title(a: &Section, b: &Section) -> bool {
    (&a.experiment, &a.label) == (&b.experiment, &b.label)
}

/// Makes cells out of groups, naming file and key of each mistake.
struct Maker<'a> {
    path: &'a Path,
    origin: &'a Origin,
    head: &'a Head,
    request: &'a Request<'a>,
}

/// A method or ablation before it is crossed with experiments and seeds.
struct Variant<'a> {
    /// The key that names it.
    key: String,
    name: &'a str,
    method: &'a str,
    set: &'a [String],
    place: Option<&'a Place>,
    ablation: bool,
}

/// A cell with the place that it takes in the order.
struct Placed {
    /// Which of its row's seeds, group, experiment, row.
    order: [usize; 4],
    /// Section and row.
    row: [usize; 2],
    cell: Cell,
}

impl Maker<'_> {
    /// The rows of one experiment of a group; its cells go to `found`.
    fn section(
        &self,
        place: usize,
        group: &Group,
        experiment: &str,
        found: &mut Vec<Placed>,
    ) -> Result<Section> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let file = locate(folder, experiment).map_err(|error| {
            self.origin
                .wrong(&format!("matrix[{place}].experiments"), &format!("is wrong: {error}"))
        })?;
        let section = found.iter().map(|p| p.row[0] + 1).max().unwrap_or(0);
        let mut rows = Vec::new();
        let mut world = None;
        for (number, variant) in variants(place, group).enumerate() {
            for (turn, &seed) in group.seeds.iter().enumerate() {
                let laid = |own: &[String]| {
                    let mut set = vec![format!("method={}", variant.method)];
                    set.extend_from_slice(&group.set);
                    set.extend_from_slice(own);
                    set.extend_from_slice(&self.request.set);
                    set.push(format!("experiment.seed={seed}"));
                    set
                };
                let (config, set) = self.config(&file, &variant, experiment, laid(variant.set))?;
                if turn == 0 {
                    self.check_network(&file, &variant, experiment, &config, &set)?;
                    // The first row is the method itself; an ablation may set another graph.
                    world.get_or_insert_with(|| World::of(config.graph()));
                    if variant.ablation {
                        let (plain, _) = self.config(&file, &variant, experiment, laid(&[]))?;
                        if plain.hash() == config.hash() {
                            let reason = format!(
                                "changes nothing in {experiment}: it sets what `{}` has",
                                variant.method
                            );
                            return Err(self
                                .origin
                                .wrong(&format!("{}.set", variant.key), &reason));
                        }
                    }
                }
                let cell = Cell {
                    experiment: experiment.to_owned(),
                    file: file.clone(),
                    preset: self.head.preset.clone(),
                    name: variant.name.to_owned(),
                    method: variant.method.to_owned(),
                    blocked: blocked(&config),
                    set,
                    seed,
                    hash: config.hash().to_owned(),
                    minutes: group.minutes.unwrap_or(self.head.minutes),
                };
                let order = [turn, place, section, number];
                found.push(Placed { order, row: [section, number], cell });
            }
            let (name, set) = (variant.name.to_owned(), variant.set.to_vec());
            rows.push(Row { name, set, place: variant.place.cloned(), cells: Vec::new() });
        }
        let (experiment, label) = (experiment.to_owned(), group.label.clone());
        let axis = group.sweep.as_ref().map(sweep::Sweep::axis);
        Ok(Section { experiment, label, rows, axis, world: world.unwrap_or_default() })
    }

    /// The config of a cell, and its overrides: a folder of data is none of a world's.
    fn config(
        &self,
        file: &Path,
        variant: &Variant<'_>,
        experiment: &str,
        mut set: Vec<String>,
    ) -> Result<(Config, Vec<String>)> {
        let methods: Vec<&str> = Method::ALL.iter().map(|m| m.name()).collect();
        if !methods.contains(&variant.method) {
            let hint = suggestion(variant.method, &methods);
            let reason = format!("names no method `{}`{hint}", variant.method);
            return Err(self.origin.wrong(&variant.key, &reason));
        }
        let load = |set: &[String]| {
            Config::load(file, self.head.preset.as_deref(), set)
                .map_err(|error| self.inner(variant, experiment, &error))
        };
        let config = load(&set)?;
        if !config.data().kind.is_world() || config.data().dir.is_none() {
            return Ok((config, set));
        }
        set.retain(|text| !is_data_dir(text));
        Ok((load(&set)?, set))
    }

    /// Whether the network can be built, as far as that shows without a folder of data.
    fn check_network(
        &self,
        file: &Path,
        variant: &Variant<'_>,
        experiment: &str,
        config: &Config,
        set: &[String],
    ) -> Result<()> {
        if !config.data().kind.is_world() {
            return Ok(());
        }
        let set = set.iter().cloned().chain(SMALLEST.map(str::to_owned)).collect();
        let preset = self.head.preset.as_deref();
        let request = perform::Request { file, preset, set, arguments: Vec::new() };
        perform::Plan::new(&request).map_err(|error| self.inner(variant, experiment, &error))?;
        Ok(())
    }

    fn inner(
        &self,
        variant: &Variant<'_>,
        experiment: &str,
        error: &ExperimentError,
    ) -> ExperimentError {
        let reason = format!("cannot run {experiment} with `{}`: {error}", variant.name);
        self.origin.wrong(&variant.key, &reason)
    }
}

/// The methods of a group, then its ablations.
fn variants(place: usize, group: &Group) -> impl Iterator<Item = Variant<'_>> {
    let methods = group.methods.iter().enumerate().map(move |(k, method)| Variant {
        key: format!("matrix[{place}].methods[{k}]"),
        name: method,
        method,
        set: &[],
        place: None,
        ablation: false,
    });
    let ablations = group.ablations.iter().enumerate().map(move |(k, ablation)| Variant {
        key: format!("matrix[{place}].ablations[{k}]"),
        name: &ablation.name,
        method: ablation.method.as_deref().unwrap_or(Method::Default.name()),
        set: &ablation.set,
        // One of the values of a sweep may well be what the method has.
        ablation: ablation.place.is_none(),
        place: ablation.place.as_ref(),
    });
    methods.chain(ablations)
}

/// Why a cell cannot run: its data are not here.
fn blocked(config: &Config) -> Option<String> {
    let dir = config.data().dir.as_ref().filter(|_| !config.data().kind.is_world())?;
    (!dir.is_dir()).then(|| {
        let dir = dir.display();
        format!("its data are not here (no folder {dir}): name it with --set data.dir=FOLDER")
    })
}

/// Every cell once, the first seeds of all rows first; rows learn where their cells are.
fn ordered(mut found: Vec<Placed>, sections: &mut [Section]) -> Vec<Cell> {
    found.sort_by_key(|placed| placed.order);
    let mut cells: Vec<Cell> = Vec::new();
    for Placed { row: [section, row], cell, .. } in found {
        let place = cells.iter().position(|c| c.hash == cell.hash).unwrap_or_else(|| {
            cells.push(cell);
            cells.len() - 1
        });
        sections[section].rows[row].cells.push(place);
    }
    cells
}
