//! Do counterfactual images look like the true ones, as a set? The Fréchet distance in what the judges look at.
//!
//! The features are those that the regressors of labels, trained on the training part, read their answers from, and what is
//! measured directly, all judges counting alike: no network of other pictures is downloaded, and what is described are the
//! strokes and things that these data are made of. A judge's features are divided by one number, their spread in the images to be
//! like; one by one, those that hardly change there would outweigh all others. Where the world renders the truth, the distance
//! is from it; else from other held-out images, of which a model that changes nothing is as far as the images were.

use counterfoil_metrics::frechet::{Gaussian, distance};
use ndarray::{Array2, Axis, concatenate};
use tch::Tensor;

use super::{measure::Judges, pictures, summary::Resemblance};
use crate::error::Result;

/// How far `found` are from `right`, beside how far `unchanged` are, all `[n, c, h, w]`. Nothing where no judge has features,
/// or there are too few images.
///
/// # Errors
/// When libtorch cannot copy the features.
pub(super) fn of_images(
    judges: &Judges,
    found: &Tensor,
    unchanged: &Tensor,
    right: &Tensor,
    of_truth: bool,
) -> Result<Option<Resemblance>> {
    let of = |images: &Tensor| -> Result<Vec<Array2<f64>>> {
        judges.features(images)?.iter().map(pictures::table).collect()
    };
    let (found, unchanged, right) = (of(found)?, of(unchanged)?, of(right)?);
    let (Some(distance), Some(leave_as_is)) = (apart(&found, &right), apart(&unchanged, &right))
    else {
        return Ok(None);
    };
    Ok(Some(Resemblance { distance, leave_as_is, of_truth }))
}

/// Squared distance of `found` from `right`, one table of features a judge and one image a row, in units of each judge's
/// spread over `right`; a judge that sees no difference there is left out. Nothing where all are.
fn apart(found: &[Array2<f64>], right: &[Array2<f64>]) -> Option<f64> {
    let spread = |features: &Array2<f64>| features.var_axis(Axis(0), 0.0).sum().sqrt();
    let seeing: Vec<(usize, f64)> =
        right.iter().map(spread).enumerate().filter(|(_, spread)| *spread > 1e-9).collect();
    let of = |judges: &[Array2<f64>]| {
        let scaled: Vec<Array2<f64>> =
            seeing.iter().map(|(judge, spread)| &judges[*judge] / *spread).collect();
        let views: Vec<_> = scaled.iter().map(|features| features.view()).collect();
        Gaussian::of(&concatenate(Axis(1), &views).ok()?).ok()
    };
    distance(&of(found)?, &of(right)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_random::Stream;

    /// Exact, whatever the scale of a judge: the same set is at 0, one moved by a judge's spread at 1. A judge that sees no
    /// difference says nothing, and a feature that hardly changes little.
    #[test]
    fn distances_are_in_the_spread_of_a_judge() {
        let mut stream = Stream::new(4, "resemblance-test", 0, 0);
        let mut places = Array2::from_shape_fn((400, 2), |_| 50.0 * stream.normal());
        places.column_mut(1).mapv_inplace(|x| 1e-6 * x);
        let right = [places, Array2::from_elem((400, 1), 7.0)];
        assert!(apart(&right, &right).unwrap() < 1e-6);
        let mut moved = right.clone();
        let spread = right[0].var_axis(Axis(0), 0.0).sum().sqrt();
        moved[0].column_mut(0).mapv_inplace(|x| x + spread);
        moved[0].column_mut(1).mapv_inplace(|x| 2.0 * x);
        moved[1].fill(9.0);
        assert!((apart(&moved, &right).unwrap() - 1.0).abs() < 1e-6);
        let one = right.each_ref().map(|features| features.select(Axis(0), &[0]));
        assert_eq!(apart(&one, &right), None);
        assert_eq!(apart(&[], &[]), None);
    }
}
