//! A graph seen without some of its edges or nodes: what an intervention or a rule of the do-calculus leaves of it.

use crate::{CausalGraph, MixedGraph, NodeSet};

/// A graph of directed and bidirected edges seen without some edges and nodes; made by [`Dag::view`](crate::Dag::view),
/// [`Admg::view`](crate::Admg::view) and their `mutilated`. Nothing is copied but one bit per node.
///
/// In the notation of Pearl (1995) `view.without_edges_into(x)` is the graph with a bar over X, and
/// `view.without_edges_out_of(x)` the one with a bar under it. Cutting what leads into a node cuts its bidirected edges
/// too, since both of their ends are arrowheads; cutting what leads out of it does not.
///
/// ```
/// use counterfoil_graph::{CausalGraph, NodeSet, admg};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let graph = admg! { Z -> X -> Y; X <-> Y }?;
/// let x = graph.set_of(["X"])?;
/// let done = graph.view().without_edges_into(&x);
/// assert!(done.parents_of(1).next().is_none() && done.spouses_of(2).next().is_none());
/// let silenced = graph.view().without_edges_out_of(&x);
/// assert!(silenced.children_of(1).next().is_none());
/// assert!(silenced.spouses_of(2).eq([1]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct View<'g> {
    graph: &'g MixedGraph,
    order: &'g [usize],
    absent: NodeSet,
    cut_into: NodeSet,
    cut_out_of: NodeSet,
    /// Directed edges from the first set of a pair into the second are cut.
    cut_between: Vec<(NodeSet, NodeSet)>,
}

impl<'g> View<'g> {
    pub(crate) fn new(graph: &'g MixedGraph, order: &'g [usize]) -> Self {
        let none = NodeSet::new;
        Self {
            graph,
            order,
            absent: none(),
            cut_into: none(),
            cut_out_of: none(),
            cut_between: Vec::new(),
        }
    }

    /// The same view without the edges that have an arrowhead at one of `nodes`.
    pub fn without_edges_into(mut self, nodes: &NodeSet) -> Self {
        self.cut_into.union_with(nodes);
        self
    }

    /// The same view without the directed edges that leave one of `nodes`.
    pub fn without_edges_out_of(mut self, nodes: &NodeSet) -> Self {
        self.cut_out_of.union_with(nodes);
        self
    }

    /// The same view without the directed edges from `causes` into `effects`.
    pub fn without_edges_between(mut self, causes: NodeSet, effects: NodeSet) -> Self {
        self.cut_between.push((causes, effects));
        self
    }

    /// The same view without all nodes but `nodes`.
    pub fn within(mut self, nodes: &NodeSet) -> Self {
        self.absent.union_with(&(&self.graph.nodes() - nodes));
        self
    }

    /// The graph behind the view.
    pub fn graph(&self) -> &'g MixedGraph {
        self.graph
    }

    /// `true` when nothing is cut, so that the graph itself can be searched.
    pub(crate) fn is_whole(&self) -> bool {
        self.absent.is_empty()
            && self.cut_into.is_empty()
            && self.cut_out_of.is_empty()
            && self.cut_between.is_empty()
    }

    /// The nodes that the view has.
    pub fn nodes(&self) -> NodeSet {
        &self.graph.nodes() - &self.absent
    }

    /// The view's nodes, each after its parents. The order of the whole graph, which has more edges.
    pub fn topological_order(&self) -> impl Iterator<Item = usize> {
        self.order.iter().copied().filter(|&node| self.has_node(node))
    }

    fn has_directed(&self, from: usize, to: usize) -> bool {
        let between = |cut: &(NodeSet, NodeSet)| cut.0.contains(from) && cut.1.contains(to);
        !self.cut_into.contains(to)
            && !self.cut_out_of.contains(from)
            && !self.cut_between.iter().any(between)
    }
}

impl CausalGraph for View<'_> {
    fn node_count(&self) -> usize {
        self.graph.len()
    }

    fn has_node(&self, node: usize) -> bool {
        node < self.graph.len() && !self.absent.contains(node)
    }

    fn parents_of(&self, node: usize) -> impl Iterator<Item = usize> {
        let all = if self.absent.contains(node) { &[] } else { self.graph.parents(node) };
        let here = move |&p: &usize| !self.absent.contains(p) && self.has_directed(p, node);
        all.iter().copied().filter(here)
    }

    fn children_of(&self, node: usize) -> impl Iterator<Item = usize> {
        let all = if self.absent.contains(node) { &[] } else { self.graph.children(node) };
        let here = move |&c: &usize| !self.absent.contains(c) && self.has_directed(node, c);
        all.iter().copied().filter(here)
    }

    fn spouses_of(&self, node: usize) -> impl Iterator<Item = usize> {
        let cut = self.absent.contains(node) || self.cut_into.contains(node);
        let all = if cut { &[] } else { self.graph.spouses(node) };
        let here = move |&s: &usize| !self.absent.contains(s) && !self.cut_into.contains(s);
        all.iter().copied().filter(here)
    }
}
