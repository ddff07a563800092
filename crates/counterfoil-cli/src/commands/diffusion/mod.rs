//! `counterfoil diffusion`: noise schedules, the plans of samplers, and what they do on data whose flow is known.

mod check;
mod grid;
mod plan;
mod schedules;
mod trace;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use counterfoil::experiment::run_dir::{check_target, write_atomic};

use crate::{output, say::say};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil diffusion schedules --schedule cosine --steps 10
  counterfoil diffusion plan --sampler unipc-3 --steps 8 --spacing log-snr
  counterfoil diffusion trace --sampler heun --steps 20 --svg heun.svg
  counterfoil diffusion check trajectories.json --tolerance 1e-9";

/// Flags of `diffusion`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The levels that a sampler visits, from the noisiest to the image
    #[command(after_help = schedules::EXAMPLES)]
    Schedules(schedules::Options),
    /// Every coefficient of a sampler, computed before the first call of a network
    #[command(after_help = plan::EXAMPLES)]
    Plan(plan::Options),
    /// Run a sampler on a mixture of Gaussians, step by step beside the exact flow
    #[command(after_help = trace::EXAMPLES)]
    Trace(trace::Options),
    /// Repeat recorded runs from their inputs and compare
    #[command(after_help = check::EXAMPLES)]
    Check(check::Options),
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    match &options.what {
        What::Schedules(options) => schedules::run(options)?,
        What::Plan(options) => plan::run(options)?,
        What::Trace(options) => trace::run(options)?,
        What::Check(options) => return check::run(options),
    }
    Ok(0)
}

/// How to answer.
#[derive(Debug, Args)]
struct Answer {
    /// Draw it into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Answer with one JSON document on stdout and nothing else there
    #[arg(long)]
    json: bool,
}

impl Answer {
    /// Writes the drawing where one is wanted.
    fn draw(
        &self,
        svg: impl FnOnce() -> counterfoil::experiment::Result<String>,
    ) -> anyhow::Result<()> {
        let Some(file) = &self.svg else { return Ok(()) };
        check_target(file)?;
        write_atomic(file, svg()?.as_bytes())?;
        if !self.json {
            say(&format!("drawing  {}", Path::display(file)));
        }
        Ok(())
    }
}

/// A number, or `-` where it is not finite.
fn finite(value: f64) -> String {
    output::maybe(Some(value).filter(|value| value.is_finite()))
}
