//! `counterfoil run`: train, evaluate and report an experiment, for one seed or several.

use std::ops::Range;

use clap::Args;
use counterfoil::experiment::actions::perform::{Plan, Request};
use serde_json::{Value, json};

use super::shared::{Common, Source, performed_json, seed, tell_performed};
use crate::{interrupt, output, team::Team};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil run experiments/digits.toml --preset smoke
  counterfoil run digits --preset quick --seeds 0..3
  counterfoil run morphomnist --set data.dir=../morphomnist --device cuda:0
  counterfoil run digits --set training.steps=200 --dry-run
  mpirun -np 4 counterfoil run pendulum --out /shared/runs   (built with --features mpi)";

/// Flags of `run`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    common: Common,
    /// The seed of initial weights, noise and order
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, conflicts_with = "seeds")]
    seed: Option<u64>,
    /// Several seeds, one run each: 0..3 is 0, 1 and 2
    #[arg(long, value_name = "A..B", value_parser = seeds)]
    seeds: Option<Range<u64>>,
    /// Where to compute: cpu, cuda:0 or auto
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    /// Check everything, show the resolved config and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    Team::gather()?.work(|team| perform(options, team))
}

fn perform(options: &Options, team: &Team) -> anyhow::Result<u8> {
    let file = options.source.file()?;
    let seeds: Vec<Option<u64>> = match &options.seeds {
        Some(range) => range.clone().map(Some).collect(),
        None => vec![options.seed],
    };
    let plan = |seed: Option<u64>| {
        let mut set = options.source.set.clone();
        set.extend(seed.map(|seed| format!("experiment.seed={seed}")));
        set.extend(options.device.as_ref().map(|device| format!("device={device}")));
        Plan::new(&Request {
            file: &file,
            preset: options.source.preset.as_deref(),
            set,
            arguments: std::env::args().collect(),
        })
    };
    if options.dry_run {
        if !team.leads() {
            return Ok(0);
        }
        return dry(&seeds.into_iter().map(plan).collect::<Result<Vec<_>, _>>()?, options);
    }
    let mut reporter = team.reporter(options.common.json);
    let mut done: Vec<Value> = Vec::new();
    let mut status = 0;
    let mut flag = None;
    for seed in seeds {
        let plan = plan(seed)?;
        // Only from here on there is something to save.
        let flag = *flag.get_or_insert_with(interrupt::listen);
        let performed =
            plan.start_among(team.ranks(), &options.common.out, reporter.as_mut(), flag)?;
        if !team.leads() {
            // Rank 0 tells of it.
        } else if options.common.json {
            done.push(performed_json(&performed));
        } else {
            tell_performed(&performed)?;
        }
        status = performed.exit_status();
        if status != 0 {
            break;
        }
    }
    if options.common.json && team.leads() {
        output::json(&json!({ "runs": done }))?;
    }
    Ok(status)
}

/// Shows what would be run.
fn dry(plans: &[Plan], options: &Options) -> anyhow::Result<u8> {
    if options.common.json {
        let plans: Vec<Value> = plans
            .iter()
            .map(|plan| {
                json!({
                    "config": plan.config().sections(),
                    "config_hash": plan.config().hash(),
                    "data_hash": plan.data().dataset().hash(),
                    "parameters": plan.parameters(),
                })
            })
            .collect();
        output::json(&json!({ "plans": plans }))?;
        return Ok(0);
    }
    for plan in plans {
        let hash = plan.config().hash8();
        output::line(&format!("# {} parameters, config {hash}", plan.parameters()))?;
        output::line(plan.config().to_toml()?.trim_end())?;
    }
    Ok(0)
}

/// Seeds of one command; each is a run of its own.
const SEEDS: u64 = 10_000;

/// `0..3`, or `0..=2`.
fn seeds(text: &str) -> Result<Range<u64>, String> {
    let wrong = || "write a range of seeds such as 0..3".to_owned();
    let (first, last) = text.split_once("..").ok_or_else(wrong)?;
    let first: u64 = first.trim().parse().map_err(|_| wrong())?;
    let end = match last.strip_prefix('=') {
        Some(last) => last.trim().parse::<u64>().ok().and_then(|last| last.checked_add(1)),
        None => last.trim().parse().ok(),
    };
    match end.ok_or_else(wrong)? {
        end if end > first && end - first > SEEDS => {
            Err(format!("the range holds more than {SEEDS} seeds: take a part of it"))
        }
        end if end > first => Ok(first..end),
        _ => Err("the range holds no seed: write it as 0..3".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_seeds_are_read_or_refused() {
        assert_eq!(seeds("0..3"), Ok(0..3));
        assert_eq!(seeds("4..=5"), Ok(4..6));
        assert_eq!(seeds("7..10007"), Ok(7..10_007));
        assert!(seeds("7..10008").unwrap_err().contains("more than 10000 seeds"));
        for text in ["3", "3..", "..3", "3..3", "a..b", "-1..2", "0..=18446744073709551615"] {
            assert!(seeds(text).is_err(), "{text}");
        }
    }
}
