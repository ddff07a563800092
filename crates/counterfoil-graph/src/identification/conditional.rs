//! Observations that can as well be interventions: how a conditional effect becomes an unconditional one.

use crate::{Admg, NodeSet, Query, separation};

/// `true` when rule 2 of the do-calculus turns the observation of `node` into an intervention:
/// `(y ⊥ node | x, given - node)` in the graph without the edges into x and out of `node`.
pub(super) fn exchangeable(
    graph: &Admg,
    query: &Query,
    node: usize,
    workspace: &mut separation::Workspace,
) -> bool {
    let alone = NodeSet::from([node]);
    let mut known = &query.do_ | &query.given;
    known.remove(node);
    let cut = graph.view().without_edges_into(&query.do_).without_edges_out_of(&alone);
    separation::separated(&cut, &query.y, &alone, &known, workspace)
}

/// The same quantity with as many observations as possible turned into interventions (Shpitser and Pearl 2006, UAI,
/// theorem 6): the set of these does not depend on the order of the moves. The condition that is left has a back-door
/// path to the outcomes whatever else is held fixed, so the answer for `P(y, given | do(x))` is the answer for the
/// query.
///
/// Every move is made in the query that the move before it left. `O(k^2 (n + m))` for k observations.
pub(super) fn reduce(graph: &Admg, query: &mut Query, workspace: &mut separation::Workspace) {
    // Nodes that were refused since the last move: when that is all of them, it is over.
    let mut refused = 0;
    let mut waiting: std::collections::VecDeque<usize> = query.given.iter().collect();
    while refused < waiting.len() {
        let Some(node) = waiting.pop_front() else { break };
        if exchangeable(graph, query, node, workspace) {
            query.given.remove(node);
            query.do_.insert(node);
            refused = 0;
        } else {
            waiting.push_back(node);
            refused += 1;
        }
    }
}

/// `true` when `reduced` is `query` after as many moves as can be made: the moves all at once are one application of
/// rule 2 to a set, and no single observation that is left can be moved.
pub(super) fn is_reduction(graph: &Admg, query: &Query, reduced: &Query) -> bool {
    let Query { y, do_, given } = reduced;
    let moved = do_ - &query.do_;
    let mut workspace = separation::Workspace::default();
    let known = &query.do_ | given;
    let cut = graph.view().without_edges_into(&query.do_).without_edges_out_of(&moved);
    *y == query.y
        && query.do_.is_subset(do_)
        && moved.is_subset(&query.given)
        && *given == &query.given - &moved
        && separation::separated(&cut, y, &moved, &known, &mut workspace)
        && !given.iter().any(|z| exchangeable(graph, reduced, z, &mut workspace))
}
