//! A single member of a class: the DAG of a CPDAG, the MAG of a PAG.

use super::marks::Marks;
use crate::{Cpdag, Dag, Edge, GraphError, Mag, Mark, MixedGraph, Pag, chordal};

/// A member of the class that a PAG stands for, as a graph that is still to be checked (Zhang 2008, "On the
/// completeness ...", lemma 3.3.4): `o->` becomes `->`, `-o` too, and what is joined by `o-o` is directed without new
/// v-structure.
///
/// # Errors
/// [`GraphError::NotChordal`] where the circle edges cannot be directed so.
pub(crate) fn augmented(graph: &MixedGraph) -> Result<MixedGraph, GraphError> {
    let circles: Vec<Edge> = graph
        .mixed_edges()
        .into_iter()
        .filter(|edge| edge.marks() == [Mark::Circle; 2])
        .map(|edge| Edge::undirected(edge.ends()[0], edge.ends()[1]))
        .collect();
    let circles = graph.with_edges(&circles);
    if let Some(mut hole) = chordal::hole(&circles) {
        hole.push(hole[0]);
        return Err(GraphError::NotChordal { cycle: crate::class::path_text(&circles, &hole) });
    }
    let position = positions(&chordal::maximum_cardinality(&circles));
    let mut marks = Marks::of(graph);
    for edge in graph.mixed_edges() {
        let [a, b] = edge.ends();
        match edge.marks() {
            [Mark::Circle, Mark::Circle] => {
                let (from, to) = if position[a] < position[b] { (a, b) } else { (b, a) };
                marks.settle(from, to, Mark::Tail);
                marks.settle(to, from, Mark::Arrow);
            }
            [Mark::Circle, Mark::Arrow] => {
                marks.settle(a, b, Mark::Tail);
            }
            [Mark::Tail, Mark::Circle] => {
                marks.settle(b, a, Mark::Arrow);
            }
            _ => {}
        }
    }
    Ok(graph.with_edges(&marks.edges()))
}

fn positions(order: &[usize]) -> Vec<usize> {
    let mut position = vec![0; order.len()];
    for (i, &node) in order.iter().enumerate() {
        position[node] = i;
    }
    position
}

impl Pag {
    /// One MAG of the class: every `o->` and `-o` taken as `->`, and what `o-o` joins directed without a new v-structure
    /// (Zhang 2008). It has as few bidirected edges as any. `O(n^2)`.
    pub fn member(&self) -> Mag {
        // The circle edges of a PAG are chordal, so that nothing is refused.
        Mag::from_checked(augmented(self).unwrap_or_else(|_| (**self).clone()))
    }
}

impl Cpdag {
    /// One DAG of the class: the undirected edges directed along a maximum cardinality search, which makes no new
    /// v-structure and no cycle. `O(n + m)` and sorting.
    pub fn member(&self) -> Dag {
        let position = positions(&chordal::maximum_cardinality(self));
        self.directed_by(&position)
    }

    /// The member whose undirected edges lead from the smaller to the larger position. These must be an order without
    /// v-structure.
    pub(crate) fn directed_by(&self, position: &[usize]) -> Dag {
        let turned = self.undirected_edges().map(|(a, b)| {
            if position[a] < position[b] { Edge::directed(a, b) } else { Edge::directed(b, a) }
        });
        let kept = self.directed_edges().map(|(a, b)| Edge::directed(a, b));
        let edges: Vec<Edge> = kept.chain(turned).collect();
        Dag::from_mixed(self.with_edges(&edges))
    }
}
