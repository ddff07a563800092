//! Directed edges between the nodes `0 .. n`, frozen into two compact arrays; nothing here knows a name.

use std::{cmp::Reverse, collections::BinaryHeap};

/// The neighbours of every node on one side, all in one array: those of node `i` are
/// `items[starts[i] .. starts[i + 1]]`, ascending.
#[derive(Clone, Debug, PartialEq)]
struct Adjacency {
    starts: Vec<usize>,
    items: Vec<usize>,
}

impl Adjacency {
    /// From `(owner, neighbour)` pairs, of which those with equal owner ascend in their neighbour. Counting
    /// sort, `O(n + m)`.
    fn new(n: usize, pairs: impl Iterator<Item = (usize, usize)> + Clone) -> Self {
        let mut starts = vec![0; n + 1];
        for (owner, _) in pairs.clone() {
            starts[owner + 1] += 1;
        }
        for i in 0..n {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut items = vec![0; starts[n]];
        for (owner, neighbour) in pairs {
            items[next[owner]] = neighbour;
            next[owner] += 1;
        }
        Self { starts, items }
    }

    fn of(&self, node: usize) -> &[usize] {
        &self.items[self.starts[node]..self.starts[node + 1]]
    }
}

/// A set of directed edges, readable from both ends.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Arcs {
    parents: Adjacency,
    children: Adjacency,
}

impl Arcs {
    /// From `(from, to)` pairs, sorted and each once, with both ends below `n`. `O(n + m)`.
    pub(crate) fn new(n: usize, sorted: &[(usize, usize)]) -> Self {
        debug_assert!(sorted.is_sorted_by(|a, b| a < b));
        let children = Adjacency::new(n, sorted.iter().copied());
        // Sorted by `from` first, so the parents of each node come ascending as well.
        let parents = Adjacency::new(n, sorted.iter().map(|&(from, to)| (to, from)));
        Self { parents, children }
    }

    pub(crate) fn parents(&self, node: usize) -> &[usize] {
        self.parents.of(node)
    }

    pub(crate) fn children(&self, node: usize) -> &[usize] {
        self.children.of(node)
    }

    pub(crate) fn count(&self) -> usize {
        self.children.items.len()
    }

    fn nodes(&self) -> usize {
        self.children.starts.len() - 1
    }

    /// The topological order that takes the smallest available node first, or the nodes of a cycle.
    ///
    /// Kahn (1962) with a heap, `O((n + m) log n)`. Where declaration order is already topological, it is
    /// returned unchanged.
    pub(crate) fn topological_order(&self) -> Result<Vec<usize>, Vec<usize>> {
        let n = self.nodes();
        let mut missing: Vec<usize> = (0..n).map(|i| self.parents(i).len()).collect();
        let mut ready: BinaryHeap<Reverse<usize>> =
            (0..n).filter(|&i| missing[i] == 0).map(Reverse).collect();
        let mut order = Vec::with_capacity(n);
        while let Some(Reverse(node)) = ready.pop() {
            order.push(node);
            for &child in self.children(node) {
                missing[child] -= 1;
                if missing[child] == 0 {
                    ready.push(Reverse(child));
                }
            }
        }
        if order.len() == n { Ok(order) } else { Err(self.cycle_among(&missing)) }
    }

    /// A cycle in the direction of the edges, from its smallest node. Each node that Kahn's algorithm leaves
    /// over has a parent that is left over too, so walking from parent to parent must come back. `O(n + m)`.
    fn cycle_among(&self, missing: &[usize]) -> Vec<usize> {
        let left_over_parent =
            |node: usize| self.parents(node).iter().copied().find(|&p| missing[p] > 0);
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
}
