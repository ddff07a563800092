//! Grids, plans and runs as SVG.

use counterfoil_diffusion::{Grid, Level, Plan};

use super::trace::Trace;
use crate::{
    error::{ExperimentError, Result},
    plot::{self, Axis, Line},
};

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
        drawn(plot::lines(&Axis::linear("call"), &Axis::linear("first coordinate"), &lines))
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
    drawn(plot::lines(&Axis::linear("call"), &Axis::linear("weight"), &lines))
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
        &Axis::linear("step"),
        &Axis::linear("weight"),
        &[line("alpha", Level::alpha), line("sigma", Level::sigma)],
    ))
}

fn drawn(svg: std::result::Result<String, String>) -> Result<String> {
    svg.map_err(|reason| ExperimentError::Syntax { origin: "the drawing".to_owned(), reason })
}
