//! Recorded runs repeated.

use std::path::Path;

use counterfoil_diffusion::compat::{Inputs, Record};
use serde::Serialize;
use serde_json::Value;

use crate::error::{ExperimentError, Result};

/// How the records of a file compare with runs of this library.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// Records that are reproduced.
    pub passed: usize,
    /// Records that are not, or cannot be read.
    pub failed: usize,
    /// The largest difference of all; `None` where a run could not be compared at all.
    pub worst: Option<f64>,
    /// One entry for each record that failed, with the quantity that is farthest off.
    pub failures: Vec<Off>,
}

/// A record that is not reproduced.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Off {
    /// What the run is called.
    pub sampler: Value,
    /// Its network.
    pub model: Value,
    /// Its number of steps.
    pub n: Value,
    /// The quantity that is farthest off, or why there is nothing to compare.
    pub what: String,
    /// Its largest absolute difference; `None` where there is no number.
    pub error: Option<f64>,
}

/// Repeats every trajectory of a file of the layout of this project's golden values from its inputs, and compares every
/// level, label and state.
///
/// # Errors
/// When the file cannot be read, is not JSON, or lacks networks, starts or trajectories.
pub fn check(file: &Path, tolerance: f64) -> Result<Check> {
    let text = fs_err::read_to_string(file).map_err(ExperimentError::unreadable)?;
    let refused =
        |reason: String| ExperimentError::Syntax { origin: file.display().to_string(), reason };
    let document: Value =
        serde_json::from_str(&text).map_err(|error| refused(error.to_string()))?;
    let records = match document["trajectories"].as_array() {
        Some(records) if !records.is_empty() => records.clone(),
        _ => return Err(refused("has no array `trajectories` with a record in it".to_owned())),
    };
    let inputs: Inputs =
        serde_json::from_value(document).map_err(|error| refused(error.to_string()))?;
    let mut worst = Some(0.0_f64);
    let mut failures = Vec::new();
    for record in &records {
        let off = |what: String, error: Option<f64>| Off {
            sampler: record["sampler"].clone(),
            model: record["model"].clone(),
            n: record["n"].clone(),
            what,
            error,
        };
        match compare(record, &inputs) {
            Err(reason) => {
                worst = None;
                failures.push(off(reason, None));
            }
            Ok((what, error)) => {
                let finite = error.is_finite().then_some(error);
                worst = worst.zip(finite).map(|(a, b)| a.max(b));
                // A NaN is not below the tolerance either.
                let close = error <= tolerance;
                if !close {
                    failures.push(off(what.to_owned(), finite));
                }
            }
        }
    }
    let failed = failures.len();
    Ok(Check { passed: records.len() - failed, failed, worst, failures })
}

/// The quantity of a record that is farthest off.
fn compare(record: &Value, inputs: &Inputs) -> std::result::Result<(&'static str, f64), String> {
    let record: Record =
        serde_json::from_value(record.clone()).map_err(|error| error.to_string())?;
    let deviations = record.compare(inputs)?;
    let farthest = deviations.into_iter().max_by(|a, b| a.error.total_cmp(&b.error));
    Ok(farthest.map_or(("nothing", f64::INFINITY), |deviation| (deviation.what, deviation.error)))
}
