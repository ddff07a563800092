//! Does asking for a value yield that value? What the judges read off images whose variable was set, against what was
//! asked.
//!
//! Two errors that look alike are kept apart: how far single answers scatter, and how far the curve of their means lies off
//! the diagonal, which is the calibration of the values asked for. A third, how well the code itself takes a label, is that
//! of the encoder's fit and stands beside. Whether a larger value asked for gives a larger one is a question to one image,
//! so it is asked of the images that every variable is swept on.

use counterfoil_autoencoder::Calibration as Fit;
use counterfoil_metrics::calibration::{calibration, monotonicity};
use indexmap::IndexMap;

use super::{
    deeds::{Deed, Imagined},
    draw::Labelled,
    figures::{Episode, Facts, ends},
    measure::Judges,
    summary::Following,
};
use crate::error::Result;
use counterfoil_metrics::{bootstrap::Bootstrap, statistics::mean};

/// Points of the calibration curve where there are images enough.
const POINTS: usize = 10;
/// Images behind a point at least.
const COMPANY: usize = 8;

/// How a variable that `episode` sets on its own follows; nothing where no judge measures it, or all are asked for one
/// value.
///
/// # Errors
/// When a measurement is not finite.
pub(super) fn of_variable(
    labelled: &Labelled,
    column: usize,
    episode: &Episode<'_>,
    fit: &Fit,
    bootstrap: &Bootstrap,
) -> Result<Option<Following>> {
    let asked = episode.actions.iter().map(|action| action.get(labelled.data));
    let (Some(wanted), Some(measured)) =
        (asked.collect::<Option<Vec<f64>>>(), &episode.measured.values[column])
    else {
        return Ok(None);
    };
    let (low, high) = labelled.variable.range();
    let points = (wanted.len() / COMPANY).clamp(1, POINTS);
    // Equal values, or two images: there is no line then.
    let Ok(found) = calibration(&wanted, measured, points) else { return Ok(None) };
    let errors = counterfoil_metrics::deviation::absolute(measured, &wanted)?;
    let share = |error: f64| labelled.variable.has_range().then(|| error / (high - low));
    let own = fit.blocks.iter().find(|block| block.variable == labelled.name());
    let error = bootstrap.mean(&errors)?;
    Ok(Some(Following {
        error: error.estimate,
        ci95: ends(&error),
        share: share(error.estimate),
        calibration_error: found.error,
        slope: found.line.slope,
        unit: labelled.variable.unit().map(str::to_owned),
        code_share: own.and_then(|block| share(block.read_mae)),
        monotonicity: None,
    }))
}

/// The share of pairs of values of a sweep that are told in the right order, mean over images, by variable; `swept` holds
/// the deeds of all variables in their order, one value each.
///
/// # Errors
/// When a measurement is not finite.
pub(super) fn in_order(
    facts: &Facts<'_>,
    judges: &Judges,
    deeds: &[Deed],
    swept: &Imagined,
) -> Result<IndexMap<String, f64>> {
    let mut found = IndexMap::new();
    for (column, labelled) in facts.variables.iter().enumerate() {
        let (mut wanted, mut measured) = (Vec::new(), Vec::new());
        for (deed, done) in deeds.iter().zip(&swept.done) {
            let value = deed.interventions.first().and_then(|action| action.get(labelled.model));
            let Some(value) = value else { continue };
            let Some(read) = judges.measure(&done.images)?.values.swap_remove(column) else {
                continue;
            };
            wanted.push(value);
            measured.push(read);
        }
        let images = measured.first().map_or(0, Vec::len);
        let of = |image: usize| {
            let read: Vec<f64> = measured.iter().map(|values| values[image]).collect();
            monotonicity(&wanted, &read).ok()
        };
        let each: Vec<f64> = (0..images).filter_map(of).collect();
        if let Ok(share) = mean(&each) {
            found.insert(labelled.name().to_owned(), share);
        }
    }
    Ok(found)
}
