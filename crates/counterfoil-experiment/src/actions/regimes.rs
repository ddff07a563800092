//! What was measured and where, read from a file: the regimes from which an effect is to be found.

use std::path::Path;

use counterfoil_graph::{Admg, QueryError, identification::Regime};
use serde::Deserialize;

use crate::error::{ExperimentError, Result};

/// The population that is asked about.
const TARGET: &str = "target";

/// One entry of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    observed: Vec<String>,
    #[serde(default, rename = "do")]
    do_: Vec<String>,
    #[serde(default, alias = "domain")]
    population: Option<String>,
    #[serde(default)]
    selection: Vec<String>,
}

/// Reads `[{"observed": ["X", "Y"], "do": ["Z"], "population": "trial", "selection": ["S"]}, ..]`, where all but
/// `observed` may be left out: without `population`, or with the population `target`, the target itself was measured.
/// `domain` is another word for `population`.
///
/// # Errors
/// When the file cannot be read, is not of this form (the place is named), or names a variable that the graph lacks.
pub fn read_regimes(file: &Path, graph: &Admg) -> Result<Vec<Regime>> {
    let text = fs_err::read_to_string(file).map_err(ExperimentError::unreadable)?;
    let refused =
        |reason: String| ExperimentError::Syntax { origin: file.display().to_string(), reason };
    let entries: Vec<Entry> =
        serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    entries
        .into_iter()
        .map(|entry| regime(entry, graph).map_err(|error| refused(error.to_string())))
        .collect()
}

fn regime(entry: Entry, graph: &Admg) -> std::result::Result<Regime, QueryError> {
    let regime = Regime::observing(graph, entry.observed)?.after(graph, entry.do_)?;
    match entry.population.filter(|name| name != TARGET) {
        Some(name) => regime.in_population(name, graph, entry.selection),
        None => Ok(Regime { selection: graph.set_of(entry.selection)?, ..regime }),
    }
}
