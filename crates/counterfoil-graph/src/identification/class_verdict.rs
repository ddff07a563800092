//! What can be said of an effect when data leave the graph itself open.

use super::{in_mpdag::AmbiguousPath, in_pag::Impasse};
use crate::{
    NodeSet, Query, QueryError,
    estimand::{Arena, Expr, Symbol},
};

/// Why there is no formula that holds in every graph of a class.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotIdentifiedInClass {
    /// Some DAGs of the class have a causal path that others have not.
    #[error(
        "the graphs of the class disagree on the effect: some have a causal path that begins with an edge which others turn round"
    )]
    Path(AmbiguousPath),
    /// Members of the class of MAGs may have hidden common causes that tie the interventions to what causes the outcomes.
    #[error(
        "some graph of the class has hidden common causes that tie the interventions to what causes the outcomes"
    )]
    Impasse(Box<Impasse>),
    /// The joint effect on outcomes and condition is not identified, and the conditional one is not decided.
    #[error(
        "the joint effect on the outcomes and the condition is not identified, and without it the conditional one is not decided: ask without the condition"
    )]
    Conditional,
    /// An edge that only data under selection have.
    #[error("{edge} says that the data were selected, which identification does not cover")]
    Selection {
        /// The edge in text.
        edge: String,
    },
    /// The query is not one of this graph.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// The effect on the outcomes given the condition, from the joint effect on both. Where the formula speaks of further
/// variables it does not depend on them, and its mean over them stands in its place.
pub(super) fn conditional_of(arena: &mut Arena, joint: Expr, query: &Query) -> Expr {
    let mut root = joint;
    if !query.given.is_empty() {
        let below = arena.sum(query.y.iter().map(Symbol::of), joint);
        root = arena.ratio(joint, below);
    }
    let spoken: NodeSet = arena.free_symbols(root).into_iter().map(Symbol::variable).collect();
    let idle = &(&(&spoken - &query.y) - &query.do_) - &query.given;
    let weight = arena.p_of(&idle, &NodeSet::new());
    let weighted = arena.product([weight, root]);
    arena.sum(idle.iter().map(Symbol::of), weighted)
}
