//! petgraph in, petgraph out, and petgraph's algorithms on a [`Dag`] as it stands.

use crate::{Dag, Edge, GraphError, Mark, MixedGraph, Variable, mixed::MixedBuilder};
use fixedbitset::FixedBitSet;
use petgraph::{
    Directed, Direction, Graph,
    graph::{DiGraph, IndexType},
    visit::{
        EdgeRef, GraphBase, GraphProp, IntoNeighbors, IntoNeighborsDirected, IntoNodeIdentifiers,
        NodeCount, NodeIndexable, Visitable,
    },
};

impl Dag {
    /// The causal graph of a petgraph graph, whose node weights are [`Variable`]s or names; node indices become
    /// positions, edge weights are not looked at.
    ///
    /// # Errors
    /// As [`Dag::new`], and [`GraphError::BadName`] for a name that no variable can have.
    ///
    /// ```
    /// use counterfoil_graph::Dag;
    /// use petgraph::graph::DiGraph;
    ///
    /// # fn main() -> Result<(), counterfoil_graph::GraphError> {
    /// let mut graph = DiGraph::<&str, ()>::new();
    /// let (smoking, tar) = (graph.add_node("smoking"), graph.add_node("tar"));
    /// graph.add_edge(smoking, tar, ());
    /// let dag = Dag::from_petgraph(&graph)?;
    /// assert_eq!(dag.children(0), [1]);
    /// // petgraph's algorithms run on the causal graph itself ...
    /// assert!(petgraph::algo::has_path_connecting(&dag, 0, 1, None));
    /// // ... and it can be given back.
    /// assert_eq!(dag.to_petgraph().edge_count(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_petgraph<N, E, Ix>(graph: &Graph<N, E, Directed, Ix>) -> Result<Self, GraphError>
    where
        N: Clone + TryInto<Variable>,
        GraphError: From<N::Error>,
        Ix: IndexType,
    {
        let mut builder = MixedBuilder::default();
        for name in graph.node_weights() {
            builder.declare(name.clone().try_into()?)?;
        }
        for edge in graph.edge_references() {
            builder.add(Edge::directed(edge.source().index(), edge.target().index()))?;
        }
        Self::try_from(builder.finish())
    }

    /// The same graph as a petgraph graph; node `i` carries variable `i`, edges are sorted as in [`Dag::edges`].
    pub fn to_petgraph(&self) -> DiGraph<Variable, ()> {
        let mut graph = DiGraph::with_capacity(self.len(), self.edge_count());
        let nodes: Vec<_> = self.variables().map(|v| graph.add_node(v.clone())).collect();
        for (from, to) in self.edges() {
            graph.add_edge(nodes[from], nodes[to], ());
        }
        graph
    }
}

impl MixedGraph {
    /// The mixed graph of a petgraph graph with one arc an edge, in whichever direction, and the marks at its source
    /// and target in the weight.
    ///
    /// # Errors
    /// As [`MixedGraph::new`], and [`GraphError::BadName`].
    pub fn from_petgraph<N, Ix>(
        graph: &Graph<N, [Mark; 2], Directed, Ix>,
    ) -> Result<Self, GraphError>
    where
        N: Clone + TryInto<Variable>,
        GraphError: From<N::Error>,
        Ix: IndexType,
    {
        let mut builder = MixedBuilder::default();
        for name in graph.node_weights() {
            builder.declare(name.clone().try_into()?)?;
        }
        for edge in graph.edge_references() {
            let [at_source, at_target] = *edge.weight();
            let (source, target) = (edge.source().index(), edge.target().index());
            builder.add(Edge::new(source, at_source, target, at_target))?;
        }
        Ok(builder.finish())
    }

    /// The same graph as a petgraph graph: one arc an edge, from the first end of its canonical form to the second, with
    /// the marks at both ends as weight.
    ///
    /// ```
    /// use counterfoil_graph::{Admg, Mark, admg};
    ///
    /// # fn main() -> Result<(), counterfoil_graph::GraphError> {
    /// let bow = admg! { X -> Y; X <-> Y }?;
    /// let graph = bow.to_mixed_petgraph();
    /// assert!(graph.edge_weights().eq(&[[Mark::Tail, Mark::Arrow], [Mark::Arrow, Mark::Arrow]]));
    /// let back = counterfoil_graph::MixedGraph::from_petgraph(&graph)?;
    /// assert_eq!(Admg::try_from(back)?, bow);
    /// # Ok(())
    /// # }
    /// ```
    pub fn to_mixed_petgraph(&self) -> DiGraph<Variable, [Mark; 2]> {
        let mut graph = DiGraph::with_capacity(self.len(), self.edge_count());
        let nodes: Vec<_> = self.variables().map(|v| graph.add_node(v.clone())).collect();
        for edge in self.mixed_edges() {
            let [a, b] = edge.ends();
            graph.add_edge(nodes[a], nodes[b], edge.marks());
        }
        graph
    }
}

impl GraphBase for Dag {
    type NodeId = usize;
    type EdgeId = (usize, usize);
}

impl GraphProp for Dag {
    type EdgeType = Directed;
}

impl NodeCount for Dag {
    fn node_count(&self) -> usize {
        self.len()
    }
}

impl NodeIndexable for Dag {
    fn node_bound(&self) -> usize {
        self.len()
    }

    fn to_index(&self, node: usize) -> usize {
        node
    }

    fn from_index(&self, index: usize) -> usize {
        index
    }
}

impl Visitable for Dag {
    type Map = FixedBitSet;

    fn visit_map(&self) -> FixedBitSet {
        FixedBitSet::with_capacity(self.len())
    }

    fn reset_map(&self, map: &mut FixedBitSet) {
        map.clear();
        map.grow(self.len());
    }
}

impl IntoNodeIdentifiers for &Dag {
    type NodeIdentifiers = std::ops::Range<usize>;

    fn node_identifiers(self) -> Self::NodeIdentifiers {
        0..self.len()
    }
}

impl<'dag> IntoNeighbors for &'dag Dag {
    type Neighbors = std::iter::Copied<std::slice::Iter<'dag, usize>>;

    fn neighbors(self, node: usize) -> Self::Neighbors {
        self.children(node).iter().copied()
    }
}

impl<'dag> IntoNeighborsDirected for &'dag Dag {
    type NeighborsDirected = std::iter::Copied<std::slice::Iter<'dag, usize>>;

    fn neighbors_directed(self, node: usize, direction: Direction) -> Self::NeighborsDirected {
        match direction {
            Direction::Outgoing => self.children(node).iter().copied(),
            Direction::Incoming => self.parents(node).iter().copied(),
        }
    }
}
