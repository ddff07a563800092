//! Recorded trajectories, run again from their inputs and compared.

use super::{Recipe, Scale, SchedulerConfig};
use crate::{
    Denoiser, Level, NoiseSource, Prediction, ReplayedNoise, SampleError, analytic::Mixture,
};
use ndarray::Array2;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A batch of points, one a row.
type Rows = Vec<Vec<f64>>;

/// What all records of a file share: networks in closed form, by name, and for each of them where runs start and the noise
/// of every call.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Inputs {
    models: BTreeMap<String, Mixture>,
    x_start: BTreeMap<String, Rows>,
    #[serde(default)]
    x0_for_inversion: BTreeMap<String, Rows>,
    #[serde(default)]
    noise: BTreeMap<String, Vec<Rows>>,
}

/// One recorded run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Record {
    /// What the run is called; `eta1` in the name is the share of DDIM's noise.
    pub sampler: String,
    /// The scheduler's class, by its name in diffusers.
    pub scheduler: String,
    /// Its options.
    pub init: SchedulerConfig,
    /// The network, among [`Inputs`].
    pub model: String,
    /// Number of steps.
    pub n: usize,
    alpha: Vec<f64>,
    sigma: Vec<f64>,
    timesteps: Vec<f64>,
    steps: Vec<Rows>,
    #[serde(rename = "final")]
    last: Rows,
}

/// How far a quantity of a run lies from the recorded one.
#[derive(Clone, Debug, PartialEq)]
pub struct Deviation {
    /// `alpha`, `sigma`, `timesteps`, `steps` or `final`.
    pub what: &'static str,
    /// The largest absolute difference; infinite where the two have different lengths or a number is missing.
    pub error: f64,
}

impl Record {
    /// Builds the schedule and the grid, runs the sampler, and compares every level, label and state.
    ///
    /// # Errors
    /// In a sentence: inputs that the file lacks, options that cannot be reproduced, a run that fails.
    pub fn compare(&self, inputs: &Inputs) -> Result<Vec<Deviation>, String> {
        let class_name = Some(self.scheduler.clone());
        let config = SchedulerConfig { class_name, ..self.init.clone() };
        // v is defined at every level, pure noise included.
        let recipe = config
            .recipe(self.n, eta(&self.sampler), Prediction::V)
            .map_err(|error| error.to_string())?;
        let model = find("models", &inputs.models, &self.model)?;
        let start = if recipe.encodes {
            find("x0_for_inversion", &inputs.x0_for_inversion, &self.model)?
        } else {
            find("x_start", &inputs.x_start, &self.model)?
        };
        let noise = inputs.noise.get(&self.model).map_or(&[][..], Vec::as_slice);
        let noise: Vec<Array2<f64>> = noise.iter().map(batch).collect::<Result<_, _>>()?;
        let mut network = model.network(recipe.plan.prediction());
        let visited = visited(&recipe, batch(start)?, &mut network, &mut ReplayedNoise::new(noise))
            .map_err(|error| error.to_string())?;
        let states = visited.like(self.steps.len());
        let levels =
            |of: fn(Level) -> f64| recipe.levels.iter().copied().map(of).collect::<Vec<_>>();
        let steps: Vec<f64> = self.steps.iter().flatten().flatten().copied().collect();
        let last: Vec<f64> = self.last.iter().flatten().copied().collect();
        let deviation = |what, found: &[f64], expected: &[f64]| Deviation {
            what,
            error: distance(found, expected),
        };
        Ok(vec![
            deviation("alpha", &levels(Level::alpha), &self.alpha),
            deviation("sigma", &levels(Level::sigma), &self.sigma),
            deviation("timesteps", &recipe.labels(), &self.timesteps),
            deviation("steps", &states.concat(), &steps),
            deviation("final", states.last().map_or(&[], Vec::as_slice), &last),
        ])
    }
}

/// The share of noise that a name gives: `ddim_eta0.5_leading`.
fn eta(name: &str) -> f64 {
    let given = name.split('_').find_map(|part| part.strip_prefix("eta")?.parse().ok());
    given.unwrap_or(0.0)
}

fn find<'i, T>(
    table: &'static str,
    entries: &'i BTreeMap<String, T>,
    name: &str,
) -> Result<&'i T, String> {
    entries.get(name).ok_or_else(|| format!("`{table}` has no entry `{name}`"))
}

fn batch(rows: &Rows) -> Result<Array2<f64>, String> {
    let width = rows.first().map_or(0, Vec::len);
    let numbers = rows.iter().flatten().copied().collect();
    Array2::from_shape_vec((rows.len(), width), numbers).map_err(|error| error.to_string())
}

/// The largest absolute difference. A NaN, or another length, is infinitely far away.
fn distance(found: &[f64], expected: &[f64]) -> f64 {
    if found.len() != expected.len() {
        return f64::INFINITY;
    }
    let differences = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, |worst, d| if d.is_nan() { f64::INFINITY } else { worst.max(d) })
}

/// The states of a run in the scheduler's own scale.
struct Visited {
    /// After each call, with the index of its step.
    calls: Vec<(usize, Vec<f64>)>,
}

impl Visited {
    /// One state a call where that is how many were recorded, one a step otherwise.
    fn like(&self, recorded: usize) -> Vec<Vec<f64>> {
        let ends_step =
            |i: usize| self.calls.get(i + 1).is_none_or(|next| next.0 != self.calls[i].0);
        let every = recorded == self.calls.len();
        let kept = (0..self.calls.len()).filter(|&i| every || ends_step(i));
        kept.map(|i| self.calls[i].1.clone()).collect()
    }
}

fn visited(
    recipe: &Recipe,
    start: Array2<f64>,
    network: &mut impl Denoiser<Array2<f64>>,
    noise: &mut impl NoiseSource<Array2<f64>>,
) -> Result<Visited, SampleError> {
    let mut run = recipe.plan.start(start)?;
    let mut calls = Vec::with_capacity(recipe.plan.evaluations());
    while let Some(report) = run.step(network, noise)? {
        let by = match recipe.scale {
            Scale::Exploding => 1.0 / report.reached.alpha(),
            Scale::Level => 1.0,
        };
        calls.push((report.step, run.state().iter().map(|x| x * by).collect()));
    }
    Ok(Visited { calls })
}
