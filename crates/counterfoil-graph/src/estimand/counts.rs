//! A sample of categorical variables as a distribution: relative frequencies.

use super::{
    EvalError,
    distribution::{Distribution, Marginal, Unavailable},
    joint::{only_observed, repeated},
};
use counterfoil_random::Stream;
use std::collections::BTreeMap;

/// How often each combination of values was observed. Probabilities are relative frequencies (the maximum likelihood
/// estimate); a combination that does not occur has probability 0.
///
/// Memory is `O(d n)` for `d` different rows, whatever the number of combinations that could have occurred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    variables: Vec<usize>,
    sizes: Vec<usize>,
    /// The different rows, ascending, one after another.
    rows: Vec<usize>,
    /// How often each of them occurs.
    times: Vec<u64>,
    total: u64,
}

impl Counts {
    /// Counts `rows` of values of variables (positions in the graph) that have so many values each.
    ///
    /// # Errors
    /// [`EvalError::RepeatedVariable`], [`EvalError::RowLength`], [`EvalError::RowValue`].
    pub fn new<R: AsRef<[usize]>>(
        variables: &[(usize, usize)],
        rows: impl IntoIterator<Item = R>,
    ) -> Result<Self, EvalError> {
        let (variables, sizes): (Vec<_>, Vec<_>) = variables.iter().copied().unzip();
        if let Some(variable) = repeated(&variables) {
            return Err(EvalError::RepeatedVariable { variable });
        }
        let mut tally: BTreeMap<Vec<usize>, u64> = BTreeMap::new();
        for (row, values) in rows.into_iter().enumerate() {
            let values = values.as_ref();
            if values.len() != variables.len() {
                let (found, expected) = (values.len(), variables.len());
                return Err(EvalError::RowLength { row, found, expected });
            }
            if let Some(i) = (0..values.len()).find(|&i| values[i] >= sizes[i]) {
                let (variable, value, cardinality) = (variables[i], values[i], sizes[i]);
                return Err(EvalError::RowValue { row, variable, value, cardinality });
            }
            match tally.get_mut(values) {
                Some(count) => *count += 1,
                None => drop(tally.insert(values.to_vec(), 1)),
            }
        }
        let times: Vec<u64> = tally.values().copied().collect();
        let total = times.iter().sum();
        Ok(Self { variables, sizes, rows: tally.into_keys().flatten().collect(), times, total })
    }

    /// Number of rows that were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Number of different rows.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// `true` when nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// How often each different row occurs, in the ascending order of the rows.
    pub fn counts(&self) -> &[u64] {
        &self.times
    }

    /// The different rows, ascending.
    pub fn rows(&self) -> impl Iterator<Item = &[usize]> {
        // Without variables all rows are the same, empty one.
        let width = self.variables.len();
        (0..self.len()).map(move |i| &self.rows[i * width..(i + 1) * width])
    }

    /// A sample of the same size, drawn from this one with replacement (Efron 1979). `O(r log d)` for r rows, d of them
    /// different.
    pub fn resampled(&self, stream: &mut Stream) -> Self {
        let mut ends = Vec::with_capacity(self.len());
        let mut end = 0_u64;
        for &times in &self.times {
            end += times;
            ends.push(end);
        }
        let mut times = vec![0; self.len()];
        for _ in 0..self.total {
            let row = stream.below(self.total as usize) as u64;
            times[ends.partition_point(|&end| end <= row)] += 1;
        }
        Self { times, ..self.clone() }
    }

    fn axis(&self, variable: usize) -> Result<usize, Unavailable> {
        let found = self.variables.iter().position(|&v| v == variable);
        found.ok_or(Unavailable::Variable(variable))
    }
}

impl Distribution for Counts {
    type Number = f64;

    fn cardinality(&self, variable: usize) -> Result<usize, Unavailable> {
        self.axis(variable).map(|axis| self.sizes[axis])
    }

    /// `O(d n)` for `d` different rows.
    fn marginal(&self, what: &Marginal<'_>) -> Result<Vec<f64>, Unavailable> {
        only_observed(what)?;
        if self.total == 0 {
            return Err(Unavailable::NoData);
        }
        let over: Vec<usize> = what.over.iter().map(|&v| self.axis(v)).collect::<Result<_, _>>()?;
        let at: Vec<(usize, usize)> = what
            .at
            .iter()
            .map(|&(v, value)| self.axis(v).map(|axis| (axis, value)))
            .collect::<Result<_, _>>()?;
        let mut tally = vec![0_u64; over.iter().map(|&axis| self.sizes[axis]).product()];
        for (row, &count) in self.rows().zip(&self.times) {
            if at.iter().all(|&(axis, value)| row[axis] == value) {
                let cell = over.iter().fold(0, |cell, &axis| cell * self.sizes[axis] + row[axis]);
                tally[cell] += count;
            }
        }
        Ok(tally.into_iter().map(|count| count as f64 / self.total as f64).collect())
    }
}
