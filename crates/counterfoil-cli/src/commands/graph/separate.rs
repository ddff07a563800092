//! `counterfoil graph separate`: m-separation, with the open path where there is one.

use clap::Args;
use serde_json::json;

use super::{OfGraph, braces};
use crate::output;

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil graph separate asia.dot --x Tub --y Bronc
  counterfoil graph separate asia.dot --x Tub --y Bronc --given Dysp,Smoke --json";

/// Flags of `graph separate`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    graph: OfGraph,
    /// One side (repeat or separate by commas for several variables)
    #[arg(long, value_name = "NAME", required = true, value_delimiter = ',')]
    x: Vec<String>,
    /// The other side
    #[arg(long, value_name = "NAME", required = true, value_delimiter = ',')]
    y: Vec<String>,
    /// What is known
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    given: Vec<String>,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let of = &options.graph;
    let graph = of.admg()?;
    let set = |names| of.set(&graph, names);
    let (x, y, z) = (set(&options.x)?, set(&options.y)?, set(&options.given)?);
    let path = graph.open_path(&x, &y, &z).map_err(|error| of.at_fault(error))?;
    let shown = path.as_ref().map(|path| path.display(&graph).to_string());
    if of.json {
        let nodes = path.as_ref().map(|path| -> Vec<&str> {
            path.nodes().iter().map(|&node| graph.name(node)).collect()
        });
        return output::json(&json!({
            "separated": path.is_none(),
            "open_path": shown,
            "nodes": nodes,
        }));
    }
    let [x, y, z] = [&x, &y, &z].map(|set| braces(&graph, set));
    output::line(&match shown {
        None => format!("{x} and {y} are separated given {z}"),
        Some(path) => format!("{x} and {y} are not separated given {z}: {path} is open"),
    })
}
