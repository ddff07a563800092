//! Maximal ancestral graphs: what hidden variables and selection leave of a DAG, with one edge for each dependence.

use crate::{
    CausalGraph, GraphError, Mark, MixedGraph, NodeSet, QueryError, View,
    class::{check_edges, closure, path_text, shortest_path},
    order,
};
use std::{collections::VecDeque, fmt, ops::Deref};

/// A maximal ancestral graph (MAG; Richardson and Spirtes 2002): `x -> y` says that x is an ancestor of y, `x <-> y`
/// that neither is of the other, `x -- y` that each is of the other or of a selection. Two nodes are joined exactly
/// when no set of nodes separates them.
///
/// A value of this type is a MAG: conversion checks that a pair has one edge at most, that there is no directed and no
/// almost directed cycle, that no arrowhead meets an undirected edge, and that no inducing path joins a pair that is
/// apart.
///
/// ```
/// use counterfoil_graph::{Mag, admg};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// // Nothing separates A from D: B is a collider on A -> B <-> C <-> D and a cause of D, and so is C.
/// let graph = admg! { A -> B; B <-> C; C <-> D; B -> D }?;
/// assert_eq!(Mag::from(&graph).to_string(), "A; B; C; D; A -> B; B <-> C; B -> D; C <-> D");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mag {
    graph: MixedGraph,
}

impl Mag {
    /// `true` when every path between `x` and `y` is blocked by `z`: m-separation (Richardson and Spirtes 2002, section
    /// 3.4), undirected edges included. `O(n + m)`.
    ///
    /// # Errors
    /// As [`View::m_separated`].
    pub fn separated(&self, x: &NodeSet, y: &NodeSet, z: &NodeSet) -> Result<bool, QueryError> {
        View::new(&self.graph, &[]).check_separation(x, y, z)?;
        Ok(separated(&self.graph, x, y, z))
    }

    /// The nodes from which paths without an arrowhead against the direction lead to `nodes`, and `nodes` themselves:
    /// along `->` and `--`. `O(n + m)`.
    ///
    /// # Panics
    /// When a node is not below [`MixedGraph::len`].
    pub fn anterior(&self, nodes: impl IntoIterator<Item = usize>) -> NodeSet {
        closure(nodes, |node| self.parents(node).iter().chain(self.neighbours(node)).copied())
    }

    /// The set that separates two nodes that are apart: all that is anterior to them (Richardson and Spirtes 2002,
    /// theorem 4.2). `None` where they are joined, and then no set does.
    ///
    /// # Panics
    /// When a node is not below [`MixedGraph::len`].
    pub fn separator(&self, a: usize, b: usize) -> Option<NodeSet> {
        let apart = a != b && !self.is_adjacent(a, b);
        apart.then(|| self.anterior([a, b]).without(a).without(b))
    }

    /// A graph that is known to be maximal and ancestral.
    pub(crate) fn from_checked(graph: MixedGraph) -> Self {
        Self { graph }
    }
}

/// m-separation in a graph of `->`, `<->` and `--`, by pairs of a node and the mark it was entered by.
pub(crate) fn separated(graph: &MixedGraph, x: &NodeSet, y: &NodeSet, z: &NodeSet) -> bool {
    let opening = graph.ancestors_of(z);
    let mut seen = [NodeSet::new(), x.clone()];
    let mut stack: Vec<(usize, bool)> = x.iter().map(|node| (node, false)).collect();
    while let Some((node, by_head)) = stack.pop() {
        if y.contains(node) {
            return false;
        }
        let known = z.contains(node);
        let mut enter = |next: usize, by_head: bool| {
            if seen[usize::from(!by_head)].insert(next) {
                stack.push((next, by_head));
            }
        };
        if if by_head { opening.contains(node) } else { !known } {
            graph.parents(node).iter().for_each(|&next| enter(next, false));
            graph.spouses(node).iter().for_each(|&next| enter(next, true));
        }
        if !known {
            graph.children(node).iter().for_each(|&next| enter(next, true));
            graph.neighbours(node).iter().for_each(|&next| enter(next, false));
        }
    }
    true
}

/// An inducing path between `a` and `b` relative to no hidden node (Verma and Pearl 1990): every inner node is a
/// collider on it and an ancestor of an end or of `selection`. A shortest one; for joined nodes the edge. `O(n + m)`.
pub(crate) fn inducing_path(
    graph: &MixedGraph,
    a: usize,
    b: usize,
    above: &NodeSet,
) -> Option<Vec<usize>> {
    if graph.is_adjacent(a, b) {
        return Some(vec![a, b]);
    }
    let mut came_from = vec![usize::MAX; graph.len()];
    let mut queue: VecDeque<usize> = VecDeque::new();
    came_from[a] = a;
    for &first in graph.children(a).iter().chain(graph.spouses(a)) {
        if first != b && above.contains(first) && came_from[first] == usize::MAX {
            came_from[first] = a;
            queue.push_back(first);
        }
    }
    while let Some(node) = queue.pop_front() {
        let last = |nodes: &[usize]| nodes.binary_search(&b).is_ok();
        if last(graph.parents(node)) || last(graph.spouses(node)) {
            let mut path = vec![b, node];
            let mut at = node;
            while at != a {
                at = came_from[at];
                path.push(at);
            }
            path.reverse();
            return Some(path);
        }
        for &next in graph.spouses(node) {
            if above.contains(next) && came_from[next] == usize::MAX {
                came_from[next] = node;
                queue.push_back(next);
            }
        }
    }
    None
}

impl Deref for Mag {
    type Target = MixedGraph;

    fn deref(&self) -> &MixedGraph {
        &self.graph
    }
}

/// Checks that the graph is maximal and ancestral; see [`Mag`]. `O(n^2 (n + m))` at worst, near `O(n m)` where districts
/// are small.
impl TryFrom<MixedGraph> for Mag {
    type Error = GraphError;

    fn try_from(graph: MixedGraph) -> Result<Self, GraphError> {
        let decided = |edge: crate::Edge| !edge.marks().contains(&Mark::Circle);
        check_edges(&graph, "a MAG", "->, <-> and --", decided)?;
        order::topological(graph.links()).map_err(|cycle| GraphError::Cycle {
            names: cycle.iter().map(|&i| graph.name(i).to_owned()).collect(),
        })?;
        for node in 0..graph.len() {
            let head = graph.parents(node).first().or(graph.spouses(node).first());
            if let Some((&into, &beside)) = head.zip(graph.neighbours(node).first()) {
                return Err(GraphError::HeadAtUndirected {
                    node: graph.name(node).to_owned(),
                    head: path_text(&graph, &[into, node]),
                    undirected: path_text(&graph, &[node, beside]),
                });
            }
        }
        let ancestors: Vec<NodeSet> = (0..graph.len()).map(|i| graph.ancestors([i])).collect();
        for (b, above) in ancestors.iter().enumerate() {
            if let Some(&a) = graph.spouses(b).iter().find(|&&a| above.contains(a)) {
                let down = |at: usize| graph.children(at).iter().copied();
                let path = shortest_path(graph.len(), a, b, down).unwrap_or_default();
                return Err(GraphError::AlmostDirectedCycle {
                    edge: path_text(&graph, &[a, b]),
                    path: path_text(&graph, &path),
                });
            }
        }
        for a in 0..graph.len() {
            for b in a + 1..graph.len() {
                if graph.is_adjacent(a, b) {
                    continue;
                }
                if let Some(path) = inducing_path(&graph, a, b, &(&ancestors[a] | &ancestors[b])) {
                    return Err(GraphError::NotMaximal {
                        pair: [a, b].map(|node| graph.name(node).to_owned()),
                        path: path_text(&graph, &path),
                    });
                }
            }
        }
        Ok(Self { graph })
    }
}

impl fmt::Display for Mag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}
