//! `counterfoil graph adjust`: adjustment sets, and why a set is none.

use clap::Args;
use counterfoil::graph::{NodeSet, adjustment::Effect, separation::Workspace};
use serde_json::json;

use super::{Ends, OfGraph, braces};
use crate::output;

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil graph adjust confounded.txt --do X --on Y
  counterfoil graph adjust confounded.txt --do X --on Y --check Z1,Z2
  counterfoil graph adjust confounded.txt --do X --on Y --unmeasured U --limit 100 --json

Sets follow the generalised adjustment criterion, which allows every set that is valid.";

/// Flags of `graph adjust`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    graph: OfGraph,
    #[command(flatten)]
    ends: Ends,
    /// Ask of this set alone; an empty text for the empty set
    #[arg(long, value_name = "NAMES")]
    check: Option<String>,
    /// Variables that cannot be adjusted for (repeat or separate by commas)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    unmeasured: Vec<String>,
    /// How many sets to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let of = &options.graph;
    let graph = of.unselected()?;
    let [x, y] = options.ends.sets(of, &graph)?;
    let measured = &graph.nodes() - &of.set(&graph, &options.unmeasured)?;
    let effect = Effect::of(&graph, &x, &y).map_err(|error| of.at_fault(error))?;
    let effect = effect.allowed(&measured);
    let names = |set: &NodeSet| graph.names(set).iter().map(|n| (*n).to_owned()).collect();
    if let Some(text) = &options.check {
        let given: Vec<String> =
            text.split(',').map(str::trim).filter(|n| !n.is_empty()).map(str::to_owned).collect();
        let z = of.set(&graph, &given)?;
        let formula = effect.estimand(&z);
        if of.json {
            return output::json(&json!({
                "valid": formula.is_ok(),
                "reason": formula.as_ref().err().map(ToString::to_string),
                "estimand": formula.as_ref().ok().map(ToString::to_string),
                "latex": formula.ok().map(|formula| formula.latex().to_string()),
            }));
        }
        let z = braces(&graph, &z);
        return output::line(&match formula {
            Err(refusal) => format!("{z} is no adjustment set: {refusal}"),
            Ok(formula) => format!("{z} is an adjustment set: {formula}"),
        });
    }
    let minimal = effect.minimal(&mut Workspace::default());
    let optimal = effect.optimal();
    let sets: Vec<NodeSet> = effect.all_minimal().take(options.limit).collect();
    let refusal = effect.refusal().map(|(_, refusal)| refusal.to_string());
    if of.json {
        let sets: Vec<Vec<String>> = sets.iter().map(names).collect();
        return output::json(&json!({
            "exists": minimal.is_some(),
            "reason": refusal,
            "minimal": minimal.as_ref().map(names),
            "optimal": optimal.as_ref().map(names),
            "minimal_sets": sets,
            "forbidden": names(effect.forbidden()),
        }));
    }
    if let Some(refusal) = refusal {
        return output::line(&format!("there is no adjustment set: {refusal}"));
    }
    for set in &sets {
        output::line(&braces(&graph, set))?;
    }
    if let Some(optimal) = optimal {
        output::line(&format!("least variance: {}", braces(&graph, &optimal)))?;
    }
    Ok(())
}
