//! Is one dimension of the code clearly the one that knows a factor, linearly or not? The MIG score.
//!
//! Chen, Li, Grosse and Duvenaud, *Isolating sources of disentanglement in variational autoencoders* (2018),
//! section 4.1 (mutual information gap, equation 6): the two largest mutual informations of a code dimension with
//! a factor, their difference as a share of the factor's entropy, averaged over factors. The paper integrates over
//! the encoder's distribution; here both sides are counted in groups, as is usual for plain codes (Locatello et
//! al., *Challenging common assumptions in the unsupervised learning of disentangled representations*, 2019).

use ndarray::{Array2, ArrayRef2};

use crate::{
    check,
    error::{MetricsError, Result},
    gap::Gaps,
    grouping::Grouping,
};

/// MIG score of `codes` (`[n, dimensions]`) for `factors` (`[n, factors]`), one image per row.
///
/// Codes are grouped by `code_groups` (20 of equal width are usual) and factors by `factor_groups`: distinct values
/// for factors with few, groups for continuous ones. The scores behind the gaps are mutual information over the
/// entropy of the grouped factor, in `[0, 1]`. Counting overstates the information of independent columns by about
/// `(groups - 1) (groups - 1) / 2n` nats, so have many more images than pairs of groups: where the best dimension tells all
/// there is, the second is overstated alone, and the gap falls short by that much (0.06 for 20 by 20 groups of 1,000 images).
/// `O(n log n dimensions factors)`.
///
/// ```
/// use counterfoil_metrics::{grouping::Grouping, mig::mig};
/// use ndarray::array;
/// let codes = array![[-1.0, 0.0], [-1.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
/// let gaps = mig(&codes, &array![[3.0], [3.0], [8.0], [8.0]], Grouping::EqualWidth(20), Grouping::Distinct)?;
/// assert!((gaps.mean - 1.0).abs() < 1e-12);
/// # Ok::<(), counterfoil_metrics::MetricsError>(())
/// ```
///
/// # Errors
/// When the numbers of rows differ, fewer than two rows, fewer than two dimensions or no factors are given, a
/// value is not finite, a grouping has no groups, or all images of a factor fall into one group.
pub fn mig(
    codes: &ArrayRef2<f64>,
    factors: &ArrayRef2<f64>,
    code_groups: Grouping,
    factor_groups: Grouping,
) -> Result<Gaps> {
    check::codes_and_factors(codes, factors, 2)?;
    let group = |block: &ArrayRef2<f64>, grouping: Grouping| -> Result<Vec<Vec<usize>>> {
        block.columns().into_iter().map(|c| grouping.of(&c.to_vec())).collect()
    };
    let (codes, factors) = (group(codes, code_groups)?, group(factors, factor_groups)?);
    let mut scores = Array2::zeros((codes.len(), factors.len()));
    for (j, factor) in factors.iter().enumerate() {
        let entropy = information(factor, factor)?;
        if entropy <= 0.0 {
            let reason = "all images of a factor fall into one group";
            return Err(MetricsError::Degenerate { figure: "a MIG score", reason });
        }
        for (i, code) in codes.iter().enumerate() {
            scores[(i, j)] = (information(code, factor)? / entropy).clamp(0.0, 1.0);
        }
    }
    Gaps::of(scores)
}

/// Mutual information in nats of two groupings of the same images, by counting: `sum p_ab ln(p_ab / p_a p_b)`.
///
/// With itself it is the entropy. `O(n log n)`.
///
/// # Errors
/// When the lengths differ or nothing is given.
pub fn information(a: &[usize], b: &[usize]) -> Result<f64> {
    check::same_len("a", a.len(), "b", b.len())?;
    check::at_least("a", a.len(), 1)?;
    let ((a, of_a), (b, of_b)) = (counted(a), counted(b));
    let mut pairs: Vec<(usize, usize)> = a.into_iter().zip(b).collect();
    pairs.sort_unstable();
    let n = pairs.len() as f64;
    let cells = pairs.chunk_by(|one, other| one == other).map(|cell| {
        let count = cell.len() as f64;
        count * (count * n / (of_a[cell[0].0] * of_b[cell[0].1])).ln()
    });
    Ok((cells.sum::<f64>() / n).max(0.0))
}

/// The same groups numbered without holes, and how many images each has.
fn counted(groups: &[usize]) -> (Vec<usize>, Vec<f64>) {
    let mut names = groups.to_vec();
    names.sort_unstable();
    let counts = names.chunk_by(|a, b| a == b).map(|group| group.len() as f64).collect();
    names.dedup();
    (groups.iter().map(|g| names.partition_point(|name| name < g)).collect(), counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use ndarray::{Axis, array, concatenate};
    use proptest::prelude::*;

    const TWENTY: Grouping = Grouping::EqualWidth(20);

    fn normals(n: usize, width: usize, item: u64) -> Array2<f64> {
        let mut s = Stream::new(22, "mig-test", item, 0);
        Array2::from_shape_fn((n, width), |_| s.normal())
    }

    #[test]
    fn a_table_worked_by_hand() {
        // Counts [[2, 1], [0, 1]]: p ln(p / q r) with margins 3/4, 1/4 and 1/2, 1/2.
        let value = information(&[0, 0, 0, 9], &[4, 4, 7, 7]).unwrap();
        let by_hand = 0.5 * (4.0f64 / 3.0).ln() + 0.25 * (2.0f64 / 3.0).ln() + 0.25 * 2f64.ln();
        assert_relative_eq!(value, by_hand, epsilon = 1e-15);
        assert_relative_eq!(
            information(&[0, 1, 2], &[5, 3, 4]).unwrap(),
            3f64.ln(),
            epsilon = 1e-15
        );
    }

    /// Exact in kind: a square is fully known though no line sees it.
    #[test]
    fn what_is_not_linear_is_seen() {
        let codes =
            array![[-1.0, 1.0], [0.0, 0.0], [1.0, 1.0], [-1.0, 0.0], [0.0, 1.0], [1.0, 0.0]];
        let factors = codes.select(Axis(1), &[0]).mapv(|v| v * v);
        let gaps = mig(&codes, &factors, Grouping::Distinct, Grouping::Distinct).unwrap();
        assert_relative_eq!(gaps.each[0].best, 1.0, epsilon = 1e-12);
        assert_eq!(gaps.each[0].dimension, 0);
    }

    #[test]
    fn faults_are_named() {
        let x = normals(10, 2, 0);
        let error = mig(&x, &Array2::ones((10, 1)), TWENTY, TWENTY).unwrap_err();
        assert!(matches!(error, MetricsError::Degenerate { .. }), "{error}");
        assert!(mig(&x, &x, Grouping::EqualWidth(0), TWENTY).is_err());
        assert!(mig(&x, &normals(9, 2, 0), TWENTY, TWENTY).is_err());
        assert!(information(&[], &[]).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Float class: gaps lie in [0, 1], copies have none, and groups by rank see only the order of a code.
        #[test]
        fn gaps_are_shares_and_vanish_for_copies(item: u64) {
            let (codes, factors) = (normals(60, 3, item), normals(60, 2, item ^ 1));
            let ranked = Grouping::EqualCount(5);
            let plain = mig(&codes, &factors, ranked, ranked).unwrap();
            prop_assert!(plain.scores.iter().all(|s| (0.0..=1.0).contains(s)));
            let bent = mig(&codes.mapv(f64::exp), &factors, ranked, ranked).unwrap();
            prop_assert_eq!(&bent.scores, &plain.scores);
            let twice = concatenate(Axis(1), &[factors.view(), factors.view()]).unwrap();
            let copies = mig(&twice, &factors, ranked, ranked).unwrap();
            assert_relative_eq!(copies.mean, 0.0, epsilon = 1e-12);
            prop_assert!(copies.each.iter().all(|g| g.best > 1.0 - 1e-12));
        }

        /// Float class: symmetric, and no more than either entropy.
        #[test]
        fn information_is_symmetric_and_bounded(pairs in prop::collection::vec((0usize..4, 0usize..5), 1..60)) {
            let (a, b): (Vec<usize>, Vec<usize>) = pairs.into_iter().unzip();
            let value = information(&a, &b).unwrap();
            assert_relative_eq!(value, information(&b, &a).unwrap(), epsilon = 1e-12);
            let least = information(&a, &a).unwrap().min(information(&b, &b).unwrap());
            prop_assert!((0.0..=least + 1e-12).contains(&value));
        }
    }
}
