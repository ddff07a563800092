//! Runs a run again from what its directory tells, and compares the outcome.

use std::{path::Path, sync::atomic::AtomicBool};

use serde::Serialize;

use super::{
    figures::{Difference, Row, figures, short_name, side_by_side},
    perform::{Performed, Plan, same_data},
};
use crate::{
    checkpoint::Checkpoints,
    config::Config,
    error::{ExperimentError, Result},
    evaluate::Options,
    progress::Reporter,
    run_dir::{Cpu, Git, Manifest, Origin, RunDir, Software, StoppedBy},
};

/// Figures that tell of the machine and not of the outcome.
const MACHINE: [&str; 3] = ["wall_s", "evaluation_s", "peak_rss_mib"];

/// A run that can be repeated here, with everything that is not as it was.
#[derive(Debug)]
pub struct Repetition {
    run: RunDir,
    config: Config,
    plan: Plan,
    manifest: Manifest,
    differences: Vec<Difference>,
}

/// The outcome of a repetition beside the first one.
#[derive(Debug, Serialize)]
pub struct Reproduction {
    /// The first run and its repetition, `NAME/ID`.
    pub runs: [String; 2],
    /// What of code, software and machine is not as it was.
    pub differences: Vec<Difference>,
    /// Figures that differ.
    pub figures: Vec<Row>,
    /// Figures that were compared.
    pub compared: usize,
    /// Files of the last checkpoint whose hashes differ.
    pub weights: Vec<Difference>,
    /// Whether every figure and every file is the same.
    pub same: bool,
}

impl Repetition {
    /// Checks that `run` can be repeated here and notes what is not as it was.
    ///
    /// # Errors
    /// When training was stopped by the clock or the user, or never ended, when the config was edited, or when the
    /// data are not those of the run.
    pub fn check(run: RunDir) -> Result<Self> {
        let manifest = run.manifest()?;
        let refuse = |reason: &str| {
            let (path, reason) = (run.path().to_owned(), reason.to_owned());
            Err(ExperimentError::BrokenRun { path, reason })
        };
        match manifest.stopped_by {
            Some(StoppedBy::Steps) => {}
            Some(StoppedBy::WallClock) => {
                return refuse(
                    "was stopped by the clock, so its outcome depends on the machine's speed and cannot be \
                     reproduced; run it without training.wall_clock_minutes",
                );
            }
            Some(StoppedBy::NonFinite) => {
                return refuse(
                    "ended with numbers that are not finite, there is no outcome to reproduce",
                );
            }
            Some(StoppedBy::Interrupt) | None => {
                return refuse("has not ended; resume it first, then reproduce it");
            }
        }
        let config = run.config()?;
        let origin = Origin {
            arguments: manifest.origin.arguments.clone(),
            parent: Some(short_name(run.path())),
            ..Origin::default()
        };
        let plan = Plan::checked(config.clone(), origin)?;
        same_data(&run, plan.data())?;
        // The whole test part, if that is what the figures are means over.
        let measured = figures(run.path())?.into_iter().find(|(name, _)| name == "eval_n");
        let all = measured.is_some_and(|(_, n)| n == plan.data().split().test.len() as f64);
        let plan = plan.evaluated(Options { all });
        let differences = differences(&manifest);
        Ok(Self { run, config, plan, manifest, differences })
    }

    /// What of code, software and machine is not as it was: a reason why the outcome may differ.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// Runs the run again under `out` and compares; nothing when the user interrupted it.
    ///
    /// # Errors
    /// Those of [`Plan::start`].
    pub fn start(
        self,
        out: &Path,
        reporter: &mut dyn Reporter,
        interrupt: &AtomicBool,
    ) -> Result<(Performed, Option<Reproduction>)> {
        let Self { run, config, plan, manifest, differences } = self;
        // Sums depend on how many threads share them.
        if let Some(threads) = manifest.threads {
            tch::set_num_threads(threads as i32);
        }
        let performed = plan.start(out, reporter, interrupt)?;
        if performed.exit_status() != 0 {
            return Ok((performed, None));
        }
        let again = &performed.run;
        let weights = changed(&hashes(&run, &config)?, &hashes(again, &config)?);
        let rows = side_by_side(&[figures(run.path())?, figures(again.path())?]);
        let rows: Vec<Row> =
            rows.into_iter().filter(|row| !MACHINE.contains(&row.figure.as_str())).collect();
        let compared = rows.len();
        // Bits, so that a figure that is not a number equals itself.
        let bits = |value: Option<f64>| value.map(f64::to_bits);
        let figures: Vec<Row> =
            rows.into_iter().filter(|row| bits(row.values[0]) != bits(row.values[1])).collect();
        let reproduction = Reproduction {
            runs: [short_name(run.path()), short_name(again.path())],
            differences,
            same: figures.is_empty() && weights.is_empty(),
            figures,
            compared,
            weights,
        };
        Ok((performed, Some(reproduction)))
    }
}

/// The hashes of the files of the last checkpoint.
fn hashes(run: &RunDir, config: &Config) -> Result<Vec<(String, String)>> {
    let Some(checkpoint) = Checkpoints::of(run.path()).latest(config.hash())? else {
        return Ok(Vec::new());
    };
    Ok(checkpoint.state().files.iter().map(|(name, hash)| (name.clone(), hash.clone())).collect())
}

fn differences(manifest: &Manifest) -> Vec<Difference> {
    let here = Software::built_with();
    let revision = |git: Option<&Git>| {
        git.map(|git| {
            let dirty = if git.dirty { " with changes" } else { "" };
            ("revision".to_owned(), format!("{}{dirty}", git.revision))
        })
    };
    let list = |git: Option<&Git>, software: &Software, cpu: &Cpu| -> Vec<(String, String)> {
        let named = |key: &str, value: &str| Some((key.to_owned(), value.to_owned()));
        [
            revision(git),
            named("counterfoil", &software.counterfoil),
            software.lock_hash.as_deref().and_then(|hash| named("Cargo.lock", hash)),
            named("rustc", &software.rustc),
            software.tch.as_deref().and_then(|tch| named("tch", tch)),
            named("libtorch", &software.libtorch),
            named("processor", &cpu.model),
        ]
        .into_iter()
        .flatten()
        .collect()
    };
    let then = list(manifest.git.as_ref(), &manifest.software, &manifest.cpu);
    let now = list(Git::of_source().as_ref(), &here, &Cpu::here());
    changed(&then, &now)
}

/// The keys under which two lists differ, in their order.
fn changed(then: &[(String, String)], now: &[(String, String)]) -> Vec<Difference> {
    let find = |list: &[(String, String)], key: &str| {
        list.iter().find(|(k, _)| k == key).map(|(_, value)| value.clone())
    };
    let later = now.iter().filter(|(key, _)| find(then, key).is_none());
    then.iter()
        .chain(later)
        .map(|(key, _)| Difference {
            key: key.clone(),
            first: find(then, key),
            second: find(now, key),
        })
        .filter(|difference| difference.first != difference.second)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_listed() {
        let list = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        let (then, now) =
            (list(&[("a", "1"), ("b", "2")]), list(&[("b", "3"), ("a", "1"), ("c", "4")]));
        let found = changed(&then, &now);
        let keys: Vec<_> = found.iter().map(|d| (d.key.as_str(), d.first.as_deref())).collect();
        assert_eq!(keys, [("b", Some("2")), ("c", None)]);
        assert!(changed(&then, &then).is_empty());
    }
}
