//! Tables of numbers over finitely many values of some variables, and the two operations that all exact inference is
//! made of: multiply and sum out.

use crate::ScmError;

/// Tables of more cells than this are refused: `2^24` cells are 128 MiB.
pub const MAX_CELLS: usize = 1 << 24;

/// A number for every combination of values of some variables, row-major with the first variable most significant.
///
/// Variables are positions in a model; values of a variable are `0 .. cardinality`.
///
/// ```
/// use counterfoil_scm::discrete::Table;
///
/// // P(A, B) of two coins that agree nine times out of ten.
/// let joint = Table::new(vec![0, 1], vec![2, 2], vec![0.45, 0.05, 0.05, 0.45])?;
/// assert_eq!(joint.get(&[1, 0]), Some(0.05));
/// assert_eq!(joint.marginal(&[1])?.values(), [0.5, 0.5]);
/// # Ok::<(), counterfoil_scm::ScmError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    variables: Vec<usize>,
    cardinalities: Vec<usize>,
    values: Vec<f64>,
}

impl Table {
    /// The table of `values` over `variables`, which have the given numbers of values.
    ///
    /// # Errors
    /// [`ScmError::TableShape`] unless the variables differ, each has a cardinality, and the number of values is the
    /// product of these.
    pub fn new(
        variables: Vec<usize>,
        cardinalities: Vec<usize>,
        values: Vec<f64>,
    ) -> Result<Self, ScmError> {
        let repeated = (1..variables.len()).any(|i| variables[..i].contains(&variables[i]));
        let cells = cell_count(&cardinalities)?;
        if repeated || variables.len() != cardinalities.len() || cells != values.len() {
            return Err(ScmError::TableShape { expected: cells, found: values.len() });
        }
        Ok(Self { variables, cardinalities, values })
    }

    /// A table whose shape is right by construction.
    pub(crate) fn trusted(
        variables: Vec<usize>,
        cardinalities: Vec<usize>,
        values: Vec<f64>,
    ) -> Self {
        debug_assert_eq!(cardinalities.iter().product::<usize>(), values.len());
        Self { variables, cardinalities, values }
    }

    /// The variables, the most significant first.
    pub fn variables(&self) -> &[usize] {
        &self.variables
    }

    /// The number of values of each variable.
    pub fn cardinalities(&self) -> &[usize] {
        &self.cardinalities
    }

    /// All cells, row-major.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The cells without their table.
    pub fn into_values(self) -> Vec<f64> {
        self.values
    }

    /// The cell at the given values of the variables, in the table's order; `None` outside the table.
    pub fn get(&self, at: &[usize]) -> Option<f64> {
        if at.len() != self.variables.len() {
            return None;
        }
        let mut index = 0;
        for (&value, &cardinality) in at.iter().zip(&self.cardinalities) {
            if value >= cardinality {
                return None;
            }
            index = index * cardinality + value;
        }
        self.values.get(index).copied()
    }

    /// Every combination of values with its cell, in row-major order.
    pub fn cells(&self) -> impl Iterator<Item = (Vec<usize>, f64)> {
        let mut at = vec![0; self.variables.len()];
        self.values.iter().enumerate().map(move |(index, &value)| {
            if index > 0 {
                advance(&mut at, &self.cardinalities);
            }
            (at.clone(), value)
        })
    }

    /// The sum of all cells.
    pub fn total(&self) -> f64 {
        self.values.iter().sum()
    }

    /// The table over `variables`, in this order, with all others summed out. `O(cells)`.
    ///
    /// # Errors
    /// [`ScmError::TableVariable`] for a variable that the table does not have or that is named twice.
    pub fn marginal(&self, variables: &[usize]) -> Result<Self, ScmError> {
        let mut cardinalities = Vec::with_capacity(variables.len());
        for (i, variable) in variables.iter().enumerate() {
            let place = self.variables.iter().position(|v| v == variable);
            match place {
                Some(place) if !variables[..i].contains(variable) => {
                    cardinalities.push(self.cardinalities[place]);
                }
                _ => return Err(ScmError::TableVariable { index: *variable }),
            }
        }
        let strides = strides(variables, &cardinalities, &self.variables);
        let mut values = vec![0.0; cardinalities.iter().product()];
        let mut at = vec![0; self.variables.len()];
        for &value in &self.values {
            let place: usize = at.iter().zip(&strides).map(|(value, stride)| value * stride).sum();
            values[place] += value;
            advance(&mut at, &self.cardinalities);
        }
        Ok(Self { variables: variables.to_vec(), cardinalities, values })
    }

    /// The table divided by its sum, or `None` when that is zero.
    pub(crate) fn normalised(mut self) -> Option<Self> {
        let total = self.total();
        if total <= 0.0 {
            return None;
        }
        self.values.iter_mut().for_each(|value| *value /= total);
        Some(self)
    }

    /// The slice at `variable = value`, without the variable; the table itself when it does not have the variable.
    pub(crate) fn at(&self, variable: usize, value: usize) -> Self {
        let Some(place) = self.variables.iter().position(|&v| v == variable) else {
            return self.clone();
        };
        let inner: usize = self.cardinalities[place + 1..].iter().product();
        let block = inner * self.cardinalities[place];
        let values = self
            .values
            .chunks_exact(block)
            .flat_map(|chunk| &chunk[value * inner..(value + 1) * inner])
            .copied()
            .collect();
        let without = |list: &[usize]| [&list[..place], &list[place + 1..]].concat();
        Self {
            variables: without(&self.variables),
            cardinalities: without(&self.cardinalities),
            values,
        }
    }

    pub(crate) fn has(&self, variable: usize) -> bool {
        self.variables.contains(&variable)
    }

    fn cardinality_of(&self, variable: usize) -> Option<usize> {
        self.variables.iter().position(|&v| v == variable).map(|place| self.cardinalities[place])
    }
}

/// The number of cells of a table.
///
/// # Errors
/// [`ScmError::TooLarge`] beyond [`MAX_CELLS`].
pub(crate) fn cell_count(cardinalities: &[usize]) -> Result<usize, ScmError> {
    cardinalities
        .iter()
        .try_fold(1usize, |cells, &cardinality| cells.checked_mul(cardinality))
        .filter(|&cells| cells <= MAX_CELLS)
        .ok_or(ScmError::TooLarge { limit: MAX_CELLS })
}

/// The next combination of values in row-major order; back to all zeros after the last.
pub(crate) fn advance(at: &mut [usize], cardinalities: &[usize]) {
    for (value, &cardinality) in at.iter_mut().zip(cardinalities).rev() {
        *value += 1;
        if *value < cardinality {
            return;
        }
        *value = 0;
    }
}

/// How far a step along each variable of `axes` moves in a table over `variables`; 0 where it does not have it.
fn strides(variables: &[usize], cardinalities: &[usize], axes: &[usize]) -> Vec<usize> {
    axes.iter()
        .map(|axis| match variables.iter().position(|v| v == axis) {
            Some(place) => cardinalities[place + 1..].iter().product(),
            None => 0,
        })
        .collect()
}

/// The product of `factors` over `keep`, in this order, summed over `out` when it is given. Every variable of a factor
/// must be one of these. `O(cells of the product x factors)`, and no table larger than the result.
///
/// # Errors
/// [`ScmError::TooLarge`].
pub(crate) fn contract(
    factors: &[&Table],
    keep: &[usize],
    out: Option<usize>,
) -> Result<Table, ScmError> {
    let cardinality =
        |variable| factors.iter().find_map(|factor| factor.cardinality_of(variable)).unwrap_or(1);
    let cardinalities: Vec<usize> = keep.iter().map(|&variable| cardinality(variable)).collect();
    let cells = cell_count(&cardinalities)?;
    let summed = out.map_or(1, cardinality);

    let places: Vec<(Vec<usize>, usize)> = factors
        .iter()
        .map(|factor| {
            let along = |axes: &[usize]| strides(&factor.variables, &factor.cardinalities, axes);
            (along(keep), out.map_or(0, |variable| along(&[variable])[0]))
        })
        .collect();
    let mut at = vec![0; keep.len()];
    let mut offsets = vec![0usize; factors.len()];
    let mut values = Vec::with_capacity(cells);
    for _ in 0..cells {
        let mut sum = 0.0;
        for step in 0..summed {
            let mut product = 1.0;
            for ((factor, offset), (_, stride)) in factors.iter().zip(&offsets).zip(&places) {
                product *= factor.values[offset + step * stride];
            }
            sum += product;
        }
        values.push(sum);
        // The odometer: an axis that turns over takes back all its steps.
        for axis in (0..keep.len()).rev() {
            at[axis] += 1;
            let turned = at[axis] == cardinalities[axis];
            for (offset, (strides, _)) in offsets.iter_mut().zip(&places) {
                *offset += strides[axis];
                if turned {
                    *offset -= strides[axis] * cardinalities[axis];
                }
            }
            if !turned {
                break;
            }
            at[axis] = 0;
        }
    }
    Ok(Table { variables: keep.to_vec(), cardinalities, values })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(variables: &[usize], cardinalities: &[usize], values: &[f64]) -> Table {
        Table::new(variables.to_vec(), cardinalities.to_vec(), values.to_vec()).unwrap()
    }

    /// Exact: small integers.
    #[test]
    fn products_and_sums_are_those_of_a_hand_calculation() {
        let a = table(&[0, 1], &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let b = table(&[1], &[3], &[1.0, 10.0, 100.0]);
        let product = contract(&[&a, &b], &[1, 0], None).unwrap();
        assert_eq!(product.values(), [1.0, 4.0, 20.0, 50.0, 300.0, 600.0]);
        let summed = contract(&[&a, &b], &[0], Some(1)).unwrap();
        assert_eq!(summed.values(), [321.0, 654.0]);
        assert_eq!(product.marginal(&[0]).unwrap(), summed);
        assert_eq!(a.at(1, 2).values(), [3.0, 6.0]);
        assert_eq!(a.at(0, 1).values(), [4.0, 5.0, 6.0]);
        assert_eq!(a.at(7, 1), a);
    }

    #[test]
    fn shapes_are_checked() {
        assert!(Table::new(vec![0, 0], vec![2, 2], vec![0.0; 4]).is_err());
        assert!(Table::new(vec![0], vec![2], vec![0.0; 3]).is_err());
        assert_eq!(cell_count(&[1 << 13, 1 << 13]), Err(ScmError::TooLarge { limit: MAX_CELLS }));
        assert_eq!(table(&[3], &[2], &[0.5, 0.5]).get(&[2]), None);
        assert!(table(&[3], &[2], &[0.5, 0.5]).marginal(&[4]).is_err());
    }
}
