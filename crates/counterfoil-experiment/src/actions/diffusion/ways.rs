//! Runs of another shape than step by step.

use counterfoil_diffusion::{
    Adaptive, Denoiser as _, DiffusionError, Grid, ItemPlans, KeyedNoise, Level, ModelTime, Picard,
    Plan, Prediction, RePaint, Sampler as _, analytic::Mixture, denoiser,
};
use ndarray::{Array2, Axis};

use super::trace::{Trace, Traced, farthest, refusal, traced};

type Result<T> = std::result::Result<T, DiffusionError>;

/// A run of many steps at once.
pub(super) fn in_sweeps(
    picard: Picard,
    plan: &Plan,
    mixture: &Mixture,
    grid: &Grid,
    start: &Array2<f64>,
    noise: &mut KeyedNoise,
) -> Result<Trace> {
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
    let steps = vec![
        traced(0, None, grid.start(), start, start),
        traced(found.evaluations, last, grid.end(), &found.state, &exact),
    ];
    let trace = Trace::of(plan.sampler(), found.evaluations, steps);
    Ok(Trace { sweeps: Some(found.sweeps), ..trace })
}

/// A run with steps as long as a tolerance allows.
pub(super) fn adapted(
    adaptive: Adaptive,
    prediction: Prediction,
    mixture: &Mixture,
    grid: &Grid,
    start: Array2<f64>,
) -> Result<Trace> {
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
    let trace = Trace::of("adaptive", found.evaluations, steps);
    Ok(Trace { rejected: Some(found.rejected), ..trace })
}

/// A run in which each point is some calls behind the one before it.
pub(super) fn staggered(
    plan: &Plan,
    gap: usize,
    mixture: &Mixture,
    start: Array2<f64>,
    noise: &mut KeyedNoise,
) -> Result<Trace> {
    let lanes = ItemPlans::staggered(plan, start.nrows(), gap)?;
    let mut network = mixture.network(plan.prediction());
    let mut visited: Vec<(usize, Option<f64>, Array2<f64>)> = Vec::new();
    let mut watched = denoiser(plan.prediction(), |x: &Array2<f64>, call| {
        visited.push((call.step, Some(call.time.value()), x.clone()));
        network.predict(x, call)
    });
    let end = lanes.run(start.clone(), &mut watched, noise).map_err(refusal)?;
    let calls = visited.len();
    visited.push((lanes.ticks(), None, end));
    let (mut exact, mut at) = (start, lanes.levels(0));
    let mut steps: Vec<Traced> = Vec::with_capacity(visited.len());
    let mut led = None;
    for (call, (tick, time, state)) in visited.into_iter().enumerate() {
        let levels = lanes.levels(tick);
        for (item, mut row) in exact.axis_iter_mut(Axis(0)).enumerate() {
            if at[item] != levels[item] {
                let point = row.to_owned().insert_axis(Axis(0));
                row.assign(&mixture.flow(point, at[item], levels[item])?.row(0));
            }
        }
        let step = traced(call, led, levels[0], &state, &exact);
        let each = levels.iter().map(|level| [level.alpha(), level.sigma()]).collect();
        steps.push(Traced { levels: each, ..step });
        (at, led) = (levels, time);
    }
    Ok(Trace::of(plan.sampler(), calls, steps))
}

/// Points of the data, some coordinates of which are given to a run.
pub(super) struct Given {
    data: Array2<f64>,
    /// 1 where a coordinate is given.
    mask: Array2<f64>,
}

impl Given {
    pub(super) fn new(data: Array2<f64>, known: &[usize]) -> Result<Self> {
        let mut mask = Array2::zeros(data.raw_dim());
        for &coordinate in known {
            if coordinate >= data.ncols() {
                return Err(DiffusionError::SettingOutOfRange {
                    name: "known coordinate",
                    value: coordinate as f64,
                    domain: "the coordinates of the mixture, counted from 0",
                });
            }
            mask.column_mut(coordinate).fill(1.0);
        }
        Ok(Self { data, mask })
    }

    /// By how much the exact flow from a state to the data misses what is given.
    fn missed(&self, mixture: &Mixture, state: &Array2<f64>, level: Level) -> Result<f64> {
        let end = mixture.flow(state.clone(), level, Level::CLEAN)?;
        Ok(farthest(&(end * &self.mask), &(&self.data * &self.mask)))
    }
}

/// A run that makes up what is not given; a step is watched where it calls the network, not where it is undone.
pub(super) fn inpainted(
    painter: RePaint,
    prediction: Prediction,
    mixture: &Mixture,
    grid: &Grid,
    given: &Given,
    start: Array2<f64>,
    noise: &mut KeyedNoise,
) -> Result<Trace> {
    let mut network = mixture.network(prediction);
    let mut visited: Vec<(Option<f64>, Level, Array2<f64>)> = Vec::new();
    let mut watched = denoiser(prediction, |x: &Array2<f64>, call| {
        visited.push((Some(call.time.value()), call.level, x.clone()));
        network.predict(x, call)
    });
    let run = painter.run(grid, start, &given.data, &given.mask, &mut watched, noise);
    visited.push((None, grid.end(), run.map_err(refusal)?));
    let calls = visited.len() - 1;
    let mut steps: Vec<Traced> = Vec::with_capacity(visited.len());
    let mut led = None;
    for (call, (time, level, state)) in visited.into_iter().enumerate() {
        let distance = given.missed(mixture, &state, level)?;
        steps.push(Traced { distance, ..traced(call, led, level, &state, &state) });
        led = time;
    }
    Ok(Trace::of(painter.sampler.plan(grid, prediction)?.sampler(), calls, steps))
}
