//! `counterfoil diffusion plan`: every coefficient of a run.

use clap::Args;
use counterfoil::{
    diffusion::{Choice, Sampler},
    experiment::actions::diffusion::plan_svg,
};

use super::{
    Answer, finite,
    grid::{GridOptions, Predicted},
};
use crate::{failure, output};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil diffusion plan --sampler dpm-solver-2m --steps 10
  counterfoil diffusion plan --sampler unipc-3 --steps 8 --spacing log-snr --end 0.02
  counterfoil diffusion plan --sampler heun --prediction v --svg heun.svg --json

With x the state, a the anchor and m the signals that are read from the network, newest first, each call sets
x <- state x + anchor a + history m + noise z.";

/// Flags of `diffusion plan`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The sampler
    #[arg(long, value_name = "NAME", default_value = "dpm-solver-2m")]
    sampler: String,
    /// What the network predicts
    #[arg(long, value_enum, default_value_t = Predicted::V)]
    prediction: Predicted,
    #[command(flatten)]
    grid: GridOptions,
    #[command(flatten)]
    answer: Answer,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let refused =
        |error: counterfoil::diffusion::DiffusionError| failure::bad_input(error.to_string());
    let sampler: Choice = options.sampler.parse().map_err(refused)?;
    let grid = options.grid.grid()?;
    let plan = sampler.plan(&grid, options.prediction.into()).map_err(refused)?;
    options.answer.draw(|| plan_svg(&plan))?;
    if options.answer.json {
        return output::json(&plan);
    }
    output::line(&format!(
        "{}: order {}, {} calls in {} steps",
        plan.sampler(),
        plan.order(),
        plan.evaluations(),
        plan.steps()
    ))?;
    let rows = plan.stages().iter().enumerate().map(|(call, stage)| {
        let numbers = [
            stage.time.value(),
            stage.level.sigma(),
            stage.reaches.sigma(),
            stage.state,
            stage.anchor,
            stage.noise,
        ];
        let history = stage.history.iter().map(|&weight| finite(weight)).collect::<Vec<_>>();
        std::iter::once(call.to_string())
            .chain(numbers.map(finite))
            .chain([history.join(" ")])
            .collect()
    });
    let header = ["call", "time", "sigma", "to", "state", "anchor", "noise", "history"];
    output::table(&header, &rows.collect::<Vec<Vec<String>>>())
}
