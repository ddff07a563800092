//! The DAGs of a class, one after the other.

use super::Partial;
use crate::{Dag, MixedGraph};

/// The members of a [`Cpdag`](crate::Cpdag) or [`Mpdag`](crate::Mpdag), each once; see
/// [`Mpdag::members`](crate::Mpdag::members).
///
/// ```
/// use counterfoil_graph::Dag;
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let class = Dag::from_dot("digraph { a; b; c; a -> b; b -> c }")?.cpdag()?;
/// let members: Vec<String> = class.members().map(|dag| dag.mixed_edges().len().to_string()).collect();
/// assert_eq!(members.len(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Members {
    graph: MixedGraph,
    /// Graphs closed under Meek's rules, which have members that are still to come.
    stack: Vec<Partial>,
}

impl Members {
    pub(crate) fn new(graph: &MixedGraph) -> Self {
        Self { graph: graph.clone(), stack: vec![Partial::of(graph)] }
    }
}

impl Iterator for Members {
    type Item = Dag;

    fn next(&mut self) -> Option<Dag> {
        let mut partial = self.stack.pop()?;
        while let Some((a, b)) = partial.first_open() {
            let mut turned = partial.clone();
            turned.orient(b, a);
            self.stack.push(turned);
            partial.orient(a, b);
        }
        Some(Dag::from_mixed(self.graph.with_edges(&partial.edges())))
    }
}
