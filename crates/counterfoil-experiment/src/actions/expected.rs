//! What an experiment is expected to give, kept beside it: anybody who runs it again sees whether it still does.
//!
//! On the processor, threads, device and libtorch that the expectation comes from, figures, pictures and weights must be the
//! same to the bit. Elsewhere each figure has a bound, which comes from runs of the same config under other instruction sets
//! ([`Expected::learn`]): what another order of sums makes of figures of a kind is measured, not guessed.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use super::{
    bounds::{Figure, keep, widen},
    figures::{Difference, differences},
    outcome::{Environment, Tolerance, outcome, pictures, weights},
    witness::Witness,
};
use crate::{
    error::{ExperimentError, Result},
    evaluate::{SUMMARY_FILE, Summary},
    run_dir::{Git, RunDir, read_json, short_name, write_json},
};

/// The layout of the file.
const SCHEMA: u32 = 1;
/// Figures that an error names; a longer list tells no more.
const NAMED: usize = 3;

/// The expectations of one experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    schema: u32,
    /// The experiment's name.
    pub experiment: String,
    /// By preset.
    pub presets: BTreeMap<String, Outcome>,
}

/// What one config is expected to give.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The hash of the config.
    pub config: String,
    /// Hashes of the data.
    pub data: BTreeMap<String, String>,
    /// Where the values come from.
    pub environment: Environment,
    /// The revision that they come from.
    pub revision: Option<String>,
    /// By name, the value and the bound elsewhere.
    pub figures: BTreeMap<String, Figure>,
    /// Hashes of pictures and of the last checkpoint's files.
    pub files: BTreeMap<String, String>,
}

/// A run held against an expectation.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// `NAME/ID`.
    pub run: String,
    /// The preset whose config the run has.
    pub preset: String,
    /// How closely it had to agree.
    pub tolerance: Tolerance,
    /// Figures that were compared.
    pub compared: usize,
    /// Figures that are too far off, missing or new.
    pub off: Vec<Off>,
    /// Pictures and weights that differ, where they must not.
    pub files: Vec<Difference>,
    /// Whether the run is as expected.
    pub passed: bool,
}

/// A figure that is not as expected.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Off {
    /// Its name.
    pub figure: String,
    /// What was expected; nothing for a figure that is new.
    pub expected: Option<f64>,
    /// What was found; nothing for one that is missing.
    pub found: Option<f64>,
    /// How far off it may be; nothing where it must be the same.
    pub within: Option<f64>,
}

impl Expected {
    /// No expectation yet.
    pub fn new(experiment: &str) -> Self {
        Self { schema: SCHEMA, experiment: experiment.to_owned(), presets: BTreeMap::new() }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read or is of another layout.
    pub fn read(file: &Path) -> Result<Self> {
        let found: Self = read_json(file)?;
        if found.schema != SCHEMA {
            let reason = format!("is of layout {}, and this version reads {SCHEMA}", found.schema);
            return Err(ExperimentError::BrokenRun { path: file.to_owned(), reason });
        }
        Ok(found)
    }

    /// Writes it, and makes its folder.
    ///
    /// # Errors
    /// When that fails.
    pub fn write(&self, file: &Path) -> Result<()> {
        if let Some(folder) = file.parent() {
            fs_err::create_dir_all(folder)?;
        }
        write_json(file, self)
    }

    /// Expects from now on what a run gave, with bounds by `others`: what the same config and data gave in other
    /// environments.
    ///
    /// # Errors
    /// When the run has not ended, or was computed in several places, for no other run could be held to its bits; when one of
    /// the others is of another config or other data.
    pub fn learn(&mut self, preset: &str, run: &RunDir, others: &[Witness]) -> Result<()> {
        let manifest = run.manifest()?;
        if manifest.is_mixed() {
            let reason = "was computed in several places, and nothing else would have its bits; take a run of one place";
            return Err(broken(run.path(), reason.to_owned()));
        }
        let summary: Summary = read_json(&run.file(SUMMARY_FILE))?;
        let figures = ended(run)?.into_iter().map(|(name, value)| {
            let figure = Figure::least(&name, value, summary.eval_n);
            (name, figure)
        });
        let mut outcome = Outcome {
            config: manifest.config_hash.clone(),
            data: manifest.data.clone(),
            environment: Environment::of(&manifest),
            revision: manifest.git.as_ref().map(|git: &Git| git.revision.clone()),
            figures: figures.collect(),
            files: files(run)?,
        };
        for other in others {
            if (&other.config, &other.data) != (&outcome.config, &outcome.data) {
                return Err(broken(
                    &other.path,
                    format!(
                        "is of another config or of other data than {}; bounds come from the same run in another environment",
                        short_name(run.path())
                    ),
                ));
            }
            widen(&mut outcome.figures, &other.figures);
        }
        self.presets.insert(preset.to_owned(), outcome);
        Ok(())
    }

    /// As [`Self::learn`], after a change of what is computed from the same config and data: no bound becomes narrower than it
    /// was, as what it was measured by still tells how far environments are apart.
    ///
    /// # Errors
    /// As [`Self::learn`], and when nothing was expected of this config and these data.
    pub fn renew(&mut self, preset: &str, run: &RunDir, others: &[Witness]) -> Result<()> {
        let manifest = run.manifest()?;
        let same = |outcome: &&Outcome| {
            (&outcome.config, &outcome.data) == (&manifest.config_hash, &manifest.data)
        };
        let Some(earlier) = self.presets.get(preset).filter(same).cloned() else {
            let reason = format!(
                "is of a config or of data that nothing was expected of at preset `{preset}`, so there are no bounds to keep"
            );
            return Err(broken(run.path(), reason));
        };
        self.learn(preset, run, others)?;
        if let Some(outcome) = self.presets.get_mut(preset) {
            keep(&mut outcome.figures, &earlier.figures);
        }
        Ok(())
    }

    /// Takes what the same config and data gave in one more environment: values stay, and bounds become as wide as they
    /// would be had [`Self::learn`] been given that too. Returns how many bounds that changed.
    ///
    /// # Errors
    /// When the config is that of no preset, or the data are other ones; also when it is of the environment that the values
    /// come from, where a difference is a regression, and when its figures are not those that are expected.
    pub fn widen(&mut self, by: &Witness) -> Result<usize> {
        let preset =
            self.preset_of(&by.config, &by.data).map_err(|reason| broken(&by.path, reason))?;
        let Some(outcome) = self.presets.get_mut(&preset) else { return Ok(0) };
        if outcome.environment.tolerance(&by.environment) == Tolerance::Exact {
            let reason = "is of the environment that the values come from, where a difference is a regression; bounds come \
                          from other environments";
            return Err(broken(&by.path, reason.to_owned()));
        }
        if let Some(reason) = other_figures(&outcome.figures, &by.figures) {
            return Err(broken(&by.path, reason));
        }
        Ok(widen(&mut outcome.figures, &by.figures))
    }

    /// Holds a run against the preset whose config it has.
    ///
    /// # Errors
    /// When the run has not ended, when its config is that of no preset, or when its data are other ones.
    pub fn check(&self, run: &RunDir) -> Result<Verdict> {
        let manifest = run.manifest()?;
        let preset = self
            .preset_of(&manifest.config_hash, &manifest.data)
            .map_err(|reason| broken(run.path(), reason))?;
        let outcome = &self.presets[&preset];
        let tolerance = outcome.environment.tolerance(&Environment::of(&manifest));
        let values: BTreeMap<String, f64> = ended(run)?.into_iter().collect();
        let off = off(&outcome.figures, &values, tolerance);
        let files = match tolerance {
            Tolerance::Exact => differences(&outcome.files, &files(run)?),
            Tolerance::Bounds => Vec::new(),
        };
        Ok(Verdict {
            run: short_name(run.path()),
            preset,
            tolerance,
            compared: values.len(),
            passed: off.is_empty() && files.is_empty(),
            off,
            files,
        })
    }

    /// The preset whose config has this hash, and what is expected of it.
    pub(super) fn of(&self, config: &str) -> Option<(&str, &Outcome)> {
        let found = self.presets.iter().find(|(_, outcome)| outcome.config == config);
        found.map(|(preset, outcome)| (preset.as_str(), outcome))
    }

    /// The preset that has this config and these data, or why there is none.
    fn preset_of(&self, config: &str, data: &BTreeMap<String, String>) -> Result<String, String> {
        let Some((preset, outcome)) = self.of(config) else {
            let known: Vec<&str> = self.presets.keys().map(String::as_str).collect();
            return Err(format!(
                "has a config that nothing is expected of: not that of {} of {}, or the file of the experiment has changed \
                 since; write a new expectation with --write",
                known.join(" or "),
                self.experiment
            ));
        };
        if &outcome.data != data {
            return Err("was made with other data than the expectation".to_owned());
        }
        Ok(preset.to_owned())
    }
}

/// What lies at `path` cannot be used, and why.
fn broken(path: &Path, reason: String) -> ExperimentError {
    ExperimentError::BrokenRun { path: path.to_owned(), reason }
}

/// What figures are missing or new, up to [`NAMED`] of them; nothing where they are those that are expected. No bound says
/// anything of these.
fn other_figures(
    expected: &BTreeMap<String, Figure>,
    found: &BTreeMap<String, f64>,
) -> Option<String> {
    let missing = expected.keys().filter(|name| !found.contains_key(*name));
    let new = found.keys().filter(|name| !expected.contains_key(*name));
    let other: Vec<&str> = missing.chain(new).map(String::as_str).collect();
    let named = other[..other.len().min(NAMED)].join(", ");
    let more = other.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    (!other.is_empty()).then(|| {
        format!(
            "has other figures than are expected ({named}{more}); write a new expectation with --write"
        )
    })
}

/// The figures that are missing, new or too far off.
fn off(
    expected: &BTreeMap<String, Figure>,
    found: &BTreeMap<String, f64>,
    tolerance: Tolerance,
) -> Vec<Off> {
    let names: std::collections::BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let judge = |name: &String| {
        let (figure, value) = (expected.get(name), found.get(name).copied());
        let within = figure.map(|figure| figure.within).filter(|_| tolerance == Tolerance::Bounds);
        let close = figure
            .zip(value)
            .is_some_and(|(figure, value)| (value - figure.value).abs() <= within.unwrap_or(0.0));
        let expected = figure.map(|figure| figure.value);
        (!close).then(|| Off { figure: name.clone(), expected, found: value, within })
    };
    names.into_iter().filter_map(judge).collect()
}

/// The figures of a run that has been evaluated.
pub(super) fn ended(run: &RunDir) -> Result<Vec<(String, f64)>> {
    let found = outcome(run.path())?;
    if found.is_empty() {
        return Err(broken(
            run.path(),
            "has no figures; resume it or evaluate it first".to_owned(),
        ));
    }
    Ok(found)
}

fn files(run: &RunDir) -> Result<BTreeMap<String, String>> {
    let mut found = pictures(run)?;
    let weights = weights(run, &run.config()?)?.into_iter();
    found.extend(weights.map(|(name, hash)| (format!("checkpoint/{name}"), hash)));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: bounds count elsewhere alone, and what one side lacks is off in either case.
    #[test]
    fn figures_are_held_to_the_bit_here_and_to_bounds_elsewhere() {
        let figure = |value, within| Figure { value, within };
        let expected = BTreeMap::from([
            ("a".to_owned(), figure(1.0, 0.1)),
            ("b".to_owned(), figure(2.0, 0.1)),
            ("gone".to_owned(), figure(3.0, 9.0)),
        ]);
        let found = [("a", 1.05), ("b", 2.2), ("new", 4.0)];
        let found = found.map(|(name, value)| (name.to_owned(), value)).into();
        let names = |tolerance| -> Vec<String> {
            off(&expected, &found, tolerance).into_iter().map(|off| off.figure).collect()
        };
        assert_eq!(names(Tolerance::Bounds), ["b", "gone", "new"]);
        assert_eq!(names(Tolerance::Exact), ["a", "b", "gone", "new"]);
        let same = expected.iter().map(|(name, figure)| (name.clone(), figure.value)).collect();
        assert!(off(&expected, &same, Tolerance::Exact).is_empty());
        let broken = found_with_nan(&same);
        assert_eq!(off(&expected, &broken, Tolerance::Bounds).len(), 1);
    }

    /// Exact: missing figures before new ones, and no more of them than a reader takes in.
    #[test]
    fn figures_that_are_not_those_expected_are_named() {
        let figure = |name: &str| (name.to_owned(), Figure { value: 1.0, within: 0.5 });
        let expected = BTreeMap::from(["a", "b", "c"].map(figure));
        let other = |names: &[&str]| {
            let found = names.iter().map(|name| ((*name).to_owned(), 1.0)).collect();
            other_figures(&expected, &found)
        };
        assert_eq!(other(&["c", "b", "a"]), None);
        let said = other(&["b", "c", "d"]).unwrap();
        assert!(said.contains("(a, d);") && !said.contains("more"), "{said}");
        let said = other(&["c", "d", "e", "f"]).unwrap();
        assert!(said.contains("(a, b, d and 2 more);"), "{said}");
    }

    fn found_with_nan(same: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
        let mut broken = same.clone();
        broken.insert("a".to_owned(), f64::NAN);
        broken
    }
}
