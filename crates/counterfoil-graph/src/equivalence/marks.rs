//! A mixed graph whose marks can be changed: what orientation rules work on.

use crate::{Edge, Mark, MixedGraph};

/// The marks of a graph with one edge a pair at most, by the pair: `n^2` bytes.
#[derive(Clone, Debug)]
pub(super) struct Marks {
    n: usize,
    at: Vec<Option<Mark>>,
    adjacent: Vec<Vec<usize>>,
}

impl Marks {
    /// The skeleton of `graph` with circles everywhere.
    pub(super) fn circles(graph: &MixedGraph) -> Self {
        let mut marks = Self::of(graph);
        marks.at.iter_mut().flatten().for_each(|mark| *mark = Mark::Circle);
        marks
    }

    /// The marks of `graph`.
    pub(super) fn of(graph: &MixedGraph) -> Self {
        let n = graph.len();
        let mut at = vec![None; n * n];
        for edge in graph.mixed_edges() {
            let ([a, b], [at_a, at_b]) = (edge.ends(), edge.marks());
            at[a * n + b] = Some(at_a);
            at[b * n + a] = Some(at_b);
        }
        let adjacent =
            (0..n).map(|a| (0..n).filter(|&b| at[a * n + b].is_some()).collect()).collect();
        Self { n, at, adjacent }
    }

    pub(super) fn len(&self) -> usize {
        self.n
    }

    /// What is joined with `a`, ascending.
    pub(super) fn adjacent(&self, a: usize) -> &[usize] {
        &self.adjacent[a]
    }

    pub(super) fn joined(&self, a: usize, b: usize) -> bool {
        self.at[a * self.n + b].is_some()
    }

    /// `true` when the edge between the two has `mark` at `a`.
    pub(super) fn has(&self, a: usize, b: usize, mark: Mark) -> bool {
        self.at[a * self.n + b] == Some(mark)
    }

    /// `true` for `a -> b`.
    pub(super) fn directed(&self, a: usize, b: usize) -> bool {
        self.has(a, b, Mark::Tail) && self.has(b, a, Mark::Arrow)
    }

    /// Sets the mark at `a` of the edge to `b` where it is a circle; `true` when it was.
    pub(super) fn settle(&mut self, a: usize, b: usize, mark: Mark) -> bool {
        let place = &mut self.at[a * self.n + b];
        let open = *place == Some(Mark::Circle);
        if open {
            *place = Some(mark);
        }
        open
    }

    /// The edges with these marks, for [`MixedGraph::with_edges`].
    pub(super) fn edges(&self) -> Vec<Edge> {
        let mut edges = Vec::new();
        for a in 0..self.n {
            for &b in self.adjacent[a].iter().filter(|&&b| b > a) {
                let marks = self.at[a * self.n + b].zip(self.at[b * self.n + a]);
                edges.extend(marks.map(|(at_a, at_b)| Edge::new(a, at_a, b, at_b)));
            }
        }
        edges
    }
}
