//! What a ball cannot reach: the certificate that two variables are separated.

use crate::{CausalGraph, NodeSet};

/// Everything that open paths from one node reach given a set, by the mark at their last end: whatever is not in there is
/// separated from the node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unreached {
    /// Nodes that an open path enters by an arrowhead.
    pub by_head: NodeSet,
    /// Nodes that an open path enters by a tail, and where the paths begin.
    pub by_tail: NodeSet,
}

impl Unreached {
    /// All that open paths from `start` given `z` reach. `O(n + m)`.
    pub(crate) fn from<G: CausalGraph>(graph: &G, start: usize, z: &NodeSet) -> Self {
        let opening = graph.ancestors_of(z);
        let mut found = Self { by_head: NodeSet::new(), by_tail: NodeSet::from([start]) };
        let mut stack = vec![(start, false)];
        while let Some(state) = stack.pop() {
            stack.extend(
                onwards(graph, z, &opening, state)
                    .filter(|&(node, by_head)| found.enter(node, by_head)),
            );
        }
        found
    }

    fn enter(&mut self, node: usize, by_head: bool) -> bool {
        if by_head { self.by_head.insert(node) } else { self.by_tail.insert(node) }
    }

    fn holds(&self, node: usize, by_head: bool) -> bool {
        if by_head { self.by_head.contains(node) } else { self.by_tail.contains(node) }
    }

    /// All nodes that are reached.
    pub(crate) fn reached(&self) -> NodeSet {
        &self.by_head | &self.by_tail
    }

    /// `true` when this shows that `z` separates `from` and `to`: it holds the one and not the other, and no step leads out
    /// of it.
    pub fn verify<G: CausalGraph>(&self, graph: &G, from: usize, to: usize, z: &NodeSet) -> bool {
        let opening = graph.ancestors_of(z);
        let heads = self.by_head.iter().map(|node| (node, true));
        let tails = self.by_tail.iter().map(|node| (node, false));
        self.holds(from, false)
            && !self.holds(to, true)
            && !self.holds(to, false)
            && heads.chain(tails).all(|state| {
                onwards(graph, z, &opening, state).all(|(node, by_head)| self.holds(node, by_head))
            })
    }
}

/// Where an open path given `z` goes on from a node that it has entered by an arrowhead or a tail; `opening` are the
/// ancestors of `z`.
fn onwards<'a, G: CausalGraph>(
    graph: &'a G,
    z: &NodeSet,
    opening: &NodeSet,
    (node, by_head): (usize, bool),
) -> impl Iterator<Item = (usize, bool)> + use<'a, G> {
    let passable = !z.contains(node);
    let up = if by_head { opening.contains(node) } else { passable };
    let parents = graph.parents_of(node).map(|parent| (parent, false));
    let spouses = graph.spouses_of(node).map(|spouse| (spouse, true));
    let children = graph.children_of(node).map(|child| (child, true));
    parents.chain(spouses).filter(move |_| up).chain(children.filter(move |_| passable))
}
