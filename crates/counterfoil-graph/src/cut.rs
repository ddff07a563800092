//! A graph without the directed edges between two sets that are borrowed: the cut that searches for adjustment sets need,
//! with nothing copied.

use crate::{CausalGraph, NodeSet};

/// `graph` without the directed edges from `causes` into `effects`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cut<'a, G> {
    pub(crate) graph: &'a G,
    pub(crate) causes: &'a NodeSet,
    pub(crate) effects: &'a NodeSet,
}

impl<G: CausalGraph> CausalGraph for Cut<'_, G> {
    fn node_count(&self) -> usize {
        self.graph.node_count()
    }

    fn has_node(&self, node: usize) -> bool {
        self.graph.has_node(node)
    }

    fn parents_of(&self, node: usize) -> impl Iterator<Item = usize> {
        let reduced = self.effects.contains(node);
        self.graph
            .parents_of(node)
            .filter(move |&parent| !(reduced && self.causes.contains(parent)))
    }

    fn children_of(&self, node: usize) -> impl Iterator<Item = usize> {
        let reduced = self.causes.contains(node);
        self.graph
            .children_of(node)
            .filter(move |&child| !(reduced && self.effects.contains(child)))
    }

    fn spouses_of(&self, node: usize) -> impl Iterator<Item = usize> {
        self.graph.spouses_of(node)
    }
}
