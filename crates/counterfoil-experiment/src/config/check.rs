//! The one place that looks at the values of a config. What depends on the size of the images (`[model]` and `[counterfactual]`) is
//! checked where a run is made, before anything is written.

use std::path::Path;

use counterfoil_autoencoder::{Code, Objective, Prior, counterfactual::Reference};
use counterfoil_data::pendulum::GRID;
use counterfoil_graph::Dag;
use counterfoil_tensor::parse_device;

use super::{
    Config, DataKind, GRAPH_FILE,
    sections::{DataSection, Parts, Sections},
};
use crate::error::{ExperimentError, Result};

/// Height and width of a scene where the config says nothing.
const SIDE: usize = 48;
/// The same for CausalCircuit, whose 512 pixels it must divide.
const CIRCUIT_SIDE: usize = 64;
/// Images that a world may be asked for.
const DRAWN: usize = 10_000_000;

/// Checks every value, reads the graph that stands beside `file`, and makes the data folder absolute.
pub(super) fn check(mut sections: Sections, file: &Path) -> Result<Config> {
    let origin = file.display().to_string();
    let bounds = Bounds { origin: &origin };
    // Written out like any other default, so that another default changes no earlier run.
    let data = &mut sections.data;
    if data.kind.is_sized() {
        let circuit = data.kind == DataKind::CausalCircuit;
        data.side.get_or_insert(if circuit { CIRCUIT_SIDE } else { SIDE });
    }
    if data.kind.is_scene() {
        let usual = data.kind.variants().first().map(|variant| (*variant).to_owned());
        data.variant = data.variant.take().or(usual);
    }
    check_experiment(&sections, &bounds)?;
    check_data(&sections, &bounds)?;
    check_training(&sections, &bounds)?;
    check_evaluation(&sections, &bounds)?;
    parse_device(&sections.device).map_err(|error| ExperimentError::InvalidKey {
        origin: origin.clone(),
        key: "device".to_owned(),
        reason: format!("cannot be used: {error}"),
    })?;

    // A run is resumed from anywhere, so its config must not depend on the folder it was started in.
    if let Some(dir) = &mut sections.data.dir {
        *dir = std::path::absolute(&dir)?;
    }

    let graph_file = file.parent().unwrap_or(Path::new("")).join(&sections.graph);
    let graph_text = fs_err::read_to_string(&graph_file).map_err(ExperimentError::unreadable)?;
    let declared = Dag::from_dot(&graph_text).map_err(|error| ExperimentError::Graph {
        origin: graph_file.display().to_string(),
        error: Box::new(error),
    })?;

    // A model has no block for a hidden cause; its questions are held against the whole graph.
    let graph = declared.observed_part();
    let graph = if sections.model.unlabelled_blocks { graph } else { graph.labelled_part() };

    // What a size stands for is written out too, so that a later meaning of the size changes no earlier run.
    sections.model = sections.model.resolved(graph.len());
    Objective::new(&sections.objective, sections.training.steps, sections.experiment.seed)?;

    let objective = &sections.objective;
    let need = "\"fixed\" where the decoder or the mechanisms are shown labels' own codes: set objective.teach_labels and \
                objective.mechanism_labels to 0 and objective.fit_mechanisms_to_labels to false, as in method = \"parity\"";
    let shown = objective.teach_labels > 0.0
        || objective.mechanism_labels > 0
        || objective.fit_mechanisms_to_labels;
    let learned = sections.model.label_prior == Prior::Learned;
    bounds.ensure("model.label_prior", "learned", !(learned && shown), need)?;

    let strange = objective.teach_labels == 1.0 && sections.model.code == Code::Exogenous;
    let need = "below 1 with model.code = \"exogenous\", whose KL shrinks what the encoder writes: a decoder that is shown \
                labels' own codes alone never learns what those latents mean; set it to 0 and objective.decoder_shapes_labels \
                to true, as in method = \"parity\"";
    bounds.ensure("objective.teach_labels", objective.teach_labels, !strange, need)?;

    let again = sections.training.checkpoint_activations;
    let keeps = sections.model.decoder.draws_in_one_pass();
    let need = "false where the decoder is \"direct\" or \"hierarchical\": the UNet's activations alone can be computed again";
    bounds.ensure("training.checkpoint_activations", again, !(again && keeps), need)?;

    check_guidance(&sections, &graph, &bounds)?;

    let hash = hash(&sections, &graph)?;
    Ok(Config { sections, declared, graph, graph_text, hash })
}

/// Keys younger than the first runs, at the values that say what was so before them: they leave earlier hashes alone. What
/// changes no outcome stands here with all its values.
const NEUTRAL: &[&str] = &[
    "fit_mechanisms_to_labels = false",
    "labelled = 1.0",
    "labelled_share = 0.0",
    "read_images = 0",
    "parts = \"random\"",
    "method = \"default\"",
    "unlabelled_blocks = true",
    "fresh_noise = false",
    "calibrated = true",
    "directions = false",
    "decoder = \"diffusion\"",
    "remainder_scale = 0.25",
    "conditioning = \"added\"",
    "keep_residual = false",
    "clamp = false",
    "mechanism_depth = 1",
    "mechanism_activation = \"leaky-relu\"",
    "mechanism_labels = 0",
    "mechanism_rate = 1.0",
    "null_blocks = false",
    "drop_each = 0.0",
    "label_prior = \"fixed\"",
    "cycles = 1",
    "guidance_kept = 1.0",
    "guidance_reference = \"factual\"",
    "hierarchy_weight = 1.0",
    "predictor = []",
    "predictor_weight = 1.0",
    "anticausal = 0.0",
    "rollbacks = 2",
    "rollback_rate = 0.5",
    "explosion = 10.0",
    "checkpoint_activations = false",
    "checkpoint_activations = true",
];

/// blake3 of what decides the outcome: the graph by its content, the data by their own hash in the manifest.
fn hash(sections: &Sections, graph: &Dag) -> Result<String> {
    let mut what = sections.clone();
    what.graph = GRAPH_FILE.into();
    what.data.dir = None;
    let text = what.to_toml()?;
    let told = |line: &&str| !NEUTRAL.contains(line);
    let text: String = text.lines().filter(told).flat_map(|line| [line, "\n"]).collect();
    let text = text + &graph.to_dot();
    Ok(blake3::hash(text.as_bytes()).to_hex().to_string())
}

/// Builds the errors of one file.
struct Bounds<'a> {
    origin: &'a str,
}

impl Bounds<'_> {
    /// Fails unless `holds`; `need` says what a right value is.
    fn ensure<T: std::fmt::Debug>(
        &self,
        key: &str,
        value: T,
        holds: bool,
        need: &str,
    ) -> Result<()> {
        if holds {
            return Ok(());
        }
        Err(ExperimentError::InvalidKey {
            origin: self.origin.to_owned(),
            key: key.to_owned(),
            reason: format!("is {value:?}, it must be {need}"),
        })
    }

    fn at_least_one(&self, key: &str, value: u64) -> Result<()> {
        self.ensure(key, value, value >= 1, "at least 1")
    }
}

fn check_experiment(sections: &Sections, bounds: &Bounds<'_>) -> Result<()> {
    let name = &sections.experiment.name;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    let holds = !name.is_empty() && name.len() <= 64 && name.chars().all(plain);
    let need = "1 to 64 lower-case letters, digits, `-` or `_`, because it names a folder";
    bounds.ensure("experiment.name", name, holds, need)?;
    let seed = sections.experiment.seed;
    bounds.ensure("experiment.seed", seed, i64::try_from(seed).is_ok(), "below 2^63")
}

fn check_data(sections: &Sections, bounds: &Bounds<'_>) -> Result<()> {
    let data = &sections.data;
    let [train, validation, test] = data.split;
    let need = "three counts of at least 1: images to train on, to validate on, to test on";
    bounds.ensure("data.split", data.split, train.min(validation).min(test) >= 1, need)?;
    let share = data.labelled;
    let holds = share > 0.0 && share <= 1.0;
    bounds.ensure("data.labelled", share, holds, "above 0 and at most 1")?;
    let total = data.split.iter().try_fold(0usize, |sum, n| sum.checked_add(*n));
    bounds.ensure("data.split", data.split, total.is_some(), "counts whose sum is a number")?;
    let total = total.unwrap_or(usize::MAX);
    if data.kind.is_world() {
        let need = format!("at least {total}, the sum of data.split");
        bounds.ensure("data.count", data.count, data.count >= total, &need)?;
        let need = format!("at most {DRAWN}, as all images are held in memory");
        bounds.ensure("data.count", data.count, data.count <= DRAWN, &need)?;
    } else {
        bounds.ensure("data.count", data.count, data.count == 0, "left out for real data")?;
        let (holds, need) = match data.kind {
            DataKind::Own => (data.dir.is_none(), "left out: own data are in no folder"),
            _ => (
                data.dir.is_some(),
                "the folder that holds the files: give it with --set data.dir=FOLDER",
            ),
        };
        let given = data.dir.as_ref().map_or("missing".to_owned(), |dir| dir.display().to_string());
        bounds.ensure("data.dir", given, holds, need)?;
    }
    check_parts(data, bounds)?;
    let variants = data.kind.variants();
    if let Some(variant) = &data.variant {
        let need = match variants {
            [] => "left out: these data have one form".to_owned(),
            _ => format!("one of {}", variants.join(", ")),
        };
        bounds.ensure("data.variant", variant, variants.contains(&variant.as_str()), &need)?;
    }
    if data.kind.is_scalable() {
        if let Some(side) = data.side {
            let need = "between 8 and 1024 pixels";
            bounds.ensure("data.side", side, (8..=1024).contains(&side), need)?;
        }
    } else {
        let need = "left out: these images have a size of their own";
        bounds.ensure("data.side", data.side, data.side.is_none(), need)?;
    }
    let holds = !data.alpha || data.kind == DataKind::Pendulum;
    bounds.ensure("data.alpha", data.alpha, holds, "left out: the pendulum alone has it")?;
    Ok(())
}

/// Some data alone were published in parts. A grid is whole: fewer images are an end of it, further ones are doubles of
/// the first, which a split would put on both sides.
fn check_parts(data: &DataSection, bounds: &Bounds<'_>) -> Result<()> {
    let variant = data.variant.as_deref().unwrap_or_default();
    let grid = data.kind == DataKind::Pendulum && ["grid", "published"].contains(&variant);
    let need = format!("{GRID}, the whole grid, where data.variant is \"grid\" or \"published\"");
    bounds.ensure("data.count", data.count, !grid || data.count == GRID, &need)?;
    if data.parts == Parts::Random {
        return Ok(());
    }
    let parted = grid || matches!(data.kind, DataKind::PendulumFiles | DataKind::CausalCircuit);
    let need = "\"random\": the pendulum's variants grid and published, pendulum-files and causalcircuit alone have \
                published parts";
    bounds.ensure("data.parts", "published", parted, need)
}

/// A decoder can be guided away from what it was trained to draw without, and from nothing else.
fn check_guidance(sections: &Sections, graph: &Dag, bounds: &Bounds<'_>) -> Result<()> {
    let (objective, key) = (&sections.objective, "counterfactual.guidance_reference");
    let together = objective.drop_labelled > 0.0;
    let single = graph.labelled_part().len() == 1;
    match sections.counterfactual.guidance_reference {
        Reference::Factual => Ok(()),
        Reference::Null => {
            let need = "\"factual\" where the decoder is trained with all blocks: set objective.drop_each above 0, so that it \
                        knows null blocks beside others";
            let known = objective.drop_each > 0.0 || (together && single);
            bounds.ensure(key, "null", known, need)
        }
        Reference::AllNull => {
            let need = "\"factual\" where the decoder is trained with all blocks: set objective.drop_labelled above 0, so that \
                        it knows images of which it is told nothing";
            bounds.ensure(key, "all-null", together, need)
        }
    }
}

fn check_training(sections: &Sections, bounds: &Bounds<'_>) -> Result<()> {
    let t = &sections.training;
    for (key, value) in [
        ("training.steps", t.steps),
        ("training.batch", t.batch as u64),
        ("training.log_every", t.log_every),
        ("training.validate_every", t.validate_every),
        ("training.validation_images", t.validation_images as u64),
        ("training.checkpoint_every", t.checkpoint_every),
        ("training.keep", t.keep as u64),
    ] {
        bounds.at_least_one(key, value)?;
    }
    let train = sections.data.split[0];
    let need = format!("at most {train}, the images to train on (data.split)");
    bounds.ensure("training.batch", t.batch, t.batch <= train, &need)?;
    let share = t.labelled_share;
    let need = "between 0 and 1";
    bounds.ensure("training.labelled_share", share, (0.0..=1.0).contains(&share), need)?;
    let unread = t.read_images > 0 && sections.objective.parity;
    let need = "0 with objective.parity, whose label term is of the batch alone";
    bounds.ensure("training.read_images", t.read_images, !unread, need)?;
    let need = format!("below training.steps, which is {}", t.steps);
    bounds.ensure("training.warmup_steps", t.warmup_steps, t.warmup_steps < t.steps, &need)?;
    let rate = t.learning_rate;
    let need = "a number above 0";
    bounds.ensure("training.learning_rate", rate, rate > 0.0 && rate.is_finite(), need)?;
    let last = t.final_learning_rate;
    let need = format!("between 0 and training.learning_rate, which is {rate}");
    bounds.ensure("training.final_learning_rate", last, (0.0..=rate).contains(&last), &need)?;
    let decay = t.weight_decay;
    let holds = decay >= 0.0 && decay.is_finite();
    bounds.ensure("training.weight_decay", decay, holds, "a number of at least 0")?;
    let rate = t.mechanism_rate;
    let holds = rate > 0.0 && rate.is_finite();
    bounds.ensure("training.mechanism_rate", rate, holds, "a finite number above 0")?;
    bounds.ensure("training.clip", t.clip, t.clip > 0.0, "above 0 (`inf` for no clipping)")?;
    let holds = (0.0..1.0).contains(&t.ema_decay);
    bounds.ensure("training.ema_decay", t.ema_decay, holds, "at least 0 and below 1")?;
    let holds = t.rollback_rate > 0.0 && t.rollback_rate < 1.0;
    bounds.ensure("training.rollback_rate", t.rollback_rate, holds, "above 0 and below 1")?;
    bounds.ensure(
        "training.explosion",
        t.explosion,
        t.explosion > 1.0,
        "above 1 (`inf` for losses that are not finite alone)",
    )?;
    let minutes = t.wall_clock_minutes;
    bounds.ensure(
        "training.wall_clock_minutes",
        minutes,
        minutes > 0.0,
        "above 0 (`inf` for none)",
    )?;
    let need = "at most 1024 (0 for as many as the machine has)";
    bounds.ensure("training.threads", t.threads, t.threads <= 1024, need)
}

fn check_evaluation(sections: &Sections, bounds: &Bounds<'_>) -> Result<()> {
    let e = &sections.evaluation;
    let test = sections.data.split[2];
    let need = format!("between 1 and {test}, the images to test on (data.split)");
    bounds.ensure("evaluation.images", e.images, (1..=test).contains(&e.images), &need)?;
    let need = format!("between 1 and evaluation.images, which is {}", e.images);
    let holds = (1..=e.images).contains(&e.tenfold_images);
    bounds.ensure("evaluation.tenfold_images", e.tenfold_images, holds, &need)?;
    bounds.at_least_one("evaluation.batch", e.batch as u64)?;
    bounds.at_least_one("evaluation.resamples", e.resamples as u64)?;
    bounds.at_least_one("evaluation.oracle.steps", e.oracle.steps)?;
    bounds.at_least_one("evaluation.oracle.batch", e.oracle.batch as u64)?;
    let rate = e.oracle.learning_rate;
    let holds = rate > 0.0 && rate.is_finite();
    bounds.ensure("evaluation.oracle.learning_rate", rate, holds, "a number above 0")
}
