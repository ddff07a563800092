//! Acyclic directed mixed graphs: causes that are measured as arrows, hidden common causes as two-headed ones.

use crate::{
    Dag, Edge, GraphError, MixedGraph, NodeSet, Variable, View, mixed::MixedBuilder, order,
    projection,
};
use std::ops::Deref;

/// An acyclic directed mixed graph (ADMG): `x -> y` says that x is a direct cause of y, `x <-> y` that the two have a
/// hidden common cause; a pair may have both. The graph of a semi-Markovian model (Verma and Pearl 1990, Richardson
/// 2003).
///
/// All of its nodes are observed. Hidden variables are declared in a [`Dag`] and projected out of it by
/// [`Dag::project`] or [`Admg::from`], so that no algorithm can take one for observed.
///
/// ```
/// use counterfoil_graph::{Admg, CausalGraph, admg};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let front_door = admg! { X -> M -> Y; X <-> Y }?;
/// assert_eq!(front_door.to_string(), "X; M; Y; X -> M; X <-> Y; M -> Y");
/// let districts = front_door.districts();
/// assert_eq!(front_door.names(&districts[0]), ["X", "Y"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Admg {
    graph: MixedGraph,
    order: Vec<usize>,
}

impl Admg {
    /// A graph of `variables` with directed edges `(cause, effect)` and bidirected ones, by name.
    ///
    /// # Errors
    /// As [`Dag::new`], and [`GraphError::SelfLoop`] for `x <-> x`.
    pub fn new(
        variables: impl IntoIterator<Item = Variable>,
        directed: &[(&str, &str)],
        bidirected: &[(&str, &str)],
    ) -> Result<Self, GraphError> {
        let mut builder = MixedBuilder::default();
        for variable in variables {
            builder.declare(variable)?;
        }
        for (from, to) in directed {
            let [from, to] = builder.ends(from, "->", to)?;
            builder.add(Edge::directed(from, to))?;
        }
        for (a, b) in bidirected {
            let [a, b] = builder.ends(a, "<->", b)?;
            builder.add(Edge::bidirected(a, b))?;
        }
        Self::try_from(builder.finish())
    }

    /// The graph that `statements` write down, as in `X -> M -> Y; X <-> Y; Z`: names in the order in which they first
    /// appear, chains of `->`, `<-` and `<->`, statements ended by `;` or a line's end.
    ///
    /// # Errors
    /// [`GraphError::Syntax`] in [`GraphError::At`], otherwise as [`Admg::new`].
    pub fn from_statements(statements: &str) -> Result<Self, GraphError> {
        crate::statements::read(statements)
    }

    /// All nodes, each after its parents; of those that could come next, the first declared.
    pub fn topological_order(&self) -> &[usize] {
        &self.order
    }

    /// The directed edges `(cause, effect)`, sorted.
    pub fn directed_edges(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len()).flat_map(|from| self.children(from).iter().map(move |&to| (from, to)))
    }

    /// The bidirected edges, smaller end first, sorted.
    pub fn bidirected_edges(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len())
            .flat_map(|a| self.spouses(a).iter().map(move |&b| (a, b)).filter(|(a, b)| a < b))
    }

    /// The whole graph as a view, to be cut.
    pub fn view(&self) -> View<'_> {
        View::new(&self.graph, &self.order)
    }

    /// The graph without the edges into `nodes`: what an intervention on them leaves. A view, nothing is copied.
    pub fn mutilated(&self, nodes: impl IntoIterator<Item = usize>) -> View<'_> {
        self.view().without_edges_into(&nodes.into_iter().collect())
    }

    /// The graph over the nodes outside `hidden` that has the same separations and causal relations among them (Verma
    /// and Pearl 1990).
    ///
    /// `a -> b` where a directed path leads from a to b through hidden nodes alone; `a <-> b` where a path leads into
    /// both ends with every inner node hidden and none a collider. Positions that the graph does not have are passed
    /// over. `O(n m)`.
    pub fn project(&self, hidden: &NodeSet) -> Self {
        projection::project(&self.graph, &self.order, hidden)
    }

    /// The same structure with each bidirected edge replaced by a hidden variable: the canonical DAG (Richardson and
    /// Spirtes 2002). Its hidden variables come last and are declared latent, so that [`Admg::from`] gives this graph
    /// back.
    ///
    /// They are called `U_a_b`, with more underscores where that name is taken.
    pub fn canonical_dag(&self) -> Dag {
        projection::canonical(self)
    }
}

impl Deref for Admg {
    type Target = MixedGraph;

    fn deref(&self) -> &MixedGraph {
        &self.graph
    }
}

/// Checks that there are no marks but `->` and `<->`, no cycle, and no variable that is declared hidden.
impl TryFrom<MixedGraph> for Admg {
    type Error = GraphError;

    fn try_from(graph: MixedGraph) -> Result<Self, GraphError> {
        if let Some(edge) =
            graph.mixed_edges().into_iter().find(|e| !e.is_directed() && !e.is_bidirected())
        {
            let edge = graph.describe(edge);
            return Err(GraphError::EdgeOutOfClass {
                edge,
                class: "an ADMG",
                allowed: "-> and <->",
            });
        }
        if let Some(latent) = graph.variables().find(|v| v.is_latent()) {
            return Err(GraphError::LatentInClass { name: latent.name().to_owned() });
        }
        let order = order::topological(graph.links()).map_err(|cycle| GraphError::Cycle {
            names: cycle.iter().map(|&i| graph.name(i).to_owned()).collect(),
        })?;
        Ok(Self { graph, order })
    }
}

/// Projects out what the graph declares latent, and leaves out unlabelled variables, which have no edges.
impl From<&Dag> for Admg {
    fn from(dag: &Dag) -> Self {
        let unseen = (0..dag.len()).filter(|&i| !dag.variable(i).is_labelled()).collect();
        dag.project(&unseen)
    }
}

impl Admg {
    /// From parts that are known to be in order: a projection or a subgraph of a graph that was checked.
    pub(crate) fn from_checked(graph: MixedGraph) -> Self {
        // A graph without a cycle has an order; one with a cycle cannot come here.
        let order = order::topological(graph.links()).unwrap_or_default();
        debug_assert_eq!(order.len(), graph.len());
        Self { graph, order }
    }
}

/// The whole graph.
impl<'g> From<&'g Admg> for View<'g> {
    fn from(graph: &'g Admg) -> Self {
        graph.view()
    }
}
