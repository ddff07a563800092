//! `counterfoil table`: the figures of several runs side by side.

use clap::Args;
use counterfoil::experiment::{Result, actions::figures::table, run_dir::RunDir};

use super::shared::Common;
use crate::output;

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil table runs/digits/*
  counterfoil table digits morphomnist --json";

/// Flags of `table`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The runs
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<String>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let runs = options.runs.iter().map(|run| options.common.open(run));
    let table = table(&runs.collect::<Result<Vec<RunDir>>>()?)?;
    if options.common.json {
        output::json(&table)?;
        return Ok(0);
    }
    for (number, run) in table.runs.iter().enumerate() {
        output::line(&format!("{}  {run}", number + 1))?;
    }
    output::figures(&table.rows, table.runs.len())?;
    Ok(0)
}
