//! The one structure behind every class of graph: named variables and edges with a mark at each end.

use crate::{
    CausalGraph, Edge, GraphError, Mark, NodeSet, Variable, links::Links, variables::Variables,
};
use std::collections::BTreeSet;

/// Named [`Variable`]s and the edges between them, with any marks: what [`Dag`](crate::Dag), [`Admg`](crate::Admg) and
/// the other classes are made of. Each of those derefs to this type, checks what it promises beyond it, and like this
/// one is only read once it exists.
///
/// Variables are numbered from 0 in the order of their declaration, and that order decides the order of everything that
/// comes out; the order in which edges are written has no influence. There are no loops and no edge twice; that two
/// different edges join the same nodes is left to the classes.
///
/// Internally the edges are two frozen arrays, in which the neighbours of a node along each sort of edge are a slice.
#[derive(Clone, Debug, PartialEq)]
pub struct MixedGraph {
    variables: Variables,
    links: Links,
}

impl MixedGraph {
    /// A graph of `variables` with edges between their positions.
    ///
    /// # Errors
    /// [`GraphError::DuplicateVariable`], [`GraphError::IndexOutOfRange`], [`GraphError::SelfLoop`],
    /// [`GraphError::DuplicateEdge`], [`GraphError::UnlabelledEdge`].
    pub fn new(
        variables: impl IntoIterator<Item = Variable>,
        edges: impl IntoIterator<Item = Edge>,
    ) -> Result<Self, GraphError> {
        let mut builder = MixedBuilder::default();
        for variable in variables {
            builder.declare(variable)?;
        }
        for edge in edges {
            builder.add(edge)?;
        }
        Ok(builder.finish())
    }

    /// Number of variables.
    pub fn len(&self) -> usize {
        self.variables.len()
    }

    /// `true` for the graph without variables.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The variables in the order of their declaration.
    pub fn variables(&self) -> impl ExactSizeIterator<Item = &Variable> {
        self.variables.iter()
    }

    /// The variable at `index`.
    ///
    /// # Panics
    /// When `index` is not below [`MixedGraph::len`], as a slice does.
    pub fn variable(&self, index: usize) -> &Variable {
        self.variables.get(index)
    }

    /// The name of the variable at `index`.
    ///
    /// # Panics
    /// When `index` is not below [`MixedGraph::len`].
    pub fn name(&self, index: usize) -> &str {
        self.variable(index).name()
    }

    /// The names of `nodes`, in the order of declaration.
    pub fn names(&self, nodes: &NodeSet) -> Vec<&str> {
        nodes.iter().map(|node| self.name(node)).collect()
    }

    /// The position of the variable called `name`.
    ///
    /// # Errors
    /// [`GraphError::UnknownVariable`], with the nearest existing name when it looks misspelt.
    pub fn index_of(&self, name: &str) -> Result<usize, GraphError> {
        self.variables.index_of(name)
    }

    /// The set of the variables with these names.
    ///
    /// # Errors
    /// [`GraphError::UnknownVariable`].
    pub fn set_of<S: AsRef<str>>(
        &self,
        names: impl IntoIterator<Item = S>,
    ) -> Result<NodeSet, GraphError> {
        names.into_iter().map(|name| self.index_of(name.as_ref())).collect()
    }

    /// All nodes.
    pub fn nodes(&self) -> NodeSet {
        NodeSet::full(self.len())
    }

    /// The direct causes of a variable, ascending.
    ///
    /// # Panics
    /// When `index` is not below [`MixedGraph::len`].
    pub fn parents(&self, index: usize) -> &[usize] {
        self.links.parents(index)
    }

    /// The direct effects of a variable, ascending.
    ///
    /// # Panics
    /// When `index` is not below [`MixedGraph::len`].
    pub fn children(&self, index: usize) -> &[usize] {
        self.links.children(index)
    }

    /// The variables with which this one has a hidden common cause (`<->`), ascending.
    ///
    /// # Panics
    /// When `index` is not below [`MixedGraph::len`].
    pub fn spouses(&self, index: usize) -> &[usize] {
        self.links.spouses(index)
    }

    /// The variables at the other ends of undirected edges (`--`), ascending.
    ///
    /// # Panics
    /// When `index` is not below [`MixedGraph::len`].
    pub fn neighbours(&self, index: usize) -> &[usize] {
        self.links.neighbours(index)
    }

    /// The variables at the other ends of edges with the mark `here` at this one and `there` at the other, ascending.
    ///
    /// # Panics
    /// When `index` is not below [`MixedGraph::len`].
    pub fn linked(&self, index: usize, here: Mark, there: Mark) -> &[usize] {
        self.links.of(index, here, there)
    }

    /// The variables that any edge joins with this one; one stands twice where two edges do.
    ///
    /// # Panics
    /// When `index` is not below [`MixedGraph::len`].
    pub fn adjacent(&self, index: usize) -> &[usize] {
        self.links.adjacent(index)
    }

    /// The edges between two variables; most classes allow one at most. `O(log degree)`.
    pub fn edges_between(&self, a: usize, b: usize) -> impl Iterator<Item = Edge> {
        let marks = [Mark::Tail, Mark::Circle, Mark::Arrow];
        marks.into_iter().flat_map(move |here| {
            marks.into_iter().filter_map(move |there| {
                let found = self.linked(a, here, there).binary_search(&b).is_ok();
                found.then(|| Edge::new(a, here, b, there))
            })
        })
    }

    /// `true` when an edge of any sort joins the two.
    pub fn is_adjacent(&self, a: usize, b: usize) -> bool {
        self.edges_between(a, b).next().is_some()
    }

    /// Number of edges.
    pub fn edge_count(&self) -> usize {
        self.links.edge_count()
    }

    /// All edges, sorted by their first end, then by the second, then by marks.
    pub fn mixed_edges(&self) -> Vec<Edge> {
        self.links.edges()
    }

    /// The edge in text, as in `smoking -> tar`.
    pub fn describe(&self, edge: Edge) -> String {
        let [a, b] = edge.ends();
        format!("{} {} {}", self.name(a), edge.arrow(), self.name(b))
    }

    /// The causes of `nodes`, direct and indirect, and `nodes` themselves; those that the graph does not have are left out.
    /// `O(n + m)`.
    pub fn ancestors(&self, nodes: impl IntoIterator<Item = usize>) -> NodeSet {
        self.ancestors_of(nodes)
    }

    /// The effects of `nodes`, direct and indirect, and `nodes` themselves; those that the graph does not have are left out.
    /// `O(n + m)`.
    pub fn descendants(&self, nodes: impl IntoIterator<Item = usize>) -> NodeSet {
        self.descendants_of(nodes)
    }

    pub(crate) fn links(&self) -> &Links {
        &self.links
    }

    /// The same variables with other edges, which must be unlabelled-free, without loops and each once.
    pub(crate) fn with_edges(&self, edges: &[Edge]) -> Self {
        Self { variables: self.variables.clone(), links: Links::new(self.len(), edges) }
    }

    /// The graph of `kept` alone, renumbered in their order, with the edges among them.
    pub fn induced(&self, kept: &NodeSet) -> Self {
        let mut position = vec![usize::MAX; self.len()];
        let mut variables = Variables::default();
        for (new, old) in kept.iter().enumerate() {
            position[old] = new;
            // Names are unique here already, so this cannot fail.
            let _ = variables.add(self.variable(old).clone());
        }
        let edges: Vec<Edge> = self
            .mixed_edges()
            .into_iter()
            .filter(|edge| edge.ends().iter().all(|&end| kept.contains(end)))
            .map(|edge| {
                let ([a, b], [at_a, at_b]) = (edge.ends(), edge.marks());
                Edge::new(position[a], at_a, position[b], at_b)
            })
            .collect();
        Self { links: Links::new(variables.len(), &edges), variables }
    }
}

impl CausalGraph for MixedGraph {
    fn node_count(&self) -> usize {
        self.len()
    }

    fn parents_of(&self, node: usize) -> impl Iterator<Item = usize> {
        self.parents(node).iter().copied()
    }

    fn children_of(&self, node: usize) -> impl Iterator<Item = usize> {
        self.children(node).iter().copied()
    }

    fn spouses_of(&self, node: usize) -> impl Iterator<Item = usize> {
        self.spouses(node).iter().copied()
    }
}

/// Collects variables and edges, refusing each that is wrong at the moment it is added, so that a reader can say where
/// in its text that was.
#[derive(Debug, Default)]
pub(crate) struct MixedBuilder {
    variables: Variables,
    edges: BTreeSet<Edge>,
}

impl MixedBuilder {
    /// Adds a variable and returns its position.
    pub(crate) fn declare(&mut self, variable: Variable) -> Result<usize, GraphError> {
        self.variables.add(variable)
    }

    /// The position of a declared variable.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.variables.find(name)
    }

    /// The positions of the ends of an edge that is written as `from arrow to`.
    pub(crate) fn ends(&self, from: &str, arrow: &str, to: &str) -> Result<[usize; 2], GraphError> {
        let find = |name: &str| {
            self.variables.find(name).ok_or_else(|| GraphError::Undeclared {
                edge: format!("{from} {arrow} {to}"),
                name: name.to_owned(),
                suggestion: self.variables.nearest(name),
            })
        };
        Ok([find(from)?, find(to)?])
    }

    /// Adds an edge between two declared positions.
    pub(crate) fn add(&mut self, edge: Edge) -> Result<(), GraphError> {
        let [a, b] = edge.ends();
        let len = self.variables.len();
        if let Some(index) = [a, b].into_iter().find(|&end| end >= len) {
            return Err(GraphError::IndexOutOfRange { index, len });
        }
        let name = |index: usize| self.variables.get(index).name().to_owned();
        if let Some(end) = [a, b].into_iter().find(|&i| self.variables.get(i).is_unlabelled()) {
            let name_of_end = name(end);
            return Err(GraphError::UnlabelledEdge {
                from: name(a),
                arrow: edge.arrow(),
                to: name(b),
                name: name_of_end,
            });
        }
        if a == b {
            // A directed loop is a cycle of one node, the other sorts have no name of their own.
            return Err(if edge.is_directed() {
                GraphError::Cycle { names: vec![name(a)] }
            } else {
                GraphError::SelfLoop { name: name(a), arrow: edge.arrow() }
            });
        }
        if !self.edges.insert(edge) {
            return Err(GraphError::DuplicateEdge {
                from: name(a),
                arrow: edge.arrow(),
                to: name(b),
            });
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> MixedGraph {
        let edges: Vec<Edge> = self.edges.into_iter().collect();
        MixedGraph { links: Links::new(self.variables.len(), &edges), variables: self.variables }
    }
}
