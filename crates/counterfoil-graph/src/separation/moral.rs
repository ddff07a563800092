//! Moral graphs and Markov blankets: which variables tell of each other whatever else is known.

use crate::{Admg, CausalGraph, Dag, MixedGraph, NodeSet};
use petgraph::graph::UnGraph;

/// The nodes given which `node` is independent of all others: its district, its children's districts, and the parents of
/// all these, without itself (Pearl 1988; Richardson 2003 for districts). It is joined with each of them by a path of
/// colliders alone. `O(n + m)`.
///
/// ```
/// use counterfoil_graph::{admg, separation::markov_blanket};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let graph = admg! { A -> B -> C <-> D <- E; F -> A }?;
/// let blanket = markov_blanket(&*graph, graph.index_of("B")?);
/// assert_eq!(graph.names(&blanket), ["A", "C", "D", "E"]);
/// # Ok(())
/// # }
/// ```
pub fn markov_blanket<G: CausalGraph>(graph: &G, node: usize) -> NodeSet {
    if !graph.has_node(node) {
        return NodeSet::new();
    }
    let mut tied = NodeSet::new();
    let mut stack: Vec<usize> = std::iter::once(node).chain(graph.children_of(node)).collect();
    tied.extend(stack.iter().copied());
    while let Some(member) = stack.pop() {
        stack.extend(graph.spouses_of(member).filter(|&spouse| tied.insert(spouse)));
    }
    let mut blanket = tied.clone();
    for member in &tied {
        blanket.extend(graph.parents_of(member));
    }
    blanket.without(node)
}

/// The neighbours of each node in the moral graph: two nodes are joined where a path of colliders alone joins them, so
/// that all of a district and its parents are married (the augmented graph of Richardson 2003; Lauritzen and
/// Spiegelhalter 1988 for DAGs). As large as it is, `O(n^2)` at worst.
pub fn moral<G: CausalGraph>(graph: &G) -> Vec<NodeSet> {
    (0..graph.node_count()).map(|node| markov_blanket(graph, node)).collect()
}

fn to_petgraph(graph: &MixedGraph) -> UnGraph<String, ()> {
    let mut moral_graph = UnGraph::default();
    let nodes: Vec<_> = graph
        .variables()
        .map(|variable| moral_graph.add_node(variable.name().to_owned()))
        .collect();
    for (a, neighbours) in moral(graph).iter().enumerate() {
        for b in neighbours.iter().filter(|&b| a < b) {
            moral_graph.add_edge(nodes[a], nodes[b], ());
        }
    }
    moral_graph
}

impl Admg {
    /// The moral graph, see [`moral`], with the names of the nodes.
    pub fn moralised(&self) -> UnGraph<String, ()> {
        to_petgraph(self)
    }
}

impl Dag {
    /// The moral graph, in which the parents of each node are joined: see [`moral`].
    pub fn moralised(&self) -> UnGraph<String, ()> {
        to_petgraph(self)
    }
}
