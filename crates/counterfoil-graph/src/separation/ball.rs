//! The Bayes ball: a ball that rolls along the edges as information does, and stops where it is blocked.

use crate::{CausalGraph, NodeSet};

/// What one byte per node remembers during a search.
pub(crate) mod mark {
    /// The node is known: it blocks unless it is a collider.
    pub(crate) const KNOWN: u8 = 1;
    /// The node is an ancestor of what is known: it is open as a collider.
    pub(crate) const OPENING: u8 = 2;
    /// The ball has come through an arrowhead at the node.
    pub(crate) const BY_HEAD: u8 = 4;
    /// The ball has come through a tail at the node, or starts there.
    pub(crate) const BY_TAIL: u8 = 8;
    /// The node is searched for.
    pub(crate) const GOAL: u8 = 16;
}
use mark::{BY_HEAD, BY_TAIL, GOAL, KNOWN, OPENING};

/// Memory that queries on graphs of any size can share, so that a warm query allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// A byte for each node, see [`mark`].
    pub(crate) marks: Vec<u8>,
    /// Nodes to visit; where it matters by which mark they were entered, twice the node plus that bit.
    pub(crate) stack: Vec<usize>,
}

impl Workspace {
    /// Forgets the last search.
    pub(crate) fn begin(&mut self, nodes: usize) {
        self.marks.clear();
        self.marks.resize(nodes, 0);
        self.stack.clear();
    }

    /// Puts `bit` on the ancestors of `seeds`, the seeds included.
    pub(crate) fn mark_ancestors<G: CausalGraph>(
        &mut self,
        graph: &G,
        seeds: impl IntoIterator<Item = usize>,
        bit: u8,
    ) {
        let Self { marks, stack, .. } = self;
        for seed in seeds {
            if graph.has_node(seed) && marks[seed] & bit == 0 {
                marks[seed] |= bit;
                stack.push(seed);
            }
        }
        while let Some(node) = stack.pop() {
            for parent in graph.parents_of(node) {
                if marks[parent] & bit == 0 {
                    marks[parent] |= bit;
                    stack.push(parent);
                }
            }
        }
    }
}

/// `true` when every path between `x` and `y` is blocked by `z`: m-separation (Richardson 2003), which is d-separation
/// (Pearl 1988) where there are no bidirected edges.
///
/// Bayes ball (Shachter 1998) over pairs of a node and the mark it was entered by; a bidirected edge enters and leaves
/// through an arrowhead. `O(n + m)`, no allocation once `workspace` is warm. The sets must not overlap, and nodes that
/// the graph lacks play no part; [`View::m_separated`](crate::View::m_separated) checks both.
///
/// ```
/// use counterfoil_graph::{admg, separation::{Workspace, separated}};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let graph = admg! { A -> C <-> B }?;
/// let [a, b, c] = ["A", "B", "C"].map(|name| graph.set_of([name]));
/// let (a, b, c) = (a?, b?, c?);
/// let mut workspace = Workspace::default();
/// assert!(separated(&*graph, &a, &b, &Default::default(), &mut workspace));
/// assert!(!separated(&*graph, &a, &b, &c, &mut workspace));
/// # Ok(())
/// # }
/// ```
pub fn separated<G: CausalGraph>(
    graph: &G,
    x: &NodeSet,
    y: &NodeSet,
    z: &NodeSet,
    workspace: &mut Workspace,
) -> bool {
    separated_between(graph, x, y, [z, z], workspace)
}

/// `true` only if `x` and `y` are separated by every set that holds the first of two and lies within the second, because
/// the ball does not come through where the first alone blocks and the second opens all that it can. `O(n + m)`.
pub(crate) fn separated_between<G: CausalGraph>(
    graph: &G,
    x: &NodeSet,
    y: &NodeSet,
    [least, most]: [&NodeSet; 2],
    workspace: &mut Workspace,
) -> bool {
    workspace.begin(graph.node_count());
    workspace.mark_ancestors(graph, most, OPENING);
    let Workspace { marks, stack, .. } = workspace;
    for node in least.iter().filter(|&node| graph.has_node(node)) {
        marks[node] |= KNOWN;
    }
    for node in y.iter().filter(|&node| graph.has_node(node)) {
        marks[node] |= GOAL;
    }
    for node in x.iter().filter(|&node| graph.has_node(node)) {
        if marks[node] & GOAL != 0 {
            return false;
        }
        marks[node] |= BY_TAIL;
        stack.push(node << 1);
    }
    while let Some(state) = stack.pop() {
        let (node, by_head) = (state >> 1, state & 1 == 1);
        let passable = marks[node] & KNOWN == 0;
        // Onwards through an arrowhead at this node: from a tail as long as the node is not known, from an arrowhead
        // (the node is a collider then) only towards what is known.
        let through_head = if by_head { marks[node] & OPENING != 0 } else { passable };
        if through_head {
            for parent in graph.parents_of(node) {
                let seen = marks[parent];
                if seen & GOAL != 0 {
                    return false;
                }
                // A known parent lets nothing through that comes by its tail.
                if seen & (BY_TAIL | KNOWN) == 0 {
                    marks[parent] = seen | BY_TAIL;
                    stack.push(parent << 1);
                }
            }
            for spouse in graph.spouses_of(node) {
                let seen = marks[spouse];
                if seen & GOAL != 0 {
                    return false;
                }
                if seen & BY_HEAD == 0 {
                    marks[spouse] = seen | BY_HEAD;
                    stack.push(spouse << 1 | 1);
                }
            }
        }
        if passable {
            for child in graph.children_of(node) {
                let seen = marks[child];
                if seen & GOAL != 0 {
                    return false;
                }
                if seen & BY_HEAD == 0 {
                    marks[child] = seen | BY_HEAD;
                    stack.push(child << 1 | 1);
                }
            }
        }
    }
    true
}
