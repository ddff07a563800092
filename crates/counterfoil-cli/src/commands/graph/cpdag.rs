//! `counterfoil graph cpdag`: what data say of the directions of a DAG's edges.

use clap::Args;
use serde_json::json;

use super::OfGraph;
use crate::output;

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil graph cpdag asia.dot
  counterfoil graph cpdag asia.dot --json

Edges with an arrow point that way in every DAG that entails the same independences; the others do not.";

/// Flags of `graph cpdag`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    graph: OfGraph,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let of = &options.graph;
    let class = of.dag()?.cpdag().map_err(|error| of.at_fault(error))?;
    let size = class.class_size().to_string();
    if !of.json {
        output::line(&class.to_string())?;
        return output::line(&format!("DAGs in the class: {size}"));
    }
    let name = |(a, b): (usize, usize)| [class.name(a), class.name(b)];
    output::json(&json!({
        "directed": class.directed_edges().map(name).collect::<Vec<_>>(),
        "undirected": class.undirected_edges().map(name).collect::<Vec<_>>(),
        "class_size": size,
    }))
}
