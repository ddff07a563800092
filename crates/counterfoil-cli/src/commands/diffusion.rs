//! `counterfoil diffusion`: noise schedules and the grids that samplers walk, as tables.

use clap::{Args, Subcommand, ValueEnum};
use counterfoil::diffusion::{DiffusionError, DiscreteSchedule, End, Grid, Spacing};
use serde_json::json;

use crate::output;

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil diffusion schedules
  counterfoil diffusion schedules --schedule linear --levels 1000 --steps 10 --spacing log-snr --json";

/// Flags of `diffusion`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The levels that a sampler visits, from the noisiest to the image
    #[command(after_help = EXAMPLES)]
    Schedules(Schedules),
}

/// Flags of `diffusion schedules`.
#[derive(Debug, Args)]
struct Schedules {
    /// The schedule of training
    #[arg(long, value_enum, default_value_t = Name::Cosine)]
    schedule: Name,
    /// Noise levels of training
    #[arg(long, value_name = "T", default_value_t = 1000)]
    levels: usize,
    /// Steps of the sampler
    #[arg(long, value_name = "N", default_value_t = 20)]
    steps: usize,
    /// How the steps are spaced
    #[arg(long, value_enum, default_value_t = Spaced::Trailing)]
    spacing: Spaced,
    /// Answer with one JSON document on stdout and nothing else there
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    Linear,
    Cosine,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Spaced {
    Leading,
    Trailing,
    Linspace,
    LogSnr,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let What::Schedules(options) = &options.what;
    let grid = match grid(options) {
        Ok(grid) => grid,
        Err(error) => return Err(crate::failure::bad_input(error.to_string())),
    };
    let entries = grid.times().iter().zip(grid.levels());
    if options.json {
        let rows: Vec<_> = entries
            .map(|(time, level)| {
                json!({
                    "time": time.value(),
                    "alpha_bar": level.alpha_bar(),
                    "alpha": level.alpha(),
                    "sigma": level.sigma(),
                    // Infinite at the image, which JSON cannot say.
                    "log_snr": Some(level.log_snr()).filter(|x| x.is_finite()),
                })
            })
            .collect();
        output::json(&json!({ "levels": rows }))?;
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = entries
        .enumerate()
        .map(|(step, (time, level))| {
            let numbers =
                [time.value(), level.alpha_bar(), level.alpha(), level.sigma(), level.log_snr()];
            let numbers = numbers.map(output::number);
            std::iter::once(step.to_string()).chain(numbers).collect()
        })
        .collect();
    output::table(&["step", "time", "alpha_bar", "alpha", "sigma", "log_snr"], &rows)?;
    Ok(0)
}

fn grid(options: &Schedules) -> Result<Grid, DiffusionError> {
    let schedule = match options.schedule {
        Name::Linear => DiscreteSchedule::linear(options.levels)?,
        Name::Cosine => DiscreteSchedule::cosine(options.levels)?,
    };
    let spacing = match options.spacing {
        Spaced::Leading => Spacing::Leading { offset: 0 },
        Spaced::Trailing => Spacing::Trailing,
        Spaced::Linspace => Spacing::Linspace,
        Spaced::LogSnr => Spacing::LogSnr,
    };
    schedule.grid(spacing, options.steps, End::Zero)
}
