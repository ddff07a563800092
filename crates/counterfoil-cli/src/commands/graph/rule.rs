//! `counterfoil graph rule`: whether a rule of the do-calculus applies, or the path that forbids it.

use clap::Args;
use counterfoil::graph::{
    Query,
    do_calculus::{Rule, applicable},
};
use serde_json::json;

use super::OfGraph;
use crate::{failure, output};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil graph rule smoking.txt --rule 2 --do Smoking --on Cancer --move Tar
  counterfoil graph rule napkin.json --rule 3 --on Y --do X --move Z --given W --json

The rules, with y, x, w for --on, --do, --given and z for --move:
  1  P(y | do(x), z, w) = P(y | do(x), w)
  2  P(y | do(x), do(z), w) = P(y | do(x), z, w)
  3  P(y | do(x), do(z), w) = P(y | do(x), w)";

/// Flags of `graph rule`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    graph: OfGraph,
    /// Which rule
    #[arg(long, value_name = "1|2|3", value_parser = clap::value_parser!(u8).range(1..=3))]
    rule: u8,
    /// What the term asks for (repeat or separate by commas for several)
    #[arg(long = "on", value_name = "NAME", required = true, value_delimiter = ',')]
    outcomes: Vec<String>,
    /// What is done on both sides (repeat or separate by commas)
    #[arg(long = "do", value_name = "NAME", value_delimiter = ',')]
    done: Vec<String>,
    /// What the rule inserts, deletes or exchanges (repeat or separate by commas)
    #[arg(long = "move", value_name = "NAME", required = true, value_delimiter = ',')]
    moved: Vec<String>,
    /// What is observed on both sides (repeat or separate by commas)
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    given: Vec<String>,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let of = &options.graph;
    let graph = of.admg()?;
    let rule = Rule::from_number(options.rule)
        .ok_or_else(|| failure::bad_input(format!("there is no rule {}", options.rule)))?;
    let set = |names: &[String]| of.set(&graph, names);
    let [y, do_, given] = [set(&options.outcomes)?, set(&options.done)?, set(&options.given)?];
    let z = set(&options.moved)?;
    let without = Query { y, do_, given };
    let verdict = applicable(&graph, rule, &without, &z).map_err(|error| of.at_fault(error))?;
    let observed = Query { given: &without.given | &z, ..without.clone() };
    let done = Query { do_: &without.do_ | &z, ..without.clone() };
    let [left, right] = match rule {
        Rule::DropObservation => [&observed, &without],
        Rule::ExchangeActionObservation => [&done, &observed],
        Rule::DropAction => [&done, &without],
    }
    .map(|term| term.text(&graph));
    let path = verdict.as_ref().err().map(|path| path.display(&graph).to_string());
    if of.json {
        return output::json(&json!({
            "applies": verdict.is_ok(), "left": left, "right": right, "open_path": path,
        }));
    }
    let number = options.rule;
    output::line(&match path {
        None => format!("{left} = {right} by rule {number}"),
        Some(path) => format!("rule {number} does not give {left} = {right}: {path} stays open"),
    })
}
