//! Rows in label units to the codes that networks see, and back.

use crate::{Blocks, ModelError, codes, error::expect_shape};
use counterfoil_graph::Dag;
use ndarray::{ArrayRef1, ArrayRef2};
use tch::{Kind, Tensor};

/// The columns of a table: the variables of a graph without unlabelled ones, and the place of each one's code.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) dag: Dag,
    pub(super) blocks: Blocks,
}

impl Table {
    /// The columns are the variables of `dag` in its order.
    ///
    /// # Errors
    /// When a variable carries no value in any data.
    pub(super) fn new(dag: &Dag) -> Result<Self, ModelError> {
        if let Some(hidden) = dag.variables().find(|v| !v.is_labelled()) {
            let reason = format!(
                "`{}` has no value in a table; hand in the labelled part of the graph",
                hidden.name()
            );
            return Err(ModelError::Setting { key: "graph", reason });
        }
        Ok(Self { dag: dag.clone(), blocks: Blocks::narrowest(dag) })
    }

    /// Fails unless `rows` are `[n, variables]` with finite values that their variables can have.
    pub(super) fn check(&self, rows: &ArrayRef2<f64>) -> Result<(), ModelError> {
        let found = [rows.nrows() as i64, rows.ncols() as i64];
        expect_shape("the rows of a table", &found, &[-1, self.dag.len() as i64])?;
        for (variable, column) in self.dag.variables().zip(rows.columns()) {
            column.iter().try_for_each(|value| variable.place(*value).map(|_| ()))?;
        }
        Ok(())
    }

    /// The code of each variable's values, in double precision: one `[n, width]` a variable.
    pub(super) fn encode(&self, rows: &ArrayRef2<f64>) -> Vec<Tensor> {
        (0..self.dag.len()).map(|v| self.code(v, &rows.column(v))).collect()
    }

    /// The code of values of one variable, `[n] -> [n, width]`.
    pub(super) fn code(&self, variable: usize, values: &ArrayRef1<f64>) -> Tensor {
        let column = Tensor::from_slice(&values.to_vec()).view([-1, 1]);
        let block = self.blocks.get(variable);
        codes::of_values(self.dag.variable(variable), block, &column).to_kind(Kind::Double)
    }

    /// The values that codes of one variable stand for, `[n, width] -> [n]`, in label units.
    pub(super) fn values(&self, variable: usize, code: &Tensor) -> Result<Vec<f64>, ModelError> {
        let scalars = self.blocks.get(variable).scalars(code);
        let values = codes::values(self.dag.variable(variable), &scalars);
        Ok(Vec::<f64>::try_from(values.to_kind(Kind::Double))?)
    }
}
