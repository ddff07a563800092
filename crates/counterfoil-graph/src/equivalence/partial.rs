//! A partly directed graph whose edges can be directed: Meek's rules and consistent extensions.

use crate::{Edge, MixedGraph, NodeSet};
use std::collections::VecDeque;

/// The parents, children and undirected neighbours of each node, and all that is joined with it.
#[derive(Clone, Debug)]
pub(crate) struct Partial {
    parents: Vec<NodeSet>,
    children: Vec<NodeSet>,
    neighbours: Vec<NodeSet>,
    adjacent: Vec<NodeSet>,
}

impl Partial {
    /// The directed and undirected edges of `graph`.
    pub(crate) fn of(graph: &MixedGraph) -> Self {
        let sets = |of: &dyn Fn(usize) -> NodeSet| (0..graph.len()).map(of).collect();
        Self {
            parents: sets(&|node| graph.parents(node).into()),
            children: sets(&|node| graph.children(node).into()),
            neighbours: sets(&|node| graph.neighbours(node).into()),
            adjacent: sets(&|node| graph.adjacent(node).into()),
        }
    }

    pub(crate) fn is_open(&self, a: usize, b: usize) -> bool {
        self.neighbours[a].contains(b)
    }

    pub(crate) fn has_directed(&self, from: usize, to: usize) -> bool {
        self.children[from].contains(to)
    }

    /// The first edge without a direction.
    pub(crate) fn first_open(&self) -> Option<(usize, usize)> {
        self.neighbours.iter().enumerate().find_map(|(a, near)| near.first().map(|b| (a, b)))
    }

    /// All edges without a direction, smaller end first.
    pub(crate) fn open(&self) -> Vec<(usize, usize)> {
        let near = self.neighbours.iter().enumerate();
        near.flat_map(|(a, near)| near.iter().filter(move |&b| a < b).map(move |b| (a, b)))
            .collect()
    }

    pub(crate) fn edges(&self) -> Vec<Edge> {
        let children = self.children.iter().enumerate();
        let directed = children.flat_map(|(a, to)| to.iter().map(move |b| Edge::directed(a, b)));
        directed.chain(self.open().into_iter().map(|(a, b)| Edge::undirected(a, b))).collect()
    }

    /// Turns `a -- b` into `a -> b` without any consequence.
    fn direct(&mut self, a: usize, b: usize) {
        self.neighbours[a].remove(b);
        self.neighbours[b].remove(a);
        self.children[a].insert(b);
        self.parents[b].insert(a);
    }

    /// Turns `a -- b` into `a -> b` and draws the consequences.
    pub(crate) fn orient(&mut self, a: usize, b: usize) {
        let mut queue = VecDeque::new();
        self.direct(a, b);
        self.affected(a, b, &mut queue);
        self.propagate(queue);
    }

    /// Directs every edge whose direction follows from the others by Meek's rules (1995). `O(n m d)` at worst.
    pub(crate) fn close(&mut self) {
        let queue = self.open().into();
        self.propagate(queue);
    }

    fn propagate(&mut self, mut queue: VecDeque<(usize, usize)>) {
        while let Some((a, b)) = queue.pop_front() {
            if !self.is_open(a, b) {
                continue;
            }
            let (from, to) = if self.is_forced(a, b) {
                (a, b)
            } else if self.is_forced(b, a) {
                (b, a)
            } else {
                continue;
            };
            self.direct(from, to);
            self.affected(from, to, &mut queue);
        }
    }

    /// The open edges to which a rule may have come to apply now that `a -> b` is known.
    fn affected(&self, a: usize, b: usize, queue: &mut VecDeque<(usize, usize)>) {
        queue.extend(self.neighbours[a].iter().map(|c| (a, c)));
        queue.extend(self.neighbours[b].iter().map(|c| (b, c)));
        // The fourth rule looks two steps away: c -- d with c -- a -> b -> d.
        for c in &self.neighbours[a] {
            queue.extend((&self.neighbours[c] & &self.children[b]).iter().map(|d| (c, d)));
        }
    }

    /// Whether one of Meek's rules turns `a -- b` into `a -> b`: the other direction would make a v-structure or a cycle.
    fn is_forced(&self, a: usize, b: usize) -> bool {
        let into_b = &self.parents[b];
        // R1: c -> a, c apart from b.
        if !self.parents[a].is_subset(&self.adjacent[b]) {
            return true;
        }
        // R2: a -> c -> b.
        if self.children[a].intersects(into_b) {
            return true;
        }
        // R3: a -- c -> b <- d -- a, c and d apart.
        let between = &self.neighbours[a] & into_b;
        if between.iter().any(|c| !between.is_subset(&self.adjacent[c].clone().with(c))) {
            return true;
        }
        // R4: a -- c -> d -> b, a joined with d, c apart from b.
        (into_b & &self.adjacent[a])
            .iter()
            .any(|d| !(&self.parents[d] & &self.neighbours[a]).is_subset(&self.adjacent[b]))
    }

    /// An order of the nodes along which the open edges can be directed without a cycle and without a new v-structure
    /// (Dor and Tarsi 1992), or the open edges among the nodes that no order can end with. `O(n^2 d n / 64)` at worst.
    pub(crate) fn extension(&self) -> Result<Vec<usize>, Vec<(usize, usize)>> {
        let n = self.parents.len();
        let mut left = NodeSet::full(n);
        let mut order = Vec::with_capacity(n);
        // The last of the declared that can be last, so that the order follows the declaration where it may.
        let mut latest_first: Vec<usize> = (0..n).rev().collect();
        while !latest_first.is_empty() {
            let ends = |&node: &usize| {
                let mut near = self.adjacent[node].clone();
                near.intersect_with(&left);
                !self.children[node].intersects(&left)
                    && self.neighbours[node].iter().filter(|&other| left.contains(other)).all(
                        |other| near.iter().all(|c| c == other || self.adjacent[other].contains(c)),
                    )
            };
            let Some(place) = latest_first.iter().position(ends) else {
                let stuck = |&(a, b): &(usize, usize)| left.contains(a) && left.contains(b);
                return Err(self.open().into_iter().filter(stuck).collect());
            };
            let node = latest_first.remove(place);
            left.remove(node);
            order.push(node);
        }
        order.reverse();
        Ok(order)
    }
}
