//! `counterfoil graph frontdoor`: sets that meet the front-door criterion.

use clap::Args;
use counterfoil::graph::{NodeSet, front_door::FrontDoor};
use serde_json::json;

use super::{Ends, OfGraph, braces};
use crate::output;

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil graph frontdoor smoking.dot --do Smoking --on Cancer
  counterfoil graph frontdoor smoking.dot --do Smoking --on Cancer --limit 100 --json";

/// Flags of `graph frontdoor`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    graph: OfGraph,
    #[command(flatten)]
    ends: Ends,
    /// How many sets to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let of = &options.graph;
    let graph = of.unselected()?;
    let [x, y] = options.ends.sets(of, &graph)?;
    let question = FrontDoor::of(&graph, &x, &y).map_err(|error| of.at_fault(error))?;
    let minimal = question.minimal();
    let sets: Vec<NodeSet> = question.all().take(options.limit).collect();
    let refusal = question.refusal().map(|(_, refusal)| refusal.to_string());
    let formula = minimal.as_ref().and_then(|set| question.estimand(set).ok());
    if of.json {
        let sets: Vec<Vec<&str>> = sets.iter().map(|set| graph.names(set)).collect();
        return output::json(&json!({
            "exists": minimal.is_some(),
            "reason": refusal,
            "minimal": minimal.as_ref().map(|set| graph.names(set)),
            "sets": sets,
            "estimand": formula.as_ref().map(ToString::to_string),
            "latex": formula.map(|formula| formula.latex().to_string()),
        }));
    }
    if let Some(refusal) = refusal {
        return output::line(&format!("there is no front door: {refusal}"));
    }
    for set in &sets {
        output::line(&braces(&graph, set))?;
    }
    formula.map_or(Ok(()), |formula| output::line(&format!("formula: {formula}")))
}
