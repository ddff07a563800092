//! Samplers looked at by themselves: recorded runs repeated, and runs on a mixture of Gaussians whose flow is known.

use std::path::Path;

use counterfoil_diffusion::{
    Choice, DiffusionError, Grid, KeyedNoise, Level, Plan, Prediction, Sampler,
    analytic::Mixture,
    compat::{Inputs, Record},
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
}

/// A run, step by step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trace {
    /// The sampler's own name.
    pub sampler: String,
    /// Calls of the network.
    pub evaluations: usize,
    /// The start, and what each call led to.
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
/// As [`Sampler::plan`] and [`Plan::run`].
pub fn trace(settings: &Settings, grid: &Grid) -> std::result::Result<Trace, DiffusionError> {
    let Settings { sampler, prediction, mixture, points, seed } = settings;
    let plan: Plan = sampler.plan(grid, *prediction)?;
    let items: Vec<u64> = (0..*points as u64).collect();
    let mut noise = KeyedNoise::new(*seed, "trace", items);
    let shape = Array2::<f64>::zeros((*points, mixture.dimension()));
    let start = noise.start(&shape)? * grid.start().sigma();
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
    Ok(Trace { sampler: plan.sampler().to_owned(), evaluations: plan.evaluations(), steps })
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
