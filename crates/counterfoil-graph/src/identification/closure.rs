//! Ancestors and districts inside a set of nodes, with memory that is used again.

use crate::{MixedGraph, NodeSet};

/// Sets `out` to `seeds` and all that directed paths inside `within` lead from to them. The seeds must lie in `within`.
pub(super) fn ancestors(
    graph: &MixedGraph,
    seeds: &NodeSet,
    within: impl Fn(usize) -> bool,
    out: &mut NodeSet,
    stack: &mut Vec<usize>,
) {
    grow(seeds.iter(), |node| graph.parents(node), within, out, stack);
}

/// Sets `out` to the nodes that bidirected paths inside `within` join with `seeds`, themselves included.
pub(super) fn district(
    graph: &MixedGraph,
    seeds: impl Iterator<Item = usize>,
    within: impl Fn(usize) -> bool,
    out: &mut NodeSet,
    stack: &mut Vec<usize>,
) {
    grow(seeds, |node| graph.spouses(node), within, out, stack);
}

fn grow<'g>(
    seeds: impl Iterator<Item = usize>,
    neighbours: impl Fn(usize) -> &'g [usize],
    within: impl Fn(usize) -> bool,
    out: &mut NodeSet,
    stack: &mut Vec<usize>,
) {
    out.clear();
    stack.clear();
    for seed in seeds {
        if out.insert(seed) {
            stack.push(seed);
        }
    }
    while let Some(node) = stack.pop() {
        for &next in neighbours(node) {
            if within(next) && out.insert(next) {
                stack.push(next);
            }
        }
    }
}
