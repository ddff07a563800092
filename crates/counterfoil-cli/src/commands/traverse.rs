//! `counterfoil traverse`: images of a run with one variable going through its declared range.

use std::path::PathBuf;

use clap::Args;
use counterfoil::experiment::{
    actions::imagine::{Imagination, Options as Asked, sweep},
    run_dir::check_target,
};

use super::shared::OfModel;
use crate::{output, progress};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil traverse digits --variable thickness
  counterfoil traverse digits --variable intensity --steps 9 --count 4 --out-file sweep.png

The first column is the factual image; the others go evenly from the low to the high end of the declared range.";

/// Flags of `traverse`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    model: OfModel,
    /// The variable that is set
    #[arg(long, value_name = "NAME")]
    variable: String,
    /// How many values
    #[arg(long, default_value_t = 9, value_name = "N")]
    steps: usize,
    /// How many test images
    #[arg(long, default_value_t = 4, value_name = "N")]
    count: usize,
    /// Where to write the grid; by default into the run's folder `counterfactuals`
    #[arg(long, value_name = "FILE.png")]
    out_file: Option<PathBuf>,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let run = options.model.open()?;
    let interventions = sweep(run.config()?.graph(), &options.variable, options.steps)?;
    options.out_file.as_deref().map_or(Ok(()), check_target)?;
    let mut reporter = progress::reporter(options.model.json());
    let imagination = Imagination::open(run, options.model.device(), reporter.as_mut())?;
    let subjects = imagination.held_out(options.count)?;
    let imagined = imagination.imagine(&subjects, &interventions, Asked::default())?;
    let name = format!("traverse-{}", options.variable.replace('/', "-"));
    let file = imagination.keep(&imagined, &name, options.out_file.as_deref())?;
    output::imagined(&imagination, &imagined, &file, options.model.json())?;
    Ok(0)
}
