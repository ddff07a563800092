//! The cheapest separator, as the narrowest cut of a network.

use super::{
    Bounds, exists,
    hubs::{Hubs, Part},
    minimal,
};
use crate::{CausalGraph, NodeSet, separation::Workspace};

/// A separator of `x` and `y` within the bounds of which the members beyond what is required cost the least in sum, with
/// that sum; minimal, too. `None` where there is no separator of finite cost. Costs must not be negative or NaN; an
/// infinite one forbids a node.
///
/// A minimum cut (van der Zander, Liskiewicz and Textor 2019, section 4.3) by Dinic (1970) in a network of `O(n)` nodes
/// and `O(n + m)` edges: each node of the ancestors is an edge of its cost, and hubs join the nodes of each clique of the
/// moral graph. `O(n^2 m)` at worst, `O(m sqrt(n))` for equal costs. Of the cheapest separators one near `x`. Sets as in
/// [`minimal`].
pub fn minimum<G: CausalGraph>(
    graph: &G,
    x: &NodeSet,
    y: &NodeSet,
    bounds: &Bounds,
    cost: impl Fn(usize) -> f64,
    workspace: &mut Workspace,
) -> Option<(NodeSet, f64)> {
    let required = bounds.required();
    let affordable = (0..graph.node_count())
        .filter(|&node| required.contains(node) || (graph.has_node(node) && cost(node).is_finite()))
        .collect();
    let bounds = bounds.clone().within(affordable);
    if !exists(graph, x, y, &bounds, workspace) {
        return None;
    }
    let hubs = Hubs::new(graph, x, y, &bounds);
    let cut = Network::new(&hubs, &cost).cut(&hubs);
    // What costs nothing may be in the cut without need.
    let within = Bounds::any().including(required).within(hubs.separator(&cut, &bounds));
    let separator = minimal(graph, x, y, &within, workspace)?;
    let sum = (&separator - required).iter().map(cost).sum();
    Some((separator, sum))
}

/// Edges in pairs, each with what can still flow along it; edge `e ^ 1` leads back.
struct Network {
    edges_of: Vec<Vec<usize>>,
    to: Vec<usize>,
    left: Vec<f64>,
    source: usize,
    sink: usize,
}

impl Network {
    fn new(hubs: &Hubs, cost: &impl Fn(usize) -> f64) -> Self {
        let n = hubs.nodes.len();
        let (source, sink) = (2 * n + hubs.hub_count, 2 * n + hubs.hub_count + 1);
        let edges_of = vec![Vec::new(); sink + 1];
        let mut network = Self { edges_of, to: Vec::new(), left: Vec::new(), source, sink };
        for (node, part) in hubs.parts.iter().enumerate() {
            let (enter, leave) = (2 * node, 2 * node + 1);
            match part {
                // What is known lets nothing through.
                Part::Required => continue,
                Part::X => network.join(source, leave, f64::INFINITY),
                Part::Y => network.join(enter, sink, f64::INFINITY),
                Part::Forbidden => network.join(enter, leave, f64::INFINITY),
                Part::Free => network.join(enter, leave, cost(hubs.nodes[node])),
            }
            for &hub in hubs.holders.of(node) {
                network.join(leave, 2 * n + hub, f64::INFINITY);
                network.join(2 * n + hub, enter, f64::INFINITY);
            }
        }
        network
    }

    fn join(&mut self, from: usize, to: usize, capacity: f64) {
        for (a, b, capacity) in [(from, to, capacity), (to, from, 0.0)] {
            self.edges_of[a].push(self.to.len());
            self.to.push(b);
            self.left.push(capacity);
        }
    }

    /// How many edges with something left lead from the source to each node.
    fn levels(&self) -> Vec<usize> {
        let mut levels = vec![usize::MAX; self.edges_of.len()];
        levels[self.source] = 0;
        let mut queue = vec![self.source];
        let mut next = 0;
        while let Some(&node) = queue.get(next) {
            next += 1;
            for &edge in &self.edges_of[node] {
                let to = self.to[edge];
                if self.left[edge] > 0.0 && levels[to] == usize::MAX {
                    levels[to] = levels[node] + 1;
                    queue.push(to);
                }
            }
        }
        levels
    }

    /// Fills the network and returns the full edges between what the source still reaches and what it does not. Every
    /// way to the sink leads over an edge of finite cost, so that all flows are finite; each fills an edge exactly, so
    /// that rounding cannot keep it from ending.
    fn cut(mut self, hubs: &Hubs) -> NodeSet {
        loop {
            let levels = self.levels();
            if levels[self.sink] == usize::MAX {
                return hubs
                    .of(Part::Free)
                    .filter(|&node| {
                        levels[2 * node] != usize::MAX && levels[2 * node + 1] == usize::MAX
                    })
                    .collect();
            }
            self.block(&levels);
        }
    }

    /// Fills all shortest ways, depth first with an own stack.
    fn block(&mut self, levels: &[usize]) {
        let mut next = vec![0; self.edges_of.len()];
        let mut way: Vec<usize> = Vec::new();
        loop {
            let node = way.last().map_or(self.source, |&edge| self.to[edge]);
            if node == self.sink {
                let flow = way.iter().map(|&edge| self.left[edge]).fold(f64::INFINITY, f64::min);
                for &edge in &way {
                    self.left[edge] -= flow;
                    self.left[edge ^ 1] += flow;
                }
                let full = way.iter().position(|&edge| self.left[edge] <= 0.0).unwrap_or(0);
                way.truncate(full);
                continue;
            }
            let onwards = self.edges_of[node][next[node]..].iter().position(|&edge| {
                self.left[edge] > 0.0
                    && levels[self.to[edge]] != usize::MAX
                    && levels[self.to[edge]] == levels[node] + 1
            });
            if let Some(skipped) = onwards {
                next[node] += skipped;
                way.push(self.edges_of[node][next[node]]);
            } else {
                next[node] = self.edges_of[node].len();
                let Some(edge) = way.pop() else { return };
                next[self.to[edge ^ 1]] += 1;
            }
        }
    }
}
