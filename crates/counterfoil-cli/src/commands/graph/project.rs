//! `counterfoil graph project`: hidden variables projected out of a graph.

use clap::Args;
use counterfoil::graph::formats::{Described, Format};

use super::OfGraph;
use crate::output;

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil graph project full.dot --latent U
  counterfoil graph project full.dot --latent U,V --json

What the file itself declares latent is projected out in any case.";

/// Flags of `graph project`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    graph: OfGraph,
    /// A variable to hide (repeat or separate by commas)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    latent: Vec<String>,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let of = &options.graph;
    let graph = of.admg()?;
    let projected = graph.project(&of.set(&graph, &options.latent)?);
    if !of.json {
        return output::line(&projected.to_string());
    }
    let text = Format::Json.write(&Described::from(&projected));
    output::line(text.map_err(|error| of.at_fault(error))?.trim_end())
}
