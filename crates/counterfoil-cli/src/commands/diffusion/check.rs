//! `counterfoil diffusion check`: recorded runs, repeated and compared.

use std::path::PathBuf;

use clap::Args;
use counterfoil::experiment::actions::diffusion::check;

use crate::{failure, output};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil diffusion check trajectories.json
  counterfoil diffusion check trajectories.json --tolerance 1e-11 --json

Schedule, grid and plan are built from each record's scheduler, options and number of steps; every level, label and state
is compared, and the largest absolute difference counts. The exit status is 1 if any record is off.";

/// Flags of `diffusion check`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// A JSON file with models, starts, noise and trajectories
    #[arg(value_name = "GOLDENS")]
    file: PathBuf,
    /// The largest difference that is none
    #[arg(long, value_name = "X", default_value_t = 1e-9)]
    tolerance: f64,
    /// Answer with one JSON document on stdout and nothing else there
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    if options.tolerance.is_nan() || options.tolerance < 0.0 {
        let told = format!("--tolerance is {}: give 0 or more", options.tolerance);
        return Err(failure::bad_input(told));
    }
    let found = check(&options.file, options.tolerance)?;
    if options.json {
        output::json(&found)?;
    } else {
        for off in &found.failures {
            let error = off.error.map_or_else(|| "no number".to_owned(), |e| format!("{e:.3e}"));
            output::line(&format!(
                "{} on {} in {} steps: {} ({error})",
                off.sampler, off.model, off.n, off.what
            ))?;
        }
        let worst = found.worst.map_or_else(|| "unknown".to_owned(), |e| format!("{e:.1e}"));
        output::line(&format!(
            "{} passed, {} failed, largest difference {worst}",
            found.passed, found.failed
        ))?;
    }
    Ok(if found.failed == 0 { 0 } else { failure::FAILED })
}
