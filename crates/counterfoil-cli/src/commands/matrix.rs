//! `counterfoil matrix`: methods by worlds by seeds, each cell run once, side by side in one table.

use std::path::PathBuf;

use clap::Args;
use counterfoil::experiment::{
    actions::perform::INTERRUPTED,
    matrix::{
        Budget, Children, Outcome, Places, Plan, deal, perform, places::Listed, plan::Request,
        together,
    },
    ranks,
};
use serde_json::json;

use super::shared::{Common, Source};
use crate::{failure, interrupt, output, team::Team};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil matrix experiments/table.toml --budget 2h
  counterfoil matrix experiments/table.toml --only digits,parity --dry-run
  counterfoil matrix experiments/table.toml --set data.dir=../morphomnist
  counterfoil matrix experiments/table.toml --report-only
  mpirun -np 8 counterfoil matrix experiments/table.toml --device auto   (built with --features mpi)";

/// Flags of `matrix`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    common: Common,
    /// Start only cells that can end in this time: 2h, 90m, 1h30m
    #[arg(long, value_name = "TIME")]
    budget: Option<Budget>,
    /// Run only cells of these experiments and of these methods
    #[arg(long, value_name = "NAME,...")]
    only: Vec<String>,
    /// Where to compute: cpu, cuda:0 or auto
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    /// The folder of finished cells; that of the repository, or beside the page, when left out
    #[arg(long, value_name = "DIR")]
    cells: Option<PathBuf>,
    /// The table as Markdown; docs/results.md, or beside the page, when left out
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Check everything, list the cells with their state and time, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the table from finished cells and run nothing
    #[arg(long, conflicts_with_all = ["dry_run", "budget", "only"])]
    report_only: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    Team::gather()?.work(|team| fill(options, team))
}

fn fill(options: &Options, team: &Team) -> anyhow::Result<u8> {
    let mut set = options.source.set.clone();
    set.extend(options.device.as_ref().map(|device| format!("device={device}")));
    let request = Request { preset: options.source.preset.as_deref(), set };
    let plan = Plan::load(&options.source.file()?, &request)?;
    let selected = plan.select(&options.only)?;
    let out = &options.common.out;
    let places = Places::new(&plan, out, options.cells.as_deref(), options.markdown.as_deref());
    if options.dry_run {
        if !team.leads() {
            return Ok(0);
        }
        return list(&places.list(&plan, &selected)?, options);
    }
    let outcome = if options.report_only {
        Outcome::default()
    } else {
        let gpu = ranks::gpu(team.ranks(), options.device.as_deref().unwrap_or("auto"))?;
        let program = std::env::current_exe()?;
        let mut runner = Children { program, out: out.clone(), gpu };
        let mut reporter = team.reporter(options.common.json);
        let budget = options.budget.unwrap_or(Budget::NONE);
        let flag = interrupt::listen();
        let kept = &mut || if team.leads() { places.write(&plan).map(drop) } else { Ok(()) };
        let store = &places.store;
        let own = deal(team.ranks(), &plan, &selected, store)?;
        let ended = perform(&plan, &own, store, budget, &mut runner, reporter.as_mut(), flag, kept);
        // An error here must not end the cells that others are running, so it waits for them.
        let all = together(team.ranks(), ended.as_ref().unwrap_or(&Outcome::default()));
        ended.map(|_| all)?
    };
    if !team.leads() {
        return Ok(status(&outcome));
    }
    let board = places.write(&plan)?;
    if options.common.json {
        output::json(&json!({
            "page": places.page,
            "markdown": places.markdown,
            "cells": places.store.folder(),
            "outcome": outcome,
            "board": board,
        }))?;
    } else {
        output::line(&format!("cells    {} of {} have run", board.done, board.cells))?;
        for (count, what) in [
            (outcome.failed, "failed now"),
            (outcome.left, "could not have ended in the time given"),
            (outcome.elsewhere, "passed over: another process runs them"),
        ] {
            if count > 0 {
                output::line(&format!("         {count} {what}"))?;
            }
        }
        output::line(&format!("page     {}", places.page.display()))?;
        output::line(&format!("results  {}", places.markdown.display()))?;
    }
    Ok(status(&outcome))
}

fn status(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome { interrupted: true, .. } => INTERRUPTED,
        Outcome { failed: 1.., .. } => failure::FAILED,
        _ => 0,
    }
}

/// Shows what would be run.
fn list(cells: &[Listed], options: &Options) -> anyhow::Result<u8> {
    if options.common.json {
        output::json(&json!({ "cells": cells }))?;
        return Ok(0);
    }
    let row = |cell: &Listed| {
        let state = if cell.state == "missing" && !cell.selected { "left out" } else { cell.state };
        vec![
            cell.experiment.clone(),
            cell.name.clone(),
            cell.seed.to_string(),
            state.to_owned(),
            output::number(cell.seconds.round()),
            cell.config_hash[..8].to_owned(),
            cell.reason.clone().unwrap_or_default(),
        ]
    };
    let header = ["experiment", "method", "seed", "state", "seconds", "config", ""];
    output::table(&header, &cells.iter().map(row).collect::<Vec<_>>())?;
    let to_run: Vec<&Listed> = cells.iter().filter(|cell| cell.selected).collect();
    let minutes = to_run.iter().map(|cell| cell.seconds).sum::<f64>() / 60.0;
    output::line(&format!("{} cells to run, about {minutes:.0} minutes", to_run.len()))?;
    Ok(0)
}
