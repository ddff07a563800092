//! Random models on a given graph, with every hidden cause a variable of its own and every event possible.

use crate::{
    ScmError,
    discrete::{CptModel, Exogenous, Factor, Function, FunctionalModel},
    names::free,
};
use counterfoil_graph::Admg;
use counterfoil_random::Stream;
use std::ops::RangeInclusive;

/// What a random discrete model looks like.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelShape {
    /// Numbers of values of what is seen.
    pub cardinality: RangeInclusive<usize>,
    /// Numbers of values of hidden causes, one for each bidirected edge.
    pub hidden_cardinality: RangeInclusive<usize>,
    /// The least weight of a value beside the greatest, which is 1: how far probabilities stay from 0.
    pub floor: f64,
}

impl Default for ModelShape {
    /// Binary variables and hidden causes of two or three values.
    fn default() -> Self {
        Self { cardinality: 2..=2, hidden_cardinality: 2..=3, floor: 0.1 }
    }
}

/// A random model of probability tables that has this graph. All events have a positive probability under every
/// intervention, as long as [`ModelShape::floor`] is positive.
///
/// # Errors
/// [`ScmError::TooLarge`] for a variable with very many parents.
pub fn cpt_model(
    graph: &Admg,
    shape: &ModelShape,
    stream: &mut Stream,
) -> Result<CptModel, ScmError> {
    let hidden = hidden_causes(graph, shape, stream);
    let cardinalities: Vec<usize> =
        (0..graph.len()).map(|_| pick(&shape.cardinality, stream)).collect();
    let mut factors = Vec::with_capacity(graph.len() + hidden.len());
    for node in 0..graph.len() {
        let visible = graph.parents(node).iter();
        let mut parents: Vec<String> = visible.clone().map(|&p| graph.name(p).to_owned()).collect();
        let mut rows = visible.map(|&p| cardinalities[p]).fold(1usize, usize::saturating_mul);
        for cause in hidden.iter().filter(|cause| cause.ends.contains(&node)) {
            parents.push(cause.name.clone());
            rows = rows.saturating_mul(cause.cardinality);
        }
        crate::discrete::check_size(rows, cardinalities[node])?;
        let row = |_| weights(cardinalities[node], shape.floor, stream);
        let table = (0..rows).flat_map(row).collect();
        factors.push(Factor::new(graph.name(node), cardinalities[node], parents, table));
    }
    factors.extend(hidden.into_iter().map(|cause| {
        let row = weights(cause.cardinality, shape.floor, stream);
        Factor::new(cause.name, cause.cardinality, [""; 0], row).hidden()
    }));
    CptModel::new(factors)
}

/// A random functional model that has this graph: every variable has a source of its own and shares one along each of
/// its bidirected edges; functions are drawn uniformly.
///
/// A variable's own source has one state for each value that forces this value, so that all events are possible under
/// every intervention, and `spare` more in which the function is free.
///
/// # Errors
/// [`ScmError::TooLarge`] for a variable with very many parents.
pub fn functional_model(
    graph: &Admg,
    shape: &ModelShape,
    spare: usize,
    stream: &mut Stream,
) -> Result<FunctionalModel, ScmError> {
    let hidden = hidden_causes(graph, shape, stream);
    let cardinalities: Vec<usize> =
        (0..graph.len()).map(|_| pick(&shape.cardinality, stream)).collect();
    let mut sources = Vec::new();
    let mut functions = Vec::with_capacity(graph.len());
    for node in 0..graph.len() {
        let cardinality = cardinalities[node];
        let own = cardinality + spare;
        let name = free(format!("N_{}", graph.name(node)), '_', |name| {
            graph.index_of(name).is_ok()
                || hidden.iter().any(|cause| cause.name == name)
                || sources.iter().any(|source: &Exogenous| source.name == name)
        });
        // Forcing states are rarer than free ones, or there would be nothing to see of the function.
        let mut probabilities = weights(own, shape.floor, stream);
        for p in &mut probabilities[..cardinality] {
            *p *= 0.3;
        }
        normalise(&mut probabilities);
        sources.push(Exogenous::new(name.clone(), probabilities));

        let shared: Vec<&HiddenCause> =
            hidden.iter().filter(|cause| cause.ends.contains(&node)).collect();
        let parents = graph.parents(node);
        let rows = parents
            .iter()
            .map(|&parent| cardinalities[parent])
            .chain(shared.iter().map(|cause| cause.cardinality))
            .fold(1usize, usize::saturating_mul);
        crate::discrete::check_size(rows, own)?;
        let values = (0..rows)
            .flat_map(|_| 0..own)
            .map(|state| if state < cardinality { state } else { stream.below(cardinality) })
            .collect();
        functions.push(Function::new(
            graph.name(node),
            cardinality,
            parents.iter().map(|&parent| graph.name(parent)),
            shared.iter().map(|cause| cause.name.clone()).chain([name]),
            values,
        ));
    }
    sources.extend(hidden.iter().map(|cause| {
        Exogenous::new(cause.name.clone(), weights(cause.cardinality, shape.floor, stream))
    }));
    FunctionalModel::new(sources, functions)
}

struct HiddenCause {
    name: String,
    ends: [usize; 2],
    cardinality: usize,
}

fn hidden_causes(graph: &Admg, shape: &ModelShape, stream: &mut Stream) -> Vec<HiddenCause> {
    let mut causes: Vec<HiddenCause> = Vec::new();
    for (a, b) in graph.bidirected_edges() {
        let name = free(format!("U_{}_{}", graph.name(a), graph.name(b)), '_', |name| {
            graph.index_of(name).is_ok() || causes.iter().any(|cause| cause.name == name)
        });
        let cardinality = pick(&shape.hidden_cardinality, stream);
        causes.push(HiddenCause { name, ends: [a, b], cardinality });
    }
    causes
}

fn pick(range: &RangeInclusive<usize>, stream: &mut Stream) -> usize {
    range.start() + stream.below((range.end() + 1).saturating_sub(*range.start()))
}

/// Random probabilities of `n` values, none less than about `floor / n`.
fn weights(n: usize, floor: f64, stream: &mut Stream) -> Vec<f64> {
    let mut weights: Vec<f64> = (0..n).map(|_| stream.uniform_in(floor, 1.0)).collect();
    normalise(&mut weights);
    weights
}

fn normalise(weights: &mut [f64]) {
    let sum: f64 = weights.iter().sum();
    for weight in weights {
        *weight /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discrete::MAX_CELLS;

    /// 2^64 rows are more than a number of rows can say.
    #[test]
    fn very_many_parents_are_refused() {
        let causes: Vec<String> = (0..64).map(|i| format!("X{i} -> Y")).collect();
        let graph: Admg = causes.join("; ").parse().unwrap();
        let stream = &mut Stream::new(1, "models of many parents", 0, 0);
        let (shape, refusal) = (ModelShape::default(), ScmError::TooLarge { limit: MAX_CELLS });
        assert_eq!(cpt_model(&graph, &shape, stream), Err(refusal.clone()));
        assert_eq!(functional_model(&graph, &shape, 2, stream), Err(refusal));
    }
}
