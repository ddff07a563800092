//! `counterfoil graph identify`: a formula, or the proof that there is none.

mod class;
mod counterfactual;
mod effect;
mod regimes;

use std::path::PathBuf;

use clap::Args;
use counterfoil::graph::{Query, estimand::Estimand, formats::Class};

use super::OfGraph;

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil graph identify napkin.json --do X --on Y
  counterfoil graph identify napkin.json --do X --on Y --given Z --latex
  counterfoil graph identify bow.dot --do X --on Y --json
  counterfoil graph identify smoking.txt --do Smoking --on Cancer --steps
  counterfoil graph identify transport.txt --do X --on Y --data regimes.json
  counterfoil graph identify mediation.txt --counterfactual 'Y[X=1, M[X=0]]=1'
  counterfoil graph identify mediation.txt --counterfactual 'Y[X=0]=1' --given 'X=1, Y=1'

Effects are answered by ID and IDC, which are complete: where there is no formula, the hedge proves that there can be none.
In an event, Y[X=1, M[X=0]]=1 says that Y is 1 where X is 1 and M is what it is where X is 0; values count from 0. A file
of regimes is an array such as
  [{\"observed\": [\"Z\"]}, {\"observed\": [\"Y\", \"Z\"], \"do\": [\"X\"], \"population\": \"trial\", \"selection\": [\"S\"]}]
whose entries without a population are of the target. In a graph of a class (pdag, pag) the formula holds for every
member.";

/// Flags of `graph identify`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    graph: OfGraph,
    /// The variable that is set (repeat or separate by commas for several)
    #[arg(
        long = "do",
        value_name = "NAME",
        value_delimiter = ',',
        required_unless_present = "event"
    )]
    causes: Vec<String>,
    /// The variable that is asked for (repeat or separate by commas for several)
    #[arg(
        long = "on",
        value_name = "NAME",
        value_delimiter = ',',
        required_unless_present = "event"
    )]
    outcomes: Vec<String>,
    /// What is known of the cases that are asked about: variables, or an event with --counterfactual
    #[arg(long, value_name = "NAME|EVENT", value_delimiter = ',')]
    given: Vec<String>,
    /// Ask for the probability of an event in one or several worlds
    #[arg(
        long = "counterfactual",
        value_name = "EVENT",
        id = "event",
        conflicts_with_all = ["causes", "outcomes", "data", "steps"]
    )]
    event: Option<String>,
    /// Identify from these experiments and populations instead of observations alone
    #[arg(long, value_name = "REGIMES.json", conflicts_with = "steps")]
    data: Option<PathBuf>,
    /// Show every step of the derivation by the do-calculus
    #[arg(long)]
    steps: bool,
    /// Write the formula in LaTeX
    #[arg(long)]
    latex: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    if let Some(event) = &options.event {
        return counterfactual::run(options, event);
    }
    if let Some(file) = &options.data {
        return regimes::run(options, file);
    }
    let described = options.graph.read()?;
    match described.class() {
        Class::Admg => effect::run(options),
        class => class::run(options, class, described.into_graph()),
    }
}

impl Options {
    fn query(&self, graph: &counterfoil::graph::MixedGraph) -> anyhow::Result<Query> {
        let set = |names: &[String]| self.graph.set(graph, names);
        Ok(Query { y: set(&self.outcomes)?, do_: set(&self.causes)?, given: set(&self.given)? })
    }

    /// A formula as the reader wants it.
    fn shown(&self, left: &str, estimand: &Estimand) -> String {
        if self.latex { estimand.latex().to_string() } else { format!("{left} = {estimand}") }
    }
}
