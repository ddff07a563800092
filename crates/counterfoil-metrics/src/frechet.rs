//! How far one set of images is from another as a set: the Fréchet distance between Gaussians of features.
//!
//! Features come from the caller (a classifier trained on the same data, say); the usual Inception network is
//! not downloaded. Dowson and Landau, *The Fréchet distance between multivariate normal distributions* (1982);
//! Heusel et al., *GANs trained by a two time-scale update rule* (2017) for its use on features.

use ndarray::{Array1, Array2, ArrayRef2, Axis};

use crate::{
    check,
    error::{MetricsError, Result},
    symmetric::{eigen, square_root},
};

/// How far below zero an eigenvalue may be, as a share of the largest: some roundings to single precision of 6e-8 each.
const ROUNDING: f64 = 1e-6;

/// Mean and covariance of feature vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Gaussian {
    mean: Array1<f64>,
    covariance: Array2<f64>,
}

impl Gaussian {
    /// Mean and covariance (divisor `n - 1`) of one feature vector per row.
    ///
    /// # Errors
    /// When fewer than two rows or no columns are given, or a value is not finite.
    pub fn of(features: &ArrayRef2<f64>) -> Result<Self> {
        check::at_least("features", features.nrows(), 2)?;
        check::at_least("feature columns", features.ncols(), 1)?;
        check::finite("features", features)?;
        let n = features.nrows() as f64;
        let mean = features.sum_axis(Axis(0)) / n;
        let centred = &features.view() - &mean;
        Ok(Self { covariance: centred.t().dot(&centred) / (n - 1.0), mean })
    }

    /// The Gaussian of this mean and covariance; only the symmetric part of the covariance counts. `O(width^3)`.
    ///
    /// # Errors
    /// When the covariance is not square of the mean's size, a value is not finite, or an eigenvalue is below zero by more
    /// than rounding to single precision explains; otherwise as [`eigen`].
    pub fn new(mean: Array1<f64>, covariance: Array2<f64>) -> Result<Self> {
        check::at_least("mean", mean.len(), 1)?;
        check::same_len("mean", mean.len(), "covariance rows", covariance.nrows())?;
        check::same_len("mean", mean.len(), "covariance columns", covariance.ncols())?;
        check::finite("mean", &mean)?;
        check::finite("covariance", &covariance)?;
        let (values, _) = eigen(&covariance)?;
        let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        // A covariance without full rank has eigenvalues of zero, which rounding moves to either side.
        if let Some(&value) = values.iter().find(|value| **value < -ROUNDING * largest) {
            let (name, domain) = ("eigenvalue of the covariance", "the numbers from zero up");
            return Err(MetricsError::Domain { name, value, domain });
        }
        Ok(Self { mean, covariance })
    }

    /// Number of features.
    pub fn width(&self) -> usize {
        self.mean.len()
    }
}

/// Squared Fréchet (2-Wasserstein) distance, in squared units of the features; 0 for equal Gaussians.
///
/// `|m1 - m2|^2 + tr(C1) + tr(C2) - 2 tr((C1^1/2 C2 C1^1/2)^1/2)`. The symmetric form of the last term needs only
/// symmetric eigenvalues, unlike `(C1 C2)^1/2`, and rounding below zero is cut off. `O(width^3)`.
///
/// ```
/// use counterfoil_metrics::frechet::{Gaussian, distance};
/// use ndarray::array;
/// let a = Gaussian::new(array![0.0], array![[1.0]])?;
/// let b = Gaussian::new(array![3.0], array![[4.0]])?;
/// assert_eq!(distance(&a, &b)?, 9.0 + (2.0f64 - 1.0).powi(2)); // means, then standard deviations
/// # Ok::<(), counterfoil_metrics::MetricsError>(())
/// ```
///
/// # Errors
/// When the widths differ.
pub fn distance(a: &Gaussian, b: &Gaussian) -> Result<f64> {
    check::same_len("mean of `a`", a.width(), "mean of `b`", b.width())?;
    let root = square_root(&a.covariance)?;
    let (values, _) = eigen(&root.dot(&b.covariance).dot(&root))?;
    let overlap: f64 = values.iter().map(|v| v.max(0.0).sqrt()).sum();
    let shift = (&a.mean - &b.mean).mapv(|d| d * d).sum();
    let spread = a.covariance.diag().sum() + b.covariance.diag().sum() - 2.0 * overlap;
    Ok(shift + spread.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use ndarray::array;
    use proptest::prelude::*;

    fn gaussian(width: usize) -> impl Strategy<Value = Gaussian> {
        prop::collection::vec(-2.0..2.0f64, width * (width + 1)).prop_map(move |values| {
            let (mean, factor) = values.split_at(width);
            let factor = Array2::from_shape_vec((width, width), factor.to_vec()).unwrap();
            Gaussian::new(Array1::from(mean.to_vec()), factor.t().dot(&factor)).unwrap()
        })
    }

    #[test]
    fn commuting_covariances_compare_by_standard_deviations() {
        let a = Gaussian::new(array![1.0, 0.0], array![[4.0, 0.0], [0.0, 9.0]]).unwrap();
        let b = Gaussian::new(array![0.0, 2.0], array![[1.0, 0.0], [0.0, 25.0]]).unwrap();
        // Means 1 + 4, deviations (2 - 1)^2 + (3 - 5)^2.
        assert_relative_eq!(distance(&a, &b).unwrap(), 10.0, epsilon = 1e-12);
    }

    #[test]
    fn moments_of_rows() {
        let g = Gaussian::of(&array![[1.0, 2.0], [3.0, 6.0]]).unwrap();
        assert_eq!(g, Gaussian::new(array![2.0, 4.0], array![[2.0, 4.0], [4.0, 8.0]]).unwrap());
        assert_eq!(
            Gaussian::of(&array![[1.0, 2.0]]),
            Err(MetricsError::TooFew { name: "features", len: 1, need: 2 })
        );
        let one = Gaussian::of(&array![[1.0], [2.0]]).unwrap();
        assert!(matches!(distance(&g, &one), Err(MetricsError::Length { .. })));
    }

    #[test]
    fn what_is_no_covariance_is_refused() {
        let of = |mean: &[f64], covariance| Gaussian::new(Array1::from(mean.to_vec()), covariance);
        let negative =
            |result| matches!(result, Err(MetricsError::Domain { value, .. }) if value < 0.0);
        assert!(negative(of(&[0.0], array![[-1.0]])));
        // A correlation of 2: eigenvalues 3 and -1.
        assert!(negative(of(&[0.0; 2], array![[1.0, 2.0], [2.0, 1.0]])));
        // Constants, and two features that are one but for single precision.
        assert!(of(&[1.0; 2], Array2::zeros((2, 2))).is_ok());
        let rounded = f64::from(0.7f32 * 0.7);
        assert!(of(&[0.0; 2], array![[1.0, 0.7], [0.7, rounded]]).is_ok());
        assert!(
            of(&[0.0], array![[f64::NAN]]).is_err() && of(&[0.0], Array2::zeros((2, 2))).is_err()
        );
    }

    /// Monte-Carlo: for two samples of a standard normal of width d the means contribute 2 d / n on average and
    /// the covariances |C1 - C2|^2 / 4, that is (d^2 + d) / 2n; together 3.0e-3 at d = 3, n = 4000, with a
    /// standard error near 1.5e-3. A shift of every mean by 0.3 adds 0.27.
    #[test]
    fn samples_of_one_law_are_close() {
        let sample = |item, shift| {
            let mut s = Stream::new(8, "frechet-test", item, 0);
            let rows = Array2::from_shape_fn((4000, 3), |_| s.normal() + shift);
            Gaussian::of(&rows).unwrap()
        };
        assert!(distance(&sample(0, 0.0), &sample(1, 0.0)).unwrap() < 9e-3);
        assert!(distance(&sample(0, 0.0), &sample(1, 0.3)).unwrap() > 0.2);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Float class: square roots of eigenvalues near zero lose half the digits.
        #[test]
        fn it_is_a_distance(a in gaussian(4), b in gaussian(4)) {
            let (there, back) = (distance(&a, &b).unwrap(), distance(&b, &a).unwrap());
            assert_relative_eq!(there, back, epsilon = 1e-6, max_relative = 1e-6);
            prop_assert!(there >= 0.0);
            assert_relative_eq!(distance(&a, &a).unwrap(), 0.0, epsilon = 1e-6);
            // A shift of one mean adds its square when the covariances are the same.
            let shifted = Gaussian { mean: &a.mean + 0.5, ..a.clone() };
            assert_relative_eq!(distance(&a, &shifted).unwrap(), 1.0, epsilon = 1e-6);
        }

        /// Float class: turning both feature spaces alike changes nothing.
        #[test]
        fn rotations_change_nothing(a in gaussian(3), b in gaussian(3), angle in 0.0..3.0f64) {
            let (s, c) = angle.sin_cos();
            let turn = array![[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]];
            let turned = |g: &Gaussian| Gaussian {
                mean: turn.dot(&g.mean),
                covariance: turn.dot(&g.covariance).dot(&turn.t()),
            };
            let (plain, moved) = (distance(&a, &b).unwrap(), distance(&turned(&a), &turned(&b)).unwrap());
            assert_relative_eq!(plain, moved, epsilon = 1e-6, max_relative = 1e-6);
        }
    }
}
