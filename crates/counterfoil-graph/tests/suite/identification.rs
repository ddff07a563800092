//! Verdicts of identification: cases with known answers, certificates, and what may not change an answer. All
//! comparisons are exact.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::{
    draws::with_sets,
    goldens::{cases, graph, set},
};
use counterfoil_graph::{
    Admg, Edge, MixedGraph, NodeSet, Query,
    identification::{Hedge, Workspace, identifiable},
};
use proptest::prelude::*;

/// The query of three drawn sets, made disjoint: what is in several belongs to the first.
fn query([y, x, z]: [NodeSet; 3]) -> Query {
    let do_ = &x - &y;
    let given = &(&z - &y) - &do_;
    Query { y, do_, given }
}

/// A graph and a query of it.
pub(crate) fn drawn(max: usize) -> impl Strategy<Value = (Admg, Query)> {
    with_sets(max)
        .prop_map(|(graph, sets)| (graph, query(sets)))
        .prop_filter("an outcome", |(_, query)| !query.y.is_empty())
}

fn verdict(graph: &Admg, query: &Query) -> Option<Hedge> {
    identifiable(graph, query, &mut Workspace::default()).unwrap()
}

#[test]
fn known_verdicts_and_hedges() {
    for case in cases("identify") {
        let graph = graph(&case);
        let q = &case["query"];
        let query = Query {
            y: set(&graph, &q["y"]),
            do_: set(&graph, &q["x"]),
            given: set(&graph, &q["z"]),
        };
        let hedge = verdict(&graph, &query);
        let expected = case["expected"]["identifiable"].as_bool().unwrap();
        assert_eq!(hedge.is_none(), expected, "{}", case["id"]);
        if let Some(hedge) = hedge {
            assert!(hedge.verify(&graph, &query), "{}", case["id"]);
            // The hedge that the case gives is one, too.
            let known = &case["expected"]["hedge"];
            let known = Hedge {
                f: set(&graph, &known["F"]),
                f_prime: set(&graph, &known["F_prime"]),
                ..hedge
            };
            assert!(known.verify(&graph, &query), "{}", case["id"]);
        }
    }
}

/// The graph with node `i` renamed to position `to[i]`.
fn relabelled(graph: &Admg, to: &[usize]) -> Admg {
    let mut variables = vec![None; graph.len()];
    for (node, variable) in graph.variables().enumerate() {
        variables[to[node]] = Some(variable.clone());
    }
    let edges = graph.mixed_edges().into_iter().map(|edge| {
        let ([a, b], [at_a, at_b]) = (edge.ends(), edge.marks());
        Edge::new(to[a], at_a, to[b], at_b)
    });
    Admg::try_from(MixedGraph::new(variables.into_iter().flatten(), edges).unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_no_has_a_hedge_that_verifies((graph, query) in drawn(7)) {
        if let Some(hedge) = verdict(&graph, &query) {
            prop_assert!(hedge.verify(&graph, &query));
            // A certificate of something else is refused: the two sets exchanged, or the interventions unmade.
            let swapped = Hedge { f: hedge.f_prime.clone(), f_prime: hedge.f.clone(), ..hedge.clone() };
            prop_assert!(!swapped.verify(&graph, &query));
            let unmade = Query { do_: NodeSet::new(), ..query };
            prop_assert!(!hedge.verify(&graph, &unmade));
        }
    }

    #[test]
    fn names_and_order_do_not_matter(
        ((graph, query), to) in drawn(6).prop_flat_map(|(graph, query)| {
            let n = graph.len();
            (Just((graph, query)), Just((0..n).collect::<Vec<_>>()).prop_shuffle())
        })
    ) {
        let other = relabelled(&graph, &to);
        let moved = |set: &NodeSet| -> NodeSet { set.iter().map(|node| to[node]).collect() };
        let same = Query { y: moved(&query.y), do_: moved(&query.do_), given: moved(&query.given) };
        prop_assert_eq!(verdict(&graph, &query).is_none(), verdict(&other, &same).is_none());
    }

    /// More confounding never helps.
    #[test]
    fn an_edge_less_keeps_the_yes((graph, query) in drawn(6), pick: prop::sample::Index) {
        prop_assume!(graph.edge_count() > 0 && query.given.is_empty());
        if verdict(&graph, &query).is_none() {
            let mut edges = graph.mixed_edges();
            edges.remove(pick.index(edges.len()));
            let fewer = MixedGraph::new(graph.variables().cloned(), edges).unwrap();
            prop_assert!(verdict(&Admg::try_from(fewer).unwrap(), &query).is_none());
        }
    }
}

#[test]
fn a_chain_of_ten_thousand_needs_no_deep_stack() {
    let n = 10_000;
    let variables =
        (0..n).map(|i| counterfoil_graph::Variable::continuous(format!("v{i}")).unwrap());
    let mut edges: Vec<Edge> = (1..n).map(|i| Edge::directed(i - 1, i)).collect();
    edges.extend((2..n).map(|i| Edge::bidirected(i - 2, i)));
    let graph = Admg::try_from(MixedGraph::new(variables, edges).unwrap()).unwrap();
    let query = Query::effect([0], [n - 1]);
    let hedge = verdict(&graph, &query);
    assert!(hedge.is_none_or(|hedge| hedge.verify(&graph, &query)));
}
