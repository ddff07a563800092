//! `counterfoil diffusion trace`: a run on data whose flow is known.

use std::path::PathBuf;

use clap::Args;
use counterfoil::{
    diffusion::{Adaptive, Choice, DiffusionError, Picard},
    experiment::actions::diffusion::{Settings, Way, read_mixture, trace},
};

use super::{
    Answer, finite,
    grid::{GridOptions, Predicted},
};
use crate::{failure, output};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil diffusion trace --sampler ddim --steps 10
  counterfoil diffusion trace --sampler unipc-3 --steps 20 --spacing log-snr --end 0.05 --json
  counterfoil diffusion trace --adaptive 0.01 --schedule linear --end first
  counterfoil diffusion trace --sampler ddim --steps 100 --picard 1e-3 --window 50
  counterfoil diffusion trace --sampler dpm-solver-2m --steps 40 --edit 0.5
  counterfoil diffusion trace --sampler heun --mixture mixture.json --points 5 --svg heun.svg

The network is the exact denoiser of a mixture of Gaussians, one dimension with two components unless --mixture names a
file such as {\"weights\": [0.4, 0.6], \"means\": [[-1], [0.5]], \"stds\": [[0.2], [0.3]]}.";

/// Flags of `diffusion trace`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The sampler
    #[arg(long, value_name = "NAME", default_value = "ddim")]
    sampler: String,
    /// What the network predicts
    #[arg(long, value_enum, default_value_t = Predicted::V)]
    prediction: Predicted,
    #[command(flatten)]
    grid: GridOptions,
    /// The data: a mixture of Gaussians in JSON
    #[arg(long, value_name = "FILE")]
    mixture: Option<PathBuf>,
    /// How many points are followed
    #[arg(long, value_name = "N", default_value_t = 3)]
    points: usize,
    /// Random numbers of the starting points and of the noise
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Choose the steps by this tolerance, relative to the size of the state: the grid gives the two ends alone
    #[arg(long, value_name = "X", conflicts_with_all = ["picard", "edit", "sampler"])]
    adaptive: Option<f64>,
    /// Run many steps at once, in sweeps until nothing changes by more than this; for samplers that remember nothing
    #[arg(long, value_name = "X", conflicts_with = "edit")]
    picard: Option<f64>,
    /// Steps of a sweep
    #[arg(long, value_name = "N", default_value_t = 32, requires = "picard")]
    window: usize,
    /// Begin with points of the data, noised to this share of the steps
    #[arg(long, value_name = "SHARE")]
    edit: Option<f64>,
    #[command(flatten)]
    answer: Answer,
}

impl Options {
    fn way(&self) -> Way {
        if let Some(relative) = self.adaptive {
            // The tolerance is relative alone: the data need not be images.
            return Way::Adaptive(Adaptive { relative, absolute: 0.0, ..Adaptive::default() });
        }
        if let Some(tolerance) = self.picard {
            return Way::Picard(Picard { window: self.window, tolerance });
        }
        self.edit.map_or(Way::Plan, |strength| Way::Edit { strength })
    }
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let refused = |error: DiffusionError| failure::bad_input(error.to_string());
    let sampler: Choice = options.sampler.parse().map_err(refused)?;
    let settings = Settings {
        sampler,
        prediction: options.prediction.into(),
        mixture: read_mixture(options.mixture.as_deref())?,
        points: options.points,
        seed: options.seed,
        way: options.way(),
    };
    let trace = trace(&settings, &options.grid.grid()?).map_err(refused)?;
    options.answer.draw(|| trace.svg())?;
    if options.answer.json {
        return output::json(&trace);
    }
    for (what, count) in [("sweeps", trace.sweeps), ("refused steps", trace.rejected)] {
        if let Some(count) = count {
            output::line(&format!("{} calls, {count} {what}", trace.evaluations))?;
        }
    }
    let rows = trace.steps.iter().map(|step| {
        let points = step
            .state
            .iter()
            .map(|point| point.iter().map(|&x| format!("{x:.4}")).collect::<Vec<_>>().join(","));
        let numbers = [step.alpha, step.sigma, step.distance].map(finite);
        [step.call.to_string(), output::maybe(step.time)]
            .into_iter()
            .chain(numbers)
            .chain([points.collect::<Vec<_>>().join("  ")])
            .collect()
    });
    output::table(
        &["call", "time", "alpha", "sigma", "distance", "points"],
        &rows.collect::<Vec<Vec<String>>>(),
    )
}
