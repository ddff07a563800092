//! Why a set is not an adjustment set, with the path that shows it.

use super::Effect;
use crate::{
    NodeSet, QueryError,
    directed::{directed_path, is_directed_path},
    scope::Scope,
    separation::Path,
};

/// Why a set is refused. Its `Display` is one sentence with the path in text.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The set is none of this graph, or overlaps with exposures or outcomes.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A member is hidden or outside of what the question allows.
    #[error("`{name}` is hidden or not allowed: leave it out of the adjustment set")]
    NotAllowed {
        /// The member.
        node: usize,
        /// Its name.
        name: String,
    },
    /// A required node is missing.
    #[error("`{name}` is required: add it to the adjustment set")]
    Missing {
        /// The node.
        node: usize,
        /// Its name.
        name: String,
    },
    /// A member is a descendant of a causal node.
    #[error("`{name}` may not be adjusted for: it is on a causal path or below one, {text}")]
    Forbidden {
        /// The member.
        node: usize,
        /// Its name.
        name: String,
        /// A directed path from an exposure through a causal node to the member.
        descent: Vec<usize>,
        /// A directed path from that causal node, which is on `descent`, to an outcome.
        onwards: Vec<usize>,
        /// Both in names.
        text: String,
    },
    /// A path from an exposure to an outcome that is not causal is open.
    #[error("a path that is not causal stays open: {text}")]
    Open {
        /// The path in the proper back-door graph.
        path: Path,
        /// The path in names.
        text: String,
    },
    /// A member is a descendant of an exposure, which the back-door criterion forbids.
    #[error(
        "`{name}` may not be adjusted for by the back door: it is an effect of an exposure, {text}"
    )]
    Descendant {
        /// The member.
        node: usize,
        /// Its name.
        name: String,
        /// A directed path from an exposure to the member.
        descent: Vec<usize>,
        /// The path in names.
        text: String,
    },
    /// The back-door criterion was asked of a member of a class, which says nothing of the others.
    #[error(
        "the back-door criterion is for one graph, not for a class: use the adjustment criterion"
    )]
    OfClass,
    /// A path into an exposure is open.
    #[error("a back-door path stays open: {text}")]
    BackDoor {
        /// The path in the graph without the edges out of its first node.
        path: Path,
        /// The path in names.
        text: String,
    },
}

impl Effect<'_> {
    /// The certificate for a forbidden node.
    pub(super) fn forbid(&self, node: usize) -> Refusal {
        let Scope { view, x, y, .. } = &self.scope;
        let causal = |node: usize| self.causal_nodes.contains(node);
        // The last causal node above this one; from there on nothing else needs to be causal.
        let below = directed_path(view, &self.causal_nodes, &[node].into(), |_| true);
        let mut descent = Vec::new();
        let mut onwards = Vec::new();
        if let Some(below) = below
            && let Some(&through) = below.first()
        {
            let above = directed_path(view, x, &[through].into(), causal);
            descent = above.unwrap_or_default();
            descent.extend(&below[1..]);
            onwards = directed_path(view, &[through].into(), y, causal).unwrap_or_default();
        }
        let mut text = self.scope.arrows(&descent);
        if onwards.len() > 1 {
            text = format!("{text}, {}", self.scope.arrows(&onwards));
        }
        let name = view.graph().name(node).to_owned();
        Refusal::Forbidden { node, name, descent, onwards, text }
    }
}

impl Refusal {
    /// Checks the certificate against the graph of `effect` and the set `z` that was refused, from the definitions and
    /// without any search.
    pub fn verify(&self, effect: &Effect<'_>, z: &NodeSet) -> bool {
        let scope = &effect.scope;
        let Scope { view, x, y, .. } = scope;
        let starts = |path: &[usize]| path.first().is_some_and(|&node| x.contains(node));
        let joins = |path: &Path| {
            let [a, b] = path.ends();
            x.contains(a) && y.contains(b)
        };
        match self {
            Self::Query(_) => scope.check(z, "the adjustment set").is_err(),
            Self::NotAllowed { node, .. } => z.contains(*node) && !scope.allowed.contains(*node),
            Self::Missing { node, .. } => scope.required.contains(*node) && !z.contains(*node),
            Self::Forbidden { node, descent, onwards, .. } => {
                let causal = |i: usize| {
                    let proper =
                        descent[1..=i].iter().chain(onwards).all(|&node| !x.contains(node));
                    i > 0 && proper
                };
                z.contains(*node)
                    && descent.last() == Some(node)
                    && starts(descent)
                    && is_directed_path(view, descent)
                    && is_directed_path(view, onwards)
                    && onwards.last().is_some_and(|&node| y.contains(node))
                    && descent
                        .iter()
                        .position(|&node| onwards.first() == Some(&node))
                        .is_some_and(causal)
            }
            // That the first edge is not the first of a causal path is left to the graph, which lacks those.
            Self::Open { path, .. } => {
                joins(path) && path.verify(&effect.proper_back_door_graph(), z)
            }
            Self::Descendant { node, descent, .. } => {
                z.contains(*node)
                    && descent.last() == Some(node)
                    && starts(descent)
                    && is_directed_path(view, descent)
            }
            Self::OfClass => effect.of_class,
            Self::BackDoor { path, .. } => {
                let first = NodeSet::from([path.ends()[0]]);
                joins(path) && path.verify(&view.clone().without_edges_out_of(&first), z)
            }
        }
    }
}
