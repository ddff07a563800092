//! Does the code recover each factor in a block of its own? The mean correlation coefficient (MCC) by block.
//!
//! Where a variable owns a block of several dimensions, no single one need correlate with it: the plain MCC of
//! [`identifiability`](crate::identifiability) asks too much (recovery up to a scale for each dimension) of what is
//! identified up to an invertible map within blocks; von Kügelgen et al., *Self-supervised learning with data
//! augmentations provably isolates content from style* (2021), definition 4.1. Here a block is read by ridge
//! regression on one half of the images, and its strength for a factor is the correlation of that reading with the
//! factor on the other half, the multiple correlation coefficient out of sample. Blocks and factors are then paired
//! one to one as well as possible and the strengths averaged, as in Khemakhem, Kingma, Monti and Hyvärinen,
//! *Variational autoencoders and nonlinear ICA* (2020), appendix A.2.

use ndarray::{Array2, ArrayRef1, ArrayRef2, Axis};
use serde::Serialize;

use crate::{
    assignment::best_pairs,
    check,
    error::Result,
    identifiability::{Correlation, Mcc},
    probe::{Features, halves},
    ridge::Ridge,
    statistics::{pearson, spearman, squares, standardised},
};

/// The MCC by block with the strengths it was paired from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BlockMcc {
    /// Mean strength over the best pairs, and the pairs (block, factor, strength).
    pub mcc: Mcc,
    /// Strength of each block for each factor, `[blocks, factors]`, in `[0, 1]`: off the pairs it shows leakage.
    #[serde(skip)]
    pub strengths: Array2<f64>,
}

/// MCC by block of `codes` (`[n, dimensions]`) for `factors` (`[n, factors]`), one image per row.
///
/// Blocks are consecutive dimensions of the given `widths`. `features` says what a block offers to its reader, as for a
/// [`probe`](crate::probe::probe); [`Features::Linear`] asks for recovery up to an invertible linear map.
/// `correlation` compares reading and factor. The halves are a function of `seed` and the number of images alone. A
/// reading that is constant or correlates negatively has strength 0, and so has a factor that is constant on either
/// half. `O(factors n w min(n, w))` for each block of `w` features.
///
/// ```
/// use counterfoil_metrics::{block_identifiability::mcc_by_block, identifiability::Correlation, probe::Features};
/// use ndarray::Array2;
/// // The factor is the difference of the first two dimensions, neither of which shows it alone.
/// let codes = Array2::from_shape_fn((40, 3), |(i, j)| ((i * (j + 3) * 7) % 11) as f64);
/// let factor = Array2::from_shape_fn((40, 1), |(i, _)| codes[(i, 0)] - codes[(i, 1)]);
/// let by_block = mcc_by_block(&codes, &[2, 1], &factor, Correlation::Pearson, Features::Linear, 1)?;
/// assert_eq!(by_block.mcc.pairs[0].0, 0);
/// assert!(by_block.mcc.mean > 0.999);
/// # Ok::<(), counterfoil_metrics::MetricsError>(())
/// ```
///
/// # Errors
/// When the numbers of rows differ, fewer than eight rows or no columns are given, a value is not finite, a width is 0
/// or the widths do not add up to the number of dimensions.
pub fn mcc_by_block(
    codes: &ArrayRef2<f64>,
    widths: &[usize],
    factors: &ArrayRef2<f64>,
    correlation: Correlation,
    features: Features,
    seed: u64,
) -> Result<BlockMcc> {
    check::codes_and_factors(codes, factors, 8)?;
    check::same_len("dimensions", codes.ncols(), "block widths in sum", widths.iter().sum())?;
    let (fit, score) = halves(codes.nrows(), seed);
    let mut strengths = Array2::zeros((widths.len(), factors.ncols()));
    let mut start = 0;
    for (&width, mut row) in widths.iter().zip(strengths.rows_mut()) {
        check::at_least("a block", width, 1)?;
        let columns: Vec<usize> = (start..start + width).collect();
        let block = features.of(&standardised(&codes.select(Axis(1), &columns)));
        start += width;
        let (fit_x, score_x) = (block.select(Axis(0), &fit), block.select(Axis(0), &score));
        for (factor, strength) in factors.columns().into_iter().zip(&mut row) {
            let (fit_y, score_y) = (factor.select(Axis(0), &fit), factor.select(Axis(0), &score));
            if varies(&fit_y) && varies(&score_y) {
                let reading = Ridge::tuned(&fit_x, &fit_y)?.predict(&score_x)?;
                if varies(&reading) {
                    let (a, b) = (reading.to_vec(), score_y.to_vec());
                    *strength = match correlation {
                        Correlation::Pearson => pearson(&a, &b)?,
                        Correlation::Spearman => spearman(&a, &b)?,
                    }
                    .max(0.0);
                }
            }
        }
    }
    let pairs: Vec<(usize, usize, f64)> = best_pairs(&strengths)?
        .into_iter()
        .map(|(block, factor)| (block, factor, strengths[(block, factor)]))
        .collect();
    let mean = pairs.iter().map(|p| p.2).sum::<f64>() / pairs.len() as f64;
    Ok(BlockMcc { mcc: Mcc { mean, pairs }, strengths })
}

fn varies(values: &ArrayRef1<f64>) -> bool {
    squares(&values.to_vec()) > 0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identifiability::mcc;
    use counterfoil_random::Stream;
    use ndarray::{array, concatenate, stack};
    use proptest::prelude::*;

    fn normals(n: usize, width: usize, item: u64) -> Array2<f64> {
        let mut s = Stream::new(25, "block-mcc-test", item, 0);
        Array2::from_shape_fn((n, width), |_| s.normal())
    }

    fn of(codes: &Array2<f64>, widths: &[usize], factors: &Array2<f64>) -> BlockMcc {
        mcc_by_block(codes, widths, factors, Correlation::Pearson, Features::Linear, 3).unwrap()
    }

    #[test]
    fn what_no_dimension_shows_the_block_does() {
        let noise = normals(200, 2, 0);
        let factors = normals(200, 2, 1);
        // Each factor is the sum of the two dimensions of its block, in crossed order.
        let codes = stack![
            Axis(1),
            noise.column(0),
            &factors.column(1) - &noise.column(0),
            noise.column(1),
            &factors.column(0) - &noise.column(1)
        ];
        let by_block = of(&codes, &[2, 2], &factors);
        assert!(by_block.mcc.mean > 0.9999, "{:?}", by_block.mcc);
        let pairs: Vec<_> = by_block.mcc.pairs.iter().map(|p| (p.0, p.1)).collect();
        assert_eq!(pairs, [(0, 1), (1, 0)]);
        assert!(mcc(&codes, &factors, Correlation::Pearson).unwrap().mean < 0.85);
        assert!(by_block.strengths[(0, 0)] < 0.3 && by_block.strengths[(1, 1)] < 0.3);
    }

    /// Monte-Carlo: 100 images of scoring and a reading of noise; four deviations of a correlation of chance are 0.4.
    /// In sample 30 dimensions would correlate sqrt(30 / 100) = 0.55.
    #[test]
    fn a_wide_block_of_noise_is_not_flattered() {
        let by_block = of(&normals(200, 30, 2), &[30], &normals(200, 1, 3));
        assert!(by_block.mcc.mean < 0.4, "{:?}", by_block.mcc);
    }

    #[test]
    fn collapsed_blocks_and_constant_factors_count_as_nothing() {
        let factors = normals(40, 2, 4);
        let mut codes = factors.clone();
        codes.column_mut(1).fill(0.3);
        let by_block = of(&codes, &[1, 1], &factors);
        assert!((by_block.mcc.mean - 0.5).abs() < 1e-6, "{:?}", by_block.mcc);
        assert_eq!(of(&factors, &[2], &Array2::ones((40, 1))).mcc.mean, 0.0);
        let fails = |widths: &[usize]| {
            let (pearson, linear) = (Correlation::Pearson, Features::Linear);
            mcc_by_block(&codes, widths, &factors, pearson, linear, 3).is_err()
        };
        assert!(fails(&[1]) && fails(&[2, 0]) && fails(&[2, 1]) && !fails(&[2]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Float class with a penalty: linear maps within blocks and the order of blocks do not matter.
        #[test]
        fn recovery_up_to_maps_within_blocks_is_one(item: u64, turn in 0.0..6.0f64) {
            let factors = normals(60, 3, item);
            let noise = normals(60, 3, item ^ 1);
            let rotation = array![[turn.cos(), -turn.sin()], [2.0 * turn.sin(), 2.0 * turn.cos()]];
            let order = Stream::new(item, "order", 0, 0).permutation(3);
            let blocks: Vec<Array2<f64>> = order
                .iter()
                .map(|&f| stack![Axis(1), factors.column(f), noise.column(f)].dot(&rotation))
                .collect();
            let codes = concatenate(Axis(1), &blocks.iter().map(|b| b.view()).collect::<Vec<_>>()).unwrap();
            let by_block = of(&codes, &[2, 2, 2], &factors);
            prop_assert!(by_block.mcc.mean > 0.999, "{:?}", by_block.mcc);
            for (block, factor, _) in by_block.mcc.pairs {
                prop_assert_eq!(order[block], factor);
            }
            prop_assert!(by_block.strengths.iter().all(|s| (0.0..=1.0).contains(s)));
        }
    }
}
