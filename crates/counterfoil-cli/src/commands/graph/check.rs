//! `counterfoil graph check`: cases with known answers, answered anew.

use std::path::PathBuf;

use clap::Args;
use counterfoil::{experiment::actions::grade::grade, scm::cases::Failure};

use crate::{failure, output};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil graph check causal_cases.json
  counterfoil graph check causal_cases.json --json

Formulas are evaluated and certificates verified, never compared as text. A case of an unknown type has failed. The exit
status is 1 if any case failed.";

/// Flags of `graph check`.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// A JSON array of cases: id, graph, query, expected
    #[arg(value_name = "CASES")]
    file: PathBuf,
    /// Answer with one JSON document on stdout and nothing else there
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let grade = grade(&options.file)?;
    if options.json {
        output::json(&grade)?;
    } else {
        for (failure, position) in grade.failures.iter().zip(&grade.positions) {
            let Failure { id, kind, expected, got } = failure;
            output::line(&format!(
                "case {position} {id} ({kind}): expected {expected}, got {got}"
            ))?;
        }
        output::line(&format!("{} passed, {} failed", grade.passed, grade.failed))?;
    }
    Ok(if grade.failed == 0 { 0 } else { failure::FAILED })
}
