//! Do counterfactual images look like images of the data, as a set? The Fréchet distance in what a judge looks at.
//!
//! The features are those that a regressor of labels, trained on the training part, reads its answers from: no network of
//! other pictures is downloaded, and what it describes are the strokes and things that this data are made of. The distance of
//! few images from their own law is not 0, so what a real set of the same size has stands beside it.

use counterfoil_metrics::frechet::{Gaussian, distance};
use tch::Tensor;

use super::{measure::Judges, pictures, summary::Resemblance};
use crate::error::Result;

/// How far `found` are from `right`, the images that they should be or real ones; `real` are further images of the data.
/// Nothing where no judge has features, or there are too few images.
///
/// # Errors
/// When libtorch cannot copy the features.
pub(super) fn of_images(
    judges: &Judges,
    found: &Tensor,
    right: &Tensor,
    real: &Tensor,
) -> Result<Option<Resemblance>> {
    let of = |images: &Tensor| -> Result<Option<Gaussian>> {
        let Some(features) = judges.features(images)? else { return Ok(None) };
        Ok(Gaussian::of(&pictures::table(&features)?).ok())
    };
    let (Some(found), Some(right), Some(real)) = (of(found)?, of(right)?, of(real)?) else {
        return Ok(None);
    };
    Ok(Some(Resemblance { distance: distance(&found, &right)?, of_real: distance(&real, &right)? }))
}
