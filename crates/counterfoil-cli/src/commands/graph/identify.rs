//! `counterfoil graph identify`: the formula of an effect, or the proof that there is none.

use clap::Args;
use counterfoil::graph::{
    Query,
    identification::{NotIdentified, identify},
};
use serde_json::json;

use super::{Ends, OfGraph};
use crate::{failure, output};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil graph identify napkin.json --do X --on Y
  counterfoil graph identify napkin.json --do X --on Y --given Z --latex
  counterfoil graph identify bow.dot --do X --on Y --json

Answered by ID and IDC, which are complete: where there is no formula, the hedge proves that there can be none.";

/// Flags of `graph identify`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    graph: OfGraph,
    #[command(flatten)]
    ends: Ends,
    /// What is known of the cases that are asked about (repeat or separate by commas)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    given: Vec<String>,
    /// Write the formula in LaTeX
    #[arg(long)]
    latex: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let of = &options.graph;
    let graph = of.admg()?;
    let [do_, y] = options.ends.sets(of, &graph)?;
    let query = Query { y, do_, given: of.set(&graph, &options.given)? };
    let answer = match identify(&graph, &query) {
        Err(NotIdentified::Hedge(hedge)) => Err(hedge),
        Err(error) => return Err(failure::bad_input(format!("{}: {error}", of.file.display()))),
        Ok(estimand) => Ok(estimand),
    };
    if of.json {
        let estimand = answer.as_ref().ok();
        let hedge = answer.as_ref().err().map(
            |hedge| json!({ "F": graph.names(&hedge.f), "F_prime": graph.names(&hedge.f_prime) }),
        );
        return output::json(&json!({
            "query": query.text(&graph),
            "identifiable": answer.is_ok(),
            "estimand": estimand.map(ToString::to_string),
            "latex": estimand.map(|estimand| estimand.latex().to_string()),
            "hedge": hedge,
        }));
    }
    let query = query.text(&graph);
    output::line(&match answer {
        Ok(estimand) if options.latex => estimand.latex().to_string(),
        Ok(estimand) => format!("{query} = {estimand}"),
        Err(hedge) => format!("{query} is not identifiable: {}", hedge.text(&graph)),
    })
}
