//! Does a dimension of the code stand still while its factor does? The interventional robustness score (IRS).
//!
//! Suter, Miladinović, Schölkopf and Bauer, *Robustly disentangled causal mechanisms: validating deep
//! representations for interventional robustness* (2019), section 4. Among images that share the value
//! of factor `i`, a dimension that encodes this factor alone hardly moves, whatever happens to the other factors:
//!
//! `IRS(l, i) = 1 - < q(|z_l - E[z_l | g_i]|) >_g / max |z_l - E[z_l]|`
//!
//! where `q` is the maximum, or a high quantile that is less at the mercy of one image. The score of a dimension is
//! its best one over factors, the score of the code their mean weighted by the denominators.
//!
//! Scores are at most 1. They lie below 0 where images are farther from the mean of their group than any is from the mean
//! of all, which takes groups that are lopsided to opposite sides; such scores stand as the definition and the authors'
//! released code have them, so no score of 0 is the worst.
//!
//! Two traps. Grouping observed images by a factor is an intervention only if factors are independent; where they
//! cause one another, hand over images whose factors were drawn independently. And a group of one image deviates
//! from its mean by nothing: with groups of equal width the nearly empty ones at the ends push the score up, with
//! [`Grouping::EqualCount`] there are none.

use ndarray::{Array2, ArrayRef2};
use serde::{Deserialize, Serialize};

use crate::{
    check,
    error::{MetricsError, Result},
    grouping::Grouping,
    statistics::{average, quantile_of_sorted, squares},
};

/// The score of one code dimension.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Robust {
    /// Score at the best factor: 1 stands perfectly still, 0 moves within groups as far as at all, less farther still.
    pub score: f64,
    /// The factor concerned; of equals the first.
    pub factor: usize,
    /// Largest distance from the mean of the dimension, in its units: its weight in the overall score.
    pub deviation: f64,
}

/// Interventional robustness of a code.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Irs {
    /// Mean score of the dimensions, weighted by their largest deviation.
    pub overall: f64,
    /// Each dimension; a constant one has weight 0, and score 0 for want of any.
    pub each: Vec<Robust>,
    /// All scores `[code dimensions, factors]`.
    #[serde(skip)]
    pub scores: Array2<f64>,
}

/// IRS of `codes` (`[n, dimensions]`) for `factors` (`[n, factors]`), one image per row.
///
/// `quantile` of the deviations is taken within each group: 1 is the paper's maximum, 0.99 the authors' released
/// code, which also groups continuous factors by equal width and counts every group alike, as is done here. The
/// overall score follows the units of the dimensions; standardise codes whose scales mean nothing.
/// `O(factors dimensions n log n)`.
///
/// ```
/// use counterfoil_metrics::{grouping::Grouping, irs::irs};
/// use ndarray::array;
/// let factors = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
/// // One dimension is the second factor, the other the sum of both.
/// let codes = array![[0.0, 0.0], [3.0, 1.0], [0.0, 1.0], [3.0, 2.0]];
/// let irs = irs(&codes, &factors, Grouping::Distinct, 1.0)?;
/// assert_eq!((irs.each[0].score, irs.each[0].factor), (1.0, 1));
/// assert_eq!(irs.each[1].score, 0.5);
/// # Ok::<(), counterfoil_metrics::MetricsError>(())
/// ```
///
/// # Errors
/// When the numbers of rows differ, fewer than two rows or no columns are given, a value is not finite, a grouping
/// has no groups, `quantile` is not in `[0, 1]`, or every dimension is constant.
pub fn irs(
    codes: &ArrayRef2<f64>,
    factors: &ArrayRef2<f64>,
    grouping: Grouping,
    quantile: f64,
) -> Result<Irs> {
    check::codes_and_factors(codes, factors, 2)?;
    if !(0.0..=1.0).contains(&quantile) {
        return Err(MetricsError::Domain { name: "quantile", value: quantile, domain: "[0, 1]" });
    }
    let members: Vec<Vec<Vec<usize>>> = factors
        .columns()
        .into_iter()
        .map(|factor| Ok(members(&grouping.of(&factor.to_vec())?)))
        .collect::<Result<_>>()?;
    let mut scores = Array2::zeros((codes.ncols(), factors.ncols()));
    let mut each = Vec::with_capacity(codes.ncols());
    for (dimension, mut row) in codes.columns().into_iter().zip(scores.rows_mut()) {
        let values = dimension.to_vec();
        if squares(&values) == 0.0 {
            each.push(Robust { score: 0.0, factor: 0, deviation: 0.0 });
            continue;
        }
        let centre = average(&values);
        let deviation = values.iter().map(|v| (v - centre).abs()).fold(0.0, f64::max);
        for (groups, score) in members.iter().zip(&mut row) {
            let moved = groups.iter().map(|images| disagreement(&values, images, quantile));
            *score = 1.0 - moved.sum::<f64>() / groups.len() as f64 / deviation;
        }
        let first = Robust { score: row[0], factor: 0, deviation };
        let best = row.iter().enumerate().fold(first, |best, (factor, &score)| {
            if score > best.score { Robust { score, factor, deviation } } else { best }
        });
        each.push(best);
    }
    let weight: f64 = each.iter().map(|r| r.deviation).sum();
    if weight == 0.0 {
        let reason = "every dimension of the code is constant";
        return Err(MetricsError::Degenerate { figure: "an IRS", reason });
    }
    let overall = each.iter().map(|r| r.deviation * r.score).sum::<f64>() / weight;
    Ok(Irs { overall, each, scores })
}

/// The quantile of the distances of a group from its mean.
fn disagreement(values: &[f64], images: &[usize], quantile: f64) -> f64 {
    let centre = images.iter().map(|&i| values[i]).sum::<f64>() / images.len() as f64;
    let mut distances: Vec<f64> = images.iter().map(|&i| (values[i] - centre).abs()).collect();
    distances.sort_unstable_by(f64::total_cmp);
    quantile_of_sorted(&distances, quantile)
}

/// The images of each group that has any.
fn members(groups: &[usize]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by_key(|&image| groups[image]);
    order.chunk_by(|&a, &b| groups[a] == groups[b]).map(<[usize]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use ndarray::{Axis, array};
    use proptest::prelude::*;

    fn normals(n: usize, width: usize, item: u64) -> Array2<f64> {
        let mut s = Stream::new(23, "irs-test", item, 0);
        Array2::from_shape_fn((n, width), |_| s.normal())
    }

    #[test]
    fn a_code_worked_by_hand() {
        // Groups of the factor {0, 2} and {4, 8}: within-group distances 1 and 2, mean 3.5, farthest 4.5.
        let codes = array![[0.0, 1.0], [2.0, 1.0], [4.0, 1.0], [8.0, 1.0]];
        let factors = array![[0.0], [0.0], [1.0], [1.0]];
        let irs = irs(&codes, &factors, Grouping::Distinct, 1.0).unwrap();
        assert_relative_eq!(irs.each[0].score, 1.0 - 1.5 / 4.5, epsilon = 1e-12);
        assert_relative_eq!(irs.overall, 2.0 / 3.0, epsilon = 1e-12);
        assert_eq!((irs.each[1].score, irs.each[1].deviation), (0.0, 0.0));
    }

    #[test]
    fn lopsided_groups_score_below_zero() {
        // Group means 1/2 and -1/2 with distances of 3/2 at most; the mean of all is 0 and nothing is farther than 1.
        let codes = array![[-1.0], [1.0], [1.0], [1.0], [1.0], [-1.0], [-1.0], [-1.0]];
        let factors = Array2::from_shape_fn((8, 1), |(image, _)| f64::from(u8::from(image > 3)));
        let irs = irs(&codes, &factors, Grouping::Distinct, 1.0).unwrap();
        assert_eq!((irs.each[0].score, irs.overall, irs.scores[(0, 0)]), (-0.5, -0.5, -0.5));
    }

    #[test]
    fn faults_are_named() {
        let x = normals(10, 2, 0);
        let of = |codes: &Array2<f64>, quantile| irs(codes, &x, Grouping::EqualCount(2), quantile);
        assert!(matches!(of(&Array2::ones((10, 2)), 1.0), Err(MetricsError::Degenerate { .. })));
        assert!(matches!(of(&x, 1.5), Err(MetricsError::Domain { name: "quantile", .. })));
        assert!(of(&normals(9, 2, 0), 1.0).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Float class: a function of one factor alone stands still; scores lie in [0, 1] with q = 1 up to the
        /// groups' own means, and see neither scale nor order of the images.
        #[test]
        fn a_function_of_one_factor_is_robust(item: u64, scale in 0.2..5.0f64) {
            let mut s = Stream::new(23, "irs-grid", item, 0);
            let factors = Array2::from_shape_fn((60, 3), |_| s.below(4) as f64);
            let curve = factors.column(1).mapv(|v| (v - 1.3).powi(2));
            let noise = normals(60, 1, item);
            let codes = ndarray::stack![Axis(1), curve, noise.column(0)];
            let plain = irs(&codes, &factors, Grouping::Distinct, 1.0).unwrap();
            assert_relative_eq!(plain.each[0].score, 1.0, epsilon = 1e-12);
            prop_assert_eq!(plain.each[0].factor, 1);
            prop_assert!(plain.each[1].score < 0.9);
            let order = s.permutation(60);
            let moved = codes.select(Axis(0), &order) * scale;
            let moved = irs(&moved, &factors.select(Axis(0), &order), Grouping::Distinct, 1.0).unwrap();
            assert_relative_eq!(moved.scores.as_slice().unwrap(), plain.scores.as_slice().unwrap(), epsilon = 1e-10);
            assert_relative_eq!(moved.overall, plain.overall, epsilon = 1e-10);
        }
    }
}
