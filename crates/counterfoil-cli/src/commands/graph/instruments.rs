//! `counterfoil graph instruments`: instruments of a cause for an outcome.

use clap::Args;
use counterfoil::graph::{NodeSet, instruments::Instruments};
use serde_json::json;

use super::{OfGraph, braces};
use crate::{failure, output};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil graph instruments lottery.dot --do Service --on Earnings
  counterfoil graph instruments lottery.dot --do Service --on Earnings --all --json";

/// Flags of `graph instruments`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    graph: OfGraph,
    /// The cause
    #[arg(long = "do", value_name = "NAME")]
    cause: String,
    /// The outcome
    #[arg(long = "on", value_name = "NAME")]
    outcome: String,
    /// List every conditioning set, not one of ancestors for each instrument
    #[arg(long)]
    all: bool,
    /// How many to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let of = &options.graph;
    let graph = of.unselected()?;
    let node = |name: &str| graph.index_of(name).map_err(|error| of.at_fault(error));
    let (x, y) = (node(&options.cause)?, node(&options.outcome)?);
    let question = Instruments::of(&graph, x, y)
        .map_err(|error| failure::bad_input(format!("{}: {error}", of.file.display())))?;
    let found: Vec<(usize, NodeSet)> = if options.all {
        question.all().take(options.limit).collect()
    } else {
        question.ancestral().take(options.limit).collect()
    };
    if of.json {
        let found: Vec<_> = found
            .iter()
            .map(|(z, given)| json!({ "z": graph.name(*z), "given": graph.names(given) }))
            .collect();
        return output::json(&json!({ "instruments": found }));
    }
    if found.is_empty() {
        return output::line("there is no instrument");
    }
    for (z, given) in &found {
        let name = graph.name(*z);
        output::line(&if given.is_empty() {
            name.to_owned()
        } else {
            format!("{name} given {}", braces(&graph, given))
        })?;
    }
    Ok(())
}
