//! A joint distribution that is written out in full.

use super::{
    EvalError, Number,
    distribution::{Distribution, Marginal, Unavailable},
    table::walk,
};

/// How far from 1 the sum of a table may be: what rounding to six digits does to it.
const SUM_TOLERANCE: f64 = 1e-5;

/// The joint probabilities of observed variables, for all combinations of their values: memory `O(k^n)`.
///
/// It knows no interventions and no distribution but number 0.
///
/// ```
/// use counterfoil_graph::{admg, Query, estimand::{JointTable, Symbol}, estimand::{Arena, Estimand}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let graph = admg! { X -> Y }?;
/// let joint = JointTable::new(&[(0, 2), (1, 2)], vec![0.1, 0.3, 0.4, 0.2])?;
/// let [x, y] = [0, 1].map(Symbol::of);
/// let mut arena = Arena::new();
/// let root = arena.p([y], [x]);
/// let effect = Estimand::new(arena, root, &graph);
/// assert_eq!(effect.eval(&joint, &[(x, 0), (y, 1)])?, 0.3 / (0.1 + 0.3));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct JointTable<T = f64> {
    variables: Vec<usize>,
    sizes: Vec<usize>,
    values: Vec<T>,
}

impl<T: Number> JointTable<T> {
    /// The table `values` over variables (positions in the graph) with so many values each; row-major, the first
    /// variable listed is the most significant.
    ///
    /// # Errors
    /// [`EvalError::RepeatedVariable`], [`EvalError::TableLength`], [`EvalError::NotADistribution`] for an entry that
    /// is negative or no number, or a sum that is not 1 within `1e-5`.
    pub fn new(variables: &[(usize, usize)], values: Vec<T>) -> Result<Self, EvalError> {
        let (variables, sizes): (Vec<_>, Vec<_>) = variables.iter().copied().unzip();
        if let Some(variable) = repeated(&variables) {
            return Err(EvalError::RepeatedVariable { variable });
        }
        let expected = sizes.iter().fold(1_usize, |cells, &size| cells.saturating_mul(size));
        if values.len() != expected {
            return Err(EvalError::TableLength { found: values.len(), expected });
        }
        let mut sum = 0.0;
        for (index, value) in values.iter().enumerate() {
            let value = value.to_f64();
            if !(value >= 0.0 && value.is_finite()) {
                return Err(EvalError::NotADistribution {
                    reason: format!("entry {index} is {value}, which is no probability"),
                });
            }
            sum += value;
        }
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(EvalError::NotADistribution {
                reason: format!("it sums to {sum}, not to 1"),
            });
        }
        Ok(Self { variables, sizes, values })
    }
}

/// The first member that a list has twice.
pub(super) fn repeated(list: &[usize]) -> Option<usize> {
    list.iter().enumerate().find(|(i, v)| list[..*i].contains(v)).map(|(_, v)| *v)
}

impl<T: Number> Distribution for JointTable<T> {
    type Number = T;

    fn cardinality(&self, variable: usize) -> Result<usize, Unavailable> {
        let at = self.variables.iter().position(|&v| v == variable);
        at.map(|i| self.sizes[i]).ok_or(Unavailable::Variable(variable))
    }

    fn marginal(&self, what: &Marginal<'_>) -> Result<Vec<T>, Unavailable> {
        only_observed(what)?;
        // Strides into the answer; a fixed variable that has another value leads out of it.
        let sizes: Vec<usize> =
            what.over.iter().map(|&v| self.cardinality(v)).collect::<Result<_, _>>()?;
        let cells: usize = sizes.iter().product();
        let mut stride = cells;
        let mut into = vec![0; self.variables.len()];
        let axis = |variable: usize| {
            let found = self.variables.iter().position(|&v| v == variable);
            found.ok_or(Unavailable::Variable(variable))
        };
        for (&variable, &size) in what.over.iter().zip(&sizes) {
            stride /= size;
            into[axis(variable)?] = stride;
        }
        // The part of the table at the fixed values: their axes shrink to one value.
        let mut own = vec![1; self.variables.len()];
        for i in (1..self.variables.len()).rev() {
            own[i - 1] = own[i] * self.sizes[i];
        }
        let mut sizes = self.sizes.clone();
        let mut start = 0;
        for &(variable, value) in what.at {
            let axis = axis(variable)?;
            start += value * own[axis];
            sizes[axis] = 1;
        }
        let mut answer = vec![T::whole(0); cells];
        walk(&sizes, [&own, &into], |[from, to]| {
            answer[to] = answer[to].plus(&self.values[start + from]);
        });
        Ok(answer)
    }
}

/// Refuses whatever is not asked of the observed distribution.
pub(super) fn only_observed(what: &Marginal<'_>) -> Result<(), Unavailable> {
    if what.source != 0 {
        Err(Unavailable::Source(what.source))
    } else if what.do_.is_empty() {
        Ok(())
    } else {
        Err(Unavailable::Intervention)
    }
}
