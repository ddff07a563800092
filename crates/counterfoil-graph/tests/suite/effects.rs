//! Formulas of causal effects against the truth in models whose hidden causes are explicit.
//!
//! Float class throughout: a formula is a few thousand sums, products and quotients of probabilities above 1e-9, each
//! with a relative rounding of 1e-16, so 1e-9 leaves room for every cancellation that can occur in graphs of this size.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::{
    goldens::{cases, graph, set},
    identification::drawn,
    oracle::{Model, mass, value},
};
use counterfoil_graph::{
    Admg, NodeSet, Query,
    estimand::Estimand,
    identification::{NotIdentified, identify},
};
use proptest::prelude::*;

const BOUND: f64 = 1e-9;

/// The largest difference between the formula and the truth, over all values of all variables of the graph: those that
/// the query does not speak of may not matter.
fn error(graph: &Admg, query: &Query, estimand: &Estimand, seed: u64) -> f64 {
    let model = Model::new(graph, seed);
    let observed = model.joint(&NodeSet::new(), 0, &NodeSet::new(), 0);
    let truth = model.effect(&query.y, &query.do_, &query.given);
    truth
        .iter()
        .enumerate()
        .map(|(bits, truth)| {
            let found = value(estimand.arena(), estimand.root(), bits, &mut |source, fixed, _| {
                assert!(source == 0 && fixed.is_empty(), "only observations are given");
                observed.clone()
            });
            (truth - found).abs()
        })
        .fold(0.0, f64::max)
}

#[test]
fn known_effects_from_their_joint_distributions() {
    for case in cases("numeric_effect") {
        let graph = graph(&case);
        let q = &case["query"];
        let query = Query {
            y: set(&graph, &q["y"]),
            do_: set(&graph, &q["x"]),
            given: set(&graph, &q["z"]),
        };
        let estimand = identify(&graph, &query).unwrap();
        let n = graph.len();
        let given = &case["expected"]["observational_joint"];
        let order: Vec<usize> = given["order"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| graph.index_of(name.as_str().unwrap()).unwrap())
            .collect();
        let mut joint = vec![0.0; 1 << n];
        for (row, p) in given["p"].as_array().unwrap().iter().enumerate() {
            let bits: usize =
                order.iter().enumerate().map(|(i, node)| (row >> (n - 1 - i) & 1) << node).sum();
            joint[bits] = p.as_f64().unwrap();
        }
        for effect in case["expected"]["effects"].as_array().unwrap() {
            let mut bits = 0;
            for part in ["do", "given"] {
                for (name, at) in effect[part].as_object().unwrap() {
                    bits |= (at.as_u64().unwrap() as usize) << graph.index_of(name).unwrap();
                }
            }
            let y: Vec<usize> = q["y"]
                .as_array()
                .unwrap()
                .iter()
                .map(|name| graph.index_of(name.as_str().unwrap()).unwrap())
                .collect();
            for (row, p) in effect["p"].as_array().unwrap().iter().enumerate() {
                let cell: usize = y
                    .iter()
                    .enumerate()
                    .map(|(i, node)| (row >> (y.len() - 1 - i) & 1) << node)
                    .sum();
                let found =
                    value(estimand.arena(), estimand.root(), bits | cell, &mut |_, _, _| {
                        joint.clone()
                    });
                let expected = p.as_f64().unwrap();
                assert!(
                    (found - expected).abs() < BOUND,
                    "{}: {found}, not {expected}",
                    case["id"]
                );
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The formula is right at every cell, whatever the variables that it should not depend on, and where there is no
    /// formula there is a hedge.
    #[test]
    fn a_formula_is_the_effect((graph, query) in drawn(6), seed: u64) {
        prop_assume!(graph.bidirected_edges().count() <= 6);
        match identify(&graph, &query) {
            Ok(estimand) => {
                let spoken: NodeSet =
                    estimand.free_symbols().iter().map(|s| s.variable()).collect();
                let asked = &(&query.y | &query.do_) | &query.given;
                prop_assert!(spoken.is_subset(&asked), "{estimand} has free symbols");
                let error = error(&graph, &query, &estimand, seed);
                prop_assert!(error < BOUND, "{} of {} is off by {error}", estimand, query.text(&graph));
            }
            Err(NotIdentified::Hedge(hedge)) => prop_assert!(hedge.verify(&graph, &query)),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

fn check(graph: &str, [x, y, z]: [&str; 3], expected: &str) {
    let graph: Admg = graph.parse().unwrap();
    let set = |names: &str| graph.set_of(names.split_whitespace()).unwrap();
    let query = Query { y: set(y), do_: set(x), given: set(z) };
    let estimand = identify(&graph, &query).unwrap();
    assert_eq!(estimand.to_string(), expected);
    let error = error(&graph, &query, &estimand, 7);
    assert!(error < BOUND, "{expected} is off by {error}");
}

#[test]
fn formulas_are_short() {
    let front_door = "X -> M -> Y; X <-> Y";
    check(front_door, ["X", "Y", ""], "Σ_m P(m | x) Σ_x' P(x') P(y | x', m)");
    check("Z -> X -> Y; Z -> Y", ["X", "Y", ""], "Σ_z P(z) P(y | z, x)");
    check("Z -> X -> Y; Z -> Y", ["X", "Y", "Z"], "P(y | z, x)");
    check("X -> Y; Z", ["X", "Y", "Z"], "P(y | x)");
    check("X -> Y; X <-> Y", ["Y", "X", ""], "P(x)");
}

#[test]
fn the_napkin_does_not_depend_on_its_second_covariate() {
    let napkin: Admg = "W -> Z -> X -> Y; W <-> X; W <-> Y".parse().unwrap();
    let query = Query::p(&napkin, ["Y"]).unwrap().do_(["X"]).unwrap();
    let estimand = identify(&napkin, &query).unwrap();
    assert_eq!(
        estimand.to_string(),
        "Σ_z P(z) ((Σ_w P(w) P(x | w, z) P(y | w, z, x)) / (Σ_w P(w) P(x | w, z)))"
    );
    assert!(error(&napkin, &query, &estimand, 11) < BOUND);
    // The error of other tools, P(y | x), would be seen.
    let model = Model::new(&napkin, 11);
    let joint = model.joint(&NodeSet::new(), 0, &NodeSet::new(), 0);
    let (x, y) = (napkin.set_of(["X"]).unwrap(), napkin.set_of(["Y"]).unwrap());
    let truth = model.effect(&y, &x, &NodeSet::new());
    let naive = |bits| mass(&joint, &(&x | &y), bits) / mass(&joint, &x, bits);
    assert!(
        truth.iter().enumerate().any(|(bits, truth)| (naive(bits) - truth).abs() > 1e3 * BOUND)
    );
}
