//! What an algorithm on directed graphs may ask: the neighbours of a node, and what can be reached from it.

use fixedbitset::FixedBitSet;

/// Read access to a directed graph on the nodes `0 .. node_count()`: a [`Dag`](crate::Dag) or a view of one.
///
/// Algorithms are written against this trait, so that they run on a graph and on its mutilations alike.
pub trait DirectedGraph {
    /// Number of nodes.
    fn node_count(&self) -> usize;

    /// The nodes with an edge into `node`, ascending.
    fn parents_of(&self, node: usize) -> impl Iterator<Item = usize>;

    /// The nodes that `node` has an edge into, ascending.
    fn children_of(&self, node: usize) -> impl Iterator<Item = usize>;

    /// The nodes from which a directed path leads into `nodes`, and `nodes` themselves. `O(n + m)`.
    fn ancestors_of(&self, nodes: &[usize]) -> FixedBitSet {
        reach(self.node_count(), nodes, |node, visit| self.parents_of(node).for_each(visit))
    }

    /// The nodes to which a directed path leads from `nodes`, and `nodes` themselves. `O(n + m)`.
    fn descendants_of(&self, nodes: &[usize]) -> FixedBitSet {
        reach(self.node_count(), nodes, |node, visit| self.children_of(node).for_each(visit))
    }
}

/// Everything that steps from `seeds` can reach, the seeds included: depth-first with one bit per node.
fn reach(n: usize, seeds: &[usize], step: impl Fn(usize, &mut dyn FnMut(usize))) -> FixedBitSet {
    let mut seen = FixedBitSet::with_capacity(n);
    let mut stack: Vec<usize> = seeds.iter().copied().filter(|&s| !seen.put(s)).collect();
    while let Some(node) = stack.pop() {
        step(node, &mut |next| {
            if !seen.put(next) {
                stack.push(next);
            }
        });
    }
    seen
}
