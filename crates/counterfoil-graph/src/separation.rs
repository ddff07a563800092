//! d- and m-separation: which variables tell nothing of which others once some are known.

use crate::{CausalGraph, NodeSet};

/// How a walk arrived at a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrival {
    /// Through an edge with an arrowhead at the node.
    Head,
    /// Through an edge with a tail at the node, or it starts here.
    Tail,
}

/// Memory that separation queries on graphs of any size can share, so that a warm query allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// Nodes reached through an arrowhead, and through a tail.
    by_head: NodeSet,
    by_tail: NodeSet,
    stack: Vec<(usize, Arrival)>,
    /// Ancestors of the condition: a collider that is one of these is open.
    opening: NodeSet,
    ancestors_stack: Vec<usize>,
}

/// `true` when every path between `x` and `y` is blocked by `z`: m-separation (Richardson 2003), which is d-separation
/// (Pearl 1988) where there are no bidirected edges.
///
/// Bayes ball (Shachter 1998) over pairs of a node and the mark it was entered by; a bidirected edge enters and leaves
/// through an arrowhead. `O(n + m)`, no allocation once `workspace` is warm. The sets must not overlap.
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
    let w = workspace;
    w.opening.clear();
    w.ancestors_stack.clear();
    for node in z {
        w.opening.insert(node);
        w.ancestors_stack.push(node);
    }
    while let Some(node) = w.ancestors_stack.pop() {
        for parent in graph.parents_of(node) {
            if w.opening.insert(parent) {
                w.ancestors_stack.push(parent);
            }
        }
    }
    w.by_head.clear();
    w.by_tail.clear();
    w.stack.clear();
    for node in x.iter().filter(|&node| graph.has_node(node)) {
        w.by_tail.insert(node);
        w.stack.push((node, Arrival::Tail));
    }
    while let Some((node, arrival)) = w.stack.pop() {
        if y.contains(node) {
            return false;
        }
        let passable = !z.contains(node);
        // Onwards through an arrowhead at this node: from a tail as long as the node is not known, from an arrowhead
        // (the node is a collider then) only towards what is known.
        let through_head = match arrival {
            Arrival::Tail => passable,
            Arrival::Head => w.opening.contains(node),
        };
        if through_head {
            for parent in graph.parents_of(node) {
                if w.by_tail.insert(parent) {
                    w.stack.push((parent, Arrival::Tail));
                }
            }
            for spouse in graph.spouses_of(node) {
                if w.by_head.insert(spouse) {
                    w.stack.push((spouse, Arrival::Head));
                }
            }
        }
        if passable {
            for child in graph.children_of(node) {
                if w.by_head.insert(child) {
                    w.stack.push((child, Arrival::Head));
                }
            }
        }
    }
    true
}
