//! The figures of runs: in a list, side by side, and between two runs.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::curves::Curves;
use crate::{
    error::Result,
    evaluate::{
        SUMMARY_FILE,
        dotted::{Figures, flatten},
    },
    run_dir::{self, Manifest, RunDir, StoppedBy, read_json, short_name},
};

/// Every number of a run's summary under its dotted name (`effectiveness.do_thickness.mae`); none before evaluation.
///
/// # Errors
/// When the file is there and cannot be understood.
pub fn figures(run: &Path) -> Result<Figures> {
    let path = run.join(SUMMARY_FILE);
    let mut found = Figures::new();
    if path.is_file() {
        flatten("", &read_json(&path)?, &mut found);
    }
    Ok(found)
}

/// A run as a list shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// `NAME/ID`, which every command takes.
    pub run: String,
    /// Its folder.
    pub path: PathBuf,
    /// What its manifest tells.
    #[serde(flatten)]
    pub told: Option<Told>,
    /// Why its manifest or summary cannot be read.
    pub broken: Option<String>,
    /// The numbers of its summary.
    #[serde(serialize_with = "as_map")]
    pub figures: Figures,
}

impl Listed {
    /// One number of its summary.
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.figures.iter().find(|(n, _)| n == name).map(|(_, value)| *value)
    }
}

/// What a list says about a run.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// The experiment's name.
    pub experiment: String,
    /// The experiment's seed.
    pub seed: u64,
    /// When it was made, UTC.
    pub started: String,
    /// Optimiser steps taken.
    pub steps: u64,
    /// Why training ended; nothing while it goes on or after a kill.
    pub stopped_by: Option<StoppedBy>,
}

/// All runs under `out`, by experiment and age. A damaged run is listed with what is wrong.
///
/// # Errors
/// When a folder cannot be read.
pub fn listing(out: &Path) -> Result<Vec<Listed>> {
    let entries = run_dir::list(out)?;
    let listed = entries.into_iter().map(|entry| {
        let mut broken = entry.manifest.as_ref().err().cloned();
        let figures = figures(&entry.path).unwrap_or_else(|error| {
            broken.get_or_insert(error.to_string());
            Figures::new()
        });
        let told = entry.manifest.ok().map(|m| Told {
            experiment: m.experiment,
            seed: m.seed,
            started: m.started,
            steps: m.steps,
            stopped_by: m.stopped_by,
        });
        Listed { run: short_name(&entry.path), path: entry.path, told, broken, figures }
    });
    Ok(listed.collect())
}

/// The figures that a list of runs shows, as name and short title: of each variable how well it can be set (the error
/// as a share of leaving the image as it is), then those that exist once.
pub fn key_figures(runs: &[Listed]) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, _) in runs.iter().flat_map(|run| &run.figures) {
        let parts: Vec<&str> = name.split('.').collect();
        let title = match parts.as_slice() {
            ["effectiveness", set, measured, "share"] if set == measured => format!("do({set})"),
            ["abduction_slope"] => "slope".into(),
            ["composition_1"] => "composition".into(),
            ["image_error", "share"] => "image error".into(),
            _ => continue,
        };
        if !found.iter().any(|(known, _)| known == name) {
            found.push((name.clone(), title));
        }
    }
    found
}

/// Figures of several runs: one row a figure, one column a run.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// The runs, `NAME/ID`.
    pub runs: Vec<String>,
    /// Their figures, in the order in which they are met; a run that lacks one has nothing there.
    pub rows: Vec<Row>,
}

/// One figure in several runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Its dotted name.
    pub figure: String,
    /// Its value in each run.
    pub values: Vec<Option<f64>>,
}

/// The figures of `runs` side by side.
///
/// # Errors
/// When a summary cannot be understood.
pub fn table(runs: &[RunDir]) -> Result<Table> {
    let columns: Vec<Figures> =
        runs.iter().map(|run| figures(run.path())).collect::<Result<_>>()?;
    let names = runs.iter().map(|run| short_name(run.path())).collect();
    Ok(Table { runs: names, rows: side_by_side(&columns) })
}

/// One row a figure, in the order in which they are met.
pub(super) fn side_by_side(columns: &[Figures]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut place: BTreeMap<&str, usize> = BTreeMap::new();
    for (column, figures) in columns.iter().enumerate() {
        for (name, value) in figures {
            let row = *place.entry(name).or_insert_with(|| {
                rows.push(Row { figure: name.clone(), values: vec![None; columns.len()] });
                rows.len() - 1
            });
            rows[row].values[column] = Some(*value);
        }
    }
    rows
}

/// What two runs of the same data have in common and what not.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The two runs, `NAME/ID`.
    pub runs: [String; 2],
    /// Keys of the config that differ, in dotted names.
    pub config: Vec<Difference>,
    /// How their losses fell.
    pub curves: Curves,
    /// The figures side by side.
    pub figures: Vec<Row>,
}

/// Something that differs between two runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What it is.
    pub key: String,
    /// Its value in the first run; nothing where it is absent.
    pub first: Option<String>,
    /// Its value in the second.
    pub second: Option<String>,
}

/// Compares two runs; `Err` of the inner result is the sentence that says why they cannot be compared: they were made
/// with different data.
///
/// # Errors
/// When a run cannot be read.
pub fn compare(a: &RunDir, b: &RunDir) -> Result<std::result::Result<Comparison, String>> {
    let (first, second) = (a.manifest()?, b.manifest()?);
    let runs = [short_name(a.path()), short_name(b.path())];
    if first.data != second.data {
        let name = |m: &Manifest| {
            let parts = m.data.iter().map(|(n, h)| format!("{n} ({h:.8})"));
            parts.collect::<Vec<_>>().join(", ")
        };
        return Ok(Err(format!(
            "{} was made with {} and {} with {}: figures of different data cannot be compared",
            runs[0],
            name(&first),
            runs[1],
            name(&second)
        )));
    }
    let config = differences(&settings(a)?, &settings(b)?);
    let figures = side_by_side(&[figures(a.path())?, figures(b.path())?]);
    Ok(Ok(Comparison { runs, config, curves: Curves::of(a, b)?, figures }))
}

/// Every key of a run's config, and its graph.
fn settings(run: &RunDir) -> Result<BTreeMap<String, String>> {
    let config = run.config()?;
    let mut found = BTreeMap::new();
    // The text is that of a checked config, so it reads back.
    let table: toml::Table = config.to_toml()?.parse().unwrap_or_default();
    leaves("", &toml::Value::Table(table), &mut found);
    found.insert("the graph".into(), config.graph().to_dot());
    Ok(found)
}

fn leaves(prefix: &str, value: &toml::Value, found: &mut BTreeMap<String, String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                leaves(&key, value, found);
            }
        }
        value => {
            found.insert(prefix.to_owned(), value.to_string());
        }
    }
}

/// The keys under which two maps differ, sorted.
pub(super) fn differences(
    first: &BTreeMap<String, String>,
    second: &BTreeMap<String, String>,
) -> Vec<Difference> {
    let mut keys: Vec<&String> = first.keys().chain(second.keys()).collect();
    keys.sort();
    keys.dedup();
    let value = |map: &BTreeMap<String, String>, key: &String| map.get(key).cloned();
    keys.into_iter()
        .filter(|key| first.get(*key) != second.get(*key))
        .map(|key| Difference {
            key: key.clone(),
            first: value(first, key),
            second: value(second, key),
        })
        .collect()
}

/// Figures as a JSON object.
fn as_map<S: serde::Serializer>(figures: &Figures, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(figures.iter().map(|(name, value)| (name, value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Figures {
        let mut found = Figures::new();
        flatten("", &serde_json::from_str(text).unwrap(), &mut found);
        found
    }

    #[test]
    fn numbers_are_named_by_their_way_and_keep_their_order() {
        let found = numbers(r#"{"z": {"b": 2, "a": [1.5, null]}, "text": "no", "c": 3}"#);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["z.b", "z.a.0", "c"]);
        assert_eq!(found[1].1, 1.5);
    }

    #[test]
    fn a_figure_that_a_run_lacks_leaves_a_gap() {
        let rows = side_by_side(&[numbers(r#"{"a": 1, "b": 2}"#), numbers(r#"{"c": 3, "b": 4}"#)]);
        let row = |figure: &str, values| Row { figure: figure.into(), values };
        let expected = [
            row("a", vec![Some(1.0), None]),
            row("b", vec![Some(2.0), Some(4.0)]),
            row("c", vec![None, Some(3.0)]),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn what_only_one_side_has_is_a_difference() {
        let map = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
        };
        let found = differences(&map(&[("a", "1"), ("b", "2")]), &map(&[("b", "3"), ("c", "4")]));
        let said: Vec<_> =
            found.iter().map(|d| (d.key.as_str(), d.first.is_some(), d.second.is_some())).collect();
        assert_eq!(said, [("a", true, false), ("b", true, true), ("c", false, true)]);
    }
}
