//! The few descriptive statistics that the metrics share: mean, variance, quantile, ranks, correlation.

use ndarray::{Array2, ArrayRef2, Axis};

use crate::{
    check,
    error::{MetricsError, Result},
};

/// Arithmetic mean.
///
/// # Errors
/// When `values` is empty or holds a non-finite value.
pub fn mean(values: &[f64]) -> Result<f64> {
    check::series("values", values, 1)?;
    Ok(average(values))
}

/// Variance with divisor `n - 1`.
///
/// # Errors
/// When `values` holds fewer than two values or a non-finite one.
pub fn variance(values: &[f64]) -> Result<f64> {
    check::series("values", values, 2)?;
    Ok(squares(values) / (values.len() - 1) as f64)
}

/// The `p`-quantile, interpolated linearly between order statistics.
///
/// Definition 7 of Hyndman and Fan, *Sample quantiles in statistical packages* (1996): position
/// `p (n - 1)` in the sorted values, the default of NumPy and R. Sorting costs `O(n log n)`.
///
/// ```
/// use counterfoil_metrics::statistics::quantile;
/// assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.5)?, 2.5);
/// # Ok::<(), counterfoil_metrics::MetricsError>(())
/// ```
///
/// # Errors
/// When `values` is empty or holds a non-finite value, or when `p` lies outside `[0, 1]`.
pub fn quantile(values: &[f64], p: f64) -> Result<f64> {
    check::series("values", values, 1)?;
    if !(0.0..=1.0).contains(&p) {
        return Err(MetricsError::Domain { name: "p", value: p, domain: "[0, 1]" });
    }
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    Ok(quantile_of_sorted(&sorted, p))
}

/// Pearson's correlation coefficient.
///
/// # Errors
/// When the lengths differ, fewer than two pairs are given, a value is not finite, or either series is
/// constant.
pub fn pearson(x: &[f64], y: &[f64]) -> Result<f64> {
    check::paired("x", x, "y", y, 2)?;
    let (mx, my) = (average(x), average(y));
    let sxy: f64 = x.iter().zip(y).map(|(a, b)| (a - mx) * (b - my)).sum();
    let scale = (squares(x) * squares(y)).sqrt();
    if scale == 0.0 {
        let reason = "one of the two series is constant";
        return Err(MetricsError::Degenerate { figure: "a correlation", reason });
    }
    Ok((sxy / scale).clamp(-1.0, 1.0))
}

/// Spearman's rank correlation: Pearson's coefficient of the mid-ranks.
///
/// # Errors
/// As [`pearson`].
pub fn spearman(x: &[f64], y: &[f64]) -> Result<f64> {
    check::paired("x", x, "y", y, 2)?;
    pearson(&ranks(x)?, &ranks(y)?)
}

/// Ranks from 1 to `n`; equal values share the mean of their ranks.
///
/// # Errors
/// When `values` is empty or holds a non-finite value.
pub fn ranks(values: &[f64]) -> Result<Vec<f64>> {
    check::series("values", values, 1)?;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for tied in order.chunk_by(|&a, &b| values[a] == values[b]) {
        // Positions start .. start + len carry the ranks start + 1 ..= start + len.
        let rank = start as f64 + f64::midpoint(tied.len() as f64, 1.0);
        for &i in tied {
            ranks[i] = rank;
        }
        start += tied.len();
    }
    Ok(ranks)
}

/// Mean of a series already checked.
pub(crate) fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Sum of squared deviations from the mean of a series already checked; exactly 0 for equal values.
pub(crate) fn squares(values: &[f64]) -> f64 {
    if values.iter().all(|&v| v == values[0]) {
        return 0.0; // the rounded mean of equal values may differ from them in the last bit
    }
    let mean = average(values);
    values.iter().map(|v| (v - mean).powi(2)).sum()
}

/// Columns with mean zero and variance one (divisor `n`); constant ones become zero.
pub(crate) fn standardised(block: &ArrayRef2<f64>) -> Array2<f64> {
    let n = block.nrows() as f64;
    let mut out = &block.view() - &(block.sum_axis(Axis(0)) / n);
    for (mut column, original) in out.columns_mut().into_iter().zip(block.columns()) {
        let deviation = (squares(&original.to_vec()) / n).sqrt();
        column.mapv_inplace(|v| if deviation == 0.0 { 0.0 } else { v / deviation });
    }
    out
}

/// [`quantile`] of values already sorted and checked.
pub(crate) fn quantile_of_sorted(sorted: &[f64], p: f64) -> f64 {
    let position = p * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    #[test]
    fn hand_worked_values() {
        assert_eq!(mean(&[1.0, 2.0, 6.0]), Ok(3.0));
        assert_eq!(variance(&[1.0, 2.0, 6.0]), Ok(7.0));
        assert_eq!(quantile(&[10.0, 20.0, 30.0, 40.0], 0.25), Ok(17.5));
        assert_eq!(quantile(&[5.0], 0.9), Ok(5.0));
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0]), Ok(vec![3.5, 1.0, 3.5, 2.0]));
        // Deviations (-1, 0, 1) and (-1, 1, 0): covariance 1, squares 2 and 2.
        assert_relative_eq!(pearson(&[1.0, 2.0, 3.0], &[1.0, 3.0, 2.0]).unwrap(), 0.5);
    }

    #[test]
    fn constant_series_have_no_correlation() {
        let error = pearson(&[0.1; 3], &[1.0, 2.0, 3.0]).unwrap_err();
        assert!(matches!(error, MetricsError::Degenerate { .. }), "{error}");
        assert!(quantile(&[1.0], 1.5).is_err());
    }

    proptest! {
        /// Exact: ranks do not change under a strictly increasing map, so neither does Spearman.
        #[test]
        fn spearman_sees_order_only(x in prop::collection::vec(-3.0..3.0f64, 3..40), seed in 0.1..2.0f64) {
            let y: Vec<f64> = x.iter().enumerate().map(|(i, v)| v * seed + (i % 3) as f64).collect();
            prop_assume!(squares(&x) > 0.0 && squares(&y) > 0.0);
            let stretched: Vec<f64> = x.iter().map(|v| v * 8.0).collect();
            prop_assert_eq!(spearman(&x, &y), spearman(&stretched, &y));
            prop_assert_eq!(spearman(&x, &y), spearman(&y, &x));
        }

        /// Exact: quantiles are monotone in p and end at the extremes.
        #[test]
        fn quantiles_are_ordered(x in prop::collection::vec(-1e3..1e3f64, 1..50), p in 0.0..1.0f64, q in 0.0..1.0f64) {
            let at = |p| quantile(&x, p).unwrap();
            prop_assert!(at(p.min(q)) <= at(p.max(q)));
            prop_assert_eq!(at(0.0), x.iter().copied().fold(f64::INFINITY, f64::min));
            prop_assert_eq!(at(1.0), x.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        }
    }
}
