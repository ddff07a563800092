//! `counterfoil graph`: check a graph file and show what it declares.

use std::path::PathBuf;

use clap::Args;
use counterfoil::{
    experiment::actions::facts::read_graph,
    graph::{Dag, Kind, Variable},
};
use serde_json::json;

use crate::output;

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil graph experiments/graphs/digits.dot
  counterfoil graph experiments/graphs/digits.dot --json";

/// Flags of `graph`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The graph file
    #[arg(value_name = "FILE.dot")]
    file: PathBuf,
    /// Answer with one JSON document on stdout and nothing else there
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let graph = read_graph(&options.file)?;
    let name = |index: usize| graph.variable(index).name();
    let order: Vec<&str> = graph.topological_order().iter().map(|i| name(*i)).collect();
    let edges: Vec<[&str; 2]> = graph.edges().map(|(a, b)| [name(a), name(b)]).collect();
    if options.json {
        let variables: Vec<_> = graph
            .variables()
            .map(|v| {
                json!({
                    "name": v.name(),
                    "unit": v.unit(),
                    "kind": kind(v),
                    "labelled": v.is_labelled(),
                    "range": v.is_labelled().then(|| v.range()),
                    "width": v.width(),
                })
            })
            .collect();
        output::json(&json!({ "variables": variables, "order": order, "edges": edges }))?;
        return Ok(0);
    }
    output::table(&["variable", "unit", "kind", "range", "parents"], &rows(&graph))?;
    output::line(&format!("order: {}", order.join(", ")))?;
    let edges: Vec<String> = edges.iter().map(|[a, b]| format!("{a} -> {b}")).collect();
    output::line(&format!(
        "edges: {}",
        if edges.is_empty() { "none".into() } else { edges.join(", ") }
    ))?;
    Ok(0)
}

fn rows(graph: &Dag) -> Vec<Vec<String>> {
    let row = |(index, v): (usize, &Variable)| {
        let (low, high) = v.range();
        let range = if v.is_labelled() {
            format!("{} to {}", output::number(low), output::number(high))
        } else {
            "unlabelled".into()
        };
        let parents: Vec<&str> =
            graph.parents(index).iter().map(|p| graph.variable(*p).name()).collect();
        vec![
            v.name().to_owned(),
            v.unit().unwrap_or_default().to_owned(),
            kind(v),
            range,
            parents.join(", "),
        ]
    };
    graph.variables().enumerate().map(row).collect()
}

fn kind(variable: &Variable) -> String {
    match variable.kind() {
        Kind::Continuous => "continuous".into(),
        Kind::Circular { period } => format!("circular, period {period}"),
        Kind::Categorical { categories } => format!("categorical, {categories} categories"),
    }
}
