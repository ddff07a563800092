//! Answers to causal questions against a file of cases whose answers are known.

use std::path::Path;

use counterfoil_scm::cases::{self, Failure};
use serde::Serialize;

use crate::error::{ExperimentError, Result};

/// How the cases of a file went. They are counted by position: two of one name are two.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grade {
    /// Right answers.
    pub passed: usize,
    /// Wrong answers, and cases that cannot be read.
    pub failed: usize,
    /// One entry for each that failed, in the order of the file.
    pub failures: Vec<Failure>,
    /// Where in the file these stand, from 1.
    #[serde(skip)]
    pub positions: Vec<usize>,
}

/// Answers all cases of a file: see [`counterfoil_scm::cases`].
///
/// # Errors
/// When the file cannot be read, is no JSON array, or is empty.
pub fn grade(file: &Path) -> Result<Grade> {
    let text = fs_err::read_to_string(file).map_err(ExperimentError::unreadable)?;
    let refused =
        |reason: String| ExperimentError::Syntax { origin: file.display().to_string(), reason };
    let cases = cases::read(&text).map_err(|error| refused(error.to_string()))?;
    if cases.is_empty() {
        return Err(refused("holds no cases: write an array of them".to_owned()));
    }
    let (mut failures, mut positions) = (Vec::new(), Vec::new());
    for (index, case) in cases.iter().enumerate() {
        if let Err(failure) = cases::check(case) {
            failures.push(*failure);
            positions.push(index + 1);
        }
    }
    let failed = failures.len();
    Ok(Grade { passed: cases.len() - failed, failed, failures, positions })
}
