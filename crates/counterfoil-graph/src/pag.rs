//! Partial ancestral graphs: all MAGs that data cannot tell apart, drawn as one.

use crate::{
    GraphError, Mag, Mark, MixedGraph, NodeSet,
    class::{check_edges, closure},
};
use std::{fmt, ops::Deref};

/// A partial ancestral graph (PAG; Zhang 2008): a Markov equivalence class of MAGs. A tail or an arrowhead stands where
/// every member has it, a circle where members differ.
///
/// A value of this type is the PAG of some MAG, completely oriented: conversion reads a member off the graph, checks
/// that it is a MAG, and compares the graph with that member's PAG.
///
/// ```
/// use counterfoil_graph::{Mag, admg};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let pag = Mag::from(&admg! { W -> X; Z -> X; X -> Y; X <-> Z }?).pag();
/// assert_eq!(pag.to_string(), "W; X; Z; Y; W o-> X; X -> Y; Z o-> X");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pag {
    graph: MixedGraph,
}

impl Pag {
    /// The nodes that an edge joins with `node` which may lead from it towards them: without an arrowhead at `node` and
    /// without a tail at the other end (`->`, `o->`, `o-o`, `-o`).
    ///
    /// # Panics
    /// When `node` is not below [`MixedGraph::len`].
    pub fn possible_children(&self, node: usize) -> impl Iterator<Item = usize> {
        let [tail, circle] = [Mark::Tail, Mark::Circle]
            .map(|here| [Mark::Circle, Mark::Arrow].map(|there| self.linked(node, here, there)));
        [tail, circle].into_iter().flatten().flatten().copied()
    }

    /// The nodes from which [`Pag::possible_children`] leads to `node`.
    ///
    /// # Panics
    /// When `node` is not below [`MixedGraph::len`].
    pub fn possible_parents(&self, node: usize) -> impl Iterator<Item = usize> {
        let [circle, arrow] = [Mark::Circle, Mark::Arrow]
            .map(|here| [Mark::Tail, Mark::Circle].map(|there| self.linked(node, here, there)));
        [circle, arrow].into_iter().flatten().flatten().copied()
    }

    /// The nodes to which possibly directed paths lead from `nodes`, and `nodes` themselves. `O(n + m)`.
    ///
    /// # Panics
    /// When a node is not below [`MixedGraph::len`].
    pub fn possible_descendants(&self, nodes: impl IntoIterator<Item = usize>) -> NodeSet {
        closure(nodes, |node| self.possible_children(node))
    }

    /// The nodes from which possibly directed paths lead to `nodes`, and `nodes` themselves. `O(n + m)`.
    ///
    /// # Panics
    /// When a node is not below [`MixedGraph::len`].
    pub fn possible_ancestors(&self, nodes: impl IntoIterator<Item = usize>) -> NodeSet {
        closure(nodes, |node| self.possible_parents(node))
    }

    /// `true` when the graph has the edge `a -> b` and it is visible: no member has a hidden common cause of the two
    /// (Zhang 2008, "Causal reasoning with ancestral graphs", definition 8). That is when a node c that is apart from b
    /// has an edge into a, or a path into a whose inner nodes are colliders and parents of b. `O(n + m)`.
    ///
    /// # Panics
    /// When a node is not below [`MixedGraph::len`].
    pub fn is_visible(&self, a: usize, b: usize) -> bool {
        is_visible(&self.graph, a, b)
    }

    /// A graph that is known to be a PAG.
    pub(crate) fn from_checked(graph: MixedGraph) -> Self {
        Self { graph }
    }
}

impl Mag {
    /// `true` when the graph has the edge `a -> b` and it is visible; see [`Pag::is_visible`]. `O(n + m)`.
    ///
    /// # Panics
    /// When a node is not below [`MixedGraph::len`].
    pub fn is_visible(&self, a: usize, b: usize) -> bool {
        is_visible(self, a, b)
    }
}

/// See [`Pag::is_visible`].
pub(crate) fn is_visible(graph: &MixedGraph, a: usize, b: usize) -> bool {
    let parents = graph.parents(b);
    if parents.binary_search(&a).is_err() {
        return false;
    }
    // Backwards from a through colliders that are parents of b. A node that is met without an arrowhead may be met with
    // one later, so that only those that the search goes on from are remembered.
    let mut passed = NodeSet::from([a]);
    let mut stack = vec![a];
    while let Some(node) = stack.pop() {
        for there in [Mark::Tail, Mark::Circle, Mark::Arrow] {
            for &next in graph.linked(node, Mark::Arrow, there) {
                if next != b && !graph.is_adjacent(next, b) {
                    return true;
                }
                let is_inner = there == Mark::Arrow && parents.binary_search(&next).is_ok();
                if is_inner && passed.insert(next) {
                    stack.push(next);
                }
            }
        }
    }
    false
}

impl Deref for Pag {
    type Target = MixedGraph;

    fn deref(&self) -> &MixedGraph {
        &self.graph
    }
}

/// Checks that the graph is the PAG of the member that can be read off it; see [`Pag`].
impl TryFrom<MixedGraph> for Pag {
    type Error = GraphError;

    fn try_from(graph: MixedGraph) -> Result<Self, GraphError> {
        check_edges(&graph, "a PAG", "those with one of three marks at each end", |_| true)?;
        let member = crate::equivalence::augmented(&graph).and_then(Mag::try_from);
        let member = member.map_err(|cause| GraphError::NoMember { cause: Box::new(cause) })?;
        let completed = member.pag();
        for edge in graph.mixed_edges() {
            let [a, b] = edge.ends();
            if let Some(other) = completed.edges_between(a, b).find(|&other| other != edge) {
                return Err(GraphError::NotCompleted {
                    edge: graph.describe(edge),
                    completed: graph.describe(other),
                });
            }
        }
        Ok(completed)
    }
}

impl fmt::Display for Pag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}
