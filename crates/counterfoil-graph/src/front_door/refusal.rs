//! Why a set is not a front-door set, with the path that shows it.

use super::FrontDoor;
use crate::{NodeSet, QueryError, directed::is_directed_path, separation::Path};

/// Why a set of mediators is refused. Its `Display` is one sentence with the path in text.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The set is none of this graph, or overlaps with exposures or outcomes.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A member is hidden or outside of what the question allows.
    #[error("`{name}` is hidden or not allowed: leave it out of the mediators")]
    NotAllowed {
        /// The member.
        node: usize,
        /// Its name.
        name: String,
    },
    /// A required node is missing.
    #[error("`{name}` is required: add it to the mediators")]
    Missing {
        /// The node.
        node: usize,
        /// Its name.
        name: String,
    },
    /// Condition 1 fails: a directed path meets no mediator.
    #[error("the effect bypasses the mediators: {text}")]
    Bypass {
        /// The path, from an exposure to an outcome.
        path: Vec<usize>,
        /// The path in names.
        text: String,
    },
    /// Condition 2 fails: a back-door path from the exposures to a mediator is open.
    #[error("a back-door path from the exposures to the mediators is open: {text}")]
    Confounded {
        /// The path in the graph without the edges out of the exposures, open given nothing.
        path: Path,
        /// The path in names.
        text: String,
    },
    /// Condition 3 fails: a back-door path from a mediator to the outcomes is open given the exposures.
    #[error("a back-door path from the mediators to the outcomes is open: {text}")]
    Disturbed {
        /// The path in the graph without the edges out of the mediators, open given the exposures.
        path: Path,
        /// The path in names.
        text: String,
    },
}

impl Refusal {
    /// Checks the certificate against the graph of `question` and the set `z` that was refused, from the definitions and
    /// without any search.
    pub fn verify(&self, question: &FrontDoor<'_>, z: &NodeSet) -> bool {
        let scope = &question.scope;
        let (view, x, y) = (&scope.view, &scope.x, &scope.y);
        let joins = |path: &Path, from: &NodeSet, to: &NodeSet| {
            let [a, b] = path.ends();
            from.contains(a) && to.contains(b)
        };
        match self {
            Self::Query(_) => scope.check(z, "the mediators").is_err(),
            Self::NotAllowed { node, .. } => z.contains(*node) && !scope.allowed.contains(*node),
            Self::Missing { node, .. } => scope.required.contains(*node) && !z.contains(*node),
            Self::Bypass { path, .. } => {
                is_directed_path(view, path)
                    && path.first().is_some_and(|&node| x.contains(node))
                    && path.last().is_some_and(|&node| y.contains(node))
                    && !path.iter().any(|&node| z.contains(node))
            }
            Self::Confounded { path, .. } => {
                joins(path, x, z)
                    && path.verify(&view.clone().without_edges_out_of(x), &NodeSet::new())
            }
            Self::Disturbed { path, .. } => {
                joins(path, z, y) && path.verify(&view.clone().without_edges_out_of(z), x)
            }
        }
    }
}
