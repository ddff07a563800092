//! How far estimates are from their targets: the error of each item, and the usual means over them.
//!
//! Metrics elsewhere take the errors item by item, because intervals resample images and shares compare the
//! same images; the means are here for those who want one number.

use serde::{Deserialize, Serialize};

use crate::{
    check,
    error::{MetricsError, Result},
    statistics::average,
};

/// Absolute error of each item, `|estimate - target|`, in the units of the input.
///
/// # Errors
/// When the lengths differ, nothing is given, or a value is not finite.
pub fn absolute(estimate: &[f64], target: &[f64]) -> Result<Vec<f64>> {
    check::paired("estimate", estimate, "target", target, 1)?;
    Ok(estimate.iter().zip(target).map(|(e, t)| (e - t).abs()).collect())
}

/// Distance of each item on a circle of circumference `period`: at most `period / 2`.
///
/// # Errors
/// As [`absolute`], and when `period` is not positive.
pub fn circular(estimate: &[f64], target: &[f64], period: f64) -> Result<Vec<f64>> {
    check::positive("period", period)?;
    let wrapped = absolute(estimate, target)?.into_iter().map(|d| d.rem_euclid(period));
    Ok(wrapped.map(|d| d.min(period - d)).collect())
}

/// 1 where two labels differ and 0 where they agree: the error of a categorical variable.
///
/// # Errors
/// When the lengths differ or nothing is given.
pub fn mismatch<T: PartialEq>(estimate: &[T], target: &[T]) -> Result<Vec<f64>> {
    check::same_len("estimate", estimate.len(), "target", target.len())?;
    check::at_least("estimate", estimate.len(), 1)?;
    Ok(estimate.iter().zip(target).map(|(e, t)| f64::from(u8::from(e != t))).collect())
}

/// The usual means of the error.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Deviation {
    /// Number of items.
    pub count: usize,
    /// Mean absolute error.
    pub mae: f64,
    /// Mean squared error.
    pub mse: f64,
    /// Root of the mean squared error.
    pub rmse: f64,
    /// Mean signed error, `estimate - target`.
    pub bias: f64,
    /// Largest absolute error.
    pub worst: f64,
}

/// Mean absolute, squared and signed error of `estimate` against `target`.
///
/// # Errors
/// When the lengths differ, nothing is given, or a value is not finite.
pub fn deviation(estimate: &[f64], target: &[f64]) -> Result<Deviation> {
    let errors = absolute(estimate, target)?;
    let mse = errors.iter().map(|e| e * e).sum::<f64>() / errors.len() as f64;
    Ok(Deviation {
        count: errors.len(),
        mae: average(&errors),
        mse,
        rmse: mse.sqrt(),
        bias: estimate.iter().zip(target).map(|(e, t)| e - t).sum::<f64>() / errors.len() as f64,
        worst: errors.iter().copied().fold(0.0, f64::max),
    })
}

/// Mean error as a share of a reference's mean error on the same items: 0 is perfect, 1 no better.
///
/// # Errors
/// When the lengths differ, nothing is given, a value is not finite, or the reference makes no error at all.
pub fn share(errors: &[f64], reference: &[f64]) -> Result<f64> {
    check::paired("errors", errors, "reference", reference, 1)?;
    let scale = average(reference);
    if scale == 0.0 {
        let reason = "the reference makes no error";
        return Err(MetricsError::Degenerate { figure: "a share", reason });
    }
    Ok(average(errors) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use proptest::prelude::*;

    #[test]
    fn hand_worked_errors() {
        let d = deviation(&[1.0, 5.0], &[2.0, 2.0]).unwrap();
        // Errors -1 and 3.
        assert_eq!((d.count, d.mae, d.mse, d.bias, d.worst), (2, 2.0, 5.0, 1.0, 3.0));
        assert_eq!(d.rmse, 5f64.sqrt());
        assert_eq!(share(&[1.0, 3.0], &[4.0, 4.0]), Ok(0.5));
        assert_eq!(mismatch(&[1u8, 2, 3, 3], &[1, 2, 3, 4]), Ok(vec![0.0, 0.0, 0.0, 1.0]));
        assert!(matches!(share(&[1.0], &[0.0]), Err(MetricsError::Degenerate { .. })));
    }

    #[test]
    fn the_short_way_round_the_circle_counts() {
        let d = circular(&[350.0, 10.0, 180.0, 725.0], &[10.0, 350.0, 0.0, 5.0], 360.0).unwrap();
        assert_eq!(d, [20.0, 20.0, 180.0, 0.0]);
        assert!(circular(&[1.0], &[1.0], 0.0).is_err());
    }

    proptest! {
        /// Float class: one rounding per operation, compared to 1e-12 of the scale.
        #[test]
        fn errors_scale_and_ignore_shifts(
            pairs in prop::collection::vec((-10.0..10.0f64, -10.0..10.0f64), 1..30),
            scale in 0.1..10.0f64, shift in -5.0..5.0f64,
        ) {
            let (e, t): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let map = |xs: &[f64]| -> Vec<f64> { xs.iter().map(|x| x * scale + shift).collect() };
            let (plain, moved) = (deviation(&e, &t).unwrap(), deviation(&map(&e), &map(&t)).unwrap());
            assert_relative_eq!(moved.mae, plain.mae * scale, epsilon = 1e-11);
            assert_relative_eq!(moved.mse, plain.mse * scale * scale, epsilon = 1e-9);
            assert_relative_eq!(moved.bias, plain.bias * scale, epsilon = 1e-11);
            prop_assert!(plain.bias.abs() <= plain.mae + 1e-12 && plain.mae <= plain.rmse + 1e-12);
            prop_assert!(plain.rmse <= plain.worst + 1e-12);
        }
    }
}
