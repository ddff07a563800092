//! One TOML file describes one experiment; what a run reads is its checked form, which cannot be wrong.
//!
//! The way of a value is `defaults <- method <- file <- [preset.NAME] <- --set a.b=v`, each layer overwriting the one
//! before it (`layers`); the key `method` names a set of defaults (`method`), and a table `[for.METHOD]` of a file or a
//! preset is laid over it when that is the method. The outcome is parsed into plain sections (`sections`) that refuse keys they do not know, and
//! [`Config::load`] ends with the one check that looks at values. A [`Config`] can only be had through it.

mod check;
mod extends;
pub(crate) mod layers;
mod method;
mod sections;

use std::path::{Path, PathBuf};

use counterfoil_autoencoder::Architecture;
use counterfoil_data::Dataset;
use counterfoil_graph::Dag;

pub use method::Method;
pub use sections::{
    DataKind, DataSection, EvaluationSection, ExperimentSection, Parts, Sections, TrainingSection,
};

use crate::error::{ExperimentError, Result, suggestion};

/// The file of a resolved config inside a run directory.
pub const CONFIG_FILE: &str = "config.toml";
/// The file of the causal graph inside a run directory.
pub const GRAPH_FILE: &str = "graph.dot";

/// A checked experiment: sections whose values are in bounds, and the causal graph they name.
#[derive(Clone, Debug)]
pub struct Config {
    sections: Sections,
    declared: Dag,
    graph: Dag,
    graph_text: String,
    hash: String,
}

impl Config {
    /// Reads `file`, lays the named preset and the `--set` overrides over it, and checks the outcome.
    ///
    /// `set` holds texts `a.b=value`; a value that is not TOML is taken as a string. The graph is looked for beside
    /// the file, the data folder from the caller's own directory.
    ///
    /// # Errors
    /// When the file cannot be read or is not TOML, when the preset is not in it, when a key is unknown (the nearest
    /// known one is named), or when a value has the wrong type or is out of bounds. A mistake in a preset that is not
    /// asked for is an error too.
    pub fn load(file: &Path, preset: Option<&str>, set: &[String]) -> Result<Self> {
        let sections = layers::resolve(file, preset, set)?;
        check::check(sections, file)
    }

    /// The sections: every value, defaults included.
    pub fn sections(&self) -> &Sections {
        &self.sections
    }

    /// Who and with which seed.
    pub fn experiment(&self) -> &ExperimentSection {
        &self.sections.experiment
    }

    /// The images, their number and their split.
    pub fn data(&self) -> &DataSection {
        &self.sections.data
    }

    /// The network that the config describes, for images of a shape `[channels, height, width]` and a number of classes.
    ///
    /// # Errors
    /// When the sizes do not fit each other, the graph or the images; the key is named.
    pub fn architecture(&self, image: [usize; 3], classes: usize) -> Result<Architecture> {
        Ok(Architecture::check(&self.sections.model, &self.graph, image, classes)?)
    }

    /// The network for a data set. What else of the config depends on the data is checked too, so that a mistake in what comes
    /// after training does not wait until then.
    pub(crate) fn fitted_to(&self, data: &Dataset) -> Result<Architecture> {
        let architecture = self.architecture(data.images().image_shape(), data.class_count())?;
        self.sections.counterfactual.grid(&architecture)?;
        Ok(architecture)
    }

    /// The optimiser and its budgets.
    pub fn training(&self) -> &TrainingSection {
        &self.sections.training
    }

    /// What is measured on the held-out part, and on how much of it.
    pub fn evaluation(&self) -> &EvaluationSection {
        &self.sections.evaluation
    }

    /// The causal graph of the model.
    pub fn graph(&self) -> &Dag {
        &self.graph
    }

    /// The causal graph with the hidden causes that its file declares, which no model has blocks for.
    pub fn declared(&self) -> &Dag {
        &self.declared
    }

    /// The causal graph as its file has it, comments included.
    pub fn graph_text(&self) -> &str {
        &self.graph_text
    }

    /// blake3 of the resolved config, in hexadecimal: of everything that decides the outcome, so the graph's content
    /// counts and its path does not, nor does the folder that holds the data (their own hash is in the manifest).
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The first eight digits of [`Config::hash`].
    pub fn hash8(&self) -> &str {
        &self.hash[..8]
    }

    /// The resolved config as it is kept in a run directory, with the graph beside it under [`GRAPH_FILE`].
    ///
    /// Reading it back gives this config again, with the same hash.
    ///
    /// # Errors
    /// When a value has no form in TOML, which no checked config has.
    pub fn to_toml(&self) -> Result<String> {
        let kept = Sections { graph: PathBuf::from(GRAPH_FILE), ..self.sections.clone() };
        kept.to_toml()
    }
}

/// The file of an experiment that is given by path or by name (`digits` is `DIR/digits.toml`).
///
/// # Errors
/// When there is no such file; the names of `dir` that are near are suggested.
pub fn locate(dir: &Path, experiment: &str) -> Result<PathBuf> {
    let path = PathBuf::from(experiment);
    if path.is_file() {
        return Ok(path);
    }
    if path.components().count() > 1 || path.is_dir() {
        let what = if path.is_dir() { "is a folder" } else { "is no file" };
        return Err(ExperimentError::Unreadable {
            message: format!("{experiment} {what}"),
            hint: ": name the TOML file of an experiment",
        });
    }
    let named = dir.join(format!("{experiment}.toml"));
    if named.is_file() {
        return Ok(named);
    }
    let mut names: Vec<String> = fs_err::read_dir(dir)
        .map(|entries| {
            entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.extension().is_some_and(|e| e == "toml"))
                .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
                .collect()
        })
        .unwrap_or_default();
    names.sort();
    Err(ExperimentError::Unknown {
        what: "experiment",
        name: experiment.to_owned(),
        place: dir.display().to_string(),
        hint: suggestion(experiment, &names),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
graph = "g.dot"
[experiment]
name = "tiny"
[data]
kind = "digits"
count = 100
split = [80, 10, 10]
[training]
steps = 100
batch = 8
[evaluation]
images = 10
tenfold_images = 2
[preset.long.training]
steps = 900
"#;

    /// File, preset, overrides, and what the sentence must hold.
    type Case<'a> = (String, Option<&'a str>, &'a [&'a str], &'a [&'a str]);

    /// A folder with a config file and its graph.
    fn folder(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let graph = "digraph { thickness [low=1, high=6]; intensity [low=64, high=255]; \
                     thickness -> intensity; }";
        fs_err::write(folder.path().join("g.dot"), graph).unwrap();
        let file = folder.path().join("tiny.toml");
        fs_err::write(&file, text).unwrap();
        (folder, file)
    }

    fn load(text: &str, preset: Option<&str>, set: &[&str]) -> Result<Config> {
        let (_folder, file) = folder(text);
        let set: Vec<String> = set.iter().map(|&s| s.to_owned()).collect();
        Config::load(&file, preset, &set)
    }

    fn message(text: &str, preset: Option<&str>, set: &[&str]) -> String {
        let error = load(text, preset, set).unwrap_err();
        assert_eq!(error.exit_status(), 2, "{error}");
        let message = error.to_string();
        assert!(!message.contains('\n'), "one sentence: {message}");
        message
    }

    #[test]
    fn later_layers_win() {
        let steps = |preset, set: &[&str]| load(FILE, preset, set).unwrap().training().steps;
        assert_eq!(steps(None, &[]), 100);
        assert_eq!(steps(Some("long"), &[]), 900);
        assert_eq!(steps(Some("long"), &["training.steps=77", "training.steps=78"]), 78);
        assert_eq!(load(FILE, None, &[]).unwrap().training().clip, 1.0);
    }

    /// A method is weaker than anything that is written, and what a layer says to one method is for it alone.
    #[test]
    fn a_method_gives_defaults() {
        use counterfoil_autoencoder::Code;
        let parity = load(FILE, None, &["method=parity"]).unwrap();
        let sections = parity.sections();
        assert_eq!(sections.method, Method::Parity);
        assert_eq!((sections.model.code, sections.objective.parity), (Code::Exogenous, true));
        assert!(sections.counterfactual.fresh_noise && !sections.counterfactual.calibrated);
        let by_set = load(FILE, None, &["objective.warm_up=0.25", "method=parity"]).unwrap();
        assert_eq!(by_set.sections().objective.warm_up, 0.25);
        let text = format!(
            "method = \"parity\"\n{FILE}[objective]\nteach_labels = 0.5\n\
             [preset.long.objective]\nwarm_up = 0.5\n\
             [for.parity.objective]\nu_weight = 2.0\n[for.default.objective]\nu_weight = 3.0\n\
             [preset.long.for.parity.objective]\nlabel_weight = 4.0\n"
        );
        let objective =
            |preset, set: &[&str]| load(&text, preset, set).unwrap().sections().objective;
        let own = objective(None, &[]);
        assert_eq!((own.teach_labels, own.warm_up, own.u_weight), (0.5, 1.0, 2.0));
        let long = objective(Some("long"), &[]);
        assert_eq!((long.warm_up, long.u_weight, long.label_weight), (0.5, 2.0, 4.0));
        assert_eq!(objective(None, &["method=default"]).u_weight, 3.0);
        assert_eq!(objective(None, &["objective.u_weight=5"]).u_weight, 5.0);

        // What a run keeps reads back as itself, also where a method's key was set to what it is without the method.
        let set = ["method=parity", "counterfactual.calibrated=true"];
        let config = load(FILE, None, &set).unwrap();
        let (kept, file) = folder(&config.to_toml().unwrap());
        fs_err::write(kept.path().join(GRAPH_FILE), config.graph_text()).unwrap();
        let back = Config::load(&file, None, &[]).unwrap();
        assert_eq!(
            (back.hash(), back.sections()),
            (config.hash(), &Sections { graph: GRAPH_FILE.into(), ..config.sections().clone() })
        );

        let said = message(FILE, None, &["method=pariti"]);
        assert!(said.contains("`method`") && said.contains("`parity`?"), "{said}");
        let said = message(&format!("{FILE}[for.odd.model]\n"), None, &[]);
        assert!(said.contains("`for.odd` must name a method"), "{said}");
    }

    #[test]
    fn a_model_without_unlabelled_blocks_has_the_labelled_part_of_the_graph() {
        let (folder, file) = folder(FILE);
        let graph = "digraph { thickness [low=1, high=6]; style [role=unlabelled]; }";
        fs_err::write(folder.path().join("g.dot"), graph).unwrap();
        let names = |set: &[String]| {
            let config = Config::load(&file, None, set).unwrap();
            config.graph().variables().map(|v| v.name().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&[]), ["thickness", "style"]);
        assert_eq!(names(&["model.unlabelled_blocks=false".into()]), ["thickness"]);
    }

    #[test]
    fn a_value_that_is_not_toml_is_a_string() {
        let dir = |value: &str| {
            let set = [format!("data.dir={value}")];
            let (_folder, file) = folder(FILE);
            Config::load(&file, None, &set).unwrap().data().dir.clone().unwrap()
        };
        let here = std::env::current_dir().unwrap();
        assert_eq!(dir("a/b=c"), here.join("a/b=c"));
        assert_eq!(dir("\"x y\""), here.join("x y"));
        assert_eq!(dir("2 # no comment\nseed = 1"), here.join("2 # no comment\nseed = 1"));
        let config = load(FILE, None, &["data.split=[60, 20, 20]", "device=cpu"]).unwrap();
        assert_eq!(config.data().split, [60, 20, 20]);
    }

    /// Every mistake is one sentence with the layer, the key and the fix.
    #[test]
    fn mistakes_are_named() {
        let with = |more: &str| format!("{FILE}{more}");
        let cases: &[Case<'_>] = &[
            (
                with(""),
                Some("lnog"),
                &[],
                &["no preset `lnog`", "tiny.toml", "did you mean `long`?"],
            ),
            (
                with(""),
                None,
                &["training.lerning_rate=1"],
                &["--set training.lerning_rate=1: unknown key", "did you mean `learning_rate`?"],
            ),
            (with(""), None, &["trainin.steps=1"], &["`trainin`", "did you mean `training`?"]),
            (with(""), None, &["model.chanels=1"], &["--set", "unknown key `model.chanels`"]),
            (
                with("[preset.odd.data]\nsplits = 3"),
                None,
                &[],
                &["tiny.toml [preset.odd]", "unknown key `data.splits`", "`split`?"],
            ),
            (with("[extra]\n"), None, &[], &["tiny.toml: unknown key `extra`"]),
            (format!("preset.x = 3\n{FILE}"), None, &[], &["`preset.x` must be a table"]),
            (
                with(""),
                None,
                &["training.steps=many"],
                &["--set training.steps=many: `training.steps` is wrong", "string"],
            ),
            (with(""), None, &["training.steps=-1"], &["`training.steps` is wrong"]),
            (with(""), None, &["training.steps"], &["section.key=value"]),
            (with(""), None, &[".a=1"], &["section.key=value"]),
            (with(""), None, &["training.steps.x=1"], &["`training.steps` is a value"]),
            (with(""), None, &["data.kind=digit"], &["cannot be `digit`; did you mean `digits`?"]),
            (with("x = = 1"), None, &[], &["tiny.toml line", "not TOML"]),
            ("graph = 'g.dot'".into(), None, &[], &["`experiment` is missing"]),
            ("[experiment]\n".into(), None, &[], &["`experiment.name` is missing"]),
            (with(""), None, &["device=gpu"], &["tiny.toml: `device`", "unknown device `gpu`"]),
        ];
        for (text, preset, set, expected) in cases {
            let said = message(text, *preset, set);
            for part in *expected {
                assert!(said.contains(part), "{part:?} is not in {said:?}");
            }
        }
    }

    #[test]
    fn values_out_of_bounds_are_named_with_their_bounds() {
        for (set, expected) in [
            ("experiment.name=A b", "`experiment.name` is \"A b\""),
            ("training.steps=0", "at least 1"),
            ("training.batch=81", "at most 80"),
            ("training.batch=0", "at least 1"),
            ("training.warmup_steps=100", "below training.steps, which is 100"),
            ("training.learning_rate=0", "above 0"),
            ("training.learning_rate=inf", "above 0"),
            ("training.learning_rate=nan", "above 0"),
            ("training.final_learning_rate=1", "training.learning_rate, which is 0.001"),
            ("training.weight_decay=-1", "at least 0"),
            ("training.clip=0", "above 0"),
            ("training.ema_decay=1", "below 1"),
            ("training.log_every=0", "at least 1"),
            ("training.validate_every=0", "at least 1"),
            ("training.validation_images=0", "at least 1"),
            ("training.checkpoint_every=0", "at least 1"),
            ("training.keep=0", "at least 1"),
            ("training.wall_clock_minutes=0", "`inf` for none"),
            ("training.threads=5000", "at most 1024"),
            ("data.labelled=0", "above 0 and at most 1"),
            ("data.labelled=1.5", "above 0 and at most 1"),
            ("data.parts=published", "causalcircuit alone have published parts"),
            ("data.split=[80, 0, 10]", "three counts of at least 1"),
            ("data.split=[80, 20, 10]", "at least 110"),
            ("data.kind=morphomnist", "`data.count` is 100"),
            ("evaluation.images=11", "between 1 and 10"),
            ("evaluation.tenfold_images=11", "between 1 and evaluation.images"),
            ("evaluation.batch=0", "at least 1"),
            ("evaluation.resamples=0", "at least 1"),
            ("evaluation.oracle.steps=0", "at least 1"),
            ("evaluation.oracle.batch=0", "at least 1"),
            ("evaluation.oracle.learning_rate=-1", "above 0"),
        ] {
            let said = message(FILE, None, &[set]);
            assert!(said.contains(expected), "{set}: {expected:?} is not in {said:?}");
        }
        let said = message(FILE, None, &["data.kind=morphomnist", "data.count=0"]);
        assert!(said.contains("--set data.dir=FOLDER"), "{said}");
        let set = ["training.checkpoint_activations=true", "model.decoder=direct"];
        let said = message(FILE, None, &set);
        assert!(said.contains("must be false where the decoder"), "{said}");
        let said = message(FILE, None, &["training.read_images=8", "method=parity"]);
        assert!(said.contains("`training.read_images` is 8, it must be 0"), "{said}");
    }

    #[test]
    fn a_graph_at_fault_is_named_with_its_file() {
        let (folder, file) = folder(FILE);
        fs_err::write(folder.path().join("g.dot"), "digraph { a -> b; b -> a; }").unwrap();
        let said = Config::load(&file, None, &[]).unwrap_err().to_string();
        assert!(said.contains("g.dot"), "{said}");
        fs_err::remove_file(folder.path().join("g.dot")).unwrap();
        let error = Config::load(&file, None, &[]).unwrap_err();
        assert!(error.to_string().contains("g.dot"), "{error}");
        assert_eq!(error.exit_status(), 2);
        let error = Config::load(Path::new("nowhere.toml"), None, &[]).unwrap_err();
        assert!(error.to_string().contains("nowhere.toml"), "{error}");
        assert_eq!(error.exit_status(), 2);
    }

    /// Exact: what a run keeps is the config itself, wherever it is read from, and what it hides is what does not matter.
    #[test]
    fn the_resolved_config_reads_back_as_itself() {
        let set = ["data.dir=somewhere", "training.learning_rate=0.000123456789012345"];
        let config = load(FILE, Some("long"), &set).unwrap();
        let (kept, file) = folder(&config.to_toml().unwrap());
        fs_err::write(kept.path().join(GRAPH_FILE), config.graph_text()).unwrap();
        let back = Config::load(&file, None, &[]).unwrap();
        assert_eq!(back.hash(), config.hash());
        assert_eq!(back.data(), config.data());
        assert_eq!(back.training(), config.training());
        assert_eq!(back.hash8().len(), 8);

        let hash = |set: &[&str]| load(FILE, None, set).unwrap().hash().to_owned();
        assert_eq!(hash(&[]), hash(&["data.dir=elsewhere"]));
        assert_eq!(hash(&[]), hash(&["training.checkpoint_activations=true"]));
        assert_ne!(hash(&[]), hash(&["experiment.seed=1"]));
        let text = FILE.replace("g.dot", "h.dot");
        let (other, file) = folder(&text);
        let graph = "digraph { thickness [low=1, high=7]; intensity [low=64, high=255]; \
                     thickness -> intensity; }";
        fs_err::write(other.path().join("h.dot"), graph).unwrap();
        assert_ne!(hash(&[]), Config::load(&file, None, &[]).unwrap().hash());
    }

    #[test]
    fn experiments_are_found_by_name_or_path() {
        let (folder, file) = folder(FILE);
        assert_eq!(locate(folder.path(), "tiny").unwrap(), file);
        assert_eq!(locate(Path::new("none"), file.to_str().unwrap()).unwrap(), file);
        let said = locate(folder.path(), "tini").unwrap_err().to_string();
        assert!(said.contains("no experiment `tini`") && said.contains("`tiny`?"), "{said}");
    }
}
