//! `counterfoil graph simulate`: rows of a causal model, as it is or after interventions.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use counterfoil::experiment::{
    actions::simulate::{Family, Simulator},
    run_dir::{check_target, write_atomic},
};

use super::assignment;
use crate::{
    commands::shared::{at_most, seed},
    output,
};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil graph simulate asia.bif --rows 1000 --out asia.csv
  counterfoil graph simulate asia.bif --do smoke=yes --seed 7
  counterfoil graph simulate smoking.txt --family linear --rows 500

A BIF network, probability tables or a functional model in JSON are drawn from as they are; a graph in any other format
gets random mechanisms, the same for each seed. Hidden variables are drawn and not shown. A case has the same noise under
every intervention.";

/// Flags of `graph simulate`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The model or graph file
    #[arg(value_name = "MODEL")]
    file: PathBuf,
    /// How many cases
    #[arg(long, value_name = "N", default_value_t = 100)]
    rows: usize,
    /// Random numbers of mechanisms and cases
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true, default_value_t = 0)]
    seed: u64,
    /// Set a variable in all cases (repeat or separate by commas for several)
    #[arg(long = "do", value_name = "NAME=VALUE", value_delimiter = ',', value_parser = assignment)]
    done: Vec<(String, String)>,
    /// The mechanisms that a graph without any gets
    #[arg(long, value_enum, default_value_t = Mechanisms::Discrete)]
    family: Mechanisms,
    /// Write CSV to this file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Answer with one JSON document on stdout and nothing else there
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Mechanisms {
    /// Probability tables of binary variables
    Discrete,
    /// Linear equations with normal errors
    Linear,
}

/// Rows that memory has room for, as they are written at once.
const ROWS: usize = 10_000_000;

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    at_most("--rows", options.rows, ROWS)?;
    options.out.as_deref().map_or(Ok(()), check_target)?;
    let family = match options.family {
        Mechanisms::Discrete => Family::Discrete,
        Mechanisms::Linear => Family::Linear,
    };
    let model = Simulator::read(&options.file, family, options.seed)?.after(&options.done)?;
    let drawn = model.draw(options.rows, options.seed);
    if let Some(file) = &options.out {
        write_atomic(file, drawn.to_csv()?.as_bytes())?;
    }
    if options.json {
        return output::json(&drawn);
    }
    match &options.out {
        Some(file) => output::line(&format!("{} rows in {}", drawn.rows.len(), file.display())),
        None => output::line(drawn.to_csv()?.trim_end()),
    }
}
