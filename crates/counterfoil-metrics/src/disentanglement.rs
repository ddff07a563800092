//! Does each dimension of the code stand for one factor, and each factor live in one dimension? The DCI scores.
//!
//! Eastwood and Williams, *A framework for the quantitative evaluation of disentangled representations* (2018),
//! section 2. An importance matrix says how much each code dimension matters for reading each factor;
//! *disentanglement* is one minus the entropy of a dimension's importances over factors, *completeness* one minus
//! the entropy of a factor's importances over dimensions, *informativeness* how well the factor is read at all.
//! Importances come from the caller, in [`dci_boosted`] from boosted trees or in [`dci`] from ridge weights. High
//! disentanglement is easy when whole blocks copy one label, and completeness is then low by construction: sum
//! over blocks first ([`over_blocks`]).

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, Axis};
use serde::{Deserialize, Serialize};

use crate::{
    check,
    error::{MetricsError, Result},
    probe::{halves, r2},
    ridge::Ridge,
    trees::{Boosting, Trees},
};

/// Added to importances before taking shares, as in the authors' released code, so that empty rows have them.
const TINY: f64 = 1e-11;

/// A score per row (or column) and their weighted mean.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Scores {
    /// Mean of `each`, weighted by total importance.
    pub overall: f64,
    /// Score of each code dimension (disentanglement) or factor (completeness), in `[0, 1]`.
    pub each: Vec<f64>,
}

/// Disentanglement of an importance matrix `[code dimensions, factors]`.
///
/// `D_i = 1 - H(P_i)` with `P_ij` the share of factor `j` in row `i` and the entropy to base `factors`; the overall
/// score weights rows by their total importance. With a single factor every score is 1.
///
/// ```
/// use counterfoil_metrics::disentanglement::disentanglement;
/// use ndarray::array;
/// // The first dimension serves one factor, the second both alike; they matter equally.
/// let scores = disentanglement(&array![[1.0, 0.0], [0.5, 0.5]])?;
/// assert!((scores.overall - 0.5).abs() < 1e-9);
/// # Ok::<(), counterfoil_metrics::MetricsError>(())
/// ```
///
/// # Errors
/// When the matrix is empty, all zero, or holds a negative or non-finite value.
pub fn disentanglement(importance: &ArrayRef2<f64>) -> Result<Scores> {
    check::at_least("importance", importance.len(), 1)?;
    check::finite("importance", importance)?;
    if let Some(&value) = importance.iter().find(|&&v| v < 0.0) {
        let domain = "the non-negative numbers";
        return Err(MetricsError::Domain { name: "importance", value, domain });
    }
    let total = importance.sum();
    if total == 0.0 {
        let reason = "no importance is above zero";
        return Err(MetricsError::Degenerate { figure: "a DCI score", reason });
    }
    let each: Vec<f64> = importance.outer_iter().map(|row| 1.0 - entropy(&row)).collect();
    let weights = importance.sum_axis(Axis(1)) / total;
    Ok(Scores { overall: weights.iter().zip(&each).map(|(w, s)| w * s).sum(), each })
}

/// Completeness of an importance matrix `[code dimensions, factors]`: the disentanglement of its transpose.
///
/// # Errors
/// As [`disentanglement`].
pub fn completeness(importance: &ArrayRef2<f64>) -> Result<Scores> {
    disentanglement(&importance.t())
}

/// Entropy of the shares of a row, to base its length; 0 for a single entry.
fn entropy(row: &ArrayRef1<f64>) -> f64 {
    if row.len() < 2 {
        return 0.0;
    }
    let total: f64 = row.iter().map(|v| v + TINY).sum();
    let shares = row.iter().map(|v| (v + TINY) / total);
    -shares.map(|p| p * p.ln()).sum::<f64>() / (row.len() as f64).ln()
}

/// Importances summed over consecutive blocks of code dimensions: `[dimensions, factors]` becomes `[blocks, factors]`.
///
/// # Errors
/// When the widths do not add up to the number of dimensions.
pub fn over_blocks(importance: &ArrayRef2<f64>, widths: &[usize]) -> Result<Array2<f64>> {
    let total = widths.iter().sum();
    check::same_len("code dimensions", importance.nrows(), "block widths in sum", total)?;
    let mut blocks = Array2::zeros((widths.len(), importance.ncols()));
    let owners = widths.iter().enumerate().flat_map(|(block, &width)| vec![block; width]);
    for (owner, row) in owners.zip(importance.outer_iter()) {
        let mut block = blocks.row_mut(owner);
        block += &row;
    }
    Ok(blocks)
}

/// How well one factor is read from the whole code, on images the reader never saw.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Informativeness {
    /// Share of the factor's variance that is explained: 1 is best; the paper's error is `1 - r2`.
    pub r2: f64,
    /// Root of the mean squared error, divided by the factor's range on the scoring half: 0 is best.
    pub nrmse: f64,
}

/// The three scores with the importances behind them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dci {
    /// One factor per code dimension?
    pub disentanglement: Scores,
    /// One code dimension per factor?
    pub completeness: Scores,
    /// Reading quality of each factor.
    pub informativeness: Vec<Informativeness>,
    /// Importances `[code dimensions, factors]`; every column sums to one.
    #[serde(skip)]
    pub importance: Array2<f64>,
}

/// DCI scores of `codes` (`[n, dimensions]`) for `factors` (`[n, factors]`), one image per row.
///
/// A ridge regression reads each factor from the standardised code on a random half of the images; importances
/// are the absolute weights, each factor's normalised to sum one, and informativeness is scored on the other
/// half. Linear weights stand for the boosted trees or lasso of the paper: a dimension that matters only
/// non-linearly is not seen. `O(factors n dimensions min(n, dimensions))`.
///
/// # Errors
/// When the numbers of rows differ, fewer than eight rows or no columns are given, a value is not finite, a
/// factor is constant on the scoring half, or no dimension helps to read some factor.
pub fn dci(codes: &ArrayRef2<f64>, factors: &ArrayRef2<f64>, seed: u64) -> Result<Dci> {
    read(codes, factors, halves(codes.nrows(), seed), &Reader::Ridge)
}

/// DCI scores as [`dci`], with the boosted trees of [`Trees`] as the reader: what matters non-linearly is seen.
///
/// Importances are the fall of the squared error, as in the paper's tree reader and the reference
/// implementation; informativeness is R2 and NRMSE on the half that was not fitted, not the share of exactly
/// equal predictions that the reference implementation reports (zero for any continuous factor). Of exact
/// copies of one dimension the first gets all importance, so for codes in blocks pass the importance through [`over_blocks`]
/// and take [`disentanglement`] and [`completeness`] of the result. An evaluation of the reference implementation
/// uses [`Boosting::default`].
///
/// # Errors
/// As [`dci`], and when a setting of the trees lies outside its range.
pub fn dci_boosted(
    codes: &ArrayRef2<f64>,
    factors: &ArrayRef2<f64>,
    settings: &Boosting,
    seed: u64,
) -> Result<Dci> {
    read(codes, factors, halves(codes.nrows(), seed), &Reader::Boosted(*settings))
}

/// What reads factors from a code.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reader {
    /// Ridge regression with a tuned penalty, as in [`dci`].
    Ridge,
    /// Gradient-boosted trees of these settings, as in [`dci_boosted`].
    Boosted(Boosting),
}

impl Reader {
    /// Importances of the columns of `x` for `y`, and what is read of fresh rows.
    fn fit(
        &self,
        x: &ArrayRef2<f64>,
        y: &ArrayRef1<f64>,
        fresh: &ArrayRef2<f64>,
    ) -> Result<(Array1<f64>, Array1<f64>)> {
        match self {
            Self::Ridge => {
                let ridge = Ridge::tuned(x, y)?;
                Ok((ridge.weights().mapv(f64::abs), ridge.predict(fresh)?))
            }
            Self::Boosted(settings) => {
                let trees = Trees::fit(x, y, settings)?;
                Ok((trees.importance(), trees.predict(fresh)?))
            }
        }
    }
}

/// The scores with importances from the images `fit` and informativeness from the images `score`.
pub(crate) fn read(
    codes: &ArrayRef2<f64>,
    factors: &ArrayRef2<f64>,
    (fit, score): (Vec<usize>, Vec<usize>),
    reader: &Reader,
) -> Result<Dci> {
    check::same_len("codes", codes.nrows(), "factors", factors.nrows())?;
    check::at_least("codes", codes.nrows(), 8)?;
    check::at_least("factor columns", factors.ncols(), 1)?;
    check::finite("factors", factors)?;
    check::at_least("images of the fitting half", fit.len(), 2)?;
    check::at_least("images of the scoring half", score.len(), 2)?;
    let (fit_x, score_x) = (codes.select(Axis(0), &fit), codes.select(Axis(0), &score));
    let mut importance = Array2::zeros((codes.ncols(), factors.ncols()));
    let mut informativeness = Vec::with_capacity(factors.ncols());
    for (factor, mut column) in factors.columns().into_iter().zip(importance.columns_mut()) {
        let (fit_y, score_y) = (factor.select(Axis(0), &fit), factor.select(Axis(0), &score));
        let (weights, read) = reader.fit(&fit_x, &fit_y, &score_x)?;
        let total = weights.sum();
        if total == 0.0 {
            let reason = "no code dimension helps to read some factor";
            return Err(MetricsError::Degenerate { figure: "a DCI score", reason });
        }
        column.assign(&(weights / total));
        informativeness.push(informativeness_of(&read, &score_y)?);
    }
    Ok(Dci {
        disentanglement: disentanglement(&importance)?,
        completeness: completeness(&importance)?,
        informativeness,
        importance,
    })
}

/// How well `read` gives the factor `truth`.
fn informativeness_of(read: &ArrayRef1<f64>, truth: &ArrayRef1<f64>) -> Result<Informativeness> {
    let error = read - truth;
    let high = truth.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let low = truth.iter().copied().fold(f64::INFINITY, f64::min);
    Ok(Informativeness {
        r2: r2(&error, truth)?,
        nrmse: (error.dot(&error) / error.len() as f64).sqrt() / (high - low),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use ndarray::array;
    use proptest::prelude::*;

    fn normals(n: usize, width: usize, item: u64) -> Array2<f64> {
        let mut s = Stream::new(15, "dci-test", item, 0);
        Array2::from_shape_fn((n, width), |_| s.normal())
    }

    /// Float class: the tiny constant moves scores by less than 1e-9.
    #[test]
    fn a_matrix_worked_by_hand() {
        let importance = array![[1.0, 0.0], [0.25, 0.75], [0.0, 2.0]];
        let h = |p: f64| -(p * p.ln() + (1.0 - p) * (1.0 - p).ln());
        let d = disentanglement(&importance).unwrap();
        let row = 1.0 - h(0.25) / 2f64.ln();
        assert_relative_eq!(d.each[1], row, epsilon = 1e-9);
        assert_relative_eq!(d.overall, (1.0 + row + 2.0) / 4.0, epsilon = 1e-9);
        let c = completeness(&importance).unwrap();
        assert_relative_eq!(c.each[0], 1.0 - h(0.2) / 3f64.ln(), epsilon = 1e-9);
        // The second factor's shares are 0, 3/11, 8/11.
        assert_relative_eq!(c.each[1], 1.0 - h(3.0 / 11.0) / 3f64.ln(), epsilon = 1e-9);
        assert_relative_eq!(
            c.overall,
            1.25 / 4.0 * c.each[0] + 2.75 / 4.0 * c.each[1],
            epsilon = 1e-9
        );
    }

    #[test]
    fn blocks_restore_completeness() {
        // Four dimensions copy factor 0, two copy factor 1.
        let importance =
            array![[0.25, 0.0], [0.25, 0.0], [0.25, 0.0], [0.25, 0.0], [0.0, 0.5], [0.0, 0.5]];
        assert!(completeness(&importance).unwrap().overall < 0.5);
        let blocks = over_blocks(&importance, &[4, 2]).unwrap();
        assert_eq!(blocks, array![[1.0, 0.0], [0.0, 1.0]]);
        assert_relative_eq!(completeness(&blocks).unwrap().overall, 1.0, epsilon = 1e-9);
        assert!(over_blocks(&importance, &[4, 1]).is_err());
    }

    /// By hand: errors of 1, -1, 1 and -1 have squares that sum to 4; about their mean of 3 the values' sum to 20.
    #[test]
    fn informativeness_worked_by_hand() {
        let truth = array![0.0, 2.0, 4.0, 6.0];
        let found = informativeness_of(&array![1.0, 1.0, 5.0, 5.0], &truth).unwrap();
        assert_relative_eq!(found.r2, 1.0 - 4.0 / 20.0, epsilon = 1e-12);
        assert_relative_eq!(found.nrmse, 1.0 / 6.0, epsilon = 1e-12);
        // The mean explains nothing, and less than it is less than nothing.
        let mean = informativeness_of(&array![3.0, 3.0, 3.0, 3.0], &truth).unwrap();
        assert_relative_eq!(mean.r2, 0.0, epsilon = 1e-12);
        let worse = informativeness_of(&array![6.0, 4.0, 2.0, 0.0], &truth).unwrap();
        assert_relative_eq!(worse.r2, -3.0, epsilon = 1e-12);
        assert!(informativeness_of(&truth, &array![1.0, 1.0, 1.0, 1.0]).is_err());
    }

    #[test]
    fn a_permuted_scaled_code_scores_one() {
        let factors = normals(200, 3, 0);
        let mut codes = factors.select(Axis(1), &[2, 0, 1]);
        codes.column_mut(0).mapv_inplace(|v| -5.0 * v);
        let scores = dci(&codes, &factors, 1).unwrap();
        // The penalty of 1e-5 lets a trace of the sample correlations through.
        assert!(scores.disentanglement.overall > 0.999, "{:?}", scores.disentanglement);
        assert!(scores.completeness.overall > 0.999);
        assert!(scores.informativeness.iter().all(|i| i.r2 > 0.9999 && i.nrmse < 0.01));
        for sum in scores.importance.sum_axis(Axis(0)) {
            assert_relative_eq!(sum, 1.0, epsilon = 1e-12);
        }
    }

    #[test]
    fn a_rotated_code_is_informative_and_entangled() {
        let factors = normals(200, 2, 0);
        let codes = factors.dot(&array![[1.0, 1.0], [1.0, -1.0]]);
        let scores = dci(&codes, &factors, 1).unwrap();
        assert!(scores.disentanglement.overall < 0.05, "{:?}", scores.disentanglement);
        assert!(scores.informativeness.iter().all(|i| i.r2 > 0.9999));
        // A code of noise is neither.
        let noise = dci(&normals(200, 2, 9), &factors, 1).unwrap();
        assert!(noise.informativeness.iter().all(|i| i.r2 < 0.1 && i.nrmse > 0.1));
    }

    #[test]
    fn faults_are_named() {
        let zero = Array2::<f64>::zeros((2, 2));
        assert!(matches!(disentanglement(&zero), Err(MetricsError::Degenerate { .. })));
        let error = disentanglement(&array![[1.0, -0.5]]).unwrap_err();
        assert_eq!(error.to_string(), "`importance` is -0.5, outside the non-negative numbers");
        assert!(dci(&normals(9, 2, 0), &normals(8, 2, 0), 0).is_err());
        let collapsed = Array2::<f64>::ones((20, 2));
        let error = dci(&collapsed, &normals(20, 1, 0), 0).unwrap_err();
        assert!(matches!(error, MetricsError::Degenerate { .. }), "{error}");
    }

    proptest! {
        /// Float class: scores stay in [0, 1] and see neither the scale of the matrix nor the order of factors.
        #[test]
        fn scores_are_shares(values in prop::collection::vec(0.01..1.0f64, 12), scale in 0.5..20.0f64) {
            let importance = Array2::from_shape_vec((4, 3), values).unwrap();
            let plain = disentanglement(&importance).unwrap();
            prop_assert!(plain.each.iter().all(|s| (-1e-12..=1.0 + 1e-12).contains(s)));
            let moved = (&importance * scale).select(Axis(1), &[2, 0, 1]);
            assert_relative_eq!(disentanglement(&moved).unwrap().overall, plain.overall, epsilon = 1e-8);
            let c = completeness(&importance).unwrap();
            prop_assert_eq!((plain.each.len(), c.each.len()), (4, 3));
        }
    }

    /// Exact in kind: the ridge is blind to a square, the trees are not; blocks pool the copies.
    #[test]
    fn trees_see_what_a_line_does_not() {
        let codes = normals(400, 4, 9);
        let factors = ndarray::stack![
            Axis(1),
            codes.column(0).mapv(|v| v * v),
            &codes.column(2) + &codes.column(3)
        ];
        let boosted = dci_boosted(&codes, &factors, &Boosting::default(), 1).unwrap();
        let linear = dci(&codes, &factors, 1).unwrap();
        assert!(boosted.informativeness[0].r2 > 0.9, "{:?}", boosted.informativeness);
        assert!(linear.informativeness[0].r2 < 0.5);
        assert!(boosted.completeness.each[1] < 0.6, "{:?}", boosted.completeness);
        let blocks = over_blocks(&boosted.importance, &[2, 2]).unwrap();
        assert!(completeness(&blocks).unwrap().overall > 0.8);
        assert!(disentanglement(&blocks).unwrap().overall > 0.8);
    }
}
