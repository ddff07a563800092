//! `counterfoil graph estimate`: an effect from a table of data, with bootstrap intervals.

use std::path::PathBuf;

use clap::{Args, builder::RangedU64ValueParser};
use counterfoil::experiment::actions::estimate::{Bootstrap, Effect, Question, Sample};

use super::OfGraph;
use crate::{
    commands::shared::seed,
    failure,
    output::{self, maybe, number},
    say::say,
};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil graph estimate smoking.txt --data survey.csv --do Smoking --on Cancer
  counterfoil graph estimate smoking.txt --data survey.csv --do Smoking=1 --on Cancer=1 --replicates 1000
  counterfoil graph estimate asia.dot --data asia.csv --do smoke --on dysp --given age=old --json

The effect is identified first; the formula is then evaluated with relative frequencies. Columns are categories. Variables
of the graph without a column are taken for hidden.";

/// Flags of `graph estimate`.
#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    graph: OfGraph,
    /// The CSV file, with a header that names variables of the graph
    #[arg(long, value_name = "CSV")]
    data: PathBuf,
    /// What is set, to one value or to each (repeat or separate by commas for several)
    #[arg(long = "do", value_name = "NAME[=VALUE]", value_delimiter = ',')]
    causes: Vec<String>,
    /// What is asked for (repeat or separate by commas for several)
    #[arg(long = "on", value_name = "NAME[=VALUE]", required = true, value_delimiter = ',')]
    outcomes: Vec<String>,
    /// What is known of the cases that are asked about (repeat or separate by commas)
    #[arg(long, value_name = "NAME[=VALUE]", value_delimiter = ',')]
    given: Vec<String>,
    /// Resamples of the rows for the intervals
    #[arg(long, value_name = "N", default_value_t = 200)]
    #[arg(value_parser = RangedU64ValueParser::<usize>::new().range(..=1_000_000))]
    replicates: usize,
    /// The coverage of the intervals
    #[arg(long, value_name = "P", default_value_t = 0.95)]
    level: f64,
    /// Random numbers of the resamples
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, default_value_t = 0)]
    seed: u64,
}

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let of = &options.graph;
    if !(options.level > 0.0 && options.level < 1.0) {
        let told = format!("--level is {}: give a coverage between 0 and 1", options.level);
        return Err(failure::bad_input(told));
    }
    let sample = Sample::read(&options.data, &of.unselected()?)?;
    let question = Question {
        causes: parts(&options.causes),
        outcomes: parts(&options.outcomes),
        given: parts(&options.given),
    };
    let Options { replicates, level, seed, .. } = *options;
    let effect = sample.estimate(&question, &Bootstrap { replicates, level, seed })?;
    if of.json { output::json(&effect) } else { show(&effect) }
}

fn show(effect: &Effect) -> anyhow::Result<()> {
    output::line(&format!("{} = {}", effect.query, effect.estimand))?;
    if !effect.hidden.is_empty() {
        say(&format!("note: no column for {}, taken for hidden", effect.hidden.join(", ")));
    }
    let mut header: Vec<&str> = effect.variables.iter().map(String::as_str).collect();
    header.extend(["estimate", "low", "high"]);
    let rows = effect.cells.iter().map(|cell| {
        let end = |end: usize| maybe(cell.interval.map(|interval| interval[end]));
        let found = [number(cell.estimate), end(0), end(1)];
        cell.values.iter().cloned().chain(found).collect()
    });
    output::table(&header, &rows.collect::<Vec<_>>())
}

/// `X` or `X=1`.
fn parts(texts: &[String]) -> Vec<(String, Option<String>)> {
    let part = |text: &String| match text.split_once('=') {
        Some((name, value)) => (name.trim().to_owned(), Some(value.trim().to_owned())),
        None => (text.trim().to_owned(), None),
    };
    texts.iter().map(part).collect()
}
