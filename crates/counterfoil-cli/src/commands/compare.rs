//! `counterfoil compare`: what two runs of the same data have in common and what not.

use clap::Args;
use counterfoil::experiment::actions::figures::{Difference, compare};

use super::shared::Common;
use crate::output;

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil compare digits/20261123T205800Z-2d15fc8-s0-1a2b3c4d digits
  counterfoil compare A B --json

Runs of different data are refused with exit status 1.";

/// Flags of `compare`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The first run
    #[arg(value_name = "A")]
    first: String,
    /// The second run
    #[arg(value_name = "B")]
    second: String,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let (a, b) = (options.common.open(&options.first)?, options.common.open(&options.second)?);
    let comparison = compare(&a, &b)?.map_err(anyhow::Error::msg)?;
    if options.common.json {
        output::json(&comparison)?;
        return Ok(0);
    }
    for (number, run) in comparison.runs.iter().enumerate() {
        output::line(&format!("{}  {run}", number + 1))?;
    }
    differences("config", &comparison.config)?;
    output::figures(&comparison.figures, 2)?;
    Ok(0)
}

/// A table of what differs.
pub(super) fn differences(what: &str, differences: &[Difference]) -> anyhow::Result<()> {
    if differences.is_empty() {
        return output::line(&format!("{what}: no difference"));
    }
    let text = |value: &Option<String>| {
        let value = value.as_deref().unwrap_or("-");
        // A whole graph does not fit a table.
        value.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let rows: Vec<Vec<String>> =
        differences.iter().map(|d| vec![d.key.clone(), text(&d.first), text(&d.second)]).collect();
    output::table(&[what, "1", "2"], &rows)
}
