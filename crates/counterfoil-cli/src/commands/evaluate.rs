//! `counterfoil evaluate`: measure a trained run on held-out images.

use clap::Args;
use counterfoil::experiment::{actions::perform, evaluate};

use super::shared::OfModel;
use crate::{interrupt, output, progress};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil evaluate digits
  counterfoil evaluate digits --all --json

Writes summary.json and report.html into the run. The number of images is evaluation.images of the config; --all takes the whole test
part.";

/// Flags of `evaluate`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    model: OfModel,
    /// Measure on the whole test part
    #[arg(long)]
    all: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let run = options.model.open()?;
    let mut reporter = progress::reporter(options.model.json());
    let flag = interrupt::listen();
    let (device, measured) = (options.model.device(), evaluate::Options { all: options.all });
    let (summary, report) = perform::evaluate(&run, device, measured, reporter.as_mut(), flag)?;
    if options.model.json() {
        output::json(&summary)?;
    } else {
        output::summary(&summary)?;
        output::line(&format!("report  {}", report.display()))?;
    }
    Ok(0)
}
