//! For one cause and one adjustment set, all effects at once: which the set is valid for.

use crate::{
    CausalGraph, MixedGraph, NodeSet,
    class::closure,
    cpdag::{possible_children, possible_parents},
};

/// How a walk that has been directed all along has entered a node: by an arrowhead.
const CAUSAL: usize = 0;
/// How another walk has entered it by an arrowhead.
const HEAD: usize = 1;
/// How another walk has entered it by a tail.
const TAIL: usize = 2;

/// A true graph, ready to be asked about: a DAG or a class of DAGs, and one of its members.
pub(super) struct Truth<'g> {
    /// Directed edges, and undirected ones where members differ.
    pub(super) graph: &'g MixedGraph,
    pub(super) member: &'g MixedGraph,
}

impl Truth<'_> {
    /// The effects of `cause` that cannot be found by adjustment for `given`, which does not hold the cause: the
    /// generalised adjustment criterion (Perkovic, Textor, Kalisch and Maathuis 2018) for all effects at once, along the
    /// lines of Henckel, Wuertzen and Weichwald (2024, section 4). `O(n + m)`.
    pub(super) fn invalid(&self, cause: usize, given: &NodeSet) -> NodeSet {
        let mut invalid = not_amenable(self.graph, cause);
        invalid.union_with(&self.behind_forbidden(cause, given));
        // Amenable effects with no forbidden node adjusted for are blocked in all members or in none (Perkovic et al
        // 2018, lemma 58).
        invalid.union_with(&connected_otherwise(self.member, cause, given));
        invalid
    }

    /// The effects to which a possibly causal path leads through a node that is a possible cause of one adjusted for:
    /// for these the set holds a forbidden node.
    fn behind_forbidden(&self, cause: usize, given: &NodeSet) -> NodeSet {
        let above = closure(given, |node| possible_parents(self.graph, node));
        let onward =
            |node: usize| possible_children(self.graph, node).filter(|&next| next != cause);
        let reached = closure(onward(cause), onward);
        closure((&reached & &above).iter(), onward)
    }
}

/// The nodes to which a possibly directed path leads from `cause` that begins with an undirected edge and does not come
/// back: on their causes the members of the class differ (Perkovic 2020, theorem 3.6; in a CPDAG). `O(n + m)`.
pub(super) fn not_amenable(graph: &MixedGraph, cause: usize) -> NodeSet {
    let onward = |node: usize| possible_children(graph, node).filter(|&next| next != cause);
    closure(graph.neighbours(cause).iter().copied(), onward)
}

/// The nodes that an open path other than a causal one joins with `cause`, given `given`. States are a node, how it was
/// entered, and whether the walk has been directed so far; the cause is not entered again. A walk that is no path shows
/// a causal path through a node that is a cause of one adjusted for, and such effects are invalid too. `O(n + m)`.
fn connected_otherwise(dag: &MixedGraph, cause: usize, given: &NodeSet) -> NodeSet {
    let opening = dag.ancestors_of(given);
    // By head on a causal walk, by head otherwise, by tail.
    let mut seen = [NodeSet::new(), NodeSet::new(), NodeSet::new()];
    let mut stack: Vec<(usize, usize)> = Vec::new();
    let mut enter = |stack: &mut Vec<(usize, usize)>, node: usize, state: usize| {
        if node != cause && seen[state].insert(node) {
            stack.push((node, state));
        }
    };
    for &child in dag.children(cause) {
        enter(&mut stack, child, CAUSAL);
    }
    for &parent in dag.parents(cause) {
        enter(&mut stack, parent, TAIL);
    }
    while let Some((node, state)) = stack.pop() {
        let known = given.contains(node);
        let up = if state == TAIL { !known } else { opening.contains(node) };
        if up {
            for &parent in dag.parents(node) {
                enter(&mut stack, parent, TAIL);
            }
        }
        if !known {
            let onward = if state == CAUSAL { CAUSAL } else { HEAD };
            for &child in dag.children(node) {
                enter(&mut stack, child, onward);
            }
        }
    }
    &seen[HEAD] | &seen[TAIL]
}
