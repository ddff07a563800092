//! `counterfoil compare`: what two runs of the same data have in common and what not.

use std::path::PathBuf;

use clap::Args;
use counterfoil::experiment::{
    actions::{
        curves::{Curves, Row},
        figures::{Comparison, Difference, compare},
    },
    run_dir::{check_target, write_atomic},
};

use super::shared::Common;
use crate::output::{self, maybe};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil compare digits/20261123T205800Z-2d15fc8-s0-1a2b3c4d digits
  counterfoil compare A B --svg losses.svg
  counterfoil compare A B --json

Shown are the keys of the config that differ, the losses at about ten common steps and every figure; --json has the losses of
all steps.
Exit status 1 when the runs are of different data, and, after the comparison, when --svg is given and neither has a loss yet.";

/// Flags of `compare`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The first run
    #[arg(value_name = "A")]
    first: String,
    /// The second run
    #[arg(value_name = "B")]
    second: String,
    /// Draw the losses of both against the steps into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    if let Some(file) = &options.svg {
        check_target(file)?;
    }
    let (a, b) = (options.common.open(&options.first)?, options.common.open(&options.second)?);
    let comparison = compare(&a, &b)?.map_err(anyhow::Error::msg)?;
    // Whatever becomes of the drawing, the comparison itself is told.
    tell(&comparison, options.common.json)?;
    if let Some(file) = &options.svg {
        if comparison.curves.is_empty() {
            anyhow::bail!(
                "neither run has a loss yet, so {} was not drawn; train one first",
                file.display()
            );
        }
        write_atomic(file, comparison.curves.to_svg(&comparison.runs)?.as_bytes())?;
    }
    Ok(0)
}

fn tell(comparison: &Comparison, json: bool) -> anyhow::Result<()> {
    if json {
        return output::json(comparison);
    }
    for (number, run) in comparison.runs.iter().enumerate() {
        output::line(&format!("{}  {run}", number + 1))?;
    }
    differences("config", &comparison.config)?;
    losses(&comparison.curves)?;
    output::figures(&comparison.figures, 2)
}

/// The losses at common steps; nothing where there are none.
fn losses(curves: &Curves) -> anyhow::Result<()> {
    let cells = |row: Row| {
        let losses = row.train.into_iter().chain(row.validation).map(maybe);
        std::iter::once(row.step.to_string()).chain(losses).collect()
    };
    let rows: Vec<Vec<String>> = curves.rows().into_iter().map(cells).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let header = ["loss at step", "training 1", "training 2", "validation 1", "validation 2"];
    output::table(&header, &rows)
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
