//! Shortest directed paths: how one variable comes to be a cause of another.

use crate::{CausalGraph, NodeSet};
use std::iter::successors;

const UNSEEN: usize = usize::MAX;

/// A shortest path along directed edges from a node of `from` to a node of `to`, whose nodes between satisfy `through`;
/// one node where the two sets meet. Of several the one that is found first when earlier nodes are visited first.
/// `O(n + m)`.
pub(crate) fn directed_path<G: CausalGraph>(
    graph: &G,
    from: &NodeSet,
    to: &NodeSet,
    through: impl Fn(usize) -> bool,
) -> Option<Vec<usize>> {
    if let Some(both) = from.iter().find(|&node| to.contains(node)) {
        return Some(vec![both]);
    }
    let mut before = vec![UNSEEN; graph.node_count()];
    let mut queue: Vec<usize> = from.iter().filter(|&node| graph.has_node(node)).collect();
    let mut next = 0;
    while let Some(&node) = queue.get(next) {
        next += 1;
        for child in graph.children_of(node) {
            if before[child] != UNSEEN || from.contains(child) {
                continue;
            }
            if to.contains(child) {
                let back = |&node: &usize| Some(before[node]).filter(|&b| b != UNSEEN);
                let mut path = vec![child];
                path.extend(successors(Some(node), back));
                path.reverse();
                return Some(path);
            }
            if through(child) {
                before[child] = node;
                queue.push(child);
            }
        }
    }
    None
}

/// `true` when `path` has a node at least and each is a child of the one before.
pub(crate) fn is_directed_path<G: CausalGraph>(graph: &G, path: &[usize]) -> bool {
    path.first().is_some_and(|&node| graph.has_node(node))
        && path.windows(2).all(|pair| graph.children_of(pair[0]).any(|child| child == pair[1]))
}
