//! `counterfoil graph`: what a causal graph says, each answer with its reason.

mod adjust;
mod check;
mod cpdag;
mod estimate;
mod frontdoor;
mod identify;
mod instruments;
mod project;
mod rule;
mod separate;
mod show;
mod simulate;

use std::{fmt::Display, path::PathBuf};

use clap::{Args, Subcommand};
use counterfoil::{
    experiment::actions::facts::read_graph,
    graph::{
        Admg, Dag, MixedGraph, NodeSet,
        formats::{Class, Described},
    },
};

use crate::{failure, say::say};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil graph show experiments/graphs/digits.dot
  counterfoil graph separate asia.dot --x Tub --y Bronc --given Dysp
  counterfoil graph adjust confounded.txt --do X --on Y
  counterfoil graph identify napkin.json --do X --on Y --latex

Graphs are read as DOT, dagitty text, GML, JSON, BIF or statements (`X -> M -> Y; X <-> Y`), told apart by the file's name
or content. Variables that a file declares latent are projected out before anything is asked.";

/// Flags of `graph`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    question: Question,
}

/// What can be asked of a graph.
#[derive(Debug, Subcommand)]
enum Question {
    /// Check a graph file and show its variables, order and edges, or draw it
    #[command(after_help = show::EXAMPLES)]
    Show(show::Options),
    /// Whether two sets of variables are m-separated, or the path that is open
    #[command(after_help = separate::EXAMPLES)]
    Separate(separate::Options),
    /// Sets to adjust for, or why a set will not do
    #[command(after_help = adjust::EXAMPLES)]
    Adjust(adjust::Options),
    /// Sets that meet the front-door criterion
    #[command(after_help = frontdoor::EXAMPLES)]
    Frontdoor(frontdoor::Options),
    /// Instruments and what they are conditioned on
    #[command(after_help = instruments::EXAMPLES)]
    Instruments(instruments::Options),
    /// Whether a rule of the do-calculus applies, or the path that forbids it
    #[command(after_help = rule::EXAMPLES)]
    Rule(rule::Options),
    /// The formula of an effect or a counterfactual, or the proof that there is none
    #[command(after_help = identify::EXAMPLES)]
    Identify(identify::Options),
    /// The graph without its hidden variables
    #[command(after_help = project::EXAMPLES)]
    Project(project::Options),
    /// The class of DAGs that data cannot tell apart
    #[command(after_help = cpdag::EXAMPLES)]
    Cpdag(cpdag::Options),
    /// Rows of a causal model, as it is or after interventions
    #[command(after_help = simulate::EXAMPLES)]
    Simulate(simulate::Options),
    /// An effect from a table of data, with bootstrap intervals
    #[command(after_help = estimate::EXAMPLES)]
    Estimate(estimate::Options),
    /// Grade the answers to cases whose answers are known
    #[command(after_help = check::EXAMPLES)]
    Check(check::Options),
}

/// Does it; the result is the exit status.
pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    match &options.question {
        Question::Show(options) => show::run(options),
        Question::Separate(options) => separate::run(options),
        Question::Adjust(options) => adjust::run(options),
        Question::Frontdoor(options) => frontdoor::run(options),
        Question::Instruments(options) => instruments::run(options),
        Question::Rule(options) => rule::run(options),
        Question::Identify(options) => identify::run(options),
        Question::Project(options) => project::run(options),
        Question::Cpdag(options) => cpdag::run(options),
        Question::Simulate(options) => simulate::run(options),
        Question::Estimate(options) => estimate::run(options),
        Question::Check(options) => return check::run(options),
    }?;
    Ok(0)
}

/// A graph that is asked, and how to answer.
#[derive(Debug, Args)]
struct OfGraph {
    /// The graph file
    #[arg(value_name = "GRAPH")]
    file: PathBuf,
    /// Answer with one JSON document on stdout and nothing else there
    #[arg(long)]
    json: bool,
}

impl OfGraph {
    /// What the file says. A causal diagram with a cycle is none, whatever is asked of it.
    fn read(&self) -> anyhow::Result<Described> {
        let described = read_graph(&self.file)?;
        if described.class() == Class::Admg {
            described.to_admg().map_err(|error| self.at_fault(error))?;
        }
        Ok(described)
    }

    /// The graph of observed variables.
    fn admg(&self) -> anyhow::Result<Admg> {
        self.read()?.to_admg().map_err(|error| self.at_fault(error))
    }

    /// The same for a question of effects, which has no part in what the file says of selection.
    fn unselected(&self) -> anyhow::Result<Admg> {
        let described = self.read()?;
        if !described.selected().is_empty() {
            let names = described.graph().names(described.selected()).join(", ");
            say(&format!(
                "warning: {}: the answer is for all cases, not for those that {names} selects; what was measured in which of \
                 them `graph identify --data` takes into account",
                self.file.display()
            ));
        }
        described.to_admg().map_err(|error| self.at_fault(error))
    }

    fn dag(&self) -> anyhow::Result<Dag> {
        self.read()?.to_dag().map_err(|error| self.at_fault(error))
    }

    fn at_fault(&self, error: impl Display) -> anyhow::Error {
        failure::bad_input(format!("{}: {error}", self.file.display()))
    }

    /// The variables of these names.
    fn set(&self, graph: &MixedGraph, names: &[String]) -> anyhow::Result<NodeSet> {
        graph.set_of(names).map_err(|error| self.at_fault(error))
    }
}

/// Causes and outcomes of a question.
#[derive(Debug, Args)]
struct Ends {
    /// The variable that is set (repeat or separate by commas for several)
    #[arg(long = "do", value_name = "NAME", required = true, value_delimiter = ',')]
    causes: Vec<String>,
    /// The variable that is asked for (repeat or separate by commas for several)
    #[arg(long = "on", value_name = "NAME", required = true, value_delimiter = ',')]
    outcomes: Vec<String>,
}

impl Ends {
    fn sets(&self, of: &OfGraph, graph: &MixedGraph) -> anyhow::Result<[NodeSet; 2]> {
        Ok([of.set(graph, &self.causes)?, of.set(graph, &self.outcomes)?])
    }
}

/// `NAME=VALUE`.
fn assignment(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
    match parts {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

/// `{a, b}`, or `{}`.
fn braces(graph: &MixedGraph, nodes: &NodeSet) -> String {
    format!("{{{}}}", graph.names(nodes).join(", "))
}
