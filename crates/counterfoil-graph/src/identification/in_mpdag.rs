//! Effects that all DAGs of a class agree on, when data and background knowledge leave some directions open.

use super::{
    class_condition::{Class, relevant},
    class_verdict::{NotIdentifiedInClass, conditional_of},
};
use crate::{
    Dag, Mpdag, NodeSet, Query,
    class::closure,
    cpdag::{chain_components, possible_children, possible_parents},
    estimand::{Arena, Estimand, Expr, Symbol},
};
use std::collections::VecDeque;

/// Why the members of a class disagree on an effect: a path from an intervention to an outcome that begins with an edge
/// without a direction, meets no other intervention, and along which no node is a cause of an earlier one. Some members
/// have it as a causal path, others have its first edge the other way round (Perkovic 2020, theorem 3.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AmbiguousPath {
    /// The nodes from the intervention to the outcome.
    pub path: Vec<usize>,
}

impl AmbiguousPath {
    /// Checks the path against the definition, edge by edge. A query with a condition is not refused by a path: the
    /// answer is `false`. `O(k^2 log n)` for k nodes.
    pub fn verify(&self, graph: &Mpdag, query: &Query) -> bool {
        let path = &self.path;
        let joined =
            |a: usize, b: usize| graph.children(a).contains(&b) || graph.neighbours(a).contains(&b);
        let repeats = path.iter().enumerate().any(|(i, node)| path[..i].contains(node));
        query.check(graph).is_ok()
            && query.given.is_empty()
            && path.iter().all(|&node| node < graph.len())
            && path.len() > 1
            && !repeats
            && query.do_.contains(path[0])
            && path.last().is_some_and(|&last| query.y.contains(last))
            && graph.neighbours(path[0]).contains(&path[1])
            && path[1..].iter().all(|&node| !query.do_.contains(node))
            && path.windows(2).all(|step| joined(step[0], step[1]))
            && path.iter().enumerate().all(|(i, &later)| {
                path[..i].iter().all(|earlier| !graph.children(later).contains(earlier))
            })
    }

    /// A member in which the path is causal, and one in which its first edge leads into the intervention.
    pub fn members(&self, graph: &Mpdag) -> Option<[Dag; 2]> {
        let causal = graph.with_knowledge(self.path.windows(2).map(|step| (step[0], step[1])));
        let turned = graph.with_knowledge([(*self.path.get(1)?, self.path[0])]);
        Some([causal.ok()?.member(), turned.ok()?.member()])
    }
}

/// A formula for `P(y | do(x), z)` that holds in every DAG of the class, or the reason why there is none.
///
/// Without condition this is complete (Perkovic 2020, theorem 3.6): the effect is identified exactly when no
/// [`AmbiguousPath`] leads from x to y, and then it is the truncated factorisation over the buckets of the ancestors of y,
/// each given its parents, summed over what is not asked for. With a condition, rule 2 of the do-calculus moves what it can
/// in all members, and the quotient of the joint effect by its sum over y is given where that is identified; where it is
/// not, this does not decide. `O(n (n + m))` and the formula, `O(m d)` more for each part of a condition.
///
/// # Errors
/// [`NotIdentifiedInClass::Path`], [`NotIdentifiedInClass::Conditional`], [`NotIdentifiedInClass::Query`].
///
/// ```
/// use counterfoil_graph::{Dag, Mpdag, Query, identification::identify_in_mpdag};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let dag = Dag::from_dot("digraph { a; b; c; x; y; a -> x; b -> x; x -> y; a -> c; c -> y }")?;
/// let class = Mpdag::from(dag.cpdag()?);
/// let query = Query::p(&class, ["y"])?.do_(["x"])?;
/// assert_eq!(identify_in_mpdag(&class, &query)?.to_string(), "Σ_c P(c) P(y | c, x)");
/// # Ok(())
/// # }
/// ```
pub fn identify_in_mpdag(graph: &Mpdag, query: &Query) -> Result<Estimand, NotIdentifiedInClass> {
    query.check(graph)?;
    let mut arena = Arena::new();
    let reduced = if query.given.is_empty() { query.clone() } else { reduced(graph, query) };
    let wanted = &reduced.y | &reduced.given;
    let joint = joint_effect(graph, &reduced.do_, &wanted, &mut arena);
    let root = match joint {
        Ok(joint) => conditional_of(&mut arena, joint, &reduced),
        Err(path) if query.given.is_empty() => {
            return Err(NotIdentifiedInClass::Path(AmbiguousPath { path }));
        }
        Err(_) => return Err(NotIdentifiedInClass::Conditional),
    };
    Ok(Estimand::new(arena, root, graph))
}

/// The query with what rule 2 moves in every member; no hidden causes, so that all edges are unconfounded.
fn reduced(graph: &Mpdag, query: &Query) -> Query {
    let unconfounded: Vec<NodeSet> =
        (0..graph.len()).map(|node| graph.children(node).into()).collect();
    let (member, buckets) = (&graph.member(), &chain_components(graph));
    let class = Class { graph, member, unconfounded: &unconfounded, has_hidden: false, buckets };
    class.reduced(query, |set, fixed| relevant(set, fixed, |node| possible_parents(graph, node)))
}

fn joint_effect(
    graph: &Mpdag,
    x: &NodeSet,
    y: &NodeSet,
    arena: &mut Arena,
) -> Result<Expr, Vec<usize>> {
    if let Some(path) = ambiguous_path(graph, x, y) {
        return Err(path);
    }
    let causes = closure(y, |node| {
        graph.parents(node).iter().copied().filter(|&parent| !x.contains(parent))
    });
    let mut factors = Vec::new();
    for component in chain_components(graph) {
        let bucket = &component & &causes;
        let mut parents: NodeSet =
            bucket.iter().flat_map(|node| graph.parents(node).iter().copied()).collect();
        parents.difference_with(&bucket);
        if !bucket.is_empty() {
            factors.push(arena.p_of(&bucket, &parents));
        }
    }
    let body = arena.product(factors);
    Ok(arena.sum((&causes - y).iter().map(Symbol::of), body))
}

/// See [`AmbiguousPath`]. After its first edge the path may be taken for unshielded, since every other has a part that is
/// (Perkovic, Kalisch and Maathuis 2017, lemma 3.6), so that states are steps.
fn ambiguous_path(graph: &Mpdag, x: &NodeSet, y: &NodeSet) -> Option<Vec<usize>> {
    for start in x {
        let into = graph.parents(start);
        let free = |node: usize| !x.contains(node) && into.binary_search(&node).is_err();
        for &first in graph.neighbours(start).iter().filter(|&&node| free(node)) {
            if y.contains(first) {
                return Some(vec![start, first]);
            }
            // Where the unshielded part begins with a directed edge, all of it is directed; it is found as any other.
            if let Some(rest) = unshielded(graph, first, y, free) {
                return Some(std::iter::once(start).chain(rest).collect());
            }
        }
    }
    None
}

/// A shortest unshielded walk without a step against the direction from `start` into `goal` through `free` nodes.
fn unshielded(
    graph: &Mpdag,
    start: usize,
    goal: &NodeSet,
    free: impl Fn(usize) -> bool,
) -> Option<Vec<usize>> {
    // Nothing is unshielded where nothing leads.
    let reached =
        closure([start], |node| possible_children(graph, node).filter(|&next| free(next)));
    if !reached.intersects(goal) {
        return None;
    }
    let mut steps: Vec<(usize, usize, usize)> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    let mut queue: VecDeque<usize> = VecDeque::new();
    for next in possible_children(graph, start).filter(|&next| free(next)) {
        seen.insert((start, next));
        queue.push_back(steps.len());
        steps.push((start, next, usize::MAX));
    }
    while let Some(at) = queue.pop_front() {
        let (before, node, _) = steps[at];
        if goal.contains(node) {
            let mut path = vec![node];
            let mut step = at;
            while step != usize::MAX {
                path.push(steps[step].0);
                step = steps[step].2;
            }
            path.reverse();
            return Some(path);
        }
        for next in possible_children(graph, node).filter(|&next| free(next)) {
            let shielded = next == before || graph.is_adjacent(before, next);
            if !shielded && next != start && seen.insert((node, next)) {
                queue.push_back(steps.len());
                steps.push((node, next, at));
            }
        }
    }
    None
}
