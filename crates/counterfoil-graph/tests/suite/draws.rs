//! Random graphs and variables for the property tests.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use counterfoil_graph::{Admg, Dag, Edge, MixedGraph, NodeSet, Variable};
use proptest::prelude::*;
use std::ops::Bound;

/// Names and units that need quoting, escaping, or neither.
pub(crate) fn plain_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_][a-z0-9_]{0,8}",
        "(node|Edge|GRAPH|digraph|subgraph|strict)",
        "[ -~]{0,12}[!-~]",
        "[\"\\\\a]{1,6}",
        "\\PC{0,6}[a-zß-ü中]",
        "-?[0-9]{1,3}\\.?[0-9]{0,2}",
    ]
}

/// Finite numbers of every size, as bounds.
pub(crate) fn number() -> impl Strategy<Value = f64> {
    prop_oneof![-1000.0..1000.0, -8e307..8e307, -1e-300..1e-300, (-50i32..50).prop_map(f64::from)]
}

/// Two different numbers in ascending order.
pub(crate) fn interval() -> impl Strategy<Value = (f64, f64)> {
    (number(), number())
        .prop_filter("two different numbers", |(a, b)| a != b)
        .prop_map(|(a, b)| (a.min(b), a.max(b)))
}

fn bound(value: f64) -> impl Strategy<Value = Bound<f64>> {
    prop_oneof![
        Just(Bound::Unbounded),
        Just(Bound::Included(value)),
        // One step outwards of a value that lies in the range.
        Just(Bound::Excluded(value)),
    ]
}

/// A variable of any kind and role, called `name`.
pub(crate) fn variable(name: String) -> impl Strategy<Value = Variable> {
    let continuous = (interval(), any::<[bool; 2]>()).prop_flat_map({
        let name = name.clone();
        move |((low, high), [ranged, wide])| {
            let name = name.clone();
            // Open bounds may not coincide with the range, so leave room for them.
            let room = if wide { (high - low).abs() + 1.0 } else { 0.0 };
            (bound(low - room), bound(high + room)).prop_map(move |domain| {
                let plain = Variable::continuous(name.clone()).unwrap();
                let ranged = if ranged { plain.with_range(low, high).unwrap() } else { plain };
                ranged.clone().with_domain(domain).unwrap_or(ranged)
            })
        }
    });
    let circular = (1e-3..1e3f64, -1e3..1e3f64).prop_map({
        let name = name.clone();
        move |(period, origin)| {
            Variable::circular(name.clone(), period).unwrap().with_origin(origin).unwrap()
        }
    });
    let categorical = (2usize..100).prop_map({
        let name = name.clone();
        move |n| Variable::categorical(name.clone(), n).unwrap()
    });
    let labelled = (
        prop_oneof![3 => continuous, 1 => circular, 1 => categorical],
        proptest::option::of(plain_text()),
    )
        .prop_map(|(variable, unit)| match unit {
            Some(unit) => variable.with_unit(unit).unwrap(),
            None => variable,
        });
    let unlabelled = Just(Variable::unlabelled(name).unwrap());
    (prop_oneof![5 => labelled, 1 => unlabelled], proptest::option::of(1usize..100)).prop_map(
        |(variable, width)| match width {
            Some(width) => variable.with_width(width).unwrap(),
            None => variable,
        },
    )
}

/// Any DAG of up to `max` variables of every kind; declaration order is not topological in general.
pub(crate) fn dag(max: usize) -> impl Strategy<Value = Dag> {
    proptest::collection::btree_set(plain_text(), 0..=max)
        .prop_map(|names| names.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
        .prop_flat_map(|names| names.into_iter().map(variable).collect::<Vec<_>>())
        .prop_flat_map(|variables| {
            let n = variables.len();
            let order = Just((0..n).collect::<Vec<_>>()).prop_shuffle();
            (Just(variables), order, proptest::collection::vec(any::<bool>(), n * n))
        })
        .prop_map(|(variables, order, chosen)| {
            let n = variables.len();
            let name = |i: usize| variables[i].name();
            let mut edges = Vec::new();
            for i in 0..n {
                for j in i + 1..n {
                    let ends = [order[i], order[j]];
                    if chosen[i * n + j] && ends.iter().all(|&k| variables[k].is_labelled()) {
                        edges.push((name(ends[0]), name(ends[1])));
                    }
                }
            }
            Dag::new(variables.clone(), &edges).unwrap()
        })
}

/// Any ADMG of up to `max` nodes; declaration order is not topological in general.
pub(crate) fn admg(max: usize) -> impl Strategy<Value = Admg> {
    (1..=max)
        .prop_flat_map(|n| {
            let order = Just((0..n).collect::<Vec<_>>()).prop_shuffle();
            (order, proptest::collection::vec((any::<bool>(), 0u8..4), n * n))
        })
        .prop_map(|(order, chosen)| {
            let n = order.len();
            let mut edges = Vec::new();
            for i in 0..n {
                for j in i + 1..n {
                    let (directed, bidirected) = chosen[i * n + j];
                    if directed {
                        edges.push(Edge::directed(order[i], order[j]));
                    }
                    if bidirected == 0 {
                        edges.push(Edge::bidirected(order[i], order[j]));
                    }
                }
            }
            let variables = (0..n).map(|i| Variable::continuous(format!("v{i}")).unwrap());
            Admg::try_from(MixedGraph::new(variables, edges).unwrap()).unwrap()
        })
}

pub(crate) fn subset(n: usize) -> impl Strategy<Value = NodeSet> {
    proptest::collection::vec(any::<bool>(), n)
        .prop_map(|bits| bits.iter().enumerate().filter(|(_, b)| **b).map(|(i, _)| i).collect())
}

/// A graph with three sets of its nodes.
pub(crate) fn with_sets(max: usize) -> impl Strategy<Value = (Admg, [NodeSet; 3])> {
    admg(max).prop_flat_map(|graph| {
        let n = graph.len();
        (Just(graph), [subset(n), subset(n), subset(n)])
    })
}
