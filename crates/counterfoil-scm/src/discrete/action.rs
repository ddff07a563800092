//! What an intervention may do to a variable of a discrete model: set it, shift it, steer it, or give it another
//! mechanism.

use super::{
    CptModel,
    model::Node,
    table::{advance, cell_count},
};
use crate::ScmError;

/// An intervention on one variable.
///
/// ```
/// use counterfoil_scm::discrete::{Action, CptModel, Factor};
///
/// let model = CptModel::new([
///     Factor::new("dose", 3, Vec::<String>::new(), vec![0.5, 0.3, 0.2]),
///     Factor::binary("cured", ["dose"], [0.1, 0.5, 0.8]),
/// ])?;
/// let [dose, cured] = [0, 1];
/// let chance = |action| -> Result<f64, counterfoil_scm::ScmError> {
///     model.intervene([(dose, action)])?.probability(&[(cured, 1)])
/// };
/// assert!((chance(Action::Set(2))? - 0.8).abs() < 1e-12);
/// // One more for everybody, and no dose above the highest: 0.5 * 0.5 + 0.5 * 0.8.
/// assert!((chance(Action::Shift(1))? - 0.65).abs() < 1e-12);
/// # Ok::<(), counterfoil_scm::ScmError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Action {
    /// `do(v = value)`: a hard intervention. Causes no longer reach the variable.
    Set(usize),
    /// The value that the mechanism gives, moved by so many steps and stopped at the first and the last value.
    Shift(i64),
    /// A rule: the value is a function of other variables that are seen. `values` has one entry per combination of
    /// the inputs' values, row-major.
    Policy {
        /// Positions of the variables that the rule reads.
        inputs: Vec<usize>,
        /// What the rule answers.
        values: Vec<usize>,
    },
    /// A soft intervention: another mechanism, a row of probabilities for each combination of the parents' values.
    Mechanism {
        /// Positions of the new parents, which may be hidden variables.
        parents: Vec<usize>,
        /// `P(v | parents)`, row-major.
        rows: Vec<f64>,
    },
}

impl CptModel {
    /// The model after an intervention on each of the given variables, which may be hidden ones. Where a variable is
    /// named twice, the later action acts on the result of the earlier.
    ///
    /// # Errors
    /// [`ScmError::TableVariable`], [`ScmError::ValueOutOfRange`], [`ScmError::HiddenInput`] for a policy that reads
    /// what nobody sees, [`ScmError::RowCount`], [`ScmError::NotADistribution`], and [`ScmError::Graph`] for a new
    /// mechanism that closes a cycle.
    pub fn intervene(
        &self,
        actions: impl IntoIterator<Item = (usize, Action)>,
    ) -> Result<Self, ScmError> {
        let mut nodes = self.nodes.clone();
        for (index, action) in actions {
            let node = nodes.get(index).ok_or(ScmError::TableVariable { index })?;
            nodes[index] = self.acted(node, index, action)?;
        }
        Self::from_nodes(nodes, self.observed)
    }

    /// The model after `do(v = value)` for each pair.
    ///
    /// # Errors
    /// [`ScmError::TableVariable`], [`ScmError::ValueOutOfRange`].
    pub fn set(&self, values: &[(usize, usize)]) -> Result<Self, ScmError> {
        self.intervene(values.iter().map(|&(index, value)| (index, Action::Set(value))))
    }

    fn acted(&self, node: &Node, index: usize, action: Action) -> Result<Node, ScmError> {
        let cardinality = node.cardinality;
        let (parents, rows) = match action {
            Action::Set(value) => {
                self.check_value(index, value)?;
                (vec![], point(value, cardinality))
            }
            Action::Shift(steps) => {
                let rows = node.rows.chunks_exact(cardinality).flat_map(|row| {
                    let mut moved = vec![0.0; cardinality];
                    for (value, p) in row.iter().enumerate() {
                        moved[shifted(value, steps, cardinality)] += p;
                    }
                    moved
                });
                (node.parents.clone(), rows.collect())
            }
            Action::Policy { inputs, values } => {
                self.check_policy(index, &inputs, &values)?;
                (inputs, values.iter().flat_map(|&value| point(value, cardinality)).collect())
            }
            Action::Mechanism { parents, rows } => {
                if let Some(&index) = parents.iter().find(|&&parent| parent >= self.nodes.len()) {
                    return Err(ScmError::TableVariable { index });
                }
                (parents, rows)
            }
        };
        Ok(Node { name: node.name.clone(), cardinality, parents, rows })
    }

    pub(crate) fn check_policy(
        &self,
        index: usize,
        inputs: &[usize],
        values: &[usize],
    ) -> Result<(), ScmError> {
        let node = self.nodes.get(index).ok_or(ScmError::TableVariable { index })?;
        for &input in inputs {
            let read = self.nodes.get(input).ok_or(ScmError::TableVariable { index: input })?;
            if input >= self.observed {
                let (variable, hidden) = (node.name.clone(), read.name.clone());
                return Err(ScmError::HiddenInput { variable, hidden });
            }
        }
        let shape: Vec<usize> = inputs.iter().map(|&input| self.nodes[input].cardinality).collect();
        let expected = cell_count(&shape)?;
        if expected != values.len() {
            let (variable, found) = (node.name.clone(), values.len());
            return Err(ScmError::RowCount { variable, expected, found });
        }
        values.iter().try_for_each(|&value| self.check_value(index, value))
    }
}

/// The values of a function of variables with the given numbers of values, row-major: for the tables of policies and
/// of [functional models](super::FunctionalModel).
///
/// ```
/// use counterfoil_scm::discrete::tabulate;
///
/// // The larger of two.
/// assert_eq!(tabulate(&[2, 3], |at| at[0].max(at[1])), [0, 1, 2, 1, 1, 2]);
/// ```
pub fn tabulate(cardinalities: &[usize], mut rule: impl FnMut(&[usize]) -> usize) -> Vec<usize> {
    let mut at = vec![0; cardinalities.len()];
    (0..cardinalities.iter().product())
        .map(|_| {
            let value = rule(&at);
            advance(&mut at, cardinalities);
            value
        })
        .collect()
}

/// `value` moved by `steps` and stopped at the ends of `0 .. cardinality`.
pub(crate) fn shifted(value: usize, steps: i64, cardinality: usize) -> usize {
    let magnitude = usize::try_from(steps.unsigned_abs()).unwrap_or(usize::MAX);
    if steps < 0 {
        value.saturating_sub(magnitude)
    } else {
        value.saturating_add(magnitude).min(cardinality - 1)
    }
}

/// All probability on one value.
fn point(value: usize, cardinality: usize) -> Vec<f64> {
    (0..cardinality).map(|v| f64::from(u8::from(v == value))).collect()
}
