//! Does the code recover the factors up to order and scale? The mean correlation coefficient (MCC).
//!
//! Hyvärinen and Morioka, *Unsupervised feature extraction by time-contrastive learning* (2016), section 6;
//! Khemakhem, Kingma, Monti and Hyvärinen, *Variational autoencoders and nonlinear ICA* (2020), appendix A.2:
//! correlate every code dimension with every factor, pair them one to one as well as possible, and average.

use ndarray::{Array2, ArrayRef2};
use serde::{Deserialize, Serialize};

use crate::{
    assignment::best_pairs,
    check,
    error::Result,
    statistics::{pearson, ranks, squares},
};

/// Which correlation is meant.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Correlation {
    /// Pearson's: recovery up to an affine map.
    Pearson,
    /// Spearman's: recovery up to a monotone map.
    Spearman,
}

/// The mean over the best pairs, and the pairs.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Mcc {
    /// Mean absolute correlation over the pairs: 1 is recovery up to permutation, sign and scale.
    pub mean: f64,
    /// The pairs (code dimension, factor, absolute correlation), in the order of code dimensions.
    pub pairs: Vec<(usize, usize, f64)>,
}

/// Mean correlation coefficient of `codes` (`[n, dimensions]`) and `factors` (`[n, factors]`), one image per row.
///
/// With unequal numbers of dimensions and factors, as many pairs as the smaller number are made. A constant
/// column (a collapsed dimension) correlates with nothing. `O(n dimensions factors)` plus the assignment.
///
/// # Errors
/// When the numbers of rows differ, fewer than two rows or no columns are given, or a value is not finite.
pub fn mcc(
    codes: &ArrayRef2<f64>,
    factors: &ArrayRef2<f64>,
    correlation: Correlation,
) -> Result<Mcc> {
    check::same_len("codes", codes.nrows(), "factors", factors.nrows())?;
    check::at_least("codes", codes.nrows(), 2)?;
    let prepare = |name, block: &ArrayRef2<f64>| -> Result<Vec<Vec<f64>>> {
        check::at_least(name, block.ncols(), 1)?;
        check::finite(name, block)?;
        let columns = block.columns().into_iter().map(|c| c.to_vec());
        match correlation {
            Correlation::Pearson => Ok(columns.collect()),
            Correlation::Spearman => columns.map(|c| ranks(&c)).collect(),
        }
    };
    let (codes, factors) = (prepare("codes", codes)?, prepare("factors", factors)?);
    let mut strengths = Array2::zeros((codes.len(), factors.len()));
    for (i, code) in codes.iter().enumerate() {
        for (j, factor) in factors.iter().enumerate() {
            if squares(code) > 0.0 && squares(factor) > 0.0 {
                strengths[(i, j)] = pearson(code, factor)?.abs();
            }
        }
    }
    let pairs: Vec<(usize, usize, f64)> = best_pairs(&strengths)?
        .into_iter()
        .map(|(code, factor)| (code, factor, strengths[(code, factor)]))
        .collect();
    Ok(Mcc { mean: pairs.iter().map(|p| p.2).sum::<f64>() / pairs.len() as f64, pairs })
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use ndarray::{Axis, array};
    use proptest::prelude::*;

    fn normals(n: usize, width: usize, item: u64) -> Array2<f64> {
        let mut s = Stream::new(14, "mcc-test", item, 0);
        Array2::from_shape_fn((n, width), |_| s.normal())
    }

    #[test]
    fn pairs_are_made_jointly() {
        // Both factors correlate best with code 0; together the crossed pairing would lose more.
        let codes = array![[0.0, 0.0], [1.0, 1.0], [2.0, 0.0], [3.0, 3.0]];
        let factors = array![[0.0, 0.1], [1.0, 1.1], [2.0, 1.9], [3.0, 3.1]];
        let m = mcc(&codes, &factors, Correlation::Pearson).unwrap();
        assert_eq!(m.pairs.iter().map(|p| (p.0, p.1)).collect::<Vec<_>>(), [(0, 0), (1, 1)]);
        let of = |c: usize, f: usize| {
            pearson(&codes.column(c).to_vec(), &factors.column(f).to_vec()).unwrap().abs()
        };
        assert!(of(0, 1) > of(1, 1));
        assert_relative_eq!(m.mean, f64::midpoint(of(0, 0), of(1, 1)), epsilon = 1e-12);
    }

    #[test]
    fn a_collapsed_dimension_counts_as_nothing() {
        let factors = normals(30, 2, 0);
        let mut codes = factors.clone();
        codes.column_mut(1).fill(0.3);
        let m = mcc(&codes, &factors, Correlation::Pearson).unwrap();
        assert_relative_eq!(m.mean, 0.5, epsilon = 1e-12);
        assert!(mcc(&codes, &normals(29, 2, 0), Correlation::Pearson).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Float class: permuting, scaling, shifting and flipping the factors is full recovery.
        #[test]
        fn recovery_up_to_order_and_scale_is_one(item: u64, seed: u64, extra in 0usize..3) {
            let factors = normals(40, 4, item);
            let order = Stream::new(seed, "order", 0, 0).permutation(4);
            let mut codes = factors.select(Axis(1), &order);
            for (k, mut column) in codes.columns_mut().into_iter().enumerate() {
                let scale = [-2.0, 0.5, 3.0, -1.0][k];
                column.mapv_inplace(|v| scale * v + 1.0);
            }
            let noise = normals(40, extra, item ^ 1);
            let codes = ndarray::concatenate(Axis(1), &[codes.view(), noise.view()]).unwrap();
            let m = mcc(&codes, &factors, Correlation::Pearson).unwrap();
            assert_relative_eq!(m.mean, 1.0, epsilon = 1e-12);
            for (code, factor, _) in m.pairs {
                prop_assert_eq!(order[code], factor);
            }
            // A monotone map is seen through by ranks alone.
            let bent = codes.mapv(|v| (3.0 * v).exp());
            let by_rank = mcc(&bent, &factors, Correlation::Spearman).unwrap();
            assert_relative_eq!(by_rank.mean, 1.0, epsilon = 1e-12);
            prop_assert!(mcc(&bent, &factors, Correlation::Pearson).unwrap().mean < 0.95);
        }
    }
}
