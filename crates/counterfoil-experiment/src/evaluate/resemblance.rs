//! Do counterfactual images look like the true ones, as a set? The Fréchet distance in what the judges look at.
//!
//! The features are those that the regressors of labels, trained on the training part, read their answers from, and what is
//! measured directly, each on the scale that it has in the images to be like: no network of other pictures is downloaded, and
//! what is described are the strokes and things that these data are made of. Where the world renders the truth, the distance
//! is from it; else from other held-out images, of which a model that changes nothing is as far as the images were.

use counterfoil_metrics::frechet::{Gaussian, distance};
use ndarray::{Array2, Axis};
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
    let of = |images: &Tensor| -> Result<Option<Array2<f64>>> {
        judges.features(images)?.map(|features| pictures::table(&features)).transpose()
    };
    let (Some(found), Some(unchanged), Some(right)) = (of(found)?, of(unchanged)?, of(right)?)
    else {
        return Ok(None);
    };
    let (Some(distance), Some(leave_as_is)) = (apart(&found, &right), apart(&unchanged, &right))
    else {
        return Ok(None);
    };
    Ok(Some(Resemblance { distance, leave_as_is, of_truth }))
}

/// Squared distance of `found` from `right`, one feature vector a row, in standard deviations of `right`; features that never
/// change there are left out. Nothing where there is none.
fn apart(found: &Array2<f64>, right: &Array2<f64>) -> Option<f64> {
    let spread = right.std_axis(Axis(0), 0.0);
    let told: Vec<usize> = (0..spread.len()).filter(|&k| spread[k] > 1e-9).collect();
    let spread = spread.select(Axis(0), &told);
    let of = |rows: &Array2<f64>| Gaussian::of(&(rows.select(Axis(1), &told) / &spread)).ok();
    distance(&of(found)?, &of(right)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_random::Stream;

    /// Exact, whatever the scale of a feature: the same set is at 0, one moved by a standard deviation at 1. Features that
    /// never change say nothing.
    #[test]
    fn distances_are_in_standard_deviations() {
        let mut stream = Stream::new(4, "resemblance-test", 0, 0);
        let mut right = Array2::from_shape_fn((400, 3), |_| stream.normal());
        right.column_mut(1).mapv_inplace(|x| 50.0 * x);
        right.column_mut(2).fill(7.0);
        assert!(apart(&right, &right).unwrap() < 1e-6);
        let mut moved = right.clone();
        let spread = right.column(1).std(0.0);
        moved.column_mut(1).mapv_inplace(|x| x + spread);
        moved.column_mut(2).fill(9.0);
        assert!((apart(&moved, &right).unwrap() - 1.0).abs() < 1e-6);
        assert_eq!(apart(&right.select(Axis(0), &[0]), &right), None);
    }
}
