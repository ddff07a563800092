//! Can a simple reader recover a label from a block of the code? Leakage, scored on images it never saw.
//!
//! The block that carries "everything else" should not know thickness; a ridge regression on the block (and on
//! products of its columns, so that a norm or a sign does not hide the label) is fitted on one half of the
//! images and scored on the other. Alain and Bengio, *Understanding intermediate layers using linear classifier
//! probes* (2017). A probe finds what a simple reader finds: a low score is no proof of independence, see
//! [`information`](crate::information) for the other side.

use counterfoil_random::Stream;
use ndarray::{Array2, ArrayRef1, ArrayRef2, Axis};
use serde::{Deserialize, Serialize};

use crate::{
    check,
    error::{MetricsError, Result},
    ridge::Ridge,
    statistics::{squares, standardised},
};

/// What the probe sees of a block.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Features {
    /// The columns.
    Linear,
    /// The columns, their squares and all products of two.
    Quadratic,
}

impl Features {
    /// The features of a block, one image per row: `w` columns, or `w (w + 3) / 2`.
    pub fn of(self, block: &ArrayRef2<f64>) -> Array2<f64> {
        if self == Self::Linear {
            return block.to_owned();
        }
        let width = block.ncols();
        let pairs: Vec<(usize, usize)> =
            (0..width).flat_map(|i| (i..width).map(move |j| (i, j))).collect();
        Array2::from_shape_fn((block.nrows(), width + pairs.len()), |(row, column)| {
            match column.checked_sub(width) {
                None => block[(row, column)],
                Some(pair) => block[(row, pairs[pair].0)] * block[(row, pairs[pair].1)],
            }
        })
    }
}

/// How well a label was read.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Probe {
    /// Share of the label's variance explained on the scoring half: 1 reads it perfectly, 0 or less not at all.
    pub r2: f64,
    /// Mean absolute error on the scoring half, in label units.
    pub mae: f64,
    /// Number of images of the fitting half.
    pub fitted: usize,
    /// Number of images of the scoring half.
    pub scored: usize,
}

/// Reads `label` from `block` (one image per row): fits on a random half, scores on the other.
///
/// The halves are a function of `seed` and the number of images alone, so blocks of one evaluation are compared
/// on the same images. The penalty is chosen inside the fitting half ([`Ridge::tuned`]). Columns are centred
/// and scaled by the whole block's mean and deviation before products are taken, so that the product features
/// do not depend on the block's units; no label enters there. Cost of quadratic features: `O(n w^4)`, or
/// `O(n^2 w^2)` where that is less.
///
/// # Errors
/// When the numbers of images differ, fewer than eight are given, a value is not finite, or the label is
/// constant on the scoring half.
pub fn probe(
    block: &ArrayRef2<f64>,
    label: &ArrayRef1<f64>,
    features: Features,
    seed: u64,
) -> Result<Probe> {
    check::same_len("block", block.nrows(), "label", label.len())?;
    check::at_least("block", block.nrows(), 8)?;
    check::finite("block", block)?;
    check::finite("label", label)?;
    let features = features.of(&standardised(block));
    let (fit, score) = halves(block.nrows(), seed);
    let of = |rows: &[usize]| (features.select(Axis(0), rows), label.select(Axis(0), rows));
    let ((fit_x, fit_y), (score_x, score_y)) = (of(&fit), of(&score));
    let ridge = Ridge::tuned(&fit_x, &fit_y)?;
    let error = ridge.predict(&score_x)? - &score_y;
    Ok(Probe {
        r2: r2(&error, &score_y)?,
        mae: error.mapv(f64::abs).sum() / score.len() as f64,
        fitted: fit.len(),
        scored: score.len(),
    })
}

/// `1 - sum error^2 / sum (target - mean)^2`.
pub(crate) fn r2(error: &ArrayRef1<f64>, target: &ArrayRef1<f64>) -> Result<f64> {
    let spread = squares(&target.to_vec());
    if spread == 0.0 {
        let reason = "the label is constant on the scoring half";
        return Err(MetricsError::Degenerate { figure: "an R2", reason });
    }
    Ok(1.0 - error.dot(error) / spread)
}

/// Two random halves of `0..n`, the first not the smaller: the stream (`seed`, "probe-halves", `n`, 0).
pub(crate) fn halves(n: usize, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut order = Stream::new(seed, "probe-halves", n as u64, 0).permutation(n);
    let score = order.split_off(n.div_ceil(2));
    (order, score)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};
    use proptest::prelude::*;

    fn block(n: usize, width: usize) -> Array2<f64> {
        let mut s = Stream::new(13, "probe-test", 0, 0);
        Array2::from_shape_fn((n, width), |_| s.normal())
    }

    fn score(block: &Array2<f64>, label: &Array1<f64>, features: Features) -> f64 {
        probe(block, label, features, 1).unwrap().r2
    }

    #[test]
    fn features_are_listed_in_order() {
        let x = Features::Quadratic.of(&array![[2.0, 3.0]]);
        assert_eq!(x, array![[2.0, 3.0, 4.0, 6.0, 9.0]]);
    }

    #[test]
    fn a_linear_label_is_read_by_both_probes() {
        let x = block(200, 4);
        let label = x.dot(&array![1.0, -2.0, 0.0, 0.5]) + 7.0;
        assert!(score(&x, &label, Features::Linear) > 0.9999);
        assert!(score(&x, &label, Features::Quadratic) > 0.999);
    }

    #[test]
    fn a_norm_hides_from_the_linear_probe_alone() {
        let x = block(400, 4);
        let label = x.mapv(|v| v * v).sum_axis(Axis(1));
        // A linear reader of a norm has R2 = 0 up to overfitting: four weights on 200 images cost 4 / 200.
        assert!(score(&x, &label, Features::Linear).abs() < 0.1);
        assert!(score(&x, &label, Features::Quadratic) > 0.999);
    }

    /// Monte-Carlo: an unrelated label has an R2 of zero less the cost of overfitting, which the tuned penalty
    /// keeps small; the explained share of chance has a standard error near sqrt(2 * 44) / 200 = 0.05.
    #[test]
    fn an_unrelated_label_is_not_read() {
        let mut s = Stream::new(13, "probe-label", 0, 0);
        let label = Array1::from_shape_fn(400, |_| s.normal());
        let r2 = score(&block(400, 8), &label, Features::Quadratic);
        assert!(r2 < 0.1 && r2 > -0.3, "{r2}");
    }

    /// Exact in sign: a law that holds in the fitting half and is reversed in the other reads worse than the mean.
    #[test]
    fn the_score_is_of_the_half_that_was_not_fitted() {
        let x = block(40, 1);
        let mut label = x.column(0).to_owned();
        for image in halves(40, 1).1 {
            label[image] *= -1.0;
        }
        let p = probe(&x, &label, Features::Linear, 1).unwrap();
        assert!(p.r2 < -2.0, "{p:?}");
        assert_eq!((p.fitted, p.scored), (20, 20));
    }

    #[test]
    fn faults_are_named() {
        let x = block(20, 2);
        let of = |label: Array1<f64>| probe(&x, &label, Features::Linear, 0).unwrap_err();
        assert!(matches!(of(Array1::zeros(19)), MetricsError::Length { right_len: 19, .. }));
        assert!(matches!(of(Array1::zeros(20)), MetricsError::Degenerate { .. }));
    }

    proptest! {
        #[test]
        fn halves_share_no_image(n in 1usize..100, seed: u64) {
            let (mut fit, score) = halves(n, seed);
            prop_assert!(fit.len() == score.len() || fit.len() == score.len() + 1);
            fit.extend(score);
            fit.sort_unstable();
            prop_assert_eq!(fit, (0..n).collect::<Vec<_>>());
        }
    }
}
