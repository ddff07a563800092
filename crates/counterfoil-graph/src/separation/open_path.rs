//! Paths that carry dependence: the certificate that two sets are not separated.

use super::{
    Workspace,
    mark::{BY_HEAD, BY_TAIL, GOAL, KNOWN, OPENING},
};
use crate::{CausalGraph, Edge, MixedGraph, NodeSet};
use std::fmt;

/// A path that information can take past what is known: why two variables are dependent.
///
/// No node occurs twice. A node between two others is a collider where both edges have an arrowhead at it. The path is
/// open given a set z when no collider is missing in the ancestors of z and no other inner node is in z; for each
/// collider outside z a *descent* shows a directed path into z.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    nodes: Vec<usize>,
    edges: Vec<Edge>,
    descents: Vec<Vec<usize>>,
}

impl Path {
    /// The nodes from one end to the other.
    pub fn nodes(&self) -> &[usize] {
        &self.nodes
    }

    /// The edges between successive nodes, one fewer than there are nodes.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Directed paths from colliders that are not known themselves to known variables, in the order of the path.
    pub fn descents(&self) -> &[Vec<usize>] {
        &self.descents
    }

    /// The first and the last node.
    pub fn ends(&self) -> [usize; 2] {
        let end = |node: Option<&usize>| node.copied().unwrap_or_default();
        [end(self.nodes.first()), end(self.nodes.last())]
    }

    /// `true` when this is a path of `graph` that is open given `z`. Straight from the definition, it shares nothing with
    /// the search; `O(length log n)` tests of edges.
    pub fn verify<G: CausalGraph>(&self, graph: &G, z: &NodeSet) -> bool {
        let is_edge = |edge: &Edge| {
            let [a, b] = edge.ends();
            graph.has_node(a)
                && graph.has_node(b)
                && if edge.is_directed() {
                    graph.children_of(a).any(|child| child == b)
                } else {
                    edge.is_bidirected() && graph.spouses_of(a).any(|spouse| spouse == b)
                }
        };
        let distinct = self.nodes.iter().collect::<std::collections::BTreeSet<_>>().len();
        let whole = self.nodes.len() >= 2
            && distinct == self.nodes.len()
            && self.edges.len() + 1 == self.nodes.len()
            && self.edges.iter().zip(self.nodes.windows(2)).all(|(edge, pair)| {
                let [a, b] = edge.ends();
                is_edge(edge) && (pair == [a, b] || pair == [b, a])
            });
        let ends_free = self.ends().iter().all(|&end| !z.contains(end));
        whole
            && ends_free
            && (1..self.edges.len()).all(|i| {
                let node = self.nodes[i];
                let collider = head_at(self.edges[i - 1], node) && head_at(self.edges[i], node);
                let descends = || {
                    self.descents.iter().filter(|way| way.first() == Some(&node)).any(|way| {
                        way.last().is_some_and(|&end| z.contains(end))
                            && way.windows(2).all(|pair| is_edge(&Edge::directed(pair[0], pair[1])))
                    })
                };
                if collider { z.contains(node) || descends() } else { !z.contains(node) }
            })
    }

    /// The path in text with the names of `graph`, as in `A -> C <-> B (open at C by C -> D)`.
    pub fn display<'p>(&'p self, graph: &'p MixedGraph) -> impl fmt::Display + 'p {
        Shown { path: self, graph }
    }
}

/// `true` when the edge has an arrowhead at `node`.
fn head_at(edge: Edge, node: usize) -> bool {
    edge.is_bidirected() || edge.ends()[1] == node
}

struct Shown<'p> {
    path: &'p Path,
    graph: &'p MixedGraph,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |node: usize| self.graph.name(node);
        for (i, &node) in self.path.nodes.iter().enumerate() {
            if let Some(&edge) = i.checked_sub(1).and_then(|before| self.path.edges.get(before)) {
                let arrow = match (edge.is_bidirected(), edge.ends()[1] == node) {
                    (true, _) => "<->",
                    (_, true) => "->",
                    _ => "<-",
                };
                write!(f, " {arrow} ")?;
            }
            f.write_str(name(node))?;
        }
        for (i, descent) in self.path.descents.iter().enumerate() {
            let names: Vec<&str> = descent.iter().map(|&node| name(node)).collect();
            let before = if i == 0 { " (open" } else { "," };
            let collider = names.first().copied().unwrap_or_default();
            write!(f, "{before} at {collider} by {}", names.join(" -> "))?;
        }
        if self.path.descents.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}

/// A shortest open path between `x` and `y` given `z`, or `None` where they are separated.
///
/// The Bayes ball of [`separated`](super::separated) rolled breadth first. Its shortest walk visits no node twice: were
/// a node visited twice, the walk without the loop would be open too (where the node becomes a collider without having
/// been one, the loop leaves it by a tail and comes back by one, so it holds a collider below the node, which is then an
/// ancestor of `z`). Each descent is a shortest one too. `O(n + m)`. Sets as in [`separated`](super::separated).
pub fn open_path<G: CausalGraph>(
    graph: &G,
    x: &NodeSet,
    y: &NodeSet,
    z: &NodeSet,
    workspace: &mut Workspace,
) -> Option<Path> {
    let n = graph.node_count();
    workspace.begin(n);
    let marks = &mut workspace.marks;
    let present =
        |set: &NodeSet| -> Vec<usize> { set.iter().filter(|&node| graph.has_node(node)).collect() };
    // Breadth first up from what is known: the next node on the way back down.
    let mut below = vec![usize::MAX; n];
    let mut queue = present(z);
    for &node in &queue {
        marks[node] |= KNOWN | OPENING;
    }
    let mut next = 0;
    while let Some(&node) = queue.get(next) {
        next += 1;
        for parent in graph.parents_of(node) {
            if marks[parent] & OPENING == 0 {
                marks[parent] |= OPENING;
                below[parent] = node;
                queue.push(parent);
            }
        }
    }
    for node in present(y) {
        marks[node] |= GOAL;
    }
    // States are twice the node, plus one where it was entered by an arrowhead. The predecessor of a state and whether
    // the edge between is bidirected; the other marks follow from the states.
    let mut from = vec![(usize::MAX, false); 2 * n];
    let mut queue: Vec<usize> = present(x).into_iter().map(|node| node << 1).collect();
    for &state in &queue {
        marks[state >> 1] |= BY_TAIL;
    }
    let mut next = 0;
    let mut found = None;
    'search: while let Some(&state) = queue.get(next) {
        next += 1;
        let (node, by_head) = (state >> 1, state & 1 == 1);
        let passable = marks[node] & KNOWN == 0;
        let through_head = if by_head { marks[node] & OPENING != 0 } else { passable };
        let ups = graph.parents_of(node).map(|parent| (parent << 1, false));
        let sides = graph.spouses_of(node).map(|spouse| (spouse << 1 | 1, true));
        let downs = graph.children_of(node).map(|child| (child << 1 | 1, false));
        let steps = ups.chain(sides).filter(|_| through_head).chain(downs.filter(|_| passable));
        for (onwards, bidirected) in steps {
            let (node, bit) = (onwards >> 1, if onwards & 1 == 1 { BY_HEAD } else { BY_TAIL });
            if marks[node] & bit == 0 {
                marks[node] |= bit;
                from[onwards] = (state, bidirected);
                queue.push(onwards);
                if marks[node] & GOAL != 0 {
                    found = Some(onwards);
                    break 'search;
                }
            }
        }
    }

    let mut state = found?;
    let mut path = Path { nodes: vec![state >> 1], edges: Vec::new(), descents: Vec::new() };
    while let (before, bidirected) = from[state]
        && before != usize::MAX
    {
        let (a, b) = (before >> 1, state >> 1);
        path.nodes.push(a);
        path.edges.push(match (bidirected, state & 1 == 1) {
            (true, _) => Edge::bidirected(a, b),
            (_, true) => Edge::directed(a, b),
            _ => Edge::directed(b, a),
        });
        state = before;
    }
    path.nodes.reverse();
    path.edges.reverse();
    for i in 1..path.edges.len() {
        let node = path.nodes[i];
        let collider = head_at(path.edges[i - 1], node) && head_at(path.edges[i], node);
        if collider && !z.contains(node) {
            let step = |&node: &usize| (below[node] != usize::MAX).then_some(below[node]);
            path.descents.push(std::iter::successors(Some(node), step).collect());
        }
    }
    Some(path)
}
