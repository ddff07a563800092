//! Does an image come back when nothing should change it? Composition, reversibility, and what is kept.
//!
//! Composition and reversibility are the first two axioms of Monteiro, Ribeiro, Pawlowski, Castro and Glocker,
//! *Measuring axiomatic soundness of counterfactual image models* (2023): with nothing set, encoding and decoding
//! must return the image (once, or `m` times in a row), and so must going to another value and back. Both are
//! the same figure on different images, here the mean squared error of pixels in `[0, 1]`, beside the two lazy
//! answers that make it readable: the mean of all training images, and some other image.

use ndarray::{Array1, ArrayRef1, ArrayRef2, Axis};
use serde::{Deserialize, Serialize};

use crate::{
    bootstrap::{Bootstrap, Interval},
    check,
    comparison::{Comparison, compare},
    deviation::mismatch,
    error::Result,
};

/// Mean squared error of each image, one flattened image per row.
///
/// # Errors
/// When the shapes differ, nothing is given, or a value is not finite.
pub fn mse_each(images: &ArrayRef2<f64>, reproduced: &ArrayRef2<f64>) -> Result<Vec<f64>> {
    check::same_shape("images", images, "reproduced", reproduced)?;
    let rows = images.outer_iter().zip(reproduced.outer_iter());
    Ok(rows.map(|(a, b)| squared_distance(&a, &b) / a.len() as f64).collect())
}

/// The mean image, one flattened image per row.
///
/// # Errors
/// When nothing is given or a value is not finite.
pub fn mean_image(images: &ArrayRef2<f64>) -> Result<Array1<f64>> {
    check::at_least("images", images.len(), 1)?;
    check::finite("images", images)?;
    Ok(images.sum_axis(Axis(0)) / images.nrows() as f64)
}

/// Expected mean squared error of each image against another image of the set, chosen uniformly.
///
/// The sum over all others is taken exactly from `sum_j |x_i - x_j|^2 = n |x_i|^2 - 2 x_i . s + q` with `s` the sum of
/// the images and `q` that of their squared norms: `O(images * pixels)`.
///
/// # Errors
/// When fewer than two images are given or a value is not finite.
pub fn other_image_each(images: &ArrayRef2<f64>) -> Result<Vec<f64>> {
    check::at_least("images", images.nrows(), 2)?;
    check::at_least("pixels", images.ncols(), 1)?;
    check::finite("images", images)?;
    let n = images.nrows() as f64;
    let sum = images.sum_axis(Axis(0));
    let norms: Vec<f64> = images.outer_iter().map(|x| x.dot(&x)).collect();
    let total: f64 = norms.iter().sum();
    let others = images.outer_iter().zip(&norms).map(|(x, norm)| {
        // Rounding may leave a tiny negative sum when all images are equal.
        (n * norm - 2.0 * x.dot(&sum) + total).max(0.0) / (n - 1.0) / x.len() as f64
    });
    Ok(others.collect())
}

/// How well images come back, against two answers that need no model.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Reproduction {
    /// Mean squared error, against always answering with the training part's mean image.
    pub beside_mean_image: Comparison,
    /// The same error, against answering with another image of the set.
    pub beside_other_image: Comparison,
}

/// Scores images that should equal their originals: composition^m after `m` empty interventions,
/// reversibility^m after `m` journeys to another value and back, do(x = its own label), reconstruction.
///
/// `images` and `reproduced` hold one flattened image per row with pixels in `[0, 1]`; `mean_image` comes from the
/// training part ([`mean_image`]).
///
/// # Errors
/// When shapes differ, fewer than two images are given, a value is not finite, or the bootstrap is ill set.
pub fn reproduction(
    images: &ArrayRef2<f64>,
    reproduced: &ArrayRef2<f64>,
    mean_image: &ArrayRef1<f64>,
    bootstrap: &Bootstrap,
) -> Result<Reproduction> {
    let errors = mse_each(images, reproduced)?;
    check::same_len("mean_image", mean_image.len(), "an image", images.ncols())?;
    check::finite("mean_image", mean_image)?;
    let to_mean: Vec<f64> =
        images.outer_iter().map(|x| squared_distance(&x, mean_image) / x.len() as f64).collect();
    Ok(Reproduction {
        beside_mean_image: compare(&errors, &to_mean, bootstrap)?,
        beside_other_image: compare(&errors, &other_image_each(images)?, bootstrap)?,
    })
}

/// Share of images whose label (a digit class, say) is the same before and after.
///
/// # Errors
/// When the lengths differ, nothing is given, or the bootstrap is ill set.
pub fn kept<T: PartialEq>(before: &[T], after: &[T], bootstrap: &Bootstrap) -> Result<Interval> {
    let lost = mismatch(after, before)?;
    bootstrap.mean(&lost.iter().map(|l| 1.0 - l).collect::<Vec<_>>())
}

fn squared_distance(a: &ArrayRef1<f64>, b: &ArrayRef1<f64>) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::MetricsError;
    use approx::assert_relative_eq;
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    #[test]
    fn figures_worked_by_hand() {
        let images = array![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]];
        let back = array![[0.0, 0.0], [1.0, 0.2], [1.0, 0.9]];
        let mean = mean_image(&images).unwrap();
        assert_relative_eq!(mean[0], 2.0 / 3.0);
        // Distances: 0-1 is 1/2, 0-2 is 1, 1-2 is 1/2 (per pixel).
        assert_eq!(other_image_each(&images).unwrap(), [0.75, 0.5, 0.75]);
        let r = reproduction(&images, &back, &mean, &Bootstrap::new(1)).unwrap();
        assert_relative_eq!(
            r.beside_mean_image.error.estimate,
            (0.02 + 0.005) / 3.0,
            epsilon = 1e-12
        );
        assert_relative_eq!(r.beside_other_image.reference, 2.0 / 3.0, epsilon = 1e-12);
        // To the mean (2/3, 1/3): (4 + 1) / 18, (1 + 1) / 18, (1 + 4) / 18.
        assert_relative_eq!(r.beside_mean_image.reference, 12.0 / 54.0, epsilon = 1e-12);
        let share = kept(&[1, 2, 3, 4], &[1, 2, 3, 9], &Bootstrap::new(1)).unwrap();
        assert_eq!(share.estimate, 0.75);
    }

    #[test]
    fn shapes_and_counts_are_checked() {
        let (a, b) = (Array2::zeros((2, 4)), Array2::zeros((2, 5)));
        assert!(matches!(mse_each(&a, &b), Err(MetricsError::Shape { .. })));
        let one = Array2::zeros((1, 4));
        assert_eq!(
            other_image_each(&one),
            Err(MetricsError::TooFew { name: "images", len: 1, need: 2 })
        );
        let mean = Array1::zeros(3);
        let result = reproduction(&a, &a, &mean, &Bootstrap::new(0));
        assert!(matches!(result, Err(MetricsError::Length { left_len: 3, right_len: 4, .. })));
    }

    proptest! {
        /// Float class: the closed form against the double loop, a few hundred roundings of numbers up to one.
        #[test]
        fn the_closed_form_is_the_mean_over_all_others(
            pixels in prop::collection::vec(0.0..1.0f64, 35),
        ) {
            let images = Array2::from_shape_vec((7, 5), pixels).unwrap();
            let fast = other_image_each(&images).unwrap();
            for (i, fast) in fast.into_iter().enumerate() {
                let others = (0..7).filter(|&j| j != i);
                let slow: f64 = others.map(|j| squared_distance(&images.row(i), &images.row(j))).sum();
                assert_relative_eq!(fast, slow / 6.0 / 5.0, epsilon = 1e-12);
            }
        }
    }
}
