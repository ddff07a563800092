//! Least-squares line through pairs, with the standard error of its slope.

use serde::{Deserialize, Serialize};

use crate::{
    check,
    error::{MetricsError, Result},
    statistics::{average, squares},
};

/// The line `y = intercept + slope x` and how well it is known.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Line {
    /// Change of `y` per unit of `x`.
    pub slope: f64,
    /// Value at `x = 0`.
    pub intercept: f64,
    /// Standard error of the slope under independent errors of equal variance.
    pub slope_error: f64,
    /// Root of the residual variance, divisor `n - 2`, in the units of `y`.
    pub residual: f64,
    /// Number of pairs.
    pub count: usize,
}

impl Line {
    /// The value of the line at `x`.
    pub fn at(&self, x: f64) -> f64 {
        self.intercept + self.slope * x
    }
}

/// Ordinary least squares of `y` on `x`.
///
/// `slope = Sxy / Sxx`, `slope_error = sqrt(RSS / (n - 2) / Sxx)` (Draper and Smith, *Applied Regression
/// Analysis*, chapter 1). Linear time.
///
/// ```
/// use counterfoil_metrics::line::least_squares;
/// let line = least_squares(&[0.0, 1.0, 2.0], &[1.0, 3.0, 5.0])?;
/// assert_eq!((line.slope, line.intercept, line.slope_error), (2.0, 1.0, 0.0));
/// # Ok::<(), counterfoil_metrics::MetricsError>(())
/// ```
///
/// # Errors
/// When the lengths differ, fewer than three pairs are given, a value is not finite, or all `x` are equal.
pub fn least_squares(x: &[f64], y: &[f64]) -> Result<Line> {
    check::paired("x", x, "y", y, 3)?;
    let (mx, my, sxx) = (average(x), average(y), squares(x));
    if sxx == 0.0 {
        let reason = "all values of `x` are equal";
        return Err(MetricsError::Degenerate { figure: "a slope", reason });
    }
    let sxy: f64 = x.iter().zip(y).map(|(a, b)| (a - mx) * (b - my)).sum();
    let slope = sxy / sxx;
    let rss: f64 = x.iter().zip(y).map(|(a, b)| (b - my - slope * (a - mx)).powi(2)).sum();
    let residual = rss / (x.len() - 2) as f64;
    Ok(Line {
        slope,
        intercept: my - slope * mx,
        slope_error: (residual / sxx).sqrt(),
        residual: residual.sqrt(),
        count: x.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use proptest::prelude::*;

    #[test]
    fn a_line_worked_by_hand() {
        // x deviations -1, 0, 1; Sxx = 2, Sxy = 1, slope 1/2; residuals -1/6, 1/3, -1/6, RSS = 1/6.
        let line = least_squares(&[0.0, 1.0, 2.0], &[0.0, 1.0, 1.0]).unwrap();
        assert_relative_eq!(line.slope, 0.5);
        assert_relative_eq!(line.intercept, 1.0 / 6.0, epsilon = 1e-15);
        assert_relative_eq!(line.slope_error, (1.0f64 / 12.0).sqrt(), epsilon = 1e-15);
        assert_relative_eq!(line.residual, (1.0f64 / 6.0).sqrt(), epsilon = 1e-15);
        assert_relative_eq!(line.at(4.0), 13.0 / 6.0, epsilon = 1e-15);
    }

    #[test]
    fn too_little_or_no_spread_is_an_error() {
        assert_eq!(
            least_squares(&[1.0, 2.0], &[1.0, 2.0]),
            Err(MetricsError::TooFew { name: "x", len: 2, need: 3 })
        );
        let error = least_squares(&[0.3; 4], &[1.0, 2.0, 3.0, 4.0]).unwrap_err();
        assert!(matches!(error, MetricsError::Degenerate { .. }), "{error}");
    }

    /// Monte-Carlo: the standard error is the spread of the slope over replications. The standard deviation
    /// of 2,000 slopes has a relative standard error of 1 / sqrt(4,000) = 1.6 %; four of them are allowed.
    #[test]
    fn the_standard_error_is_the_spread_of_slopes() {
        let x: Vec<f64> = (0..12).map(|i| f64::from(i) / 3.0).collect();
        let lines: Vec<Line> = (0..2000)
            .map(|k| {
                let mut noise = Stream::new(3, "line-test", k, 0);
                let y: Vec<f64> = x.iter().map(|x| 1.0 - 0.7 * x + 0.4 * noise.normal()).collect();
                least_squares(&x, &y).unwrap()
            })
            .collect();
        let slopes: Vec<f64> = lines.iter().map(|l| l.slope).collect();
        let spread = (squares(&slopes) / 1999.0).sqrt();
        let claimed = lines.iter().map(|l| l.slope_error.powi(2)).sum::<f64>() / 2000.0;
        assert!((average(&slopes) + 0.7).abs() < 4.0 * spread / 2000f64.sqrt());
        assert!((spread / claimed.sqrt() - 1.0).abs() < 4.0 * 0.016 + 0.016);
    }

    proptest! {
        /// Float class: affine maps of either axis act on the slope as calculus says.
        #[test]
        fn the_slope_follows_affine_maps(
            pairs in prop::collection::vec((-5.0..5.0f64, -5.0..5.0f64), 3..30),
            a in 0.2..4.0f64, b in -3.0..3.0f64, c in 0.2..4.0f64, d in -3.0..3.0f64,
        ) {
            let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            prop_assume!(squares(&x) > 0.1);
            let map = |v: &[f64], a: f64, b: f64| -> Vec<f64> { v.iter().map(|v| a * v + b).collect() };
            let plain = least_squares(&x, &y).unwrap();
            let moved = least_squares(&map(&x, a, b), &map(&y, c, d)).unwrap();
            assert_relative_eq!(moved.slope, plain.slope * c / a, epsilon = 1e-9, max_relative = 1e-9);
            assert_relative_eq!(moved.slope_error, plain.slope_error * c / a, epsilon = 1e-9, max_relative = 1e-9);
        }
    }
}
