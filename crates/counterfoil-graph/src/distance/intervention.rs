//! The structural intervention distance: effects that adjustment for the guessed parents gets wrong.

use super::{Mistakes, over_causes, validity::Truth};
use crate::{
    Cpdag, Dag, Edge, GraphError, MixedGraph, NodeSet,
    class::check_observed,
    equivalence::{Members, check_same_variables},
};
use std::collections::BTreeMap;

/// The structural intervention distance between `truth` and `guess` (SID; Peters and Buehlmann 2015): the number of
/// ordered pairs `(i, j)` for which the distribution of j under an intervention on i, computed by adjustment for the
/// guessed parents of i, is wrong for some distribution that fits the true graph. Where j is a guessed parent of i the
/// guess says that there is no effect. `O(n (n + m))`.
///
/// # Errors
/// [`GraphError::DifferentVariables`], [`GraphError::LatentInClass`].
///
/// ```
/// use counterfoil_graph::{Dag, distance::intervention};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let truth = Dag::from_dot("digraph { a; b; c; a -> b; b -> c }")?;
/// let turned = Dag::from_dot("digraph { a; b; c; b -> a; b -> c }")?;
/// // Wrong are the effects of a on b and on c (said to be none, and adjusted for b), and that of b on a (said to be one).
/// assert_eq!(intervention(&truth, &turned)?.wrong, 3);
/// assert_eq!(intervention(&turned, &truth)?.wrong, 3);
/// # Ok(())
/// # }
/// ```
pub fn intervention(truth: &Dag, guess: &Dag) -> Result<Mistakes, GraphError> {
    check(truth, guess)?;
    let wrong = |cause| wrong_for(truth, cause, &guess.parents(cause).into());
    Ok(over_causes(truth.len(), wrong))
}

/// The least and the most of [`intervention`] over the DAGs of the guessed class (Peters and Buehlmann 2015, section
/// 2.4.3). The chain components are looked at one by one, since the parents of a node depend on its own alone; of each
/// all members are listed, at most `limit` of them.
///
/// # Errors
/// As [`intervention`], and [`GraphError::TooManyMembers`] for a component with more than `limit` members.
pub fn intervention_bounds(
    truth: &Dag,
    guess: &Cpdag,
    limit: usize,
) -> Result<[Mistakes; 2], GraphError> {
    check(truth, guess)?;
    let n = truth.len();
    let mut known: BTreeMap<(usize, NodeSet), usize> = BTreeMap::new();
    let mut bounds = [0, 0];
    for component in guess.chain_components() {
        if component.len() == 1 {
            let wrong: usize = component
                .iter()
                .map(|cause| wrong_for(truth, cause, &guess.parents(cause).into()))
                .sum();
            bounds = bounds.map(|bound| bound + wrong);
            continue;
        }
        let edges: Vec<Edge> = guess
            .undirected_edges()
            .filter(|&(a, _)| component.contains(a))
            .map(|(a, b)| Edge::undirected(a, b))
            .collect();
        let mut of_component: Option<[usize; 2]> = None;
        for (i, member) in Members::new(&guess.with_edges(&edges)).enumerate() {
            if i == limit {
                let name = component.first().map_or("", |node| guess.name(node)).to_owned();
                return Err(GraphError::TooManyMembers { name, limit });
            }
            let wrong: usize = component
                .iter()
                .map(|cause| {
                    let mut parents = NodeSet::from(member.parents(cause));
                    parents.extend(guess.parents(cause).iter().copied());
                    let key = (cause, parents);
                    if let Some(&wrong) = known.get(&key) {
                        return wrong;
                    }
                    let wrong = wrong_for(truth, cause, &key.1);
                    known.insert(key, wrong);
                    wrong
                })
                .sum();
            let [low, high] = of_component.unwrap_or([wrong, wrong]);
            of_component = Some([low.min(wrong), high.max(wrong)]);
        }
        let [low, high] = of_component.unwrap_or_default();
        bounds = [bounds[0] + low, bounds[1] + high];
    }
    Ok(bounds.map(|wrong| Mistakes { wrong, asked: n * n.saturating_sub(1) }))
}

fn check(truth: &Dag, guess: &MixedGraph) -> Result<(), GraphError> {
    check_same_variables(truth, guess)?;
    check_observed(truth)?;
    check_observed(guess)
}

/// The number of effects of `cause` that adjustment for `parents` gets wrong. A parent is said to be no effect.
fn wrong_for(truth: &Dag, cause: usize, parents: &NodeSet) -> usize {
    let invalid = Truth { graph: truth, member: truth }.invalid(cause, parents);
    let adjusted = &(&invalid - parents).without(cause);
    let denied = (&truth.descendants([cause]) & parents).len();
    adjusted.len() + denied
}
