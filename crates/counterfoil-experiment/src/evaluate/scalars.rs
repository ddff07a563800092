//! Labels as the scalars that a code has for them: of a circular variable the cosine and the sine, of a categorical one
//! whether it is each category, of any other its value.
//!
//! A correlation reads values by their place on a line, on which an angle jumps and categories have no place.

use std::f64::consts::TAU;

use counterfoil_graph::{Kind, Variable};
use counterfoil_metrics::statistics::variance;
use ndarray::{Array1, Array2, ArrayRef1, Axis, stack};

use super::draw::Labelled;

/// The scalars of one variable's values, one column each. Those that never change tell nothing and are left out.
pub(super) fn of_values(variable: &Variable, values: &ArrayRef1<f64>) -> Vec<Array1<f64>> {
    let (origin, _) = variable.range();
    let all: Vec<Array1<f64>> = match variable.kind() {
        Kind::Continuous => vec![values.to_owned()],
        Kind::Circular { period } => {
            let angle = values.mapv(|value| (value - origin) / period * TAU);
            vec![angle.cos(), angle.sin()]
        }
        Kind::Categorical { categories } => (0..categories)
            .map(|category| values.mapv(|value| f64::from(value == category as f64)))
            .collect(),
    };
    let changes = |column: &Array1<f64>| variance(&column.to_vec()).is_ok_and(|v| v > 0.0);
    match variable.kind() {
        Kind::Continuous => all,
        _ => all.into_iter().filter(changes).collect(),
    }
}

/// The scalars of several variables side by side.
#[derive(Clone, Debug)]
pub(super) struct Scalars {
    /// `[images, scalars]`.
    pub columns: Array2<f64>,
    /// How many of them belong to each variable, in the order of variables.
    widths: Vec<usize>,
}

impl Scalars {
    /// The scalars of `factors`, `[images, variables]`; nothing where there are none.
    pub(super) fn of(variables: &[Labelled], factors: &Array2<f64>) -> Option<Self> {
        let each: Vec<Vec<Array1<f64>>> = variables
            .iter()
            .zip(factors.columns())
            .map(|(labelled, values)| of_values(&labelled.variable, &values))
            .collect();
        let views: Vec<_> = each.iter().flatten().map(|column| column.view()).collect();
        let columns = stack(Axis(1), &views).ok()?;
        Some(Self { columns, widths: each.iter().map(Vec::len).collect() })
    }

    /// The mean over each variable's scalars of what was found of them, `[any, scalars] -> [any, variables]`.
    pub(super) fn over_variables(&self, found: &Array2<f64>) -> Array2<f64> {
        let mut means = Array2::zeros((found.nrows(), self.widths.len()));
        let mut start = 0;
        for (&width, mut mean) in self.widths.iter().zip(means.columns_mut()) {
            for column in start..start + width {
                mean += &found.column(column);
            }
            mean /= width.max(1) as f64;
            start += width;
        }
        means
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_graph::Dag;
    use ndarray::array;

    /// Exact: a quarter of a circle, one of three categories of which one is never seen, and a value.
    #[test]
    fn labels_have_the_scalars_of_their_kind() {
        let graph = Dag::from_dot(
            "digraph { turn [kind=circular, period=360]; kind [kind=categorical, categories=3]; size [low=0, high=9] }",
        )
        .unwrap();
        let variables = Labelled::all(&graph, &graph).unwrap();
        let found = Scalars::of(&variables, &array![[0.0, 0.0, 5.0], [90.0, 2.0, 7.0]]).unwrap();
        let means = found.over_variables(&array![[0.2, 0.4, 1.0, 0.0, 0.7]]);
        let expected = array![[1.0, 0.0, 1.0, 0.0, 5.0], [0.0, 1.0, 0.0, 1.0, 7.0]];
        assert!((found.columns - expected).iter().all(|off| off.abs() < 1e-12));
        let off = means - array![[0.3, 0.5, 0.7]];
        assert!(off.iter().all(|off| off.abs() < 1e-12));
    }
}
