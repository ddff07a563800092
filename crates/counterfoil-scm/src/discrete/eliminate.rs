//! Variable elimination: a product of tables summed over all variables but a few, without ever forming the whole.

use super::{Table, table::contract};
use crate::ScmError;

/// The product of `factors` summed over everything but `keep`, in the order of `keep` (Zhang and Poole 1994; Dechter
/// 1999). A kept variable must occur in a factor.
///
/// The variable whose elimination makes the smallest table goes first, ties by position. Exponential in the width of
/// that order and never in the number of variables.
///
/// # Errors
/// [`ScmError::TooLarge`] when a table on the way would have more than [`MAX_CELLS`](super::MAX_CELLS) cells.
pub(crate) fn eliminate(mut factors: Vec<Table>, keep: &[usize]) -> Result<Table, ScmError> {
    let mut rest: Vec<usize> = factors.iter().flat_map(Table::variables).copied().collect();
    rest.sort_unstable();
    rest.dedup();
    rest.retain(|variable| !keep.contains(variable));
    while !rest.is_empty() {
        let cheapest = (0..rest.len())
            .min_by(|&a, &b| size(&factors, rest[a]).total_cmp(&size(&factors, rest[b])))
            .unwrap_or(0);
        let variable = rest.remove(cheapest);
        let scope = neighbours(&factors, variable);
        let (touched, others): (Vec<Table>, Vec<Table>) =
            factors.into_iter().partition(|factor| factor.has(variable));
        factors = others;
        let touched: Vec<&Table> = touched.iter().collect();
        factors.push(contract(&touched, &scope, Some(variable))?);
    }
    contract(&factors.iter().collect::<Vec<_>>(), keep, None)
}

/// The variables that share a table with `variable`, ascending.
fn neighbours(factors: &[Table], variable: usize) -> Vec<usize> {
    let mut scope: Vec<usize> = factors
        .iter()
        .filter(|factor| factor.has(variable))
        .flat_map(Table::variables)
        .copied()
        .filter(|&v| v != variable)
        .collect();
    scope.sort_unstable();
    scope.dedup();
    scope
}

/// The logarithm of the size of the table that eliminating `variable` makes.
fn size(factors: &[Table], variable: usize) -> f64 {
    let mut seen: Vec<usize> = Vec::new();
    let mut log = 0.0;
    for factor in factors.iter().filter(|factor| factor.has(variable)) {
        for (&other, &cardinality) in factor.variables().iter().zip(factor.cardinalities()) {
            if !seen.contains(&other) {
                seen.push(other);
                log += (cardinality as f64).ln();
            }
        }
    }
    log
}
