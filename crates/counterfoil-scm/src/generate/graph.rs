//! Random acyclic graphs with directed and bidirected edges.

use crate::ScmError;
use counterfoil_graph::{Admg, Edge, MixedGraph, Variable};
use counterfoil_random::Stream;

/// What a random graph looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GraphShape {
    /// Number of variables; they are called `v0`, `v1`, ...
    pub nodes: usize,
    /// Expected number of directed edges at a variable, in and out.
    pub degree: f64,
    /// Expected number of bidirected edges at a variable.
    pub hidden_degree: f64,
}

impl Default for GraphShape {
    fn default() -> Self {
        Self { nodes: 5, degree: 2.5, hidden_degree: 0.8 }
    }
}

/// A random ADMG: in a random order of the variables, each pair is joined by a directed and, independently, by a
/// bidirected edge. The order of declaration is not topological in general. `O(nodes^2)`.
///
/// # Errors
/// None that a shape can bring about.
pub fn admg(shape: &GraphShape, stream: &mut Stream) -> Result<Admg, ScmError> {
    let n = shape.nodes;
    let order = stream.permutation(n);
    let others = n.saturating_sub(1).max(1) as f64;
    let (directed, bidirected) = (shape.degree / others, shape.hidden_degree / others);
    let mut edges = Vec::new();
    for i in 0..n {
        for j in i + 1..n {
            if stream.bernoulli(directed) {
                edges.push(Edge::directed(order[i], order[j]));
            }
            if stream.bernoulli(bidirected) {
                edges.push(Edge::bidirected(order[i], order[j]));
            }
        }
    }
    let variables =
        (0..n).map(|i| Variable::continuous(format!("v{i}"))).collect::<Result<Vec<_>, _>>()?;
    Ok(Admg::try_from(MixedGraph::new(variables, edges)?)?)
}
