//! Which layer each node stands in, and how the nodes of a layer are ordered and moved apart.
//!
//! The method of Sugiyama, Tagawa and Toda (1981, "Methods for visual understanding of hierarchical system structures"):
//! an edge that spans several layers gets a free place in each, the places of a layer are ordered by the mean place of
//! their neighbours, and moved as near to these as their widths allow.

use crate::{Edge, Mark, MixedGraph};
use std::collections::BTreeSet;

/// Sweeps down and up; more change little.
const SWEEPS: usize = 12;

/// Something that takes a place in a layer: a node, or an edge on its way through.
pub(super) struct Place {
    pub(super) width: f64,
    pub(super) layer: usize,
    pub(super) above: Vec<usize>,
    pub(super) below: Vec<usize>,
    /// The middle.
    pub(super) x: f64,
}

impl Place {
    pub(super) fn new(width: f64, layer: usize) -> Self {
        Self { width, layer, above: Vec::new(), below: Vec::new(), x: 0.0 }
    }
}

/// The layer of each node: as long as the longest path that leads to it, where edges without an arrowhead lead from the
/// node that comes first to the other and `<->` does not count. Where arrows form a cycle, one that leads back to the
/// node declared first points upward. `O((n + m) log n)`.
pub(super) fn of_nodes(graph: &MixedGraph) -> Vec<usize> {
    let n = graph.len();
    let edges: Vec<Edge> =
        graph.mixed_edges().into_iter().filter(|edge| !edge.is_bidirected()).collect();
    let mut below = vec![Vec::new(); n];
    let mut waiting = vec![0_usize; n];
    for edge in edges.iter().filter(|edge| edge.marks()[1] == Mark::Arrow) {
        let [from, to] = edge.ends();
        below[from].push(to);
        waiting[to] += 1;
    }
    let mut rank = vec![usize::MAX; n];
    let mut order = Vec::with_capacity(n);
    let mut ready: BTreeSet<usize> = (0..n).filter(|&node| waiting[node] == 0).collect();
    let mut unplaced: BTreeSet<usize> = (0..n).collect();
    while let Some(node) = ready.pop_first().or_else(|| unplaced.first().copied()) {
        unplaced.remove(&node);
        rank[node] = order.len();
        order.push(node);
        for &next in &below[node] {
            waiting[next] = waiting[next].saturating_sub(1);
            if waiting[next] == 0 && rank[next] == usize::MAX {
                ready.insert(next);
            }
        }
    }
    // Now every edge leads from the earlier end to the later one.
    let mut above = vec![Vec::new(); n];
    for edge in edges {
        let [a, b] = edge.ends();
        let (first, second) = if rank[a] < rank[b] { (a, b) } else { (b, a) };
        above[second].push(first);
    }
    let mut layers = vec![0; n];
    for node in order {
        layers[node] = above[node].iter().map(|&before| layers[before] + 1).max().unwrap_or(0);
    }
    layers
}

/// Orders the places of every layer and moves them near their neighbours, downward and upward in turn.
pub(super) fn arrange(places: &mut [Place], gap: f64) {
    let deepest = places.iter().map(|place| place.layer).max().unwrap_or(0);
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); deepest + 1];
    for (k, place) in places.iter().enumerate() {
        rows[place.layer].push(k);
    }
    for row in &rows {
        settle(places, row, &vec![0.0; row.len()], gap);
    }
    for sweep in 0..SWEEPS {
        let downward = sweep % 2 == 0;
        for step in 0..rows.len() {
            let row = &mut rows[if downward { step } else { deepest - step }];
            let mean = |k: usize| {
                let near = if downward { &places[k].above } else { &places[k].below };
                let sum: f64 = near.iter().map(|&other| places[other].x).sum();
                if near.is_empty() { places[k].x } else { sum / near.len() as f64 }
            };
            let mut wanted: Vec<(f64, usize)> = row.iter().map(|&k| (mean(k), k)).collect();
            // Stable, so that ties keep the order of declaration.
            wanted.sort_by(|a, b| a.0.total_cmp(&b.0));
            *row = wanted.iter().map(|&(_, k)| k).collect();
            let wanted: Vec<f64> = wanted.into_iter().map(|(x, _)| x).collect();
            settle(places, &rows[if downward { step } else { deepest - step }], &wanted, gap);
        }
    }
}

/// Puts the places of a row, in their order, as near as possible to where they are `wanted` without touching: the least
/// squares under minimal distances, which is isotonic regression of what is left when the distances are taken off.
/// Linear in the length of the row.
fn settle(places: &mut [Place], row: &[usize], wanted: &[f64], gap: f64) {
    let mut offset = 0.0;
    let mut offsets = Vec::with_capacity(row.len());
    // Pools of neighbours that move as one: their sum and their number.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (k, (&place, wanted)) in row.iter().zip(wanted).enumerate() {
        if let Some(before) = k.checked_sub(1) {
            offset += 0.5 * (places[row[before]].width + places[place].width) + gap;
        }
        offsets.push(offset);
        let mut pool = (wanted - offset, 1);
        while let Some(&last) = pools.last() {
            if last.0 / last.1 as f64 <= pool.0 / pool.1 as f64 {
                break;
            }
            pool = (pool.0 + last.0, pool.1 + last.1);
            pools.pop();
        }
        pools.push(pool);
    }
    let shared = pools.iter().flat_map(|(sum, n)| std::iter::repeat_n(sum / *n as f64, *n));
    for ((&place, offset), shared) in row.iter().zip(offsets).zip(shared) {
        places[place].x = shared + offset;
    }
}
