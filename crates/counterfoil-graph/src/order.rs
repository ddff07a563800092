//! The topological order of the directed edges of a graph, or a cycle among them.

use crate::links::Links;
use std::{cmp::Reverse, collections::BinaryHeap};

/// The topological order that takes the smallest available node first, or the nodes of a cycle.
///
/// Kahn (1962) with a heap, `O((n + m) log n)`. Where declaration order is already topological, it is returned
/// unchanged.
pub(crate) fn topological(links: &Links) -> Result<Vec<usize>, Vec<usize>> {
    let n = links.node_count();
    let mut missing: Vec<usize> = (0..n).map(|i| links.parents(i).len()).collect();
    let mut ready: BinaryHeap<Reverse<usize>> =
        (0..n).filter(|&i| missing[i] == 0).map(Reverse).collect();
    let mut order = Vec::with_capacity(n);
    while let Some(Reverse(node)) = ready.pop() {
        order.push(node);
        for &child in links.children(node) {
            missing[child] -= 1;
            if missing[child] == 0 {
                ready.push(Reverse(child));
            }
        }
    }
    if order.len() == n { Ok(order) } else { Err(cycle_among(links, &missing)) }
}

/// A cycle in the direction of the edges, from its smallest node. Each node that Kahn's algorithm leaves over has a
/// parent that is left over too, so walking from parent to parent must come back. `O(n + m)`.
fn cycle_among(links: &Links, missing: &[usize]) -> Vec<usize> {
    let left_over_parent =
        |node: usize| links.parents(node).iter().copied().find(|&p| missing[p] > 0);
    let mut seen_at = vec![None; missing.len()];
    let mut walk = Vec::new();
    let mut next = (0..missing.len()).find(|&i| missing[i] > 0);
    while let Some(node) = next {
        if let Some(start) = seen_at[node] {
            let mut cycle = walk.split_off(start);
            cycle.reverse();
            let smallest = (0..cycle.len()).min_by_key(|&i| cycle[i]).unwrap_or(0);
            cycle.rotate_left(smallest);
            return cycle;
        }
        seen_at[node] = Some(walk.len());
        walk.push(node);
        next = left_over_parent(node);
    }
    walk
}
