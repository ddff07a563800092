//! Random linear models on a given graph.

use crate::{
    ScmError,
    linear::{Equation, LinearModel},
};
use counterfoil_graph::Admg;
use counterfoil_random::Stream;

/// A random linear model that has this graph: weights and covariances of either sign, none near 0, intercepts standard
/// normal. The covariance of the errors is diagonally dominant and so has full rank.
///
/// # Errors
/// None that a graph can bring about.
pub fn linear_model(graph: &Admg, stream: &mut Stream) -> Result<LinearModel, ScmError> {
    let signed = |low: f64, high: f64, stream: &mut Stream| {
        let size = stream.uniform_in(low, high);
        if stream.bernoulli(0.5) { size } else { -size }
    };
    let covariances: Vec<(usize, usize, f64)> =
        graph.bidirected_edges().map(|(a, b)| (a, b, signed(0.2, 0.8, stream))).collect();
    let equations = (0..graph.len())
        .map(|node| {
            let shared: f64 = covariances
                .iter()
                .filter(|(a, b, _)| *a == node || *b == node)
                .map(|(_, _, covariance)| covariance.abs())
                .sum();
            let weights = graph.parents(node).iter().map(|_| signed(0.3, 1.5, stream)).collect();
            Equation::new(stream.normal(), weights, shared + stream.uniform_in(0.5, 1.5))
        })
        .collect();
    LinearModel::new(graph.clone(), equations, &covariances)
}
