//! Explicit Runge-Kutta methods in the `(v, u)` coordinate, of order 2 and 4.

use crate::sampler::leapfrog::{check_levels, slope};
use crate::{DiffusionError, Grid, Level, ModelTime, Plan, Prediction, Sampler, Stage};
use serde::{Deserialize, Serialize};

/// Which Runge-Kutta method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Tableau {
    /// The trapezoid of Heun: two calls, order 2.
    Heun,
    /// The classical method of Kutta: four calls, order 4.
    #[default]
    Classical,
}

impl Tableau {
    /// For each call, how far into the step it lies, and the weight of each slope so far in the state that follows it.
    fn calls(self) -> &'static [(f64, &'static [f64])] {
        match self {
            Self::Heun => &[(0.0, &[1.0]), (1.0, &[0.5, 0.5])],
            Self::Classical => &[
                (0.0, &[0.5]),
                (0.5, &[0.0, 0.5]),
                (0.5, &[0.0, 0.0, 1.0]),
                (1.0, &[1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0]),
            ],
        }
    }

    /// Network calls a step.
    pub fn stages(self) -> usize {
        self.calls().len()
    }

    /// Order of convergence.
    pub fn order(self) -> u8 {
        match self {
            Self::Heun => 2,
            Self::Classical => 4,
        }
    }
}

/// A Runge-Kutta method on `dx/du = alpha v`, `u = asinh(sigma/alpha)`, of variance-preserving levels: no growth at the
/// noise end and no singularity at the data end. Runs in either direction, each step by itself.
///
/// Calls inside a step need a label between those of the grid: it is interpolated in `u` by the cubic through the four
/// nearest levels, which costs no order, and kept between the two labels of the step. A network that reads the level
/// needs no label.
///
/// ```
/// use counterfoil_diffusion::inversion::RungeKutta;
/// use counterfoil_diffusion::{
///     DiscreteSchedule, End, NoNoise, Prediction, Sampler, Spacing, denoiser,
/// };
/// use ndarray::{Array1, array};
///
/// let grid = DiscreteSchedule::linear(1000)?.grid(Spacing::Trailing, 10, End::Zero)?;
/// let plan = RungeKutta::default().plan(&grid, Prediction::V)?;
/// assert_eq!(plan.evaluations(), 40);
/// // The exact velocity of standard normal data is zero: its flow stands still.
/// let mut network = denoiser(Prediction::V, |x: &Array1<f64>, _| Ok(x * 0.0));
/// assert_eq!(plan.run(array![0.3], &mut network, &mut NoNoise)?, array![0.3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RungeKutta {
    /// Which method.
    pub tableau: Tableau,
}

impl Sampler for RungeKutta {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        check_levels("runge-kutta", grid)?;
        let mut stages = Vec::with_capacity(grid.steps() * self.tableau.stages());
        for step in 0..grid.steps() {
            let h = grid.levels()[step + 1].u() - grid.levels()[step].u();
            let calls = self.tableau.calls();
            for (index, (place, weights)) in calls.iter().enumerate() {
                let mut stage = Stage::call(grid, step);
                stage.stage = index as u8;
                (stage.level, stage.time) = inside(grid, step, *place)?;
                // The state after a call is the one that the next call sees.
                if let Some((next, _)) = calls.get(index + 1) {
                    stage.reaches = inside(grid, step, *next)?.0;
                }
                stage.read = slope(prediction, stage.level)?;
                stage.history = weights.iter().rev().map(|weight| h * weight).collect();
                // The first call makes the state that the step began with the anchor.
                (stage.state, stage.anchor) = if index == 0 { (1.0, 0.0) } else { (0.0, 1.0) };
                stage.rebase = index == 0;
                stages.push(stage);
            }
        }
        Plan::single("runge-kutta", self.tableau.order(), prediction, stages)
    }
}

/// The level and the label at this place of a step, 0 being its beginning and 1 its end.
fn inside(grid: &Grid, step: usize, place: f64) -> Result<(Level, ModelTime), DiffusionError> {
    let at = |i: usize| (grid.levels()[i], grid.times()[i]);
    if place == 0.0 || place == 1.0 {
        return Ok(at(step + usize::from(place == 1.0)));
    }
    let (from, to) = (grid.levels()[step].u(), grid.levels()[step + 1].u());
    let u = from + place * (to - from);
    let first = step.saturating_sub(1).min((grid.steps() + 1).saturating_sub(4));
    let nodes: Vec<(f64, f64)> = (first..=grid.steps())
        .take(4)
        .map(|i| (grid.levels()[i].u(), grid.times()[i].value()))
        .collect();
    let label: f64 = nodes
        .iter()
        .map(|(own, label)| {
            let others = nodes.iter().map(|(other, _)| other).filter(|other| *other != own);
            label * others.map(|other| (u - other) / (own - other)).product::<f64>()
        })
        .sum();
    let (a, b) = (grid.times()[step].value(), grid.times()[step + 1].value());
    Ok((Level::from_u(u)?, ModelTime::Continuous(label.max(a.min(b)).min(a.max(b)))))
}
