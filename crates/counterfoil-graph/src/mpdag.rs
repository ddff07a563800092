//! Maximally oriented partly directed acyclic graphs: a Markov equivalence class narrowed by what else is known.

use crate::{
    Cpdag, Dag, Edge, GraphError, MixedGraph,
    class::{check_edges, path_text},
    equivalence::{Members, Partial},
    order,
};
use std::{fmt, ops::Deref};

/// A maximally oriented partly directed acyclic graph (MPDAG; Meek 1995, Perkovic, Kalisch and Maathuis 2017): the DAGs
/// of a Markov equivalence class that agree with background knowledge. `x -> y` stands where all of them have it,
/// `x -- y` where they differ.
///
/// A value of this type has at least one member and is closed under Meek's four rules.
///
/// ```
/// use counterfoil_graph::{Dag, Mpdag};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let class = Mpdag::from(Dag::from_dot("digraph { a; b; c; a -> b; b -> c }")?.cpdag()?);
/// // What is known of one edge decides the other.
/// assert_eq!(class.with_knowledge([(0, 1)])?.to_string(), "a; b; c; a -> b; b -> c");
/// assert_eq!(
///     class.with_knowledge([(0, 1), (2, 1)]).unwrap_err().to_string(),
///     "c -> b contradicts the graph, which has b -> c: drop that piece of knowledge"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Mpdag {
    graph: MixedGraph,
}

impl Mpdag {
    /// The graph with all consequences of its edges drawn by Meek's rules (1995): of a pattern of v-structures the
    /// CPDAG, of a graph with background knowledge the MPDAG.
    ///
    /// # Errors
    /// [`GraphError::EdgeOutOfClass`], [`GraphError::ParallelEdges`], [`GraphError::LatentInClass`],
    /// [`GraphError::Cycle`], [`GraphError::NotExtendable`] when no DAG has the edges and exactly the v-structures of the
    /// graph.
    pub fn closure(graph: &MixedGraph) -> Result<Self, GraphError> {
        check_edges(graph, "an MPDAG", "-> and --", |e| e.is_directed() || e.is_undirected())?;
        order::topological(graph.links()).map_err(|cycle| GraphError::Cycle {
            names: cycle.iter().map(|&i| graph.name(i).to_owned()).collect(),
        })?;
        let mut partial = Partial::of(graph);
        if let Err(stuck) = partial.extension() {
            let edges = stuck.iter().map(|&(a, b)| path_text(graph, &[a, b])).collect();
            return Err(GraphError::NotExtendable { edges });
        }
        partial.close();
        Ok(Self { graph: graph.with_edges(&partial.edges()) })
    }

    /// The members that have all of these edges `(cause, effect)` too. Each piece of knowledge is added with its
    /// consequences before the next is looked at (Perkovic, Kalisch and Maathuis 2017, algorithm 1), so that the first
    /// that contradicts those before it is named.
    ///
    /// # Errors
    /// [`GraphError::IndexOutOfRange`], [`GraphError::ContradictedKnowledge`].
    pub fn with_knowledge(
        &self,
        edges: impl IntoIterator<Item = (usize, usize)>,
    ) -> Result<Self, GraphError> {
        let mut partial = Partial::of(self);
        for (cause, effect) in edges {
            if let Some(index) = [cause, effect].into_iter().find(|&end| end >= self.len()) {
                return Err(GraphError::IndexOutOfRange { index, len: self.len() });
            }
            if partial.is_open(cause, effect) {
                partial.orient(cause, effect);
            } else if !partial.has_directed(cause, effect) {
                let turned = partial.has_directed(effect, cause);
                let [cause, effect] = [cause, effect].map(|node| self.name(node).to_owned());
                let found = if turned {
                    format!("which has {effect} -> {cause}")
                } else {
                    "which has no edge between them".to_owned()
                };
                return Err(GraphError::ContradictedKnowledge { cause, effect, found });
            }
        }
        Ok(Self { graph: self.graph.with_edges(&partial.edges()) })
    }

    /// The edges `(cause, effect)` that every member has, sorted.
    pub fn directed_edges(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len()).flat_map(|from| self.children(from).iter().map(move |&to| (from, to)))
    }

    /// The edges on whose direction members differ, smaller end first, sorted.
    pub fn undirected_edges(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len())
            .flat_map(|a| self.neighbours(a).iter().map(move |&b| (a, b)).filter(|(a, b)| a < b))
    }

    /// One member: a consistent extension (Dor and Tarsi 1992).
    pub fn member(&self) -> Dag {
        // There is a member, so that the order is found.
        let order = Partial::of(self).extension().unwrap_or_default();
        let mut position = vec![0; self.len()];
        for (i, &node) in order.iter().enumerate() {
            position[node] = i;
        }
        let turned = self.undirected_edges().map(|(a, b)| {
            if position[a] < position[b] { Edge::directed(a, b) } else { Edge::directed(b, a) }
        });
        let kept = self.directed_edges().map(|(a, b)| Edge::directed(a, b));
        Dag::from_mixed(self.with_edges(&kept.chain(turned).collect::<Vec<_>>()))
    }

    /// All members, one after the other. Each open edge is directed both ways in turn and the consequences are drawn
    /// (both ways always have members), so that the delay is polynomial: `m` times the cost of a closure at most.
    pub fn members(&self) -> Members {
        Members::new(self)
    }
}

impl Cpdag {
    /// All DAGs of the class, one after the other; see [`Mpdag::members`]. How many there are is counted without listing
    /// them by [`MarkovClass`](crate::equivalence::MarkovClass).
    pub fn members(&self) -> Members {
        Members::new(self)
    }
}

impl From<Cpdag> for Mpdag {
    fn from(cpdag: Cpdag) -> Self {
        Self { graph: (*cpdag).clone() }
    }
}

impl Deref for Mpdag {
    type Target = MixedGraph;

    fn deref(&self) -> &MixedGraph {
        &self.graph
    }
}

/// Checks that the graph has a member and is closed under Meek's rules; [`Mpdag::closure`] closes it.
impl TryFrom<MixedGraph> for Mpdag {
    type Error = GraphError;

    fn try_from(graph: MixedGraph) -> Result<Self, GraphError> {
        let closed = Self::closure(&graph)?;
        let turned = graph.mixed_edges().into_iter().find(|&edge| {
            let [a, b] = edge.ends();
            edge.is_undirected() && !closed.neighbours(a).contains(&b)
        });
        match turned {
            None => Ok(closed),
            Some(edge) => {
                let [a, b] = edge.ends();
                let followed = closed.edges_between(a, b).next().unwrap_or(edge);
                Err(GraphError::NotClosed {
                    edge: graph.describe(edge),
                    closed: graph.describe(followed),
                })
            }
        }
    }
}

impl fmt::Display for Mpdag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}
