//! One separator, in two sweeps of the Bayes ball.

use super::Bounds;
use crate::{
    CausalGraph, NodeSet,
    separation::{
        Workspace,
        mark::{BY_HEAD, BY_TAIL, GOAL, KNOWN, OPENING},
    },
};

/// Marks the ancestors in which a separator can lie, and in them everything that is allowed.
fn prepare<G: CausalGraph>(
    graph: &G,
    x: &NodeSet,
    y: &NodeSet,
    bounds: &Bounds,
    workspace: &mut Workspace,
) {
    workspace.begin(graph.node_count());
    let seeds = x.iter().chain(y).chain(&bounds.include);
    workspace.mark_ancestors(graph, seeds, OPENING);
    let marks = &mut workspace.marks;
    match &bounds.restrict {
        Some(allowed) => {
            for node in allowed {
                if let Some(seen) = marks.get_mut(node)
                    && *seen & OPENING != 0
                {
                    *seen |= KNOWN;
                }
            }
        }
        None => {
            for seen in marks.iter_mut().filter(|seen| **seen & OPENING != 0) {
                *seen |= KNOWN;
            }
        }
    }
    for node in x.iter().chain(y).filter(|&node| graph.has_node(node)) {
        marks[node] &= !KNOWN;
    }
}

/// Marks what connects with `sources` in the moral graph of the marked ancestors without a known node in between; the
/// known nodes at the border get a mark too. `false` as soon as that reaches one of the `goals`.
///
/// Each ancestor is open as a collider here, so a node that is not known passes everything on, and one that is known does
/// so from arrowhead to arrowhead.
fn spread<G: CausalGraph>(
    graph: &G,
    sources: &NodeSet,
    goals: &NodeSet,
    workspace: &mut Workspace,
) -> bool {
    let Workspace { marks, stack, .. } = workspace;
    stack.clear();
    for node in goals.iter().filter(|&node| graph.has_node(node)) {
        marks[node] |= GOAL;
    }
    for node in sources.iter().filter(|&node| graph.has_node(node)) {
        if marks[node] & GOAL != 0 {
            return false;
        }
        marks[node] |= BY_HEAD;
        stack.push(node);
    }
    while let Some(node) = stack.pop() {
        let passable = marks[node] & KNOWN == 0;
        for parent in graph.parents_of(node) {
            let seen = marks[parent];
            if seen & GOAL != 0 {
                return false;
            }
            // Ancestors are closed upwards, so a parent is one.
            if seen & KNOWN != 0 {
                marks[parent] = seen | BY_TAIL;
            } else if seen & BY_HEAD == 0 {
                marks[parent] = seen | BY_HEAD;
                stack.push(parent);
            }
        }
        let onwards = |next: usize, marks: &mut Vec<u8>, stack: &mut Vec<usize>| {
            let seen = marks[next];
            if seen & (BY_HEAD | OPENING) == OPENING {
                marks[next] = seen | BY_HEAD;
                stack.push(next);
            }
            seen & GOAL == 0
        };
        for spouse in graph.spouses_of(node) {
            if !onwards(spouse, marks, stack) {
                return false;
            }
        }
        if passable {
            for child in graph.children_of(node) {
                if !onwards(child, marks, stack) {
                    return false;
                }
            }
        }
    }
    true
}

/// `true` when a separator of `x` and `y` lies within the bounds. `O(n + m)`; sets as in [`minimal`].
pub fn exists<G: CausalGraph>(
    graph: &G,
    x: &NodeSet,
    y: &NodeSet,
    bounds: &Bounds,
    workspace: &mut Workspace,
) -> bool {
    prepare(graph, x, y, bounds, workspace);
    spread(graph, x, y, workspace)
}

/// A separator of `x` and `y` that no other one within the bounds is nearer to `x` than, or `None` where there is none:
/// what a walk in the moral graph of the ancestors meets first of what is allowed, and what is required. Not minimal in
/// general.
///
/// `FINDNEARESTSEP` of van der Zander and Liskiewicz (2020), `O(n + m)`. Sets as in [`minimal`].
pub fn nearest<G: CausalGraph>(
    graph: &G,
    x: &NodeSet,
    y: &NodeSet,
    bounds: &Bounds,
    workspace: &mut Workspace,
) -> Option<NodeSet> {
    exists(graph, x, y, bounds, workspace).then(|| border(bounds, workspace))
}

/// A minimal separator of `x` and `y` within the bounds, near to `x`, or `None` where there is none within them.
///
/// `FINDMINSEP` of van der Zander and Liskiewicz (2020), section 3: of the separator nearest to `x` what can be reached
/// from `y`. `O(n + m)`. `x` and `y` must not overlap, nor may what is required be one of them or not allowed;
/// [`View::minimal_separator`](crate::View::minimal_separator) checks that. Nodes that the graph lacks play no part.
pub fn minimal<G: CausalGraph>(
    graph: &G,
    x: &NodeSet,
    y: &NodeSet,
    bounds: &Bounds,
    workspace: &mut Workspace,
) -> Option<NodeSet> {
    if !exists(graph, x, y, bounds, workspace) {
        return None;
    }
    // Known from now on is the nearest separator alone.
    let marks = &mut workspace.marks;
    for seen in marks.iter_mut() {
        let at_border = *seen & KNOWN != 0 && *seen & (BY_HEAD | BY_TAIL) != 0;
        *seen &= if at_border { OPENING | KNOWN } else { OPENING };
    }
    for node in bounds.include.iter().filter(|&node| graph.has_node(node)) {
        marks[node] |= KNOWN;
    }
    let separated = spread(graph, y, x, workspace);
    debug_assert!(separated, "a subset of a separator that keeps its near side must separate");
    Some(border(bounds, workspace))
}

/// The known nodes that the last sweep met, and what is required.
fn border(bounds: &Bounds, workspace: &Workspace) -> NodeSet {
    let met = |seen: u8| seen & KNOWN != 0 && seen & (BY_HEAD | BY_TAIL) != 0;
    let mut border = bounds.include.clone();
    border.extend((0..workspace.marks.len()).filter(|&node| met(workspace.marks[node])));
    border
}
