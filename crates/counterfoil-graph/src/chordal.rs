//! Chordal graphs: orders in which a graph can be taken apart without leaving a hole, and the hole where there is none.

use crate::{MixedGraph, NodeSet, class::shortest_path};

/// The nodes of the undirected part of `graph` in the order of a maximum cardinality search (Tarjan and Yannakakis
/// 1984): next is always a node with the most visited neighbours. Directed edges are not looked at. Where the
/// undirected part is chordal, orienting every edge forwards makes no new v-structure. `O(n + m)`.
pub(crate) fn maximum_cardinality(graph: &MixedGraph) -> Vec<usize> {
    search(graph.len(), |node| graph.neighbours(node))
}

/// The numbers below `n` in the order of a maximum cardinality search of the graph with these `neighbours`.
pub(crate) fn search<'g>(n: usize, neighbours: impl Fn(usize) -> &'g [usize]) -> Vec<usize> {
    let mut weight = vec![0_usize; n];
    let mut visited = vec![false; n];
    // A stack for each weight; a node may stand in several, and only its entry at its present weight counts.
    let mut stacks: Vec<Vec<usize>> = vec![(0..n).rev().collect()];
    let mut order = Vec::with_capacity(n);
    let mut top = 0;
    while order.len() < n {
        let Some(node) = stacks[top].pop() else {
            top = top.saturating_sub(1);
            continue;
        };
        if visited[node] || weight[node] != top {
            continue;
        }
        visited[node] = true;
        order.push(node);
        for &next in neighbours(node) {
            if !visited[next] {
                weight[next] += 1;
                if weight[next] == stacks.len() {
                    stacks.push(Vec::new());
                }
                stacks[weight[next]].push(next);
                top = top.max(weight[next]);
            }
        }
    }
    order
}

/// A cycle of four or more nodes without a chord in the undirected part of `graph`, or `None` where that is chordal.
/// `O(n + m)` to say that there is none.
pub(crate) fn hole(graph: &MixedGraph) -> Option<Vec<usize>> {
    let order = maximum_cardinality(graph);
    let mut position = vec![0; order.len()];
    for (i, &node) in order.iter().enumerate() {
        position[node] = i;
    }
    // Chordal when the earlier neighbours of every node are neighbours of the last of them.
    let joined = |a: usize, b: usize| graph.neighbours(a).binary_search(&b).is_ok();
    let fails = |&&node: &&usize| {
        let earlier = graph.neighbours(node).iter().filter(|&&b| position[b] < position[node]);
        let last = earlier.clone().max_by_key(|&&b| position[b]).copied();
        last.is_some_and(|last| earlier.copied().any(|b| b != last && !joined(b, last)))
    };
    let first = order.iter().find(fails)?;
    // Only a refusal comes here. A hole is a node with two neighbours that are joined outside its neighbourhood.
    std::iter::once(first).chain(&order).find_map(|&node| hole_through(graph, node))
}

fn hole_through(graph: &MixedGraph, node: usize) -> Option<Vec<usize>> {
    let near = graph.neighbours(node);
    let closed = NodeSet::from(near).with(node);
    for (i, &a) in near.iter().enumerate() {
        for &b in &near[i + 1..] {
            if graph.neighbours(a).binary_search(&b).is_ok() {
                continue;
            }
            let outside = |at: usize| {
                graph.neighbours(at).iter().copied().filter(|&c| c == b || !closed.contains(c))
            };
            if let Some(mut path) = shortest_path(graph.len(), a, b, outside) {
                path.push(node);
                return Some(path);
            }
        }
    }
    None
}
