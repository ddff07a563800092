//! Effects: the estimand on the observed joint distribution against truncated factorisation.

use super::{Disagreement, TOLERANCE};
use crate::discrete::{CptModel, Table};
use counterfoil_graph::{
    Admg, NodeSet, Query,
    estimand::{Estimand, Symbol},
    identification::{NotIdentified, identify},
};

/// What [`effect`] found to be right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EffectOutcome {
    /// The estimand equals the truth at every cell.
    Identified {
        /// The largest difference.
        error: f64,
    },
    /// The hedge is one.
    Refused,
}

/// Identifies `query` in `graph` and compares: a formula with the truth at every combination of values of the query's
/// variables, and of any further ones that the formula speaks of; a refusal with [`Hedge::verify`]. The formula sees
/// nothing of the model but the joint distribution of what is observed. The condition must be possible in the model at
/// all of its values, since there is no truth to compare with elsewhere.
///
/// [`Hedge::verify`]: counterfoil_graph::identification::Hedge::verify
///
/// # Errors
/// [`Disagreement`] when they differ by more than [`TOLERANCE`], or when anything fails on the way.
pub fn effect(
    graph: &Admg,
    query: &Query,
    model: &CptModel,
) -> Result<EffectOutcome, Disagreement> {
    let wrong = |finding: String| Disagreement::new(graph, query.text(graph), finding);
    let estimand = match identify(graph, query) {
        Ok(estimand) => estimand,
        Err(NotIdentified::Hedge(hedge)) if hedge.verify(graph, query) => {
            return Ok(EffectOutcome::Refused);
        }
        Err(NotIdentified::Hedge(hedge)) => {
            return Err(wrong(format!("{hedge:?} is no hedge")));
        }
        Err(other) => return Err(wrong(other.to_string())),
    };
    let error = largest_error(&estimand, query, model).map_err(wrong)?;
    if error <= TOLERANCE {
        Ok(EffectOutcome::Identified { error })
    } else {
        Err(wrong(format!("{estimand} is wrong by {error:.3e}")))
    }
}

/// By how much the estimand differs from the truth at the worst cell.
pub(super) fn largest_error(
    estimand: &Estimand,
    query: &Query,
    model: &CptModel,
) -> Result<f64, String> {
    let joint = model.observations().map_err(|e| e.to_string())?;
    let found = estimand.eval_table(&joint).map_err(|e| format!("{estimand}: {e}"))?;
    let members = |set: &NodeSet| set.iter().collect::<Vec<usize>>();
    let (x, y, z) = (members(&query.do_), members(&query.y), members(&query.given));
    let outcomes: Vec<usize> = y.iter().chain(&z).copied().collect();
    let counts: Vec<usize> = x.iter().map(|&v| model.cardinality(v)).collect();
    let mut worst: f64 = 0.0;
    for action in all(&counts) {
        let done: Vec<(usize, usize)> = x.iter().copied().zip(action).collect();
        let both = model.restricted_under(&outcomes, &[], &done).map_err(|e| e.to_string())?;
        let condition = both.marginal(&z).map_err(|e| e.to_string())?;
        for (at, p) in both.cells() {
            let known = condition.get(&at[y.len()..]).unwrap_or(1.0);
            if known <= 0.0 {
                // The quotient would be a NaN, from which no value of the formula differs.
                let z = &at[y.len()..];
                return Err(format!(
                    "the condition has probability zero at {z:?}, where nothing can be compared"
                ));
            }
            let truth = p / known;
            let values: Vec<(Symbol, usize)> = outcomes
                .iter()
                .copied()
                .zip(at)
                .chain(done.iter().copied())
                .map(|(v, value)| (Symbol::of(v), value))
                .collect();
            let size = |symbol: Symbol| model.cardinality(symbol.variable());
            for values in completions(found.symbols(), &values, size) {
                let value = found.at(&values).ok_or("the estimand's table lacks a cell")?;
                // A NaN must not pass for agreement.
                worst =
                    if value.is_nan() { f64::INFINITY } else { worst.max((value - truth).abs()) };
            }
        }
    }
    Ok(worst)
}

/// The values with every choice for the symbols that have none: what a formula speaks of beyond its question may have any
/// value.
pub(crate) fn completions(
    symbols: &[Symbol],
    known: &[(Symbol, usize)],
    size: impl Fn(Symbol) -> usize,
) -> Vec<Vec<(Symbol, usize)>> {
    let further: Vec<Symbol> = symbols
        .iter()
        .copied()
        .filter(|symbol| known.iter().all(|(named, _)| named != symbol))
        .collect();
    let sizes: Vec<usize> = further.iter().map(|&symbol| size(symbol)).collect();
    let complete = |choice: Vec<usize>| {
        known.iter().copied().chain(further.iter().copied().zip(choice)).collect()
    };
    all(&sizes).into_iter().map(complete).collect()
}

/// Every combination of values.
pub(crate) fn all(cardinalities: &[usize]) -> Vec<Vec<usize>> {
    let cells = cardinalities.iter().product();
    let shape = Table::trusted(
        (0..cardinalities.len()).collect(),
        cardinalities.to_vec(),
        vec![0.0; cells],
    );
    shape.cells().map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discrete::Factor;

    fn check(z: f64, expected: &str) {
        let model = CptModel::new([Factor::binary("Z", [], [z]), Factor::binary("Y", [], [0.25])]);
        let graph: Admg = "Z; Y".parse().unwrap();
        let query = Query { y: [1].into(), do_: NodeSet::new(), given: [0].into() };
        let found = match effect(&graph, &query, &model.unwrap()) {
            Ok(outcome) => format!("{outcome:?}"),
            Err(disagreement) => disagreement.finding,
        };
        assert_eq!(found, expected);
    }

    /// Exact: powers of two. The formula is P(y), which has a value where the truth, P(y | z), has none.
    #[test]
    fn nothing_agrees_with_an_impossible_condition() {
        check(0.5, "Identified { error: 0.0 }");
        let refusal = "the condition has probability zero at";
        check(0.0, &format!("{refusal} [1], where nothing can be compared"));
        check(1.0, &format!("{refusal} [0], where nothing can be compared"));
    }
}
