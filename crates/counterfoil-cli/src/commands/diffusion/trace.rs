//! `counterfoil diffusion trace`: a run on data whose flow is known.

use std::path::PathBuf;

use clap::Args;
use counterfoil::{
    diffusion::{Adaptive, Choice, DiffusionError, Picard, RePaint},
    experiment::actions::diffusion::{Settings, Traced, Way, read_mixture, trace},
};

use super::{
    Answer, finite,
    grid::{GridOptions, Predicted},
};
use crate::{
    commands::shared::{at_most, seed},
    failure, output,
};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil diffusion trace --sampler ddim --steps 10
  counterfoil diffusion trace --sampler unipc-3 --steps 20 --spacing log-snr --end 0.05 --json
  counterfoil diffusion trace --adaptive 0.01 --schedule linear --end first
  counterfoil diffusion trace --sampler ddim --steps 100 --picard 1e-3 --window 50
  counterfoil diffusion trace --sampler dpm-solver-2m --steps 40 --edit 0.5
  counterfoil diffusion trace --sampler ddim --steps 20 --stagger 5
  counterfoil diffusion trace --steps 50 --mixture mixture.json --inpaint 0 --jump-length 5 --jump-count 3
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
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, default_value_t = 0)]
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
    /// Let each point begin this many calls after the one before it
    #[arg(long, value_name = "CALLS", conflicts_with_all = ["adaptive", "picard", "edit"])]
    stagger: Option<usize>,
    /// Give these coordinates of points of the data, counted from 0, and let the run make up the others, by RePaint
    #[arg(long, value_name = "COORDINATES", value_delimiter = ',',
          conflicts_with_all = ["adaptive", "picard", "edit", "stagger", "sampler"])]
    inpaint: Option<Vec<usize>>,
    /// Steps that are undone at a time
    #[arg(long, value_name = "N", default_value_t = 10, requires = "inpaint")]
    jump_length: usize,
    /// How often each stretch is gone through
    #[arg(long, value_name = "N", default_value_t = 10, requires = "inpaint")]
    jump_count: usize,
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
        if let Some(gap) = self.stagger {
            return Way::Staggered { gap };
        }
        if let Some(known) = self.inpaint.clone() {
            let (jump_length, jump_count) = (self.jump_length, self.jump_count);
            let painter = RePaint { jump_length, jump_count, ..RePaint::default() };
            return Way::Inpaint { painter, known };
        }
        self.edit.map_or(Way::Plan, |strength| Way::Edit { strength })
    }
}

/// Points that a table or a drawing has use for.
const POINTS: usize = 10_000;

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    at_most("--points", options.points, POINTS)?;
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
        let [alpha, sigma] = levels(step);
        let call = [step.call.to_string(), output::maybe(step.time)];
        let rest = [alpha, sigma, finite(step.distance), points.collect::<Vec<_>>().join("  ")];
        call.into_iter().chain(rest).collect()
    });
    output::table(
        &["call", "time", "alpha", "sigma", "distance", "points"],
        &rows.collect::<Vec<Vec<String>>>(),
    )
}

/// Signal and noise of a row, of each point where they differ.
fn levels(step: &Traced) -> [String; 2] {
    if step.levels.is_empty() {
        return [step.alpha, step.sigma].map(finite);
    }
    [0, 1]
        .map(|of| step.levels.iter().map(|level| finite(level[of])).collect::<Vec<_>>().join("  "))
}
