//! The checks that stand once at each public entrance.

use ndarray::{ArrayRef, ArrayRef2, Dimension};

use crate::error::{MetricsError, Result};

/// Every value is finite; the index in the error is row-major.
pub(crate) fn finite<'a>(
    name: &'static str,
    values: impl IntoIterator<Item = &'a f64>,
) -> Result<()> {
    match values.into_iter().enumerate().find(|(_, value)| !value.is_finite()) {
        Some((index, &value)) => Err(MetricsError::NotFinite { name, index, value }),
        None => Ok(()),
    }
}

/// There are at least `need` items.
pub(crate) fn at_least(name: &'static str, len: usize, need: usize) -> Result<()> {
    if len >= need {
        Ok(())
    } else if len == 0 {
        Err(MetricsError::Empty { name })
    } else {
        Err(MetricsError::TooFew { name, len, need })
    }
}

/// Two lengths agree.
pub(crate) fn same_len(
    left: &'static str,
    left_len: usize,
    right: &'static str,
    right_len: usize,
) -> Result<()> {
    if left_len == right_len {
        Ok(())
    } else {
        Err(MetricsError::Length { left, left_len, right, right_len })
    }
}

/// A finite series of at least `need` values.
pub(crate) fn series(name: &'static str, values: &[f64], need: usize) -> Result<()> {
    at_least(name, values.len(), need)?;
    finite(name, values)
}

/// Two finite series of equal length, at least `need` values each.
pub(crate) fn paired(
    left: &'static str,
    a: &[f64],
    right: &'static str,
    b: &[f64],
    need: usize,
) -> Result<()> {
    same_len(left, a.len(), right, b.len())?;
    series(left, a, need)?;
    series(right, b, need)
}

/// Two finite arrays of equal shape that hold something.
pub(crate) fn same_shape<D: Dimension>(
    left: &'static str,
    a: &ArrayRef<f64, D>,
    right: &'static str,
    b: &ArrayRef<f64, D>,
) -> Result<()> {
    if a.shape() != b.shape() {
        return Err(MetricsError::Shape {
            left,
            left_shape: a.shape().to_vec(),
            right,
            right_shape: b.shape().to_vec(),
        });
    }
    at_least(left, a.len(), 1)?;
    finite(left, a)?;
    finite(right, b)
}

/// A finite code and finite factors with the same rows, one an image: at least `need` of them, and columns in both.
pub(crate) fn codes_and_factors(
    codes: &ArrayRef2<f64>,
    factors: &ArrayRef2<f64>,
    need: usize,
) -> Result<()> {
    same_len("codes", codes.nrows(), "factors", factors.nrows())?;
    at_least("codes", codes.nrows(), need)?;
    at_least("code dimensions", codes.ncols(), 1)?;
    at_least("factor columns", factors.ncols(), 1)?;
    finite("codes", codes)?;
    finite("factors", factors)
}

/// A probability-like number strictly inside (0, 1).
pub(crate) fn inside_unit(name: &'static str, value: f64) -> Result<()> {
    if value > 0.0 && value < 1.0 {
        Ok(())
    } else {
        Err(MetricsError::Domain { name, value, domain: "the open interval (0, 1)" })
    }
}

/// A number above zero (and finite).
pub(crate) fn positive(name: &'static str, value: f64) -> Result<()> {
    if value > 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(MetricsError::Domain { name, value, domain: "the positive numbers" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    #[test]
    fn each_fault_is_told_apart() {
        assert_eq!(series("x", &[], 1), Err(MetricsError::Empty { name: "x" }));
        assert_eq!(
            series("x", &[1.0], 3),
            Err(MetricsError::TooFew { name: "x", len: 1, need: 3 })
        );
        assert_eq!(
            paired("x", &[1.0], "y", &[1.0, 2.0], 1),
            Err(MetricsError::Length { left: "x", left_len: 1, right: "y", right_len: 2 })
        );
        assert_eq!(
            paired("x", &[1.0, 2.0], "y", &[1.0, f64::INFINITY], 1),
            Err(MetricsError::NotFinite { name: "y", index: 1, value: f64::INFINITY })
        );
        assert_eq!(series("x", &[1.0, -2.0], 2), Ok(()));
        assert!(inside_unit("level", 1.0).is_err() && inside_unit("level", 0.95).is_ok());
        assert!(positive("range", f64::NAN).is_err() && positive("range", 255.0).is_ok());
    }

    #[test]
    fn the_index_in_an_array_is_row_major_whatever_the_layout() {
        let holed = array![[0.0, 1.0, 2.0], [3.0, f64::NEG_INFINITY, 5.0]];
        let transposed = holed.t();
        let index_of = |result| match result {
            Err(MetricsError::NotFinite { index, .. }) => index,
            other => panic!("expected a non-finite value, got {other:?}"),
        };
        assert_eq!(index_of(finite("a", &holed)), 4);
        assert_eq!(index_of(finite("a", transposed)), 3);
        let other = Array2::zeros((3, 2));
        assert_eq!(
            same_shape("a", &holed, "b", &other),
            Err(MetricsError::Shape {
                left: "a",
                left_shape: vec![2, 3],
                right: "b",
                right_shape: vec![3, 2]
            })
        );
    }
}
