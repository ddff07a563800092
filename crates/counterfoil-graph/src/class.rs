//! What the classes of graphs with undecided or undirected edges have in common: checks and the wording of refusals.

use crate::{Edge, GraphError, Mark, MixedGraph, NodeSet};
use std::collections::VecDeque;

/// Refuses edges that `permits` does not, two edges between one pair, and latent variables.
pub(crate) fn check_edges(
    graph: &MixedGraph,
    class: &'static str,
    allowed: &'static str,
    permits: impl Fn(Edge) -> bool,
) -> Result<(), GraphError> {
    if let Some(edge) = graph.mixed_edges().into_iter().find(|&edge| !permits(edge)) {
        return Err(GraphError::EdgeOutOfClass { edge: graph.describe(edge), class, allowed });
    }
    for node in 0..graph.len() {
        let mut adjacent = graph.adjacent(node).to_vec();
        adjacent.sort_unstable();
        if let Some(pair) = adjacent.windows(2).find(|pair| pair[0] == pair[1]) {
            let edges: Vec<String> =
                graph.edges_between(node, pair[0]).map(|edge| graph.describe(edge)).collect();
            return Err(GraphError::ParallelEdges { edges, class });
        }
    }
    check_observed(graph)
}

/// Refuses latent variables.
pub(crate) fn check_observed(graph: &MixedGraph) -> Result<(), GraphError> {
    match graph.variables().find(|variable| variable.is_latent()) {
        Some(latent) => Err(GraphError::LatentInClass { name: latent.name().to_owned() }),
        None => Ok(()),
    }
}

/// The arrow of an edge as it is read from the node with the mark `here` to the one with `there`.
pub(crate) fn arrow(here: Mark, there: Mark) -> &'static str {
    match (here, there) {
        (Mark::Tail, Mark::Tail) => "--",
        (Mark::Tail, Mark::Circle) => "-o",
        (Mark::Tail, Mark::Arrow) => "->",
        (Mark::Circle, Mark::Tail) => "o-",
        (Mark::Circle, Mark::Circle) => "o-o",
        (Mark::Circle, Mark::Arrow) => "o->",
        (Mark::Arrow, Mark::Tail) => "<-",
        (Mark::Arrow, Mark::Circle) => "<-o",
        (Mark::Arrow, Mark::Arrow) => "<->",
    }
}

/// The mark at `node` of the only edge between it and `other`.
pub(crate) fn mark_at(graph: &MixedGraph, node: usize, other: usize) -> Option<Mark> {
    let edge = graph.edges_between(node, other).next()?;
    let ([first, _], [at_first, at_second]) = (edge.ends(), edge.marks());
    Some(if first == node { at_first } else { at_second })
}

/// A path in text, as in `a -> b -- c`. Every step must be along an edge; where two join a pair, the first is written.
pub(crate) fn path_text(graph: &MixedGraph, path: &[usize]) -> String {
    let mut text = String::new();
    for (i, &node) in path.iter().enumerate() {
        if i > 0 {
            let before = path[i - 1];
            let marks = mark_at(graph, before, node).zip(mark_at(graph, node, before));
            let drawn = marks.map_or("?", |(here, there)| arrow(here, there));
            text.push(' ');
            text.push_str(drawn);
            text.push(' ');
        }
        text.push_str(graph.name(node));
    }
    text
}

/// A shortest walk `from ... to` along `steps`, or `None`. `O(n + m)`.
pub(crate) fn shortest_path<I: Iterator<Item = usize>>(
    n: usize,
    from: usize,
    to: usize,
    steps: impl Fn(usize) -> I,
) -> Option<Vec<usize>> {
    let mut came_from = vec![usize::MAX; n];
    came_from[from] = from;
    let mut queue = VecDeque::from([from]);
    while let Some(node) = queue.pop_front() {
        if node == to {
            let mut path = vec![to];
            let mut at = to;
            while at != from {
                at = came_from[at];
                path.push(at);
            }
            path.reverse();
            return Some(path);
        }
        for next in steps(node) {
            if came_from[next] == usize::MAX {
                came_from[next] = node;
                queue.push_back(next);
            }
        }
    }
    None
}

/// Everything that `steps` reach from `seeds`, these included.
pub(crate) fn closure<I: Iterator<Item = usize>>(
    seeds: impl IntoIterator<Item = usize>,
    steps: impl Fn(usize) -> I,
) -> NodeSet {
    let mut seen = NodeSet::new();
    let mut stack: Vec<usize> = seeds.into_iter().filter(|&seed| seen.insert(seed)).collect();
    while let Some(node) = stack.pop() {
        for next in steps(node) {
            if seen.insert(next) {
                stack.push(next);
            }
        }
    }
    seen
}
