//! Is one dimension of the code clearly the best linear reader of a factor? The SAP score.
//!
//! Kumar, Sattigeri and Balakrishnan, *Variational inference of disentangled latent concepts from unlabeled
//! observations* (2018), section 3 (separated attribute predictability). The score of a dimension for a
//! continuous factor is the share of the factor's variance that a line in this one dimension explains, which is
//! their squared correlation; the score of the code is the gap between the two best dimensions of a factor,
//! averaged over factors. A code that copies a factor into two dimensions scores 0 for it however well it knows
//! it: sum up blocks to one dimension each before, or read [`identifiability`](crate::identifiability) by blocks.

use ndarray::{Array2, ArrayRef2};

use crate::{
    check,
    error::{MetricsError, Result},
    gap::Gaps,
    statistics::{pearson, squares},
};

/// SAP score of `codes` (`[n, dimensions]`) for continuous `factors` (`[n, factors]`), one image per row.
///
/// Scores lie in `[0, 1]`; a constant dimension scores 0. Categorical factors, for which the paper trains a linear
/// classifier, are not covered: a factor of two values is read by a line. `O(n dimensions factors)`.
///
/// ```
/// use counterfoil_metrics::sap::sap;
/// use ndarray::array;
/// // The first dimension is the factor, the second is uncorrelated with it.
/// let gaps = sap(&array![[0.0, 1.0], [1.0, -1.0], [2.0, -1.0], [3.0, 1.0]], &array![[5.0], [7.0], [9.0], [11.0]])?;
/// assert_eq!((gaps.mean, gaps.each[0].dimension), (1.0, 0));
/// # Ok::<(), counterfoil_metrics::MetricsError>(())
/// ```
///
/// # Errors
/// When the numbers of rows differ, fewer than two rows, fewer than two dimensions or no factors are given, a
/// value is not finite, or a factor is constant.
pub fn sap(codes: &ArrayRef2<f64>, factors: &ArrayRef2<f64>) -> Result<Gaps> {
    check::codes_and_factors(codes, factors, 2)?;
    let mut scores = Array2::zeros((codes.ncols(), factors.ncols()));
    let codes: Vec<Vec<f64>> = codes.columns().into_iter().map(|c| c.to_vec()).collect();
    for (j, factor) in factors.columns().into_iter().enumerate() {
        let factor = factor.to_vec();
        if squares(&factor) == 0.0 {
            let reason = "a factor is constant";
            return Err(MetricsError::Degenerate { figure: "a SAP score", reason });
        }
        for (i, code) in codes.iter().enumerate().filter(|(_, code)| squares(code) > 0.0) {
            scores[(i, j)] = pearson(code, &factor)?.powi(2);
        }
    }
    Gaps::of(scores)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use ndarray::{Axis, array, concatenate};
    use proptest::prelude::*;

    fn normals(n: usize, width: usize, item: u64) -> Array2<f64> {
        let mut s = Stream::new(21, "sap-test", item, 0);
        Array2::from_shape_fn((n, width), |_| s.normal())
    }

    #[test]
    fn a_code_worked_by_hand() {
        // Deviations of the factor (-1, 0, 1), of the codes (-1, 1, 0) and (-1, 2, -1) / 3: r2 is 1/4 and 0.
        let codes = array![[1.0, 0.0, 4.0], [3.0, 1.0, 4.0], [2.0, 0.0, 4.0]];
        let gaps = sap(&codes, &array![[1.0], [2.0], [3.0]]).unwrap();
        assert_relative_eq!(
            gaps.scores.as_slice().unwrap(),
            &[0.25, 0.0, 0.0][..],
            epsilon = 1e-15
        );
        assert_relative_eq!(gaps.mean, 0.25, epsilon = 1e-15);
    }

    #[test]
    fn faults_are_named() {
        let x = normals(10, 2, 0);
        assert!(matches!(sap(&x, &Array2::ones((10, 1))), Err(MetricsError::Degenerate { .. })));
        assert!(matches!(sap(&x, &normals(9, 1, 0)), Err(MetricsError::Length { .. })));
        assert!(sap(&normals(10, 1, 0), &x).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Float class: gaps lie in [0, 1], see neither scale nor sign of a column, and vanish for copies.
        #[test]
        fn gaps_are_shares_and_vanish_for_copies(item: u64, scale in 0.1..9.0f64) {
            let (codes, factors) = (normals(30, 3, item), normals(30, 2, item ^ 1));
            let plain = sap(&codes, &factors).unwrap();
            prop_assert!(plain.each.iter().all(|g| (0.0..=1.0).contains(&g.size())));
            let moved = sap(&(&codes * -scale), &(&factors + 4.0)).unwrap();
            assert_relative_eq!(moved.scores.as_slice().unwrap(), plain.scores.as_slice().unwrap(), epsilon = 1e-10);
            let twice = concatenate(Axis(1), &[factors.view(), factors.view()]).unwrap();
            assert_relative_eq!(sap(&twice, &factors).unwrap().mean, 0.0, epsilon = 1e-12);
        }
    }
}
