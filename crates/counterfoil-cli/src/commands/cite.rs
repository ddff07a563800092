//! `counterfoil cite`: BibTeX of the works that a run builds on.

use clap::Args;
use counterfoil::experiment::actions::cite::of_run;
use serde_json::json;

use super::shared::Common;
use crate::output;

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil cite digits > references.bib
  counterfoil cite digits --json

Printed are the works behind what the run's config names, and behind the figures of its summary once it was evaluated.";

/// Flags of `cite`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The run
    #[arg(value_name = "RUN")]
    run: String,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let entries = of_run(&options.common.open(&options.run)?)?;
    if options.common.json {
        output::json(&json!({ "bibtex": entries }))?;
    } else {
        output::line(&entries.join("\n\n"))?;
    }
    Ok(0)
}
