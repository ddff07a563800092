//! The measurement of one place: training steps, and along the variables mechanisms and questions to the graph besides.

use super::{Axis, Place};
use crate::training::{self, Steps};
use counterfoil_autoencoder::{Architecture, Model, ModelConfig, Objective, ObjectiveConfig};
use counterfoil_experiment::run_dir::peak_rss_mib;
use counterfoil_graph::{
    Dag, Query, adjustment::Effect, identification, identification::identifiable,
    identification::identify, separation::Workspace,
};
use counterfoil_graph_benches::{Case, Density, Spread, random, seconds};
use counterfoil_tensor::{Mode, Precision, noise};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, error::Error, fmt::Write as _};
use tch::Device;

/// Steps of training that are timed in one process.
const STEPS: usize = 4;
/// Width of the latent block of one variable.
const WIDTH: usize = 8;
/// Graphs that each question is asked of; the median counts.
const GRAPHS: u64 = 100;

/// What was measured at a place, smallest times and smallest peaks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Trainable numbers of the model.
    pub parameters: usize,
    /// Seconds of a training step.
    pub step_s: f64,
    /// The most memory the process held while it trained, libtorch included, in MiB.
    pub peak_mib: f64,
    /// Seconds of other deeds by name; none but along the variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deeds: BTreeMap<String, f64>,
}

impl Measured {
    /// The smaller of both figures, each by itself.
    #[must_use]
    pub fn or_smaller(mut self, other: &Self) -> Self {
        self.step_s = self.step_s.min(other.step_s);
        self.peak_mib = self.peak_mib.min(other.peak_mib);
        for (name, time) in &mut self.deeds {
            *time = other.deeds.get(name).map_or(*time, |theirs| time.min(*theirs));
        }
        self
    }
}

/// Measures a place in this process, which should have done nothing else.
///
/// # Errors
/// When a model cannot be built or trained, or the system does not tell how much memory the process has held.
pub fn measure(place: Place) -> Result<Measured, Box<dyn Error>> {
    let dag = Dag::from_dot(&dot(place.variables)?)?;
    let config = ModelConfig { block_width: Some(WIDTH), ..ModelConfig::default() };
    let architecture = Architecture::check(&config, &dag, [1, place.side, place.side], 0)?;
    let model = Model::new(&architecture);
    let config = ObjectiveConfig::default();
    let objective = Objective::new(&config, 1000, 0)?.checkpointed(place.checkpointed);
    let steps = Steps {
        batch: place.batch,
        count: STEPS,
        precision: Precision::Bf16,
        more_labels: config.mechanism_labels,
    };
    let times = training::seconds(&model, &objective, steps)?;
    let peak_mib = peak_rss_mib().ok_or("this system does not tell the peak of memory")?;
    let deeds = match place.axis {
        Axis::Variables => deeds(&model, place)?,
        Axis::Side | Axis::Batch => BTreeMap::new(),
    };
    Ok(Measured {
        parameters: model.layout().count(),
        step_s: times.into_iter().fold(f64::INFINITY, f64::min),
        peak_mib,
        deeds,
    })
}

/// A random graph of `n` labelled variables with 1.5 edges each, and an unlabelled one.
fn dot(n: usize) -> Result<String, Box<dyn Error>> {
    let graph = random(n, Density::OPEN, 0)?.graph;
    let mut text = "digraph { style [role=\"unlabelled\", width=32]; ".to_owned();
    for v in 0..n {
        write!(text, "v{v} [low=-3, high=3]; ")?;
    }
    for (a, b) in graph.directed_edges() {
        write!(text, "v{a} -> v{b}; ")?;
    }
    Ok(text + "}")
}

/// Latents to noise and back for a batch, and questions to graphs of as many variables.
fn deeds(model: &Model, place: Place) -> Result<BTreeMap<String, f64>, Box<dyn Error>> {
    let store = model.initialise(0, Device::Cpu);
    let weights = store.bind(Precision::F32, Mode::Evaluate);
    let items: Vec<u64> = (0..place.batch as u64).collect();
    let width = model.architecture().blocks().width();
    let z = noise::normal(1, "bench-latent", &items, 0, &[width], Device::Cpu);
    let mechanisms = model.mechanisms();
    let mut deeds = BTreeMap::new();
    tch::no_grad(|| {
        deeds.insert("abduct".to_owned(), seconds(|| mechanisms.abduct(&weights, &z)));
        deeds.insert("predict".to_owned(), seconds(|| mechanisms.predict(&weights, &z)));
    });

    let mut times: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let (mut separation, mut known) = (Workspace::default(), identification::Workspace::default());
    for item in 0..GRAPHS {
        let Case { graph, x, y, z } = random(place.variables, Density::USUAL, item)?;
        let mut add = |name, time| times.entry(name).or_default().push(time);
        let view = graph.view();
        add("separation", seconds(|| view.m_separated(&x, &y, &z, &mut separation)));
        let minimal = || Effect::of(&graph, &x, &y).map(|effect| effect.minimal(&mut separation));
        add("adjustment set", seconds(minimal));
        let query = Query::effect(x.clone(), y.clone());
        add("identifiable", seconds(|| identifiable(&graph, &query, &mut known)));
        add("identify", seconds(|| identify(&graph, &query).is_ok()));
    }
    deeds.extend(times.into_iter().map(|(name, all)| (name.to_owned(), Spread::of(all).median)));
    Ok(deeds)
}
