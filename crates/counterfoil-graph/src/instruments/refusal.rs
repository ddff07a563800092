//! Why a variable is not an instrument given a set, with what shows it.

use super::{Instruments, Unreached};
use crate::{NodeSet, QueryError, directed::is_directed_path, separation::Path};

/// Why a variable is refused as an instrument. Its `Display` is one sentence with the path in text.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The instrument or the condition is none of this graph, or they overlap with each other, X or Y.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// A node is hidden or outside of what the question allows.
    #[error("`{name}` is hidden or not allowed: choose another instrument or condition")]
    NotAllowed {
        /// The node.
        node: usize,
        /// Its name.
        name: String,
    },
    /// A node is a descendant of the outcome, or of a node on a causal path to it.
    #[error(
        "`{name}` may be neither instrument nor condition: it is part of the effect or below it, {text}"
    )]
    Forbidden {
        /// The node.
        node: usize,
        /// Its name.
        name: String,
        /// A directed path from the outcome or a causal node to it.
        descent: Vec<usize>,
        /// The path in names.
        text: String,
    },
    /// Condition 2 fails: an open path leads to the outcome not by way of the effect.
    #[error("`{name}` reaches the outcome past the exposure: {text}")]
    Leak {
        /// The instrument's name.
        name: String,
        /// The path in the graph without the first edges of causal paths.
        path: Path,
        /// The path in names.
        text: String,
    },
    /// Condition 1 fails: given the condition the instrument tells nothing of the exposure.
    #[error(
        "`{name}` tells nothing of `{exposure}` given the condition: no path between them is open"
    )]
    Irrelevant {
        /// The instrument's name.
        name: String,
        /// The exposure's name.
        exposure: String,
        /// All that the instrument reaches.
        unreached: Box<Unreached>,
    },
}

impl Refusal {
    /// Checks the certificate against the graph of `question`, the instrument `z` and the condition `w` that were refused,
    /// from the definitions and without any search.
    pub fn verify(&self, question: &Instruments<'_>, z: usize, w: &NodeSet) -> bool {
        let scope = &question.scope;
        let (view, x, y) = (&scope.view, &scope.x, &scope.y);
        let named = |node: usize| node == z || w.contains(node);
        match self {
            Self::Query(_) => {
                z >= view.graph().len()
                    || w.contains(z)
                    || scope.check(&[z].into(), "the instrument").is_err()
                    || scope.check(w, "the condition").is_err()
            }
            Self::NotAllowed { node, .. } => named(*node) && !scope.allowed.contains(*node),
            Self::Forbidden { node, descent, .. } => {
                let source =
                    |&node: &usize| question.causal_nodes.contains(node) || y.contains(node);
                named(*node)
                    && descent.last() == Some(node)
                    && descent.first().is_some_and(source)
                    && is_directed_path(view, descent)
            }
            Self::Leak { path, .. } => {
                let [from, to] = path.ends();
                from == z && y.contains(to) && path.verify(&question.without_effect(), w)
            }
            Self::Irrelevant { unreached, .. } => {
                x.iter().all(|exposure| unreached.verify(view, z, exposure, w))
            }
        }
    }
}
