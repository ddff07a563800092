//! The graph that an intervention leaves: the same nodes without the edges into those that are set.

use crate::{Dag, DirectedGraph};
use fixedbitset::FixedBitSet;

/// A [`Dag`] seen without the edges into some nodes; made by [`Dag::mutilated`]. Nothing is copied but one bit
/// per node.
#[derive(Clone, Debug)]
pub struct Mutilated<'dag> {
    dag: &'dag Dag,
    cut: FixedBitSet,
}

impl<'dag> Mutilated<'dag> {
    pub(crate) fn new(dag: &'dag Dag, nodes: &[usize]) -> Self {
        let mut cut = FixedBitSet::with_capacity(dag.len());
        for &node in nodes {
            cut.insert(node);
        }
        Self { dag, cut }
    }

    /// The graph behind the view.
    pub fn dag(&self) -> &'dag Dag {
        self.dag
    }

    /// `true` when the edges into `index` are cut.
    pub fn is_cut(&self, index: usize) -> bool {
        self.cut.contains(index)
    }

    /// The direct causes that a variable still has, ascending: none where it was cut.
    ///
    /// # Panics
    /// When `index` is not below [`Dag::len`].
    pub fn parents(&self, index: usize) -> &'dag [usize] {
        if self.is_cut(index) { &[] } else { self.dag.parents(index) }
    }

    /// The direct effects that a variable still has, ascending.
    ///
    /// # Panics
    /// When `index` is not below [`Dag::len`].
    pub fn children(&self, index: usize) -> impl Iterator<Item = usize> {
        self.dag.children(index).iter().copied().filter(|&child| !self.is_cut(child))
    }

    /// The order of the whole graph, which is topological for the mutilated one too: it has fewer edges.
    pub fn topological_order(&self) -> &'dag [usize] {
        self.dag.topological_order()
    }

    /// The causes that still lead into `nodes`, and `nodes` themselves. `O(n + m)`.
    pub fn ancestors(&self, nodes: &[usize]) -> FixedBitSet {
        self.ancestors_of(nodes)
    }

    /// The effects that `nodes` still lead to, and `nodes` themselves. `O(n + m)`.
    pub fn descendants(&self, nodes: &[usize]) -> FixedBitSet {
        self.descendants_of(nodes)
    }
}

impl DirectedGraph for Mutilated<'_> {
    fn node_count(&self) -> usize {
        self.dag.len()
    }

    fn parents_of(&self, node: usize) -> impl Iterator<Item = usize> {
        self.parents(node).iter().copied()
    }

    fn children_of(&self, node: usize) -> impl Iterator<Item = usize> {
        self.children(node)
    }
}
