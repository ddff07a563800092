//! Runs on a mixture of Gaussians, watched beside the exact flow.

use std::path::Path;

use counterfoil_diffusion::{
    Adaptive, Choice, DiffusionError, Edit, Grid, KeyedNoise, Level, Picard, Plan, Prediction,
    RePaint, Sampler, analytic::Mixture,
};
use ndarray::Array2;
use serde::Serialize;

use super::ways;
use crate::error::{ExperimentError, Result};

/// The mixture that a JSON file holds; without a file, two components in one dimension.
///
/// # Errors
/// When the file cannot be read or holds no mixture.
pub fn read_mixture(file: Option<&Path>) -> Result<Mixture> {
    const DEFAULT: &str =
        r#"{"weights": [0.35, 0.65], "means": [[-1.1], [0.7]], "stds": [[0.2], [0.3]]}"#;
    let (text, origin) = match file {
        None => (DEFAULT.to_owned(), "the default mixture".to_owned()),
        Some(file) => {
            let text = fs_err::read_to_string(file).map_err(ExperimentError::unreadable)?;
            (text, file.display().to_string())
        }
    };
    serde_json::from_str(&text)
        .map_err(|error| ExperimentError::Syntax { origin, reason: error.to_string() })
}

/// A run on a mixture, to be watched.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The sampler.
    pub sampler: Choice,
    /// What the network predicts.
    pub prediction: Prediction,
    /// The data.
    pub mixture: Mixture,
    /// How many points are followed.
    pub points: usize,
    /// What they start from.
    pub seed: u64,
    /// How the run goes.
    pub way: Way,
}

/// How a run goes.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Way {
    /// Along the grid, step by step.
    #[default]
    Plan,
    /// From points of the data that are noised to this share of the grid's steps.
    Edit {
        /// In (0, 1].
        strength: f64,
    },
    /// Many steps at once, in sweeps.
    Picard(Picard),
    /// From the first level of the grid to its last, with steps as long as a tolerance allows; the sampler has no part in it.
    /// A grid that ends at the image is left before it, by a last jump.
    Adaptive(Adaptive),
    /// Each point so many calls behind the one before it.
    Staggered {
        /// Calls.
        gap: usize,
    },
    /// Some coordinates of points of the data are given and the others made up, with steps undone and redone; the sampler is
    /// the painter's own.
    Inpaint {
        /// How steps are undone.
        painter: RePaint,
        /// Coordinates that are given, from 0.
        known: Vec<usize>,
    },
}

/// A run, step by step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trace {
    /// The sampler's own name.
    pub sampler: String,
    /// Calls of the network.
    pub evaluations: usize,
    /// Rounds of calls that had to wait for one another, of a run in sweeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sweeps: Option<usize>,
    /// Steps that were refused, of a run with a tolerance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rejected: Option<usize>,
    /// The start, and what each call led to; of a run in sweeps the end alone, of one with a tolerance what each step began
    /// with.
    pub steps: Vec<Traced>,
}

/// The state of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Traced {
    /// Calls so far.
    pub call: usize,
    /// The label of the call that led here; `None` at the start.
    pub time: Option<f64>,
    /// Signal left at this level.
    pub alpha: f64,
    /// Noise at this level.
    pub sigma: f64,
    /// Signal and noise of each point, of a run whose points are at levels of their own; `alpha` and `sigma` are then those
    /// of the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<[f64; 2]>,
    /// The points, one a row.
    pub state: Vec<Vec<f64>>,
    /// The largest distance of a coordinate from the exact flow of the same starts; of a run that inpaints, by how much the
    /// exact flow from here to the data would miss a known coordinate.
    pub distance: f64,
}

/// Runs a sampler along a grid on the exact denoiser of a mixture, and says after every call how far it is from the exact
/// probability flow. For samplers that draw noise the distance is that of two samples of one distribution.
///
/// # Errors
/// As [`Sampler::plan`] and [`Plan::run`], [`Edit::by_strength`], [`Picard::run`], [`Adaptive::run`] and [`RePaint::run`];
/// [`DiffusionError::SettingOutOfRange`] for a known coordinate that the mixture does not have.
pub fn trace(settings: &Settings, grid: &Grid) -> std::result::Result<Trace, DiffusionError> {
    let Settings { sampler, prediction, mixture, points, seed, way } = settings;
    let items: Vec<u64> = (0..*points as u64).collect();
    let mut noise = KeyedNoise::new(*seed, "trace", items.clone());
    let shape = Array2::<f64>::zeros((*points, mixture.dimension()));
    let start = noise.start(&shape)? * grid.start().sigma();
    // What the same noise becomes is a point of the data to begin with.
    let data = || mixture.flow(start.clone(), grid.start(), Level::CLEAN);
    // Noise that knows nothing of them.
    let other = || KeyedNoise::new(*seed, "trace-edit", items.clone()).start(&shape);
    match way {
        Way::Plan => along(&sampler.plan(grid, *prediction)?, mixture, grid, start, &mut noise),
        Way::Edit { strength } => {
            let edit = Edit::by_strength(grid, *strength)?;
            let eps = other()?;
            let start = edit.start(&data()?, &eps)?;
            let plan = sampler.plan(edit.grid(), *prediction)?;
            along(&plan, mixture, edit.grid(), start, &mut noise)
        }
        Way::Picard(picard) => {
            let plan = sampler.plan(grid, *prediction)?;
            ways::in_sweeps(*picard, &plan, mixture, grid, &start, &mut noise)
        }
        Way::Adaptive(adaptive) => ways::adapted(*adaptive, *prediction, mixture, grid, start),
        Way::Staggered { gap } => {
            let plan = sampler.plan(grid, *prediction)?;
            ways::staggered(&plan, *gap, mixture, start, &mut noise)
        }
        Way::Inpaint { painter, known } => {
            let given = ways::Given::new(data()?, known)?;
            ways::inpainted(*painter, *prediction, mixture, grid, &given, other()?, &mut noise)
        }
    }
}

/// A run step by step.
fn along(
    plan: &Plan,
    mixture: &Mixture,
    grid: &Grid,
    start: Array2<f64>,
    noise: &mut KeyedNoise,
) -> std::result::Result<Trace, DiffusionError> {
    let mut steps = vec![traced(0, None, grid.start(), &start, &start)];
    let mut run = plan.start(start.clone())?;
    let mut network = mixture.network(plan.prediction());
    // The exact flow goes on from where it was, which is as exact as beginning anew and cheaper.
    let (mut exact, mut at) = (start, grid.start());
    loop {
        let before = plan.stages().get(steps.len() - 1).map(|stage| stage.time.value());
        let Some(report) = run.step(&mut network, noise).map_err(refusal)? else { break };
        exact = mixture.flow(exact, at, report.reached)?;
        at = report.reached;
        steps.push(traced(report.evaluations, before, at, run.state(), &exact));
    }
    Ok(Trace::of(plan.sampler(), plan.evaluations(), steps))
}

impl Trace {
    pub(super) fn of(sampler: &str, evaluations: usize, steps: Vec<Traced>) -> Self {
        let sampler = sampler.to_owned();
        Self { sampler, evaluations, sweeps: None, rejected: None, steps }
    }
}

pub(super) fn traced(
    call: usize,
    time: Option<f64>,
    level: Level,
    state: &Array2<f64>,
    exact: &Array2<f64>,
) -> Traced {
    let distance = farthest(state, exact);
    Traced {
        call,
        time,
        alpha: level.alpha(),
        sigma: level.sigma(),
        levels: Vec::new(),
        state: state.rows().into_iter().map(|row| row.to_vec()).collect(),
        distance,
    }
}

/// The largest difference of a coordinate.
pub(super) fn farthest(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    (a - b).iter().map(|error| error.abs()).fold(0.0, f64::max)
}

/// The mixture fails with errors of its own library alone.
pub(super) fn refusal(error: counterfoil_diffusion::SampleError) -> DiffusionError {
    match error {
        counterfoil_diffusion::SampleError::Diffusion(error) => error,
        other => DiffusionError::Backend { message: other.to_string() },
    }
}
