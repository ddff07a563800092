//! What an algorithm may ask of a graph with directed and bidirected edges, and what follows from the answers.

use crate::NodeSet;

/// Read access to the directed and bidirected edges of a graph on the nodes `0 .. node_count()`: a
/// [`MixedGraph`](crate::MixedGraph) (and so every class of graph) or a [`View`](crate::View) of one.
///
/// Algorithms are written against this trait, so that they run on a graph and on its mutilations alike. A view may lack
/// some of the nodes.
pub trait CausalGraph {
    /// Number of positions; nodes are numbered below it.
    fn node_count(&self) -> usize;

    /// `true` unless the view lacks `node`.
    fn has_node(&self, node: usize) -> bool {
        node < self.node_count()
    }

    /// The nodes with a directed edge into `node`, ascending.
    fn parents_of(&self, node: usize) -> impl Iterator<Item = usize>;

    /// The nodes that `node` has a directed edge into, ascending.
    fn children_of(&self, node: usize) -> impl Iterator<Item = usize>;

    /// The nodes that share a bidirected edge with `node`, ascending.
    fn spouses_of(&self, node: usize) -> impl Iterator<Item = usize>;

    /// The nodes from which a directed path leads into `nodes`, and `nodes` themselves. `O(n + m)`.
    fn ancestors_of(&self, nodes: impl IntoIterator<Item = usize>) -> NodeSet {
        reach(self, nodes, |node, visit| self.parents_of(node).for_each(visit))
    }

    /// The nodes to which a directed path leads from `nodes`, and `nodes` themselves. `O(n + m)`.
    fn descendants_of(&self, nodes: impl IntoIterator<Item = usize>) -> NodeSet {
        reach(self, nodes, |node, visit| self.children_of(node).for_each(visit))
    }

    /// The nodes that bidirected paths join with `node`, itself included: its district, or c-component (Tian and Pearl
    /// 2002). `O(n + m)`.
    fn district_of(&self, node: usize) -> NodeSet {
        reach(self, [node], |node, visit| self.spouses_of(node).for_each(visit))
    }

    /// The districts, in the order of their smallest members. `O(n + m)`.
    fn districts(&self) -> Vec<NodeSet> {
        let mut placed = NodeSet::new();
        let mut districts = Vec::new();
        for node in (0..self.node_count()).filter(|&node| self.has_node(node)) {
            if !placed.contains(node) {
                let district = self.district_of(node);
                placed.union_with(&district);
                districts.push(district);
            }
        }
        districts
    }
}

/// Everything that steps from `seeds` can reach, the seeds included (those that the graph has): depth-first with one
/// bit per node.
fn reach<G: CausalGraph + ?Sized>(
    graph: &G,
    seeds: impl IntoIterator<Item = usize>,
    step: impl Fn(usize, &mut dyn FnMut(usize)),
) -> NodeSet {
    let mut seen = NodeSet::new();
    let mut stack: Vec<usize> =
        seeds.into_iter().filter(|&s| graph.has_node(s) && seen.insert(s)).collect();
    while let Some(node) = stack.pop() {
        step(node, &mut |next| {
            if seen.insert(next) {
                stack.push(next);
            }
        });
    }
    seen
}
