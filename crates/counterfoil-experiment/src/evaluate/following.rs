//! Does asking for a value yield that value? What the judges read off images whose variable was set, against what was
//! asked.
//!
//! How far single answers are from what was asked stands with the effects. Here is what scatter does not explain: whether
//! the means of answers follow the values asked (slope and curve), whether a larger value asked gives a larger one, which is a
//! question to one image and so asked of the images that every variable is swept on, and how far the code of an image is from
//! that of its label.

use counterfoil_autoencoder::Calibration as Fit;
use counterfoil_graph::Kind;
use counterfoil_metrics::{
    MetricsError,
    calibration::{calibration, monotonicity},
    statistics::mean,
};
use indexmap::IndexMap;

use super::{
    deeds::{Deed, Imagined},
    draw::Labelled,
    figures::{Episode, Facts},
    measure::Judges,
    summary::Following,
};
use crate::error::Result;

/// Points of the calibration curve where there are images enough.
const POINTS: usize = 10;
/// Images behind a point at least: the mean of so many scatters by less than a fifth of what one image does.
const COMPANY: usize = 32;

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
) -> Result<Option<Following>> {
    if !labelled.is_ordered() {
        return Ok(None);
    }
    let asked = episode.actions.iter().map(|action| action.get(labelled.data));
    let (Some(wanted), Some(measured)) =
        (asked.collect::<Option<Vec<f64>>>(), &episode.measured.values[column])
    else {
        return Ok(None);
    };
    let points = (wanted.len() / COMPANY).clamp(1, POINTS);
    let found = match calibration(&wanted, measured, points) {
        Ok(found) => found,
        Err(MetricsError::Degenerate { .. } | MetricsError::TooFew { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(Some(Following {
        calibration_error: found.error,
        slope: found.line.slope,
        unit: labelled.variable.unit().map(str::to_owned),
        monotonicity: None,
        code_share: code_share(labelled, fit),
    }))
}

/// How far the codes of images are from those of their labels, as a share of the declared range; nothing where labels have
/// no code of their own.
fn code_share(labelled: &Labelled, fit: &Fit) -> Option<f64> {
    if fit.directions.is_some() {
        return None;
    }
    let variable = &labelled.variable;
    let block = fit.blocks.iter().find(|block| block.variable == labelled.name())?;
    let (low, high) = variable.range();
    let width = variable.standardise(high) - variable.standardise(low);
    (variable.kind() == Kind::Continuous && width > 0.0).then(|| block.latent_mae / width)
}

/// The share of pairs of values of a sweep that are told in the right order, mean over images, by variable; `deeds` set one
/// variable to one value each, and `swept` is what came of them.
///
/// # Errors
/// When a measurement is not finite.
pub(super) fn in_order(
    facts: &Facts<'_>,
    judges: &Judges,
    deeds: &[Deed],
    swept: &Imagined,
) -> Result<IndexMap<String, f64>> {
    let read = swept.done.iter().map(|done| Ok(judges.measure(&done.images)?.values));
    let read: Vec<Vec<Option<Vec<f64>>>> = read.collect::<Result<_>>()?;
    let mut found = IndexMap::new();
    let columns = facts.variables.iter().enumerate();
    for (column, labelled) in columns.filter(|(_, labelled)| labelled.is_ordered()) {
        let of = |(deed, values): (&Deed, &Vec<Option<Vec<f64>>>)| {
            let wanted = deed.interventions.first()?.get(labelled.model)?;
            Some((wanted, values[column].clone()?))
        };
        let (wanted, measured): (Vec<f64>, Vec<Vec<f64>>) =
            deeds.iter().zip(&read).filter_map(of).unzip();
        if let Some(share) = ordered(&wanted, &measured) {
            found.insert(labelled.name().to_owned(), share);
        }
    }
    Ok(found)
}

/// Mean monotonicity over images; `measured` has one series of images for each value of `wanted`.
fn ordered(wanted: &[f64], measured: &[Vec<f64>]) -> Option<f64> {
    let images = measured.first().map_or(0, Vec::len);
    let of = |image: usize| {
        let read: Vec<f64> = measured.iter().map(|values| values[image]).collect();
        monotonicity(wanted, &read).ok()
    };
    mean(&(0..images).filter_map(of).collect::<Vec<f64>>()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::measure::Measured;
    use counterfoil_autoencoder::calibration::BlockCalibration;
    use counterfoil_graph::Intervention;
    use counterfoil_scm::morphomnist as world;

    /// Exact: perfect answers lie on the diagonal, halved ones have half its slope and are off by half of what they should be,
    /// and one value says nothing. The code is off by a tenth of the two units that a range has in it.
    #[test]
    fn answers_are_held_against_what_was_asked() {
        let scm = world::model();
        let variables = Labelled::all(scm.dag(), scm.dag()).unwrap();
        let block = BlockCalibration {
            variable: "thickness".into(),
            slope: vec![1.0],
            offset: vec![0.0],
            read: vec![1.0],
            read_offset: vec![0.0],
            noise_gain: 1.0,
            read_mae: 9.0,
            latent_mae: 0.2,
        };
        let fit = Fit { blocks: vec![block], directions: None };
        let follows = |wanted: &[f64], measured: Vec<f64>| {
            let set =
                |value: &f64| Intervention::none().set(scm.dag(), "thickness", *value).unwrap();
            let actions: Vec<Intervention> = wanted.iter().map(set).collect();
            let measured = Measured { values: vec![Some(measured), None], classes: None };
            let episode = Episode { actions: &actions, measured: &measured, latent: None };
            let judged = of_variable(&variables[0], 0, &episode, &fit).unwrap();
            assert!(of_variable(&variables[1], 1, &episode, &fit).unwrap().is_none());
            judged
        };
        let wanted: Vec<f64> = (0..64).map(|k| 1.0 + f64::from(k) / 16.0).collect();
        let right = follows(&wanted, wanted.clone()).unwrap();
        assert!((right.slope - 1.0).abs() < 1e-12 && right.calibration_error < 1e-12);
        assert!((right.code_share.unwrap() - 0.1).abs() < 1e-12, "{right:?}");
        let half = follows(&wanted, wanted.iter().map(|w| w / 2.0).collect()).unwrap();
        let off = wanted.iter().sum::<f64>() / 128.0;
        assert!((half.slope - 0.5).abs() < 1e-12, "{half:?}");
        assert!((half.calibration_error - off).abs() < 1e-12, "{half:?}");
        assert!(follows(&[2.0; 64], wanted).is_none());
    }

    /// Exact: one image in order, one reversed, one with a pair of three the wrong way round.
    #[test]
    fn pairs_of_a_sweep_are_counted_image_by_image() {
        let measured = [vec![1.0, 3.0, 1.0], vec![2.0, 2.0, 3.0], vec![3.0, 1.0, 2.0]];
        let share = ordered(&[1.0, 2.0, 3.0], &measured).unwrap();
        assert!((share - (1.0 + 0.0 + 2.0 / 3.0) / 3.0).abs() < 1e-12, "{share}");
        assert_eq!(ordered(&[], &[]), None);
    }
}
