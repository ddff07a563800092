//! `counterfoil graph show`: what a graph file declares, as a table, a picture or in another format.

use clap::{Args, ValueEnum};
use counterfoil::graph::{
    Kind, MixedGraph, Variable,
    drawing::to_svg,
    formats::{Described, Format},
};
use serde_json::json;

use super::OfGraph;
use crate::output;

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil graph show experiments/graphs/digits.dot
  counterfoil graph show asia.bif --to svg > asia.svg
  counterfoil graph show asia.bif --to dagitty";

/// Flags of `graph show`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    graph: OfGraph,
    /// Write the graph in another form instead
    #[arg(long, value_name = "FORM", conflicts_with = "json")]
    to: Option<Form>,
}

/// The forms that a graph can be written in.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Form {
    /// A picture, in layers from causes to effects
    Svg,
    /// DOT, for Graphviz
    Dot,
    /// The language of dagitty
    Dagitty,
    /// Graph Modelling Language
    Gml,
    /// Nodes and edges as JSON
    Json,
    /// One line of arrows
    Statements,
}

impl Form {
    fn write(self, described: &Described) -> Result<String, counterfoil::graph::GraphError> {
        match self {
            Self::Svg => Ok(to_svg(described)),
            Self::Dot => Format::Dot.write(described),
            Self::Dagitty => Format::Dagitty.write(described),
            Self::Gml => Format::Gml.write(described),
            Self::Json => Format::Json.write(described),
            Self::Statements => Format::Statements.write(described),
        }
    }
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let described = options.graph.read()?;
    if let Some(form) = options.to {
        let text = form.write(&described).map_err(|error| options.graph.at_fault(error))?;
        return output::line(text.trim_end());
    }
    let graph = described.graph();
    let order: Option<Vec<&str>> = described
        .to_dag()
        .ok()
        .map(|dag| dag.topological_order().iter().map(|&i| graph.name(i)).collect());
    let edges = graph.mixed_edges();
    if options.graph.json {
        let variables: Vec<_> = graph
            .variables()
            .map(|v| {
                json!({
                    "name": v.name(),
                    "unit": v.unit(),
                    "kind": kind(v),
                    "labelled": v.is_labelled(),
                    "latent": v.is_latent(),
                    "range": v.is_labelled().then(|| v.range()),
                    "width": v.width(),
                })
            })
            .collect();
        let edges: Vec<[&str; 3]> = edges
            .iter()
            .map(|edge| {
                let [a, b] = edge.ends();
                [graph.name(a), edge.arrow(), graph.name(b)]
            })
            .collect();
        return output::json(&json!({ "variables": variables, "order": order, "edges": edges }));
    }
    output::table(&["variable", "unit", "kind", "range", "parents"], &rows(graph))?;
    if let Some(order) = order {
        output::line(&format!("order: {}", order.join(", ")))?;
    }
    let edges: Vec<String> = edges.into_iter().map(|edge| graph.describe(edge)).collect();
    let edges = if edges.is_empty() { "none".to_owned() } else { edges.join(", ") };
    output::line(&format!("edges: {edges}"))
}

fn rows(graph: &MixedGraph) -> Vec<Vec<String>> {
    let row = |(index, v): (usize, &Variable)| {
        let (low, high) = v.range();
        let range = if v.is_labelled() {
            format!("{} to {}", output::number(low), output::number(high))
        } else {
            (if v.is_latent() { "latent" } else { "unlabelled" }).into()
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
