//! Runs a run again from what its directory tells, and compares the outcome.

mod elsewhere;

use std::{collections::BTreeMap, path::Path, sync::atomic::AtomicBool};

use counterfoil_tensor::device_name;
use serde::Serialize;

pub use self::elsewhere::Elsewhere;
use super::{
    apart::Apart,
    expected::ended,
    figures::{Difference, Row, differences, side_by_side},
    outcome::{Environment, Tolerance, outcome, pictures, weights},
    perform::{Performed, Plan, same_data},
};
use crate::{
    config::Config,
    error::{ExperimentError, Result},
    evaluate::Options,
    progress::Reporter,
    ranks::{self, Alone},
    run_dir::{Cpu, Git, Manifest, Origin, RunDir, Software, StoppedBy, short_name},
};

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
    /// What of code, software and machine is not as it was; where the tolerance is not exact, what keeps it from that too.
    pub differences: Vec<Difference>,
    /// How closely the two must agree.
    pub tolerance: Tolerance,
    /// What figures that agree are, in words: the same, or within which bounds.
    pub agreement: String,
    /// Figures that differ, by more than the bound where there is one.
    pub figures: Vec<Row>,
    /// Figures that were compared.
    pub compared: usize,
    /// Files of the last checkpoint whose hashes differ; they decide where the tolerance is exact.
    pub weights: Vec<Difference>,
    /// Pictures whose hashes differ; they decide where the tolerance is exact.
    pub pictures: Vec<Difference>,
    /// How far apart weights and pictures are, where the tolerance is not exact.
    pub apart: Option<Apart>,
    /// Whether the run is reproduced: to the bit, or within the bounds of every figure, of weights and of pictures.
    pub same: bool,
}

impl Repetition {
    /// Checks that `run` can be repeated here and notes what is not as it was.
    ///
    /// # Errors
    /// When training was stopped by the clock or the user, or never ended, when there are no figures to compare with, when
    /// the config was edited, or when the data are not those of the run.
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
            Some(StoppedBy::Diverged) => {
                return refuse("diverged, there is no outcome to reproduce");
            }
            Some(StoppedBy::Interrupt) | None => {
                return refuse("has not ended; resume it first, then reproduce it");
            }
        }
        let known = ended(&run)?;
        let config = run.config()?;
        let origin = Origin {
            arguments: manifest.origin.arguments.clone(),
            parent: Some(short_name(run.path())),
            ..Origin::default()
        };
        let plan = Plan::checked(config.clone(), origin)?;
        same_data(&run, plan.data())?;
        // The whole test part, if that is what the figures are means over.
        let measured = known.into_iter().find(|(name, _)| name == "eval_n");
        let all = measured.is_some_and(|(_, n)| n == plan.data().split().test.len() as f64);
        let plan = plan.evaluated(Options { all });
        let differences = since(&manifest);
        Ok(Self { run, config, plan, manifest, differences })
    }

    /// What of code, software and machine is not as it was: a reason why the outcome may differ.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }

    /// How closely the repetition must agree, told before it is run: a repetition of the same place to the bit.
    ///
    /// # Errors
    /// When the device of the config is not here.
    pub fn tolerance(&self) -> Result<Tolerance> {
        let device = ranks::device(&Alone, &self.config.sections().device)?;
        let here = Environment {
            cpu: Cpu { cores: 0, ..Cpu::here() },
            // A repetition takes those of the run.
            threads: self.manifest.threads,
            ranks: None,
            device: Some(device_name(device)),
            libtorch: Software::built_with().libtorch,
            mixed: false,
        };
        Ok(Environment::of(&self.manifest).tolerance(&here))
    }

    /// Runs the run again under `out` and compares; nothing when the user interrupted it. On the same processor, threads,
    /// device and libtorch the two must be the same to the bit; otherwise each figure may be off by what `elsewhere` allows.
    ///
    /// # Errors
    /// Those of [`Plan::start`].
    pub fn start(
        self,
        out: &Path,
        elsewhere: &Elsewhere,
        reporter: &mut dyn Reporter,
        interrupt: &AtomicBool,
    ) -> Result<(Performed, Option<Reproduction>)> {
        let Self { run, config, plan, manifest, differences: mut since } = self;
        // Sums depend on how many threads share them.
        if let Some(threads) = manifest.threads {
            tch::set_num_threads(threads as i32);
        }
        let performed = plan.start(out, reporter, interrupt)?;
        if performed.exit_status() != 0 {
            return Ok((performed, None));
        }
        let again = &performed.run;
        let (then, now) = (Environment::of(&manifest), Environment::of(&again.manifest()?));
        let tolerance = then.tolerance(&now);
        let known = |key: &String| since.iter().any(|difference| difference.key == *key);
        let further = then.differences(&now).into_iter().filter(|one| !known(&one.key));
        let further: Vec<Difference> = further.collect();
        since.extend(further);
        let weights = differences(&weights(&run, &config)?, &weights(again, &config)?);
        let (ours, theirs) = (pictures(&run)?, pictures(again)?);
        let pictures = differences(&ours, &theirs);
        let rows = side_by_side(&[outcome(run.path())?, outcome(again.path())?]);
        let compared = rows.len();
        let bounds = Some(elsewhere).filter(|_| tolerance == Tolerance::Bounds);
        let agreement = bounds.map_or_else(
            || "the same".to_owned(),
            |bounds| bounds.told(rows.iter().map(|row| row.figure.as_str())),
        );
        let figures: Vec<Row> = rows.into_iter().filter(|row| !agree(row, bounds)).collect();
        let shared = ours.keys().filter(|name| theirs.contains_key(*name));
        let apart = bounds.map(|_| Apart::of(&run, again, &config, shared)).transpose()?;
        let files = match &apart {
            Some(apart) => apart.is_allowed(),
            None => weights.is_empty() && pictures.is_empty(),
        };
        let reproduction = Reproduction {
            runs: [short_name(run.path()), short_name(again.path())],
            differences: since,
            same: figures.is_empty() && files,
            tolerance,
            agreement,
            figures,
            compared,
            weights,
            pictures,
            apart,
        };
        Ok((performed, Some(reproduction)))
    }
}

/// Whether the two values of a figure are the same, or as near as they must be elsewhere.
fn agree(row: &Row, bounds: Option<&Elsewhere>) -> bool {
    let (first, second) = (row.values[0], row.values[1]);
    // Bits, so that a figure that is not a number equals itself.
    if first.map(f64::to_bits) == second.map(f64::to_bits) {
        return true;
    }
    let allows = |bounds: &Elsewhere| {
        first.zip(second).is_some_and(|(a, b)| bounds.allows(&row.figure, a, b))
    };
    bounds.is_some_and(allows)
}

/// What of code, software and machine is not as it was.
fn since(manifest: &Manifest) -> Vec<Difference> {
    let here = Software::built_with();
    let revision = |git: Option<&Git>| {
        git.map(|git| {
            let dirty = if git.dirty { " with changes" } else { "" };
            ("revision".to_owned(), format!("{}{dirty}", git.revision))
        })
    };
    let list = |git: Option<&Git>, software: &Software, cpu: &Cpu| -> BTreeMap<String, String> {
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
    differences(&then, &now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_agree_to_the_bit_or_as_near_as_they_must() {
        let row = |first, second| Row { figure: "a".into(), values: vec![first, second] };
        let here = |first, second| agree(&row(first, second), None);
        assert!(here(Some(f64::NAN), Some(f64::NAN)) && here(None, None));
        assert!(!here(Some(1.0), Some(1.0 + f64::EPSILON)));
        let share = Elsewhere::share(9.0);
        let elsewhere = |first, second| agree(&row(first, second), Some(&share));
        assert!(elsewhere(Some(f64::NAN), Some(f64::NAN)) && elsewhere(Some(1.0), Some(1.5)));
        assert!(!elsewhere(Some(1.0), None) && !elsewhere(Some(1.0), Some(f64::NAN)));
    }
}
