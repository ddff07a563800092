//! The directed acyclic graph of named variables: checked once when it is made, and only read afterwards.

use crate::{
    Admg, Edge, GraphError, MixedGraph, NodeSet, Role, Variable, View, mixed::MixedBuilder, order,
    projection,
};
use std::ops::Deref;

/// A directed acyclic graph (DAG) of named [`Variable`]s.
///
/// A value of this type is a DAG: every constructor refuses cycles, duplicates, undeclared names and edges at
/// unlabelled variables, and there is no way to change it. Variables are numbered from 0 in the order of their
/// declaration, and that order decides the order of everything that comes out: parents and children ascend, the
/// topological order takes the first available variable. The order in which edges are written has no influence.
///
/// ```
/// use counterfoil_graph::{CausalGraph, Dag};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let dag = Dag::from_dot(
///     r#"digraph {
///         intensity [unit="grey level", low=64.0, high=255.0];
///         thickness [unit="px", low=1.0, high=5.8];
///         thickness -> intensity;
///     }"#,
/// )?;
/// let (thickness, intensity) = (dag.index_of("thickness")?, dag.index_of("intensity")?);
/// assert_eq!(dag.topological_order(), [thickness, intensity]);
/// assert_eq!(dag.parents(intensity), [thickness]);
/// assert!(dag.mutilated([intensity]).parents_of(intensity).next().is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dag {
    graph: MixedGraph,
    order: Vec<usize>,
}

impl Dag {
    /// A graph of `variables` with the edges `(from, to)` by name.
    ///
    /// # Errors
    /// [`GraphError::DuplicateVariable`], [`GraphError::Undeclared`] (with a suggestion for a misspelt name),
    /// [`GraphError::DuplicateEdge`], [`GraphError::UnlabelledEdge`], [`GraphError::Cycle`] (with the cycle).
    pub fn new(
        variables: impl IntoIterator<Item = Variable>,
        edges: &[(&str, &str)],
    ) -> Result<Self, GraphError> {
        let mut builder = MixedBuilder::default();
        for variable in variables {
            builder.declare(variable)?;
        }
        for (from, to) in edges {
            let [from, to] = builder.ends(from, "->", to)?;
            builder.add(Edge::directed(from, to))?;
        }
        Self::try_from(builder.finish())
    }

    /// The edges `(from, to)`, sorted by `from` and then by `to`.
    pub fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len()).flat_map(|from| self.children(from).iter().map(move |&to| (from, to)))
    }

    /// All variables, each after its parents; of those that could come next, the first declared.
    pub fn topological_order(&self) -> &[usize] {
        &self.order
    }

    /// The positions of the variables that data carry a value of, ascending.
    pub fn labelled(&self) -> Vec<usize> {
        self.with_role(Role::Labelled)
    }

    /// The positions of the variables that stand for what the graph does not name, ascending.
    pub fn unlabelled(&self) -> Vec<usize> {
        self.with_role(Role::Unlabelled)
    }

    /// The positions of the variables that are declared hidden, ascending.
    pub fn latent(&self) -> Vec<usize> {
        self.with_role(Role::Latent)
    }

    fn with_role(&self, role: Role) -> Vec<usize> {
        (0..self.len()).filter(|&i| self.variable(i).role() == role).collect()
    }

    /// The graph without the unlabelled variables, which have no edges.
    pub fn labelled_part(&self) -> Self {
        let kept = (0..self.len()).filter(|&i| !self.variable(i).is_unlabelled()).collect();
        Self::from_graph(self.graph.induced(&kept))
    }

    /// The causes among the variables that are not declared latent: without these, and with an edge where a directed
    /// path leads through them alone. What a model of the observed variables can be told; the hidden common causes that it
    /// cannot are the bidirected edges of [`Admg::from`].
    #[must_use]
    pub fn observed_part(&self) -> Self {
        let hidden: NodeSet = self.latent().into_iter().collect();
        let seen = self.project(&hidden);
        let edges = seen.directed_edges().map(|(cause, effect)| Edge::directed(cause, effect));
        Self::from_checked(seen.variables().cloned().collect(), edges.collect())
    }

    /// The whole graph as a view, to be cut.
    pub fn view(&self) -> View<'_> {
        View::new(&self.graph, &self.order)
    }

    /// The graph without the edges into `nodes`: what is left of it under an intervention on them (Pearl 2009,
    /// section 3.2). A view, nothing is copied.
    pub fn mutilated(&self, nodes: impl IntoIterator<Item = usize>) -> View<'_> {
        self.view().without_edges_into(&nodes.into_iter().collect())
    }

    /// The graph over the variables outside `hidden` that has the same separations and causal relations among them,
    /// with `<->` for hidden common causes (Verma and Pearl 1990); see [`Admg::project`]. [`Admg::from`] projects what
    /// the graph itself declares latent.
    pub fn project(&self, hidden: &NodeSet) -> Admg {
        projection::project(&self.graph, &self.order, hidden)
    }

    /// From parts that are known to form a DAG.
    pub(crate) fn from_checked(variables: Vec<Variable>, edges: Vec<Edge>) -> Self {
        let mut builder = MixedBuilder::default();
        for variable in variables {
            let _ = builder.declare(variable);
        }
        for edge in edges {
            let _ = builder.add(edge);
        }
        Self::from_graph(builder.finish())
    }

    /// A graph that is known to be a DAG.
    pub(crate) fn from_mixed(graph: MixedGraph) -> Self {
        Self::from_graph(graph)
    }

    fn from_graph(graph: MixedGraph) -> Self {
        // A part of a graph without a cycle has none either.
        let order = order::topological(graph.links()).unwrap_or_default();
        debug_assert_eq!(order.len(), graph.len());
        Self { graph, order }
    }
}

impl Deref for Dag {
    type Target = MixedGraph;

    fn deref(&self) -> &MixedGraph {
        &self.graph
    }
}

/// Checks that all edges are directed and that they form no cycle.
impl TryFrom<MixedGraph> for Dag {
    type Error = GraphError;

    fn try_from(graph: MixedGraph) -> Result<Self, GraphError> {
        if let Some(edge) = graph.mixed_edges().into_iter().find(|edge| !edge.is_directed()) {
            let edge = graph.describe(edge);
            return Err(GraphError::EdgeOutOfClass { edge, class: "a DAG", allowed: "->" });
        }
        let order = order::topological(graph.links()).map_err(|cycle| GraphError::Cycle {
            names: cycle.iter().map(|&i| graph.name(i).to_owned()).collect(),
        })?;
        Ok(Self { graph, order })
    }
}

/// The whole graph.
impl<'g> From<&'g Dag> for View<'g> {
    fn from(graph: &'g Dag) -> Self {
        graph.view()
    }
}
