//! A part of a graph with its own numbering of nodes, and the way back to the whole.

use crate::{Admg, Edge, NodeSet};

/// A projection of a graph onto some of its nodes.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) graph: Admg,
    /// The node of the whole for each node of the part, ascending.
    pub(super) members: Vec<usize>,
    /// The position of each node of the part in its topological order.
    pub(super) rank: Vec<u32>,
}

impl Part {
    /// What remains of `whole` when nothing but `kept` is looked at.
    pub(super) fn of(whole: &Admg, kept: &NodeSet) -> Self {
        let hidden = &whole.nodes() - kept;
        let graph = if hidden.is_empty() { whole.clone() } else { whole.project(&hidden) };
        let rank = ranks(&graph);
        Self { graph, members: kept.iter().collect(), rank }
    }

    /// Those of `nodes` that are in the part, in its numbering.
    pub(super) fn down(&self, nodes: &NodeSet) -> NodeSet {
        nodes.iter().filter_map(|node| self.members.binary_search(&node).ok()).collect()
    }

    /// Nodes of the part in the numbering of the whole.
    pub(super) fn up(&self, nodes: &NodeSet) -> NodeSet {
        nodes.iter().map(|node| self.members[node]).collect()
    }
}

/// The position of each node in the topological order.
pub(super) fn ranks(graph: &Admg) -> Vec<u32> {
    let mut rank = vec![0; graph.len()];
    for (position, &node) in graph.topological_order().iter().enumerate() {
        rank[node] = position as u32;
    }
    rank
}

/// The same graph where `nodes` have no edges: what is left of selection nodes that are constants.
pub(super) fn isolated(graph: &Admg, nodes: &NodeSet) -> Admg {
    if nodes.is_empty() {
        return graph.clone();
    }
    let edges: Vec<Edge> = graph
        .mixed_edges()
        .into_iter()
        .filter(|edge| !edge.ends().iter().any(|&end| nodes.contains(end)))
        .collect();
    Admg::from_checked(graph.with_edges(&edges))
}
