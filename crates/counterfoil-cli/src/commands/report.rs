//! `counterfoil report`: write the self-contained report of a run again.

use clap::Args;
use counterfoil::experiment::report;
use serde_json::json;

use super::shared::Common;
use crate::output;

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil report digits";

/// Flags of `report`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The run
    #[arg(value_name = "RUN")]
    run: String,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let run = options.common.open(&options.run)?;
    let report = report::write(&run)?;
    if options.common.json {
        output::json(&json!({ "report": report }))?;
    } else {
        output::line(&report.display().to_string())?;
    }
    Ok(0)
}
