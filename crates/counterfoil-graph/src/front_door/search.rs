//! The largest front-door set and a least one, each in linear time.

use crate::{CausalGraph, NodeSet};

/// Marks of a node during a search, one bit each.
mod mark {
    pub(super) const BY_HEAD: u8 = 1;
    pub(super) const BY_TAIL: u8 = 2;
    /// In X.
    pub(super) const CAUSE: u8 = 4;
    /// An ancestor of X: open as a collider once X is known.
    pub(super) const OPENING: u8 = 8;
}
use mark::{BY_HEAD, BY_TAIL, CAUSE, OPENING};

/// One byte for each node and a stack of states: twice the node, plus one where it was entered by an arrowhead.
struct Ball {
    marks: Vec<u8>,
    stack: Vec<usize>,
}

impl Ball {
    fn new(nodes: usize) -> Self {
        Self { marks: vec![0; nodes], stack: Vec::new() }
    }

    fn enter(&mut self, node: usize, bit: u8) {
        if self.marks[node] & bit == 0 {
            self.marks[node] |= bit;
            self.stack.push(node << 1 | usize::from(bit == BY_HEAD));
        }
    }

    /// The next node to leave, and whether it was entered by an arrowhead.
    fn pop(&mut self) -> Option<(usize, bool)> {
        self.stack.pop().map(|state| (state >> 1, state & 1 == 1))
    }
}

/// The nodes that an open path given nothing joins with `x`, when nothing leaves `x` by a tail: those whose distribution
/// under `do(x)` is not theirs given `x`. `O(n + m)`.
fn confounded<G: CausalGraph>(graph: &G, x: &NodeSet) -> NodeSet {
    let mut ball = Ball::new(graph.node_count());
    for cause in x {
        ball.enter(cause, BY_TAIL);
    }
    let mut reached = NodeSet::new();
    while let Some((node, by_head)) = ball.pop() {
        reached.insert(node);
        if !by_head {
            for parent in graph.parents_of(node).filter(|&parent| !x.contains(parent)) {
                ball.enter(parent, BY_TAIL);
            }
            for spouse in graph.spouses_of(node) {
                ball.enter(spouse, BY_HEAD);
            }
        }
        if !x.contains(node) {
            for child in graph.children_of(node) {
                ball.enter(child, BY_HEAD);
            }
        }
    }
    reached
}

/// Takes out of `mediators` all nodes that a back-door path open given `x` joins with `y`, where the edges out of those
/// that stay in are cut: the largest set whose effect on `y` is found by adjusting for `x`.
///
/// The ball rolls from `y`. As soon as it meets a mediator, that one is taken out and its outgoing edges exist again;
/// what has already been visited beyond them is made up for, so that each edge is walked a bounded number of times
/// (Wienobst, van der Zander and Liskiewicz 2024, section 3). No mediator may be an ancestor of `x`, so that which
/// colliders are open does not depend on the cuts. `O(n + m)`.
fn undisturbed<G: CausalGraph>(
    graph: &G,
    x: &NodeSet,
    y: &NodeSet,
    mut mediators: NodeSet,
) -> NodeSet {
    let mut ball = Ball::new(graph.node_count());
    for opening in &graph.ancestors_of(x) {
        ball.marks[opening] |= OPENING;
    }
    for cause in x {
        ball.marks[cause] |= CAUSE;
    }
    for outcome in y {
        ball.enter(outcome, BY_TAIL);
    }
    let goes_up = |marks: u8| {
        (marks & BY_TAIL != 0 && marks & CAUSE == 0)
            || (marks & BY_HEAD != 0 && marks & OPENING != 0)
    };
    while let Some((node, by_head)) = ball.pop() {
        if mediators.remove(node) {
            for child in graph.children_of(node) {
                if goes_up(ball.marks[child]) {
                    ball.enter(node, BY_TAIL);
                }
            }
        }
        let here = ball.marks[node];
        if if by_head { here & OPENING != 0 } else { here & CAUSE == 0 } {
            for parent in graph.parents_of(node).filter(|&parent| !mediators.contains(parent)) {
                ball.enter(parent, BY_TAIL);
            }
            for spouse in graph.spouses_of(node) {
                ball.enter(spouse, BY_HEAD);
            }
        }
        if here & CAUSE == 0 {
            for child in graph.children_of(node) {
                ball.enter(child, BY_HEAD);
            }
        }
    }
    mediators
}

/// The largest subset of `allowed` that has no back-door path from `x` and none to `y` that `x` does not block: the
/// second and the third condition of the criterion. `O(n + m)`.
pub(super) fn candidates<G: CausalGraph>(
    graph: &G,
    x: &NodeSet,
    y: &NodeSet,
    allowed: &NodeSet,
) -> NodeSet {
    undisturbed(graph, x, y, allowed - &confounded(graph, x))
}

/// `true` when every directed path from `x` to `y` meets `set`. `O(n + m)`.
fn intercepts<G: CausalGraph>(graph: &G, x: &NodeSet, y: &NodeSet, set: &NodeSet) -> bool {
    let mut seen = x.clone();
    let mut stack: Vec<usize> = x.iter().collect();
    while let Some(node) = stack.pop() {
        for child in graph.children_of(node) {
            if y.contains(child) {
                return false;
            }
            if !set.contains(child) && seen.insert(child) {
                stack.push(child);
            }
        }
    }
    true
}

/// The largest front-door set between `required` and `allowed`, if there is one (Jeong, Tian and Bareinboim 2022,
/// theorem 1: all front-door sets are within it). `O(n + m)`.
pub(super) fn largest<G: CausalGraph>(
    graph: &G,
    x: &NodeSet,
    y: &NodeSet,
    required: &NodeSet,
    allowed: &NodeSet,
) -> Option<NodeSet> {
    let set = candidates(graph, x, y, allowed);
    (required.is_subset(&set) && intercepts(graph, x, y, &set)).then_some(set)
}

/// A front-door set that holds `required` and of which no proper subset that does is one, within the largest one.
///
/// Three linear searches:
/// 1. `last`: nodes of the largest set from which a directed path leads to `y` past neither `x` nor another node of the
///    largest set. Some node of `last`, or a required one, is on every directed path from `x` to `y`.
/// 2. Of those, the first ones that directed paths from `x` meet.
/// 3. From all that has been chosen so far a ball rolls along back-door paths given `x`, and stops at nodes of `last`,
///    which are chosen too: from there a directed path to `y` is free, so each would otherwise complete an open one.
///
/// Everything chosen is needed whatever else of `last` is left out, and nothing else is: an open back-door path from a
/// chosen node ends in a directed piece, which passes no node of `last` that is not chosen, and without one the path
/// would be open for the largest set as well. The steps are those of Wienobst, van der Zander and Liskiewicz (2024,
/// section 5); the third is iterated here. `O(n + m)`.
pub(super) fn least<G: CausalGraph>(
    graph: &G,
    x: &NodeSet,
    y: &NodeSet,
    required: &NodeSet,
    largest: &NodeSet,
) -> NodeSet {
    let mut seen = x | y;
    let mut last = NodeSet::new();
    let mut stack: Vec<usize> = y.iter().collect();
    while let Some(node) = stack.pop() {
        for parent in graph.parents_of(node) {
            if seen.insert(parent) {
                if largest.contains(parent) {
                    last.insert(parent);
                } else {
                    stack.push(parent);
                }
            }
        }
    }
    let stops = &last | required;

    let mut chosen = required.clone();
    let mut seen = x.clone();
    stack.extend(x);
    while let Some(node) = stack.pop() {
        for child in graph.children_of(node) {
            if seen.insert(child) {
                if stops.contains(child) {
                    chosen.insert(child);
                } else {
                    stack.push(child);
                }
            }
        }
    }

    let mut ball = Ball::new(graph.node_count());
    for opening in &graph.ancestors_of(x) {
        ball.marks[opening] |= OPENING;
    }
    let leave_by_head = |ball: &mut Ball, node: usize| {
        for parent in graph.parents_of(node) {
            ball.enter(parent, BY_TAIL);
        }
        for spouse in graph.spouses_of(node) {
            ball.enter(spouse, BY_HEAD);
        }
    };
    for start in &chosen {
        leave_by_head(&mut ball, start);
    }
    while let Some((node, by_head)) = ball.pop() {
        if stops.contains(node) {
            if chosen.insert(node) {
                leave_by_head(&mut ball, node);
            }
            continue;
        }
        let known = x.contains(node);
        if if by_head { ball.marks[node] & OPENING != 0 } else { !known } {
            leave_by_head(&mut ball, node);
        }
        if !known {
            for child in graph.children_of(node) {
                ball.enter(child, BY_HEAD);
            }
        }
    }
    chosen
}
