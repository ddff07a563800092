//! How far apart two samples of one quantity lie: the distance of their distributions on the line.
//!
//! For a model's sample under an intervention against a true one. Unlike a difference of means it sees spread and shape, and
//! unlike a divergence it is in the quantity's own unit and needs no density.

use crate::{check, error::Result};

/// The 1-Wasserstein distance of the empirical distributions of two samples, of any sizes: the area between their
/// distribution functions, `integral |F(t) - G(t)| dt`, in the unit of the values.
///
/// The least mean distance over which mass must be moved to turn one into the other (Vallender, *Calculation of the
/// Wasserstein distance between probability distributions on the line*, 1974). `O(n log n)`.
///
/// Two samples of one distribution are not at distance 0: for sizes `n` and `m` it is about `spread sqrt(1/n + 1/m)`.
///
/// ```
/// use counterfoil_metrics::wasserstein::distance;
/// // A third of the mass moves by 3.
/// assert!((distance(&[0.0, 1.0, 2.0], &[0.0, 1.0, 5.0])? - 1.0).abs() < 1e-12);
/// # Ok::<(), counterfoil_metrics::MetricsError>(())
/// ```
///
/// # Errors
/// When a sample is empty or holds a non-finite value.
pub fn distance(x: &[f64], y: &[f64]) -> Result<f64> {
    check::series("x", x, 1)?;
    check::series("y", y, 1)?;
    let sorted = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted
    };
    let (x, y) = (sorted(x), sorted(y));
    let (mut below_x, mut below_y, mut area) = (0, 0, 0.0);
    let mut at = x[0].min(y[0]);
    // From one value of either sample to the next, between which both functions are level.
    while below_x < x.len() || below_y < y.len() {
        let next = match (x.get(below_x), y.get(below_y)) {
            (Some(a), Some(b)) => a.min(*b),
            (Some(a), None) => *a,
            (_, b) => b.copied().unwrap_or(at),
        };
        let (f, g) = (below_x as f64 / x.len() as f64, below_y as f64 / y.len() as f64);
        area += (f - g).abs() * (next - at);
        at = next;
        below_x += x[below_x..].iter().take_while(|v| **v <= next).count();
        below_y += y[below_y..].iter().take_while(|v| **v <= next).count();
    }
    Ok(area)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    #[test]
    fn hand_worked_distances() {
        assert_eq!(distance(&[1.0], &[4.0]), Ok(3.0));
        assert_eq!(distance(&[2.0, 0.0], &[0.0, 2.0]), Ok(0.0));
        // Half of the mass goes from 0 to 1, half from 0 to 3.
        assert_eq!(distance(&[0.0], &[1.0, 3.0]), Ok(2.0));
        // Sizes 3 and 2 with ties: F - G is 2/3 - 1/2 on [0, 1) and 2/3 - 1 on [1, 2).
        assert_relative_eq!(distance(&[0.0, 0.0, 2.0], &[0.0, 1.0]).unwrap(), 0.5);
        // SciPy 1.17.1, `scipy.stats.wasserstein_distance`.
        let (x, y) = ([0.31, -1.2, 2.5, 0.0, 0.74, 1.9, -0.4], [1.0, 0.2, -0.65, 3.1]);
        assert_relative_eq!(distance(&x, &y).unwrap(), 0.49607142857142855, epsilon = 1e-14);
        assert!(distance(&[], &[1.0]).is_err() && distance(&[1.0], &[f64::NAN]).is_err());
    }

    fn sample() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(-5.0..5.0f64, 1..30)
    }

    proptest! {
        /// Float class: of samples of equal size it is the mean distance of values of equal rank.
        #[test]
        fn equal_sizes_pair_by_rank(pairs in prop::collection::vec((-5.0..5.0f64, -5.0..5.0f64), 1..30)) {
            let (mut x, mut y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let found = distance(&x, &y).unwrap();
            x.sort_unstable_by(f64::total_cmp);
            y.sort_unstable_by(f64::total_cmp);
            let paired = x.iter().zip(&y).map(|(a, b)| (a - b).abs()).sum::<f64>() / x.len() as f64;
            prop_assert!((found - paired).abs() < 1e-9, "{found} {paired}");
        }

        /// Float class: a metric that shifts and scales as lengths do, and never below the difference of means.
        #[test]
        fn it_is_a_metric_in_the_values_unit(x in sample(), y in sample(), z in sample(), shift in -3.0..3.0f64, scale in 0.1..4.0f64) {
            let d = |a: &[f64], b: &[f64]| distance(a, b).unwrap();
            prop_assert!((d(&x, &y) - d(&y, &x)).abs() < 1e-9);
            prop_assert!(d(&x, &z) <= d(&x, &y) + d(&y, &z) + 1e-9);
            let moved: Vec<f64> = x.iter().map(|v| v + shift).collect();
            prop_assert!((d(&x, &moved) - shift.abs()).abs() < 1e-9);
            let map = |v: &[f64]| v.iter().map(|v| scale * v + shift).collect::<Vec<f64>>();
            prop_assert!((d(&map(&x), &map(&y)) - scale * d(&x, &y)).abs() < 1e-8);
            let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
            prop_assert!((mean(&x) - mean(&y)).abs() <= d(&x, &y) + 1e-9);
        }
    }
}
