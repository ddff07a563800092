//! Samplers looked at by themselves: recorded runs repeated, and runs on a mixture of Gaussians whose flow is known.

use std::path::Path;

use counterfoil_diffusion::{
    Adaptive, Choice, Denoiser as _, DiffusionError, Edit, Grid, KeyedNoise, Level, ModelTime,
    Picard, Plan, Prediction, Sampler,
    analytic::Mixture,
    compat::{Inputs, Record},
    denoiser,
};
use ndarray::Array2;
use serde::Serialize;
use serde_json::Value;

use crate::{
    error::{ExperimentError, Result},
    plot::{self, Line},
};

/// How the records of a file compare with runs of this library.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// Records that are reproduced.
    pub passed: usize,
    /// Records that are not, or cannot be read.
    pub failed: usize,
    /// The largest difference of all; `None` where a run could not be compared at all.
    pub worst: Option<f64>,
    /// One entry for each record that failed, with the quantity that is farthest off.
    pub failures: Vec<Off>,
}

/// A record that is not reproduced.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Off {
    /// What the run is called.
    pub sampler: Value,
    /// Its network.
    pub model: Value,
    /// Its number of steps.
    pub n: Value,
    /// The quantity that is farthest off, or why there is nothing to compare.
    pub what: String,
    /// Its largest absolute difference; `None` where there is no number.
    pub error: Option<f64>,
}

/// Repeats every trajectory of a file of the layout of this project's golden values from its inputs, and compares every
/// level, label and state.
///
/// # Errors
/// When the file cannot be read, is not JSON, or lacks networks, starts or trajectories.
pub fn check(file: &Path, tolerance: f64) -> Result<Check> {
    let text = fs_err::read_to_string(file).map_err(ExperimentError::unreadable)?;
    let refused =
        |reason: String| ExperimentError::Syntax { origin: file.display().to_string(), reason };
    let document: Value =
        serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    let records = match document["trajectories"].as_array() {
        Some(records) if !records.is_empty() => records.clone(),
        _ => return Err(refused("has no array `trajectories` with a record in it".to_owned())),
    };
    let inputs: Inputs =
        serde_json::from_value(document).map_err(|error| refused(error.to_string()))?;
    let mut worst = Some(0.0_f64);
    let mut failures = Vec::new();
    for record in &records {
        let off = |what: String, error: Option<f64>| Off {
            sampler: record["sampler"].clone(),
            model: record["model"].clone(),
            n: record["n"].clone(),
            what,
            error,
        };
        match compare(record, &inputs) {
            Err(reason) => {
                worst = None;
                failures.push(off(reason, None));
            }
            Ok((what, error)) => {
                let finite = error.is_finite().then_some(error);
                worst = worst.zip(finite).map(|(a, b)| a.max(b));
                // A NaN is not below the tolerance either.
                let close = error <= tolerance;
                if !close {
                    failures.push(off(what.to_owned(), finite));
                }
            }
        }
    }
    let failed = failures.len();
    Ok(Check { passed: records.len() - failed, failed, worst, failures })
}

/// The quantity of a record that is farthest off.
fn compare(record: &Value, inputs: &Inputs) -> std::result::Result<(&'static str, f64), String> {
    let record: Record =
        serde_json::from_value(record.clone()).map_err(|error| error.to_string())?;
    let deviations = record.compare(inputs)?;
    let farthest = deviations.into_iter().max_by(|a, b| a.error.total_cmp(&b.error));
    Ok(farthest.map_or(("nothing", f64::INFINITY), |deviation| (deviation.what, deviation.error)))
}

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
#[derive(Clone, Copy, Debug, Default, PartialEq)]
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
    /// The points, one a row.
    pub state: Vec<Vec<f64>>,
    /// The largest distance of a coordinate from the exact flow of the same starts.
    pub distance: f64,
}

/// Runs a sampler along a grid on the exact denoiser of a mixture, and says after every call how far it is from the exact
/// probability flow. For samplers that draw noise the distance is that of two samples of one distribution.
///
/// # Errors
/// As [`Sampler::plan`] and [`Plan::run`], [`Edit::by_strength`], [`Picard::run`] and [`Adaptive::run`].
pub fn trace(settings: &Settings, grid: &Grid) -> std::result::Result<Trace, DiffusionError> {
    let Settings { sampler, prediction, mixture, points, seed, way } = settings;
    let items: Vec<u64> = (0..*points as u64).collect();
    let mut noise = KeyedNoise::new(*seed, "trace", items.clone());
    let shape = Array2::<f64>::zeros((*points, mixture.dimension()));
    let mut start = noise.start(&shape)? * grid.start().sigma();
    let mut grid = grid.clone();
    match way {
        Way::Plan => {}
        Way::Edit { strength } => {
            // What the same noise becomes is a point of the data to begin with.
            let guide = mixture.flow(start, grid.start(), Level::CLEAN)?;
            let edit = Edit::by_strength(&grid, *strength)?;
            let eps = KeyedNoise::new(*seed, "trace-edit", items).start(&shape)?;
            (start, grid) = (edit.start(&guide, &eps)?, edit.grid().clone());
        }
        Way::Picard(picard) => {
            let plan = sampler.plan(&grid, *prediction)?;
            return in_sweeps(*picard, &plan, mixture, &grid, &start, &mut noise);
        }
        Way::Adaptive(adaptive) => return adapted(*adaptive, *prediction, mixture, &grid, start),
    }
    let plan: Plan = sampler.plan(&grid, *prediction)?;
    let mut steps = vec![traced(0, None, grid.start(), &start, &start)];
    let mut run = plan.start(start.clone())?;
    let mut network = mixture.network(*prediction);
    // The exact flow goes on from where it was, which is as exact as beginning anew and cheaper.
    let (mut exact, mut at) = (start, grid.start());
    loop {
        let before = plan.stages().get(steps.len() - 1).map(|stage| stage.time.value());
        let Some(report) = run.step(&mut network, &mut noise).map_err(refusal)? else { break };
        exact = mixture.flow(exact, at, report.reached)?;
        at = report.reached;
        steps.push(traced(report.evaluations, before, at, run.state(), &exact));
    }
    let (sampler, evaluations) = (plan.sampler().to_owned(), plan.evaluations());
    Ok(Trace { sampler, evaluations, sweeps: None, rejected: None, steps })
}

/// A run of many steps at once.
fn in_sweeps(
    picard: Picard,
    plan: &Plan,
    mixture: &Mixture,
    grid: &Grid,
    start: &Array2<f64>,
    noise: &mut KeyedNoise,
) -> std::result::Result<Trace, DiffusionError> {
    let mut network = mixture.network(plan.prediction());
    let found = picard.run(
        plan,
        start.clone(),
        |states: &[Array2<f64>], calls| {
            states.iter().zip(calls).map(|(x, call)| network.predict(x, call)).collect()
        },
        noise,
    );
    let found = found.map_err(refusal)?;
    let exact = mixture.flow(start.clone(), grid.start(), grid.end())?;
    let last = plan.stages().last().map(|stage| stage.time.value());
    Ok(Trace {
        sampler: plan.sampler().to_owned(),
        evaluations: found.evaluations,
        sweeps: Some(found.sweeps),
        rejected: None,
        steps: vec![
            traced(0, None, grid.start(), start, start),
            traced(found.evaluations, last, grid.end(), &found.state, &exact),
        ],
    })
}

/// A run with steps as long as a tolerance allows.
fn adapted(
    adaptive: Adaptive,
    prediction: Prediction,
    mixture: &Mixture,
    grid: &Grid,
    start: Array2<f64>,
) -> std::result::Result<Trace, DiffusionError> {
    let jump = grid.end().is_clean();
    let last = grid.levels()[grid.steps() - usize::from(jump)];
    let mut visited: Vec<(usize, Level, Array2<f64>)> = Vec::new();
    let mut network = mixture.network(prediction);
    let mut calls = 0;
    // The state that a step begins with is the one that its first call sees.
    let mut watched = denoiser(prediction, |x: &Array2<f64>, call| {
        if call.stage == 0 {
            visited.push((calls, call.level, x.clone()));
        }
        calls += 1;
        network.predict(x, call)
    });
    let time = |level: Level| ModelTime::Continuous(level.lambda());
    let run = Adaptive { jump, ..adaptive };
    let found = run.run(start.clone(), grid.start(), last, time, &mut watched).map_err(refusal)?;
    visited.push((found.evaluations, grid.end(), found.state));
    let (mut exact, mut at) = (start, grid.start());
    let mut steps = Vec::with_capacity(visited.len());
    for (call, level, state) in visited {
        exact = mixture.flow(exact, at, level)?;
        at = level;
        steps.push(traced(call, None, level, &state, &exact));
    }
    Ok(Trace {
        sampler: "adaptive".to_owned(),
        evaluations: found.evaluations,
        sweeps: None,
        rejected: Some(found.rejected),
        steps,
    })
}

impl Trace {
    /// The first coordinate of each point against the call, and below it nothing: the shape of a run, as SVG.
    ///
    /// # Errors
    /// When the drawing fails.
    pub fn svg(&self) -> Result<String> {
        let points = self.steps.first().map_or(0, |step| step.state.len());
        let line = |point: usize| Line {
            name: format!("point {point}"),
            points: self
                .steps
                .iter()
                .map(|step| (step.call as f64, step.state[point].first().copied().unwrap_or(0.0)))
                .collect(),
        };
        let lines: Vec<Line> = (0..points).map(line).collect();
        drawn(plot::lines("call", "first coordinate", &lines))
    }
}

/// The weights of a plan against the call, as SVG.
///
/// # Errors
/// When the drawing fails.
pub fn plan_svg(plan: &Plan) -> Result<String> {
    let line = |name: &str, of: &dyn Fn(&counterfoil_diffusion::Stage) -> f64| Line {
        name: name.to_owned(),
        points: plan
            .stages()
            .iter()
            .enumerate()
            .map(|(call, stage)| (call as f64, of(stage)))
            .collect(),
    };
    let mut lines =
        vec![line("state", &|stage| stage.state), line("newest signal", &|stage| stage.history[0])];
    let optional = [
        line("anchor", &|stage| stage.anchor),
        line("older signals", &|stage| stage.history[1..].iter().sum()),
        line("noise", &|stage| stage.noise),
    ];
    lines.extend(optional.into_iter().filter(|line| line.points.iter().any(|p| p.1 != 0.0)));
    drawn(plot::lines("call", "weight", &lines))
}

/// Signal and noise of the levels of a grid, as SVG.
///
/// # Errors
/// When the drawing fails.
pub fn grid_svg(grid: &Grid) -> Result<String> {
    let line = |name: &str, of: fn(Level) -> f64| Line {
        name: name.to_owned(),
        points: grid.levels().iter().enumerate().map(|(i, l)| (i as f64, of(*l))).collect(),
    };
    drawn(plot::lines(
        "step",
        "weight",
        &[line("alpha", Level::alpha), line("sigma", Level::sigma)],
    ))
}

fn drawn(svg: std::result::Result<String, String>) -> Result<String> {
    svg.map_err(|reason| ExperimentError::Syntax { origin: "the drawing".to_owned(), reason })
}

fn traced(
    call: usize,
    time: Option<f64>,
    level: Level,
    state: &Array2<f64>,
    exact: &Array2<f64>,
) -> Traced {
    let distance = (state - exact).iter().map(|error| error.abs()).fold(0.0, f64::max);
    Traced {
        call,
        time,
        alpha: level.alpha(),
        sigma: level.sigma(),
        state: state.rows().into_iter().map(|row| row.to_vec()).collect(),
        distance,
    }
}

/// The mixture fails with errors of its own library alone.
fn refusal(error: counterfoil_diffusion::SampleError) -> DiffusionError {
    match error {
        counterfoil_diffusion::SampleError::Diffusion(error) => error,
        other => DiffusionError::Backend { message: other.to_string() },
    }
}
