//! `counterfoil runs`: every run with how it ended and its key figures.

use std::path::Path;

use clap::Args;
use counterfoil::experiment::{
    actions::figures::{Listed, key_figures, listing},
    run_dir::{DEFAULT_OUT, StoppedBy},
};
use serde_json::json;

use super::shared::Common;
use crate::{failure::bad_input, output};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil runs
  counterfoil runs --out /data/runs --json";

/// Flags of `runs`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let out = &options.common.out;
    if !out.is_dir() && out != Path::new(DEFAULT_OUT) {
        return Err(bad_input(format!("--out {}: there is no such folder", out.display())));
    }
    let runs = listing(out)?;
    if options.common.json {
        output::json(&json!({ "runs": runs }))?;
        return Ok(0);
    }
    if runs.is_empty() {
        output::line(&format!("no runs in {}", options.common.out.display()))?;
        return Ok(0);
    }
    let shown = key_figures(&runs);
    let mut header = vec!["run", "started", "steps", "stopped by"];
    header.extend(shown.iter().map(|(_, title)| title.as_str()));
    let rows: Vec<Vec<String>> = runs
        .iter()
        .map(|run| {
            let mut row = told(run);
            row.extend(shown.iter().map(|(key, _)| output::maybe(run.figure(key))));
            row
        })
        .collect();
    output::table(&header, &rows)?;
    for run in &runs {
        if let Some(reason) = &run.broken {
            output::line(&format!("{}: {reason}", run.run))?;
        }
    }
    Ok(0)
}

/// The columns of the manifest.
fn told(run: &Listed) -> Vec<String> {
    let Some(told) = &run.told else {
        return vec![run.run.clone(), "damaged".into(), "-".into(), "-".into()];
    };
    let started = told.started.get(..16).unwrap_or(&told.started).replace('T', " ");
    let stopped = match told.stopped_by {
        Some(StoppedBy::Steps) => "steps",
        Some(StoppedBy::WallClock) => "clock",
        Some(StoppedBy::Interrupt) => "interrupt",
        Some(StoppedBy::Diverged) => "diverged",
        None => "-",
    };
    vec![run.run.clone(), started, told.steps.to_string(), stopped.to_owned()]
}
