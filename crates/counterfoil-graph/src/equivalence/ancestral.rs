//! From a DAG or ADMG to the MAG of what is seen of it.

use crate::{Admg, CausalGraph, Dag, Edge, GraphError, Mag, Mark, NodeSet, mag::inducing_path};

/// The MAG of `graph` over the nodes outside `selection`, on whose values the data are conditioned (Richardson and
/// Spirtes 2002, section 4.2): a pair is joined when an inducing path relative to the selection joins it, and an end is
/// a tail when it is an ancestor of the other end or of the selection.
pub(crate) fn project(graph: &Admg, selection: &NodeSet) -> Mag {
    let observed = &graph.nodes() - selection;
    let selected = graph.ancestors(selection);
    let ancestors: Vec<NodeSet> = (0..graph.len()).map(|node| graph.ancestors([node])).collect();
    let district: Vec<usize> = {
        let mut of = vec![0; graph.len()];
        for (i, members) in graph.districts().iter().enumerate() {
            members.iter().for_each(|node| of[node] = i);
        }
        of
    };
    // The districts in which an inducing path from a node can run: those that it has an arrowhead into.
    let touched: Vec<Vec<usize>> = (0..graph.len())
        .map(|node| {
            let mut all: Vec<usize> = graph
                .children_of(node)
                .chain(graph.spouses_of(node))
                .map(|to| district[to])
                .collect();
            all.sort_unstable();
            all.dedup();
            all
        })
        .collect();
    let share = |a: usize, b: usize| touched[a].iter().any(|d| touched[b].binary_search(d).is_ok());
    let mut edges = Vec::new();
    for a in &observed {
        for b in observed.iter().filter(|&b| b > a) {
            let joined = graph.is_adjacent(a, b)
                || share(a, b) && {
                    let mut above = &ancestors[a] | &ancestors[b];
                    above.union_with(&selected);
                    inducing_path(graph, a, b, &above).is_some()
                };
            if joined {
                let mark = |at: usize, other: usize| {
                    let above = ancestors[other].contains(at) || selected.contains(at);
                    if above { Mark::Tail } else { Mark::Arrow }
                };
                edges.push(Edge::new(a, mark(a, b), b, mark(b, a)));
            }
        }
    }
    Mag::from_checked(graph.with_edges(&edges).induced(&observed))
}

impl Admg {
    /// The MAG that has the same independences and ancestral relations as this graph (Richardson and Spirtes 2002,
    /// section 4.2) among the nodes outside `selection`, given that the data are conditioned on these.
    ///
    /// A node of `selection` that the graph does not have is left out. `O(n^2 (n + m))` at worst; pairs that share no
    /// district are told apart at once.
    pub fn mag(&self, selection: &NodeSet) -> Mag {
        project(self, selection)
    }
}

impl Dag {
    /// The MAG over the variables that are neither `hidden` nor selected on; see [`Admg::mag`]. Nodes that the graph does
    /// not have are left out of both.
    ///
    /// # Errors
    /// [`GraphError::LatentInClass`] for a variable that is declared latent and is not among the hidden.
    ///
    /// ```
    /// use counterfoil_graph::{Dag, NodeSet};
    ///
    /// # fn main() -> Result<(), counterfoil_graph::GraphError> {
    /// let dag = Dag::from_dot("digraph { x; y; s; u [role=latent]; u -> x; u -> y; x -> s; y -> s }")?;
    /// let hidden = dag.set_of(["u"])?;
    /// assert_eq!(dag.mag(&hidden, &NodeSet::new())?.to_string(), "x; y; s; x <-> y; x -> s; y -> s");
    /// assert_eq!(dag.mag(&hidden, &dag.set_of(["s"])?)?.to_string(), "x; y; x -- y");
    /// # Ok(())
    /// # }
    /// ```
    pub fn mag(&self, hidden: &NodeSet, selection: &NodeSet) -> Result<Mag, GraphError> {
        let seen = &self.nodes() - hidden;
        if let Some(latent) = seen.iter().find(|&node| self.variable(node).is_latent()) {
            return Err(GraphError::LatentInClass { name: self.name(latent).to_owned() });
        }
        let seen: Vec<usize> = seen.iter().collect();
        let selection = (0..seen.len()).filter(|&i| selection.contains(seen[i])).collect();
        Ok(self.project(hidden).mag(&selection))
    }
}

/// The MAG without selection; see [`Admg::mag`].
impl From<&Admg> for Mag {
    fn from(graph: &Admg) -> Self {
        graph.mag(&NodeSet::new())
    }
}
