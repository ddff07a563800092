//! `counterfoil evaluate`: measure a trained run on held-out images.

use clap::Args;
use counterfoil::experiment::{actions::perform, evaluate};

use super::shared::Common;
use crate::{interrupt, output, progress};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil evaluate digits
  counterfoil evaluate digits --all --json

Writes summary.json and report.html into the run. The number of images is evaluation.images of the config; --all takes the whole test
part.";

/// Flags of `evaluate`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The run
    #[arg(value_name = "RUN")]
    run: String,
    /// Measure on the whole test part
    #[arg(long)]
    all: bool,
    /// Where to compute: cpu, cuda:0 or auto
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let run = options.common.open(&options.run)?;
    let mut reporter = progress::reporter(options.common.json);
    let flag = interrupt::listen();
    let (device, measured) = (options.device.as_deref(), evaluate::Options { all: options.all });
    let (summary, report) = perform::evaluate(&run, device, measured, reporter.as_mut(), flag)?;
    if options.common.json {
        output::json(&summary)?;
    } else {
        output::summary(&summary)?;
        output::line(&format!("report  {}", report.display()))?;
    }
    Ok(0)
}
