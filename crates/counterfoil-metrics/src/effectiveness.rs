//! Does intervening have the effect it should, on every variable? A matrix of intervened by measured variables.
//!
//! Effectiveness is the third of the axioms of Monteiro, Ribeiro, Pawlowski, Castro and Glocker, *Measuring
//! axiomatic soundness of counterfactual image models* (2023): measure each variable on the counterfactual
//! image and compare it with the value that the true structural model gives. Beside each error stands that of
//! the lazy model which leaves the image as it is. On the diagonal the target is the value that was set, on a
//! descendant it is the value propagated with the factual exogenous noise, elsewhere the factual value (there
//! the lazy model is right, and the share is absent).

use ndarray::ArrayView2;
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::{
    bootstrap::Bootstrap,
    check,
    comparison::{Comparison, compare},
    deviation::absolute,
    error::Result,
};

/// The comparison of one cell: a continuous variable measured on counterfactual images.
///
/// `measured` is read from the counterfactual images, `target` comes from the true structural model and
/// `unchanged` is the value of the factual images; all in label units, one per image.
///
/// # Errors
/// When the lengths differ, nothing is given, a value is not finite, or the bootstrap is ill set.
pub fn effect(
    measured: &[f64],
    target: &[f64],
    unchanged: &[f64],
    bootstrap: &Bootstrap,
) -> Result<Comparison> {
    compare(&absolute(measured, target)?, &absolute(unchanged, target)?, bootstrap)
}

/// The images of one intervention, with one error per image and variable.
///
/// Errors rather than values, because what an error is depends on the variable:
/// [`absolute`], [`circular`](crate::deviation::circular) or [`mismatch`](crate::deviation::mismatch).
#[derive(Clone, Debug)]
pub struct Intervened<'a> {
    /// What was intervened on: a variable's name, or several joined as the caller likes.
    pub name: &'a str,
    /// Error of the counterfactual images, shape `[images, variables]`.
    pub errors: ArrayView2<'a, f64>,
    /// Error of the factual images against the same targets, shape `[images, variables]`.
    pub unchanged: ArrayView2<'a, f64>,
}

/// Effect of every intervention on every measured variable.
///
/// Serialises as `{intervened: {measured: comparison}}` in the order given.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    variables: Vec<String>,
    rows: Vec<(String, Vec<Comparison>)>,
}

impl Matrix {
    /// Compares errors with those of the unchanged images for `variables` (the columns of each row's arrays).
    ///
    /// # Errors
    /// When a row's arrays differ in shape, hold nothing or a non-finite value, or have another number of
    /// columns than there are variables, or when the bootstrap is ill set.
    pub fn new(variables: &[&str], rows: &[Intervened<'_>], bootstrap: &Bootstrap) -> Result<Self> {
        let compare_row = |row: &Intervened<'_>| {
            check::same_shape("errors", &row.errors, "unchanged", &row.unchanged)?;
            check::same_len("variables", variables.len(), "errors", row.errors.ncols())?;
            let cells = (0..variables.len()).map(|v| {
                let [errors, unchanged] = [row.errors, row.unchanged].map(|a| a.column(v).to_vec());
                compare(&errors, &unchanged, bootstrap)
            });
            Ok((row.name.to_owned(), cells.collect::<Result<_>>()?))
        };
        Ok(Self {
            variables: variables.iter().map(|&v| v.to_owned()).collect(),
            rows: rows.iter().map(compare_row).collect::<Result<_>>()?,
        })
    }

    /// The measured variables, in the order given.
    pub fn variables(&self) -> &[String] {
        &self.variables
    }

    /// Every cell as (intervened, measured, comparison), row by row.
    pub fn cells(&self) -> impl Iterator<Item = (&str, &str, &Comparison)> {
        self.rows.iter().flat_map(|(intervened, cells)| {
            let named = self.variables.iter().zip(cells);
            named.map(|(measured, cell)| (intervened.as_str(), measured.as_str(), cell))
        })
    }

    /// The cell of `measured` under an intervention on `intervened`, if both exist.
    pub fn get(&self, intervened: &str, measured: &str) -> Option<&Comparison> {
        self.cells().find(|&(i, m, _)| i == intervened && m == measured).map(|(_, _, cell)| cell)
    }
}

impl Serialize for Matrix {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        /// One row, written as a map from measured variable to comparison.
        struct Row<'a>(&'a [String], &'a [Comparison]);
        impl Serialize for Row<'_> {
            fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
                to.collect_map(self.0.iter().zip(self.1))
            }
        }
        let mut map = serializer.serialize_map(Some(self.rows.len()))?;
        for (intervened, cells) in &self.rows {
            map.serialize_entry(intervened, &Row(&self.variables, cells))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::MetricsError;
    use ndarray::{Array2, array};

    fn matrix() -> Matrix {
        let (errors, unchanged) =
            (array![[0.1, 4.0], [0.3, 6.0]], array![[0.4, 20.0], [0.4, 20.0]]);
        let (drift, none) = (array![[0.1, 3.0], [0.1, 5.0]], array![[0.0, 16.0], [0.0, 16.0]]);
        let rows = [
            Intervened { name: "thickness", errors: errors.view(), unchanged: unchanged.view() },
            Intervened { name: "intensity", errors: drift.view(), unchanged: none.view() },
        ];
        Matrix::new(&["thickness", "intensity"], &rows, &Bootstrap::new(4)).unwrap()
    }

    #[test]
    fn cells_are_found_by_name() {
        let m = matrix();
        let share = |i, v| m.get(i, v).unwrap().share.map(|s| s.estimate);
        assert_eq!(share("thickness", "thickness"), Some(0.5));
        assert_eq!(share("thickness", "intensity"), Some(0.25));
        assert_eq!(share("intensity", "thickness"), None);
        assert_eq!(share("intensity", "intensity"), Some(0.25));
        assert_eq!(m.get("slant", "thickness"), None);
        assert_eq!(m.cells().count(), 4);
    }

    #[test]
    fn a_cell_agrees_with_the_values_behind_it() {
        let (measured, target, before) = ([2.1, 2.9], [2.0, 3.2], [2.4, 3.6]);
        let cell = effect(&measured, &target, &before, &Bootstrap::new(4)).unwrap();
        let m = matrix();
        let same = m.get("thickness", "thickness").unwrap();
        approx::assert_relative_eq!(cell.error.estimate, same.error.estimate, epsilon = 1e-12);
        approx::assert_relative_eq!(cell.reference, same.reference, epsilon = 1e-12);
    }

    #[test]
    fn it_serialises_as_nested_maps_in_order() {
        let json = serde_json::to_value(matrix()).unwrap();
        assert_eq!(json["thickness"]["intensity"]["reference"], 20.0);
        assert_eq!(json["intensity"]["thickness"]["share"], serde_json::Value::Null);
        let names: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(names, ["thickness", "intensity"]);
    }

    #[test]
    fn shapes_are_checked() {
        let (two, three) = (Array2::zeros((4, 2)), Array2::zeros((4, 3)));
        let new = |errors: &Array2<f64>, unchanged: &Array2<f64>| {
            let row = Intervened { name: "a", errors: errors.view(), unchanged: unchanged.view() };
            Matrix::new(&["a", "b"], &[row], &Bootstrap::new(0)).unwrap_err()
        };
        assert!(matches!(new(&two, &three), MetricsError::Shape { .. }));
        assert!(matches!(new(&three, &three), MetricsError::Length { left_len: 2, .. }));
    }
}
