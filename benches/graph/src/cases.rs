//! Graphs to ask questions of: random ones as simulation studies use them, and those that are known to be hard.

use counterfoil_graph::{
    Admg, CausalGraph, Edge, GraphError, MixedGraph, NodeSet, Variable,
    counterfactual::{Event, Question, World},
};
use counterfoil_random::Stream;
use std::collections::BTreeSet;

/// A graph with a cause, one of its effects, and three other variables to know.
#[derive(Clone, Debug)]
pub struct Case {
    /// The graph.
    pub graph: Admg,
    /// The cause.
    pub x: NodeSet,
    /// The effect: a descendant of the cause.
    pub y: NodeSet,
    /// Three other variables, or as many as there are.
    pub z: NodeSet,
}

/// How many edges a random graph has for each of its variables.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Density {
    /// Directed edges.
    pub directed: f64,
    /// Bidirected edges.
    pub bidirected: f64,
}

impl Density {
    /// What other tools have been measured on: 1.5 directed and 0.5 bidirected edges for each variable.
    pub const USUAL: Self = Self { directed: 1.5, bidirected: 0.5 };
    /// Half as many again, three edges for each variable.
    pub const DENSE: Self = Self { directed: 2.25, bidirected: 0.75 };
    /// The usual one without hidden causes.
    pub const OPEN: Self = Self { directed: 1.5, bidirected: 0.0 };
}

/// Number `item` of the random graphs of `n` variables: so many different pairs are drawn for each sort of edge, and a
/// random order of the variables directs the edges. The cause is drawn among the variables that have an effect.
///
/// # Errors
/// None that a size of 3 or more can bring about.
pub fn random(n: usize, density: Density, item: u64) -> Result<Case, GraphError> {
    let mut stream = Stream::new(0, "bench-graph", item, n as u64);
    let order = stream.permutation(n);
    let mut pairs = |count: f64| {
        let mut pairs = BTreeSet::new();
        while pairs.len() < (count * n as f64) as usize {
            let (a, b) = (stream.below(n), stream.below(n));
            if a != b {
                pairs.insert((a.min(b), a.max(b)));
            }
        }
        pairs
    };
    let directed = pairs(density.directed).into_iter().map(|(a, b)| (order[a], order[b]));
    let edges: Vec<Edge> = directed
        .map(|(a, b)| Edge::directed(a, b))
        .chain(pairs(density.bidirected).into_iter().map(|(a, b)| Edge::bidirected(a, b)))
        .collect();
    let graph = numbered(n, edges)?;
    let (x, y) = loop {
        let x = stream.below(n);
        let below: Vec<usize> = graph.descendants([x]).iter().filter(|&v| v != x).collect();
        if !below.is_empty() {
            break (x, below[stream.below(below.len())]);
        }
    };
    let mut z = NodeSet::new();
    while z.len() < 3.min(n - 2) {
        let node = stream.below(n);
        if node != x && node != y {
            z.insert(node);
        }
    }
    Ok(Case { graph, x: [x].into(), y: [y].into(), z })
}

/// `X <- A <- B -> Y` as often as `n` variables allow, beside `X -> Y`: of each pair one must be known, so that there are
/// `2^((n - 2) / 2)` minimal adjustment sets.
///
/// # Errors
/// None.
pub fn ladder(n: usize) -> Result<Case, GraphError> {
    let rungs = (2..n - 1)
        .step_by(2)
        .flat_map(|a| [Edge::directed(a, 0), Edge::directed(a + 1, a), Edge::directed(a + 1, 1)]);
    Ok(asked(numbered(n, rungs.chain([Edge::directed(0, 1)]).collect())?, 0, 1))
}

/// `X -> M -> ... -> Y` where hidden causes tie everything but M together, each variable to the one before it: one district
/// of `n - 1` variables, in which each is conditioned on all before it. Half as many further edges lie at random, and so do
/// the numbers of the variables.
///
/// # Errors
/// None.
pub fn district(n: usize) -> Result<Case, GraphError> {
    let mut edges: BTreeSet<(usize, usize)> = (1..n).map(|v| (v - 1, v)).collect();
    let mut stream = Stream::new(0, "bench-district", 0, n as u64);
    while edges.len() < n + n / 2 {
        let (a, b) = (1 + stream.below(n - 1), 1 + stream.below(n - 1));
        if a != b {
            edges.insert((a.min(b), a.max(b)));
        }
    }
    let tied = (3..n).map(|v| Edge::bidirected(v - 1, v)).chain([Edge::bidirected(0, 2)]);
    let edges = edges.into_iter().map(|(a, b)| Edge::directed(a, b)).chain(tied);
    let names = stream.permutation(n);
    Ok(asked(numbered(n, renumbered(edges, &names))?, names[0], names[n - 1]))
}

/// The napkin graph `W -> R -> X -> Y`, `W <-> X`, `W <-> Y` with a long chain in the place of W, all of it confounded: the
/// formula is a quotient of sums over the chain.
///
/// # Errors
/// None.
pub fn napkin(n: usize) -> Result<Case, GraphError> {
    let [r, x, y] = [n - 3, n - 2, n - 1];
    let edges = (1..n).map(|v| Edge::directed(v - 1, v));
    let tied = (1..r).map(|v| Edge::bidirected(v - 1, v));
    let ends = [Edge::bidirected(0, x), Edge::bidirected(0, y)];
    let names = Stream::new(0, "bench-napkin", 0, n as u64).permutation(n);
    let edges = renumbered(edges.chain(tied).chain(ends), &names);
    Ok(asked(numbered(n, edges)?, names[x], names[y]))
}

/// Two random graphs without hidden causes, one above X and one between X and Y, which have a hidden cause: everything in
/// the latter is a front-door set, and nothing in the former may be in one.
///
/// # Errors
/// As [`random`].
pub fn mediated(n: usize, item: u64) -> Result<Case, GraphError> {
    let (x, y) = (n - 2, n - 1);
    let half = (n - 2) / 2;
    let mut edges = vec![Edge::bidirected(x, y)];
    for (first, size, item) in [(0, half, 2 * item), (half, n - 2 - half, 2 * item + 1)] {
        let part = random(size, Density::OPEN, item)?.graph;
        edges.extend(part.directed_edges().map(|(a, b)| Edge::directed(first + a, first + b)));
        for node in 0..size {
            if first > 0 && part.parents(node).is_empty() {
                edges.push(Edge::directed(x, first + node));
            }
            if part.children(node).is_empty() {
                edges.push(Edge::directed(first + node, if first > 0 { y } else { x }));
            }
        }
    }
    Ok(asked(numbered(n, edges)?, x, y))
}

/// A graph of [`mediated`] and a variable apart from it: to see that X tells nothing of that one, everything else has to
/// be looked at.
///
/// # Errors
/// As [`random`].
pub fn apart(n: usize, item: u64) -> Result<Case, GraphError> {
    let Case { graph, x, .. } = mediated(n - 1, item)?;
    Ok(Case { graph: numbered(n, graph.mixed_edges())?, x, y: [n - 1].into(), z: NodeSet::new() })
}

/// A question about three worlds of a random graph: two effects, each of a cause that is set in a world of its own, given
/// two facts of the actual world.
///
/// # Errors
/// As [`random`].
pub fn three_worlds(n: usize, item: u64) -> Result<(Admg, Question), GraphError> {
    let Case { graph, x, y, z } = random(n, Density::USUAL, item)?;
    let mut stream = Stream::new(0, "bench-worlds", item, n as u64);
    let [x, y] = [&x, &y].map(|set| set.first().unwrap_or(0));
    let other = z.first().unwrap_or(x);
    let below: Vec<usize> = graph.descendants([other]).iter().collect();
    let event = Event::sure().and(y, World::factual().set(x, 0), 1).and(
        below[stream.below(below.len())],
        World::factual().set(other, 1),
        0,
    );
    let given = z.iter().skip(1).fold(Event::sure(), |event, v| event.and(v, World::factual(), 1));
    Ok((graph, Question { event, given }))
}

/// The graph of `n` variables `v0`, `v1`, ... with these edges.
fn numbered(n: usize, edges: Vec<Edge>) -> Result<Admg, GraphError> {
    let variables: Result<Vec<_>, _> =
        (0..n).map(|i| Variable::continuous(format!("v{i}"))).collect();
    Admg::try_from(MixedGraph::new(variables?, edges)?)
}

/// The same edges where node `v` is called `names[v]`.
fn renumbered(edges: impl Iterator<Item = Edge>, names: &[usize]) -> Vec<Edge> {
    let renamed = edges.map(|edge| {
        let ([a, b], [at_a, at_b]) = (edge.ends(), edge.marks());
        Edge::new(names[a], at_a, names[b], at_b)
    });
    renamed.collect()
}

fn asked(graph: Admg, x: usize, y: usize) -> Case {
    let z = (0..graph.node_count()).filter(|&v| v != x && v != y).take(3).collect();
    Case { graph, x: [x].into(), y: [y].into(), z }
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_graph::{
        Query, adjustment::Effect, estimand::Node, front_door::FrontDoor, identification::identify,
    };

    #[test]
    fn random_graphs_have_the_edges_that_were_asked_for() {
        let case = random(40, Density::USUAL, 3).unwrap();
        assert_eq!(case.graph.directed_edges().count(), 60);
        assert_eq!(case.graph.bidirected_edges().count(), 20);
        assert_eq!(case.z.len(), 3);
        assert!(case.y.is_subset(&case.graph.descendants(&case.x)));
        let again = random(40, Density::USUAL, 3).unwrap();
        assert_eq!((again.graph, again.x, again.y, again.z), (case.graph, case.x, case.y, case.z));
    }

    #[test]
    fn the_hard_graphs_are_what_they_are_said_to_be() {
        let rungs = ladder(12).unwrap();
        let sets = Effect::of(&rungs.graph, &rungs.x, &rungs.y).unwrap().all_minimal();
        assert_eq!(sets.count(), 32);
        let Case { graph, x, y, .. } = mediated(30, 0).unwrap();
        assert_eq!(FrontDoor::of(&graph, &x, &y).unwrap().find(), Some((14..28).collect()));
        for (case, districts) in [(district(20).unwrap(), 2), (napkin(20).unwrap(), 2)] {
            assert_eq!(case.graph.districts().len(), districts);
            let estimand = identify(&case.graph, &Query::effect(case.x, case.y)).unwrap();
            assert!(!matches!(estimand.arena().node(estimand.root()), Node::Probability(_)));
        }
    }
}
