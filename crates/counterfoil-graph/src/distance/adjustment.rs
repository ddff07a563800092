//! The adjustment identification distance: effects that a strategy of adjusting in the guessed graph gets wrong.

use super::{
    Mistakes, over_causes,
    validity::{Truth, not_amenable},
};
use crate::{
    Cpdag, Dag, GraphError, MixedGraph, NodeSet,
    class::{check_observed, closure},
    cpdag::{possible_children, possible_parents},
    equivalence::check_same_variables,
};
use std::ops::Deref;

/// How an adjustment set for the effect of one variable on another is chosen in a graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Strategy {
    /// The parents of the cause. A parent of the cause is said not to be affected; between DAGs this is the structural
    /// intervention distance.
    Parents,
    /// The ancestors of the cause. What is no descendant of the cause is said not to be affected.
    Ancestors,
    /// The optimal adjustment set (Henckel, Perkovic and Maathuis 2022): the parents of the nodes on causal paths, apart
    /// from these nodes' descendants. What is no descendant of the cause is said not to be affected.
    Optimal,
}

/// A DAG, or a class of DAGs drawn as one graph: what [`adjustment`] compares.
pub trait DagLike: Deref<Target = MixedGraph> + sealed::Sealed {
    /// One DAG of the class.
    fn any_member(&self) -> Dag;
}

mod sealed {
    /// Keeps the trait to the classes whose criteria are known.
    pub trait Sealed {}
    impl Sealed for crate::Dag {}
    impl Sealed for crate::Cpdag {}
}

impl DagLike for Dag {
    fn any_member(&self) -> Dag {
        self.clone()
    }
}

impl DagLike for Cpdag {
    fn any_member(&self) -> Dag {
        self.member()
    }
}

/// The adjustment identification distance (AID; Henckel, Wuertzen and Weichwald 2024): the number of ordered pairs
/// `(cause, effect)` for which what `guess` says of the effect, by the chosen strategy, is wrong in `truth`. The guess
/// says that the effect cannot be identified, that there is none, or that it is found by adjustment for a set; that is
/// wrong where the truth identifies the effect, has one or leaves it open, or does not admit the set.
///
/// `O(n (n + m))` for [`Strategy::Parents`] and [`Strategy::Ancestors`], `O(n^2 (n + m))` for [`Strategy::Optimal`].
///
/// # Errors
/// [`GraphError::DifferentVariables`], [`GraphError::LatentInClass`].
///
/// ```
/// use counterfoil_graph::{Dag, distance::{Strategy, adjustment, intervention}};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let truth = Dag::from_dot("digraph { a; b; c; a -> b; b -> c; a -> c }")?;
/// let guess = Dag::from_dot("digraph { a; b; c; a -> b; b -> c }")?;
/// assert_eq!(adjustment(&truth, &guess, Strategy::Parents)?, intervention(&truth, &guess)?);
/// assert_eq!(adjustment(&truth.cpdag()?, &truth.cpdag()?, Strategy::Optimal)?.wrong, 0);
/// # Ok(())
/// # }
/// ```
pub fn adjustment(
    truth: &impl DagLike,
    guess: &impl DagLike,
    strategy: Strategy,
) -> Result<Mistakes, GraphError> {
    check_same_variables(truth, guess)?;
    check_observed(truth)?;
    check_observed(guess)?;
    let member = truth.any_member();
    let truth = Truth { graph: truth, member: &member };
    let guess: &MixedGraph = guess;
    Ok(over_causes(truth.graph.len(), |cause| wrong_for(&truth, guess, cause, strategy)))
}

fn wrong_for(truth: &Truth<'_>, guess: &MixedGraph, cause: usize, strategy: Strategy) -> usize {
    let onward = |graph: &MixedGraph| closure([cause], |node| possible_children(graph, node));
    let affected = onward(truth.graph);
    let said_open = not_amenable(guess, cause);
    let open = not_amenable(truth.graph, cause);
    let said_unaffected: NodeSet = match strategy {
        Strategy::Parents => guess.parents(cause).into(),
        Strategy::Ancestors | Strategy::Optimal => &guess.nodes() - &onward(guess),
    };
    // The set does not depend on the effect but for the optimal one.
    let invalid = match strategy {
        Strategy::Parents => truth.invalid(cause, &guess.parents(cause).into()),
        Strategy::Ancestors => truth.invalid(cause, &guess.ancestors([cause]).without(cause)),
        Strategy::Optimal => NodeSet::new(),
    };
    let is_wrong = |&effect: &usize| {
        if said_open.contains(effect) {
            !open.contains(effect)
        } else if said_unaffected.contains(effect) {
            affected.contains(effect)
        } else if strategy == Strategy::Optimal {
            truth.invalid(cause, &optimal(guess, cause, effect)).contains(effect)
        } else {
            invalid.contains(effect)
        }
    };
    (0..guess.len()).filter(|&effect| effect != cause).filter(is_wrong).count()
}

/// The optimal adjustment set for an effect that the graph identifies (Henckel, Perkovic and Maathuis 2022, definition
/// 3.4): the parents of the nodes on causal paths that are not possible descendants of these, without the cause.
fn optimal(graph: &MixedGraph, cause: usize, effect: usize) -> NodeSet {
    let past = |node: usize| node != cause;
    let below = closure(possible_children(graph, cause), |node| {
        possible_children(graph, node).filter(move |&next| past(next))
    });
    let above =
        closure([effect], |node| possible_parents(graph, node).filter(move |&next| past(next)));
    let on_path = &below & &above;
    let mut parents: NodeSet =
        on_path.iter().flat_map(|node| graph.parents(node).iter().copied()).collect();
    parents.difference_with(&closure(&on_path, |node| possible_children(graph, node)));
    parents.without(cause)
}
