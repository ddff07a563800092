//! `counterfoil expected`: a run held against what its experiment is expected to give.

use std::path::{Path, PathBuf};

use clap::Args;
use counterfoil::experiment::{
    actions::{
        expected::{Expected, Verdict},
        outcome::Tolerance,
        witness::Witness,
    },
    matrix::Record,
};
use serde_json::json;

use super::{compare::differences, shared::Common};
use crate::{failure, output};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil expected digits
  counterfoil expected digits --json
  counterfoil expected A B C --write smoke
  counterfoil expected A --write smoke --keep-bounds
  counterfoil expected D --widen
  counterfoil expected digits docs/results/cells/7406304eb9dcce61.json --write quick

The run of the first example must have the config of one of the presets in experiments/expected/digits.json.

With --write the figures of A become the expectation. Runs of the same config on other machines or with other instruction
sets (B and C), or the records of a table's cells, say how far off a figure may be there.

With --keep-bounds bounds stay as they were measured before, where evaluation gives other figures of the same training.

With --widen a run on one more machine (D) widens bounds and changes no figure. That is for a machine on which nothing was
measured, when rounding explains what its figures are off.

Exit status 1 when a run is not as expected.";

/// Flags of `expected`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The run; with --write, further runs or cells (FILE.json) of the same config in other environments
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<String>,
    /// The expectations; experiments/expected/NAME.json unless given
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Write what the runs gave as the expectation of this preset
    #[arg(long, value_name = "PRESET")]
    write: Option<String>,
    /// With --write: make no bound narrower than it was
    #[arg(long, requires = "write")]
    keep_bounds: bool,
    /// Widen the bounds of what is expected by runs in further environments
    #[arg(long, conflicts_with = "write")]
    widen: bool,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let Some((first, others)) = options.runs.split_first() else { return Ok(0) };
    if options.widen {
        return widen(options);
    }
    let run = options.common.open(first)?;
    let experiment = run.manifest()?.experiment;
    let file = options.file.clone().unwrap_or_else(|| kept(&experiment));
    if let Some(preset) = &options.write {
        let mut expected =
            if file.is_file() { Expected::read(&file)? } else { Expected::new(&experiment) };
        let others = witnesses(options, others)?;
        if options.keep_bounds {
            expected.renew(preset, &run, &others)?;
        } else {
            expected.learn(preset, &run, &others)?;
        }
        expected.write(&file)?;
        if options.common.json {
            output::json(&json!({ "expectation": file, "preset": preset }))?;
        } else {
            output::line(&format!("expectation  {}", file.display()))?;
        }
        return Ok(0);
    }
    if !others.is_empty() {
        return Err(failure::bad_input(
            "one run at a time is held against an expectation; further runs go with --write or --widen"
                .to_owned(),
        ));
    }
    let verdict = Expected::read(&file)?.check(&run)?;
    if options.common.json {
        output::json(&verdict)?;
    } else {
        tell(&verdict)?;
    }
    Ok(if verdict.passed { 0 } else { failure::FAILED })
}

/// Makes bounds wider by every run and cell that is named.
fn widen(options: &Options) -> anyhow::Result<u8> {
    let named = witnesses(options, &options.runs)?;
    let Some(first) = named.first() else { return Ok(0) };
    let file = options.file.clone().unwrap_or_else(|| kept(&first.experiment));
    let mut expected = Expected::read(&file)?;
    let mut changed = 0;
    for by in &named {
        changed += expected.widen(by)?;
    }
    expected.write(&file)?;
    if options.common.json {
        output::json(&json!({ "expectation": file, "wider": changed }))?;
    } else {
        output::line(&format!("bounds       {changed} wider in {}", file.display()))?;
    }
    Ok(0)
}

/// What each name stands for: the file of a cell's record, or a run.
fn witnesses(options: &Options, names: &[String]) -> anyhow::Result<Vec<Witness>> {
    let witness = |name: &String| {
        let file = Path::new(name);
        if file.extension().is_some_and(|extension| extension == "json") && file.is_file() {
            Record::read(file)?.witness(file)
        } else {
            Witness::of(&options.common.open(name)?)
        }
    };
    Ok(names.iter().map(witness).collect::<Result<_, _>>()?)
}

/// The file of what is expected of an experiment.
pub(super) fn kept(experiment: &str) -> PathBuf {
    Path::new("experiments/expected").join(format!("{experiment}.json"))
}

fn tell(verdict: &Verdict) -> anyhow::Result<()> {
    let how = match verdict.tolerance {
        Tolerance::Exact => "to the bit: same processor, threads, ranks, device and libtorch",
        Tolerance::Bounds => {
            "within bounds: another processor, device, number of threads or ranks, or libtorch; or several places in one run"
        }
    };
    output::line(&format!("{}  {}, {how}", verdict.run, verdict.preset))?;
    let told = verdict.off.iter().map(|off| {
        let numbers = [off.expected, off.found, off.within].map(output::maybe);
        [off.figure.clone()].into_iter().chain(numbers).collect()
    });
    if verdict.off.is_empty() {
        output::line(&format!("figures: all {} are as expected", verdict.compared))?;
    } else {
        output::table(
            &["figure", "expected", "found", "within"],
            &told.collect::<Vec<Vec<String>>>(),
        )?;
    }
    match verdict.tolerance {
        Tolerance::Exact => differences("pictures and weights", &verdict.files),
        Tolerance::Bounds => Ok(()),
    }
}
