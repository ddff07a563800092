//! Does asking for a value yield that value? The calibration curve of an intervention and its errors.
//!
//! A model that answers do(thickness = 3) with 2.6 on average is miscalibrated, however little its answers
//! scatter. The calibration error is the distance of the binned curve from the diagonal, the regression form of
//! the expected calibration error (Naeini, Cooper and Hauskrecht 2015; Kuleshov, Fenner and Ermon, *Accurate
//! uncertainties for deep learning using calibrated regression*, 2018).

use serde::{Deserialize, Serialize};

use crate::{
    check,
    deviation::{Deviation, deviation},
    error::{MetricsError, Result},
    line::{Line, least_squares},
};

/// One bin of the calibration curve.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Bin {
    /// Mean of the values asked for.
    pub wanted: f64,
    /// Mean of the values measured.
    pub measured: f64,
    /// Number of images.
    pub count: usize,
}

/// How measured values follow the values asked for.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Calibration {
    /// Error of single images: scatter and miscalibration together.
    pub deviation: Deviation,
    /// Mean distance of the curve from the diagonal, bins weighted by their images: miscalibration alone.
    pub error: f64,
    /// Line of measured on wanted values: slope 1 and intercept 0 are right, a slope below 1 is shrinkage.
    pub line: Line,
    /// The curve, ascending in the wanted value.
    pub curve: Vec<Bin>,
}

/// Calibration of `measured` against `wanted` values (label units, one per image) with `bins` equally filled bins.
///
/// # Errors
/// When the lengths differ, fewer than three images are given, a value is not finite, all wanted values are equal,
/// or `bins` is not in `1..=n`.
pub fn calibration(wanted: &[f64], measured: &[f64], bins: usize) -> Result<Calibration> {
    check::paired("wanted", wanted, "measured", measured, 3)?;
    let n = wanted.len();
    if !(1..=n).contains(&bins) {
        let domain = "1 to the number of images";
        return Err(MetricsError::Domain { name: "bins", value: bins as f64, domain });
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let bin = |b: usize| {
        let images = &order[b * n / bins..(b + 1) * n / bins];
        let mean = |of: &[f64]| images.iter().map(|&i| of[i]).sum::<f64>() / images.len() as f64;
        Bin { wanted: mean(wanted), measured: mean(measured), count: images.len() }
    };
    let curve: Vec<Bin> = (0..bins).map(bin).collect();
    let weighted = curve.iter().map(|b| b.count as f64 * (b.measured - b.wanted).abs());
    Ok(Calibration {
        deviation: deviation(measured, wanted)?,
        error: weighted.sum::<f64>() / n as f64,
        line: least_squares(wanted, measured)?,
        curve,
    })
}

/// Share of pairs of a sweep in which the larger wanted value gives the larger measured one.
///
/// 1 is strictly increasing, 0 strictly decreasing, one half no order; equal measurements count one half and pairs
/// with equal wanted values are passed over. It is `(gamma + 1) / 2` for the rank correlation of Goodman and
/// Kruskal (1954) without ties. `O(n^2)`, meant for sweeps of tens of values.
///
/// ```
/// use counterfoil_metrics::calibration::monotonicity;
/// assert_eq!(monotonicity(&[1.0, 2.0, 3.0], &[1.2, 2.6, 2.5])?, 2.0 / 3.0);
/// # Ok::<(), counterfoil_metrics::MetricsError>(())
/// ```
///
/// # Errors
/// When the lengths differ, fewer than two values are given, a value is not finite, or all wanted values are equal.
pub fn monotonicity(wanted: &[f64], measured: &[f64]) -> Result<f64> {
    check::paired("wanted", wanted, "measured", measured, 2)?;
    let (mut score, mut pairs) = (0.0, 0u64);
    for i in 0..wanted.len() {
        for j in (0..i).filter(|&j| wanted[j] != wanted[i]) {
            let rise = (measured[i] - measured[j]) * (wanted[i] - wanted[j]).signum();
            pairs += 1;
            score += if rise > 0.0 {
                1.0
            } else if rise == 0.0 {
                0.5
            } else {
                0.0
            };
        }
    }
    if pairs == 0 {
        let reason = "all wanted values are equal";
        return Err(MetricsError::Degenerate { figure: "monotonicity", reason });
    }
    Ok(score / pairs as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use proptest::prelude::*;

    #[test]
    fn a_curve_worked_by_hand() {
        let c = calibration(&[4.0, 1.0, 3.0, 2.0], &[4.0, 0.0, 4.0, 2.0], 2).unwrap();
        let bins: Vec<(f64, f64, usize)> =
            c.curve.iter().map(|b| (b.wanted, b.measured, b.count)).collect();
        assert_eq!(bins, [(1.5, 1.0, 2), (3.5, 4.0, 2)]);
        // Bins are off by -1/2 and +1/2 though the mean error vanishes.
        assert_eq!((c.error, c.deviation.bias, c.deviation.mae), (0.5, 0.0, 0.5));
        assert_relative_eq!(c.line.slope, 1.4, epsilon = 1e-12);
        assert_eq!(
            calibration(&[1.0, 2.0, 3.0], &[1.0; 3], 4).unwrap_err().to_string(),
            "`bins` is 4, outside 1 to the number of images"
        );
    }

    /// Monte-Carlo: unbiased scatter of 0.5 leaves a bin of 200 images within 0.5 / sqrt(200) = 0.035 of the
    /// diagonal, so the mean distance of ten bins is near 0.028, while the mean absolute error is 0.4.
    #[test]
    fn scatter_is_not_miscalibration() {
        let mut s = Stream::new(16, "calibration-test", 0, 0);
        let wanted: Vec<f64> = (0..2000).map(|i| f64::from(i) / 500.0).collect();
        let noisy: Vec<f64> = wanted.iter().map(|w| w + 0.5 * s.normal()).collect();
        let c = calibration(&wanted, &noisy, 10).unwrap();
        assert!(
            c.error < 0.06 && (c.deviation.mae - 0.4).abs() < 0.04,
            "{} {}",
            c.error,
            c.deviation.mae
        );
        // Halving the range is miscalibration: distance |w - 2| / 2 on average over 0..4.
        let shrunk: Vec<f64> = wanted.iter().map(|w| 2.0 + (w - 2.0) / 2.0).collect();
        let c = calibration(&wanted, &shrunk, 10).unwrap();
        assert_relative_eq!(c.error, 0.5, epsilon = 1e-3);
        assert_relative_eq!(c.line.slope, 0.5, epsilon = 1e-12);
    }

    #[test]
    fn monotonicity_of_simple_sweeps() {
        let sweep = [1.0, 2.0, 3.0, 4.0];
        assert_eq!(monotonicity(&sweep, &[1.0, 1.5, 9.0, 10.0]), Ok(1.0));
        assert_eq!(monotonicity(&sweep, &[4.0, 3.0, 2.0, 1.0]), Ok(0.0));
        assert_eq!(monotonicity(&sweep, &[7.0; 4]), Ok(0.5));
        assert_eq!(monotonicity(&[1.0, 1.0, 2.0], &[5.0, 0.0, 6.0]), Ok(1.0));
        assert!(matches!(
            monotonicity(&[1.0, 1.0], &[1.0, 2.0]),
            Err(MetricsError::Degenerate { .. })
        ));
    }

    proptest! {
        /// Float class: Jensen's inequality, and with one image per bin equality with the mean absolute error.
        #[test]
        fn the_curve_errs_less_than_single_images(
            pairs in prop::collection::vec((0.0..5.0f64, 0.0..5.0f64), 4..40), bins in 1usize..5,
        ) {
            let (wanted, measured): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let c = calibration(&wanted, &measured, bins).unwrap();
            prop_assert!(c.error <= c.deviation.mae + 1e-12);
            prop_assert!(c.error + 1e-12 >= c.deviation.bias.abs());
            prop_assert_eq!(c.curve.iter().map(|b| b.count).sum::<usize>(), wanted.len());
            let fine = calibration(&wanted, &measured, wanted.len()).unwrap();
            assert_relative_eq!(fine.error, fine.deviation.mae, epsilon = 1e-12);
        }

        /// Exact: turning the measurements round turns the share round.
        #[test]
        fn reversing_a_sweep_reverses_the_share(measured in prop::collection::vec(-1.0..1.0f64, 2..20)) {
            let wanted: Vec<f64> = (0..measured.len()).map(|i| i as f64).collect();
            let turned: Vec<f64> = measured.iter().map(|m| -m).collect();
            let (up, down) = (monotonicity(&wanted, &measured).unwrap(), monotonicity(&wanted, &turned).unwrap());
            assert_relative_eq!(up + down, 1.0, epsilon = 1e-12);
        }
    }
}
