//! The edges of a mixed graph, frozen into two arrays; nothing here knows a name.

use crate::{Edge, Mark};

/// Combinations of the mark at a node and the mark at its neighbour.
const CLASSES: usize = 9;

/// The position of a combination among a node's segments. The mark at the node itself varies slowest, so that all
/// neighbours behind an arrowhead at the node stand together, and all behind a tail.
const fn class(here: Mark, there: Mark) -> usize {
    here as usize * 3 + there as usize
}

/// For every node its neighbours in one array, in nine segments by the marks at the two ends, each ascending.
///
/// `O(1)` to find the parents, children or spouses of a node as slices; `9 n + 2 m` words in all.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Links {
    /// Segment `c` of node `i` is `items[starts[9 i + c] .. starts[9 i + c + 1]]`.
    starts: Vec<u32>,
    items: Vec<usize>,
}

impl Links {
    /// From edges whose ends are below `n`, each at most once. `O(n + m)` after sorting.
    pub(crate) fn new(n: usize, edges: &[Edge]) -> Self {
        let mut ends: Vec<(usize, usize)> = Vec::with_capacity(2 * edges.len());
        for edge in edges {
            let ([a, b], [at_a, at_b]) = (edge.ends(), edge.marks());
            ends.push((a * CLASSES + class(at_a, at_b), b));
            ends.push((b * CLASSES + class(at_b, at_a), a));
        }
        ends.sort_unstable();
        let mut starts = vec![0_u32; n * CLASSES + 1];
        for (segment, _) in &ends {
            starts[segment + 1] += 1;
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        Self { starts, items: ends.into_iter().map(|(_, node)| node).collect() }
    }

    pub(crate) fn node_count(&self) -> usize {
        self.starts.len() / CLASSES
    }

    fn segments(&self, node: usize, from: usize, to: usize) -> &[usize] {
        let base = node * CLASSES;
        &self.items[self.starts[base + from] as usize..self.starts[base + to] as usize]
    }

    /// The neighbours of `node` along edges with these marks, ascending.
    pub(crate) fn of(&self, node: usize, here: Mark, there: Mark) -> &[usize] {
        let class = class(here, there);
        self.segments(node, class, class + 1)
    }

    pub(crate) fn parents(&self, node: usize) -> &[usize] {
        self.of(node, Mark::Arrow, Mark::Tail)
    }

    pub(crate) fn children(&self, node: usize) -> &[usize] {
        self.of(node, Mark::Tail, Mark::Arrow)
    }

    pub(crate) fn spouses(&self, node: usize) -> &[usize] {
        self.of(node, Mark::Arrow, Mark::Arrow)
    }

    pub(crate) fn neighbours(&self, node: usize) -> &[usize] {
        self.of(node, Mark::Tail, Mark::Tail)
    }

    /// Everything that `node` is connected with; a node stands twice where two edges lead to it.
    pub(crate) fn adjacent(&self, node: usize) -> &[usize] {
        self.segments(node, 0, CLASSES)
    }

    pub(crate) fn edge_count(&self) -> usize {
        self.items.len() / 2
    }

    /// All edges, sorted by first end, then by second, then by marks.
    pub(crate) fn edges(&self) -> Vec<Edge> {
        let marks = [Mark::Tail, Mark::Circle, Mark::Arrow];
        let mut edges = Vec::with_capacity(self.edge_count());
        for node in 0..self.node_count() {
            let first = edges.len();
            for here in marks {
                for there in marks {
                    for &other in self.of(node, here, there) {
                        let edge = Edge::new(node, here, other, there);
                        if edge.ends()[0] == node {
                            edges.push(edge);
                        }
                    }
                }
            }
            edges[first..].sort_unstable();
        }
        edges
    }
}
