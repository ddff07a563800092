//! Effects from several experiments and populations: cases with known answers, formulas against explicit models, and
//! certificates.
//!
//! Formulas are compared in the float class, with the bound of `effects`; verdicts and certificates exactly.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::{
    draws::{admg, subset},
    goldens::{cases, graph, set},
    oracle::{Model, value},
};
use counterfoil_graph::{
    Admg, NodeSet, Query,
    estimand::{Estimand, Node},
    identification::{NotIdentifiedFrom, Regime, Workspace, identifiable, identify_from},
};
use proptest::prelude::*;
use serde_json::Value;

const BOUND: f64 = 1e-9;

/// The formula at every cell of a model against the truth, and that it speaks of what the regimes measured only.
fn check_formula(graph: &Admg, query: &Query, regimes: &[Regime], estimand: &Estimand, seed: u64) {
    let sources: Vec<String> = estimand.arena().sources().map(str::to_owned).collect();
    let name = |regime: &Regime| regime.population.clone().unwrap_or_default();
    let mut stack = vec![estimand.root()];
    while let Some(expr) = stack.pop() {
        match estimand.arena().node(expr) {
            Node::Probability(term) => {
                let set = |s: &[counterfoil_graph::estimand::Symbol]| -> NodeSet {
                    s.iter().map(|s| s.variable()).collect()
                };
                let measured = &set(term.of) | &set(term.given);
                let available = regimes.iter().any(|regime| {
                    name(regime) == sources[term.source]
                        && regime.do_ == set(term.do_)
                        && measured.is_subset(&(&regime.observed - &regime.do_))
                });
                assert!(available, "{estimand} speaks of what was not measured");
            }
            Node::Product(factors) => stack.extend_from_slice(factors),
            Node::Sum { body, .. } => stack.push(body),
            Node::Ratio { numerator, denominator } => stack.extend([numerator, denominator]),
            Node::One | Node::Zero => {}
        }
    }
    let selection: NodeSet = regimes
        .iter()
        .flat_map(|r| r.selection.iter())
        .filter(|&s| graph.parents(s).is_empty())
        .collect();
    let model = Model::new(graph, seed);
    let truth = model.effect(&query.y, &query.do_, &query.given);
    // Selection nodes are constants: 0 in every model.
    let visible = |bits: &usize| selection.iter().all(|s| bits >> s & 1 == 0);
    for bits in (0..1_usize << graph.len()).filter(visible) {
        let found = value(estimand.arena(), estimand.root(), bits, &mut |source, fixed, at| {
            let differs: NodeSet = regimes
                .iter()
                .filter(|regime| name(regime) == sources[source])
                .flat_map(|regime| regime.selection.iter())
                .flat_map(|s| graph.children(s).iter().copied())
                .collect();
            let fixed = fixed | &selection;
            let mut joint = model.joint(&fixed, at, &differs, source as u64);
            // Only what is selected came into the sample.
            let gates: NodeSet = regimes
                .iter()
                .filter(|regime| name(regime) == sources[source])
                .flat_map(|regime| regime.selection.iter())
                .filter(|&s| !graph.parents(s).is_empty())
                .collect();
            let selected = crate::oracle::mass(&joint, &gates, usize::MAX);
            for (bits, p) in joint.iter_mut().enumerate() {
                let inside = gates.iter().all(|s| bits >> s & 1 == 1);
                *p = if inside { *p / selected } else { 0.0 };
            }
            joint
        });
        let truth = if selection.is_empty() {
            truth[bits]
        } else {
            let joint = model.joint(&(&query.do_ | &selection), bits, &NodeSet::new(), 0);
            let mass = |set: &NodeSet| crate::oracle::mass(&joint, set, bits);
            mass(&(&query.y | &query.given)) / mass(&query.given)
        };
        let error = (found - truth).abs();
        assert!(error < BOUND, "{estimand} for {} is off by {error}", query.text(graph));
    }
}

/// Checks a formula against a model and a refusal's certificate by itself; the answer.
fn answer(graph: &Admg, query: &Query, regimes: &[Regime], seed: u64) -> bool {
    match identify_from(graph, query, regimes) {
        Ok(estimand) => {
            check_formula(graph, query, regimes, &estimand, seed);
            true
        }
        Err(NotIdentifiedFrom::Thicket(thicket)) => {
            assert!(thicket.verify(graph, query, regimes), "{thicket:?}");
            false
        }
        Err(NotIdentifiedFrom::Exhausted(closure)) => {
            assert!(closure.verify(graph, query, regimes));
            false
        }
        Err(other) => panic!("{other}"),
    }
}

fn regimes(graph: &Admg, query: &Value) -> Vec<Regime> {
    let entries = query["available"].as_array().unwrap();
    entries
        .iter()
        .map(|entry| {
            let regime = Regime {
                do_: set(graph, &entry["do"]),
                observed: set(graph, &entry["observed"]),
                ..Regime::default()
            };
            match (entry["domain"].as_str().unwrap(), query["selection_node"].as_str()) {
                ("target", _) => regime,
                (other, node) => regime.in_population(other, graph, node).unwrap(),
            }
        })
        .collect()
}

#[test]
fn known_answers_from_experiments_and_populations() {
    for case in cases("gid").iter().chain(&cases("transport")) {
        let graph = graph(case);
        let q = &case["query"];
        let query = Query {
            y: set(&graph, &q["y"]),
            do_: set(&graph, &q["x"]),
            given: set(&graph, &q["z"]),
        };
        let found = answer(&graph, &query, &regimes(&graph, q), 5);
        assert_eq!(found, case["expected"]["identifiable"].as_bool().unwrap(), "{}", case["id"]);
    }
}

fn check(text: &str, [x, y, z]: [&str; 3], given: &[[&str; 4]], expected: Option<&str>) {
    let graph: Admg = text.parse().unwrap();
    let set = |names: &str| graph.set_of(names.split_whitespace()).unwrap();
    let query = Query { y: set(y), do_: set(x), given: set(z) };
    let regimes: Vec<Regime> = given
        .iter()
        .map(|[measured, done, population, selection]| Regime {
            population: (!population.is_empty()).then(|| (*population).to_owned()),
            do_: set(done),
            observed: set(measured),
            selection: set(selection),
        })
        .collect();
    match expected {
        Some(expected) => {
            let estimand = identify_from(&graph, &query, &regimes).unwrap();
            assert_eq!(estimand.to_string(), expected);
            check_formula(&graph, &query, &regimes, &estimand, 3);
        }
        None => assert!(!answer(&graph, &query, &regimes, 3)),
    }
}

#[test]
fn experiments_and_populations_are_put_together() {
    // The mediator hides from the trial, and the trial hides the mediator's confounding.
    check("X -> Y; X <-> Y", ["X", "Y", ""], &[["Y", "X", "", ""]], Some("P(y | do(x))"));
    check("X -> Y; X <-> Y", ["X", "Y", ""], &[["X Y", "", "", ""]], None);
    // Bareinboim and Pearl 2012: an experiment on a surrogate.
    check(
        "Z -> X -> Y; Z <-> X; Z <-> Y",
        ["X", "Y", ""],
        &[["X Y Z", "", "", ""], ["X Y", "Z", "", ""]],
        Some("P(y | do(z), x)"),
    );
    // A trial elsewhere, weighted by the target's covariate.
    check(
        "S -> Z -> X -> Y; Z -> Y; X <-> Y",
        ["X", "Y", ""],
        &[["X Y Z", "", "", ""], ["Y Z", "X", "trial", "S"]],
        Some("Σ_z P(z) P[trial](y | do(x), z)"),
    );
    // Without the target's covariate.
    check("S -> Z -> X -> Y; Z -> Y; X <-> Y", ["X", "Y", ""], &[["Y Z", "X", "trial", "S"]], None);
    // Two populations that differ by one node need not differ alike.
    check(
        "S -> Z; X -> Y; Z -> Y",
        ["X", "Y", ""],
        &[["Z", "", "a", "S"], ["Y Z", "X", "b", "S"]],
        None,
    );
    // Nothing is known.
    check("X -> Y", ["X", "Y", ""], &[], None);
}

#[test]
fn selected_samples_are_recovered_where_they_can_be() {
    // Selection by the cause tells nothing of the effect once the cause is known (Bareinboim and Tian 2015).
    check(
        "X -> Y; X -> S",
        ["X", "Y", ""],
        &[["X Y", "", "sample", "S"]],
        Some("P[sample](y | x)"),
    );
    // Selection by a cause of the cause, behind confounding (RC divides the district of the effect out).
    check(
        "W -> X -> Y; W -> S; W -> Y",
        ["X", "Y", "W"],
        &[["W X Y", "", "sample", "S"]],
        Some("P[sample](y | w, x)"),
    );
    // Selection by the effect cannot be undone.
    check("X -> Y; Y -> S", ["X", "Y", ""], &[["X Y", "", "sample", "S"]], None);
}

/// A formula names a population and what is set in it, so that two samples of one population must be selected alike.
#[test]
fn samples_of_one_population_are_selected_alike() {
    let graph: Admg = "X -> Y; X -> S; W -> X; W -> Y".parse().unwrap();
    let set = |names: &str| graph.set_of(names.split_whitespace()).unwrap();
    let query = Query::effect(set("X"), set("Y"));
    let survey = Regime { observed: set("W"), ..Regime::default() };
    let sample = Regime { observed: set("W X Y"), selection: set("S"), ..Regime::default() };
    let asked = |regimes: [&Regime; 2]| {
        let regimes = regimes.map(Clone::clone);
        identify_from(&graph, &query, &regimes).map(|estimand| estimand.to_string())
    };
    let error = asked([&survey, &sample]).unwrap_err().to_string();
    assert_eq!(
        error,
        "the regimes of the target differ in their selection nodes, and a formula could not tell them apart: name two populations"
    );
    let named = Regime { population: Some("sample".to_owned()), ..sample };
    assert_eq!(asked([&survey, &named]).unwrap(), "Σ_w P[sample](y | x, w) P(w)");
    let nameless = Regime { population: Some(" ".to_owned()), ..named.clone() };
    let error = asked([&survey, &nameless]).unwrap_err().to_string();
    assert_eq!(error, "a population has an empty name: give it one, or none if it is the target");
    let whole = Regime { selection: NodeSet::new(), ..named.clone() };
    let error = asked([&whole, &named]).unwrap_err().to_string();
    assert!(error.starts_with("the regimes of `sample` differ"), "{error}");
}

/// What nobody measures is no obstacle in a graph that is too large to search as it is.
#[test]
fn what_nobody_measures_is_projected_out() {
    let chain: Vec<String> = (0..12).map(|i| format!("H{i}")).collect();
    let text = format!("X; Y; Z; X -> Z; Z -> {} -> Y; X <-> Z; X <-> Y", chain.join(" -> "));
    let graph: Admg = text.parse().unwrap();
    let [x, y, z] = ["X", "Y", "Z"].map(|name| graph.set_of([name]).unwrap());
    let regimes = [
        Regime { do_: x.clone(), observed: z.clone(), ..Regime::default() },
        Regime { do_: z, observed: y.clone(), ..Regime::default() },
    ];
    let query = Query { y, do_: x, ..Query::default() };
    let estimand = identify_from(&graph, &query, &regimes).unwrap();
    assert_eq!(estimand.to_string(), "Σ_z P(y | do(z)) P(z | do(x))");
    // With the mediator confounded with the outcome there is no derivation, and the search is over soon.
    let confounded = format!("{text}; Z <-> Y");
    let graph: Admg = confounded.parse().unwrap();
    match identify_from(&graph, &query, &regimes) {
        Err(NotIdentifiedFrom::Exhausted(closure)) => {
            assert!(closure.verify(&graph, &query, &regimes));
        }
        other => panic!("{other:?}"),
    }
}

/// A graph, a query, and regimes that measure or set everything.
fn with_regimes(max: usize, complete: bool) -> impl Strategy<Value = (Admg, Query, Vec<Regime>)> {
    admg(max).prop_flat_map(move |graph| {
        let n = graph.len();
        let regime = (subset(n), subset(n)).prop_map(move |(do_, measured)| {
            let observed = if complete { NodeSet::full(n) } else { measured };
            Regime { observed: &observed - &do_, do_, ..Regime::default() }
        });
        let query = [subset(n), subset(n), subset(n)].prop_map(|[y, x, z]| {
            let do_ = &x - &y;
            let given = &(&z - &y) - &do_;
            Query { y, do_, given }
        });
        (
            Just(graph),
            query.prop_filter("an outcome", |q| !q.y.is_empty()),
            prop::collection::vec(regime, 1..4),
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn complete_regimes_give_a_formula_or_a_thicket((graph, query, regimes) in with_regimes(5, true), seed: u64) {
        prop_assume!(graph.bidirected_edges().count() <= 6);
        answer(&graph, &query, &regimes, seed);
    }

    #[test]
    fn incomplete_regimes_give_a_formula_or_an_exhausted_search(
        (graph, query, regimes) in with_regimes(4, false), seed: u64
    ) {
        answer(&graph, &query, &regimes, seed);
    }

    /// A selected sample of everything: the last node lets cases in.
    #[test]
    fn selected_samples_give_a_formula_or_an_exhausted_search(
        (graph, query, _) in with_regimes(5, true), seed: u64
    ) {
        let gate = graph.len() - 1;
        prop_assume!(!graph.parents(gate).is_empty());
        let without = |set: &NodeSet| set.clone().without(gate);
        let query =
            Query { y: without(&query.y), do_: without(&query.do_), given: without(&query.given) };
        prop_assume!(!query.y.is_empty() && graph.bidirected_edges().count() <= 6);
        let sample = Regime {
            population: Some("sample".to_owned()),
            observed: without(&graph.nodes()),
            selection: [gate].into(),
            ..Regime::default()
        };
        answer(&graph, &query, &[sample], seed);
    }

    /// Observations of everything are the setting of plain identification.
    #[test]
    fn observations_alone_are_the_plain_case((graph, query, _) in with_regimes(6, true)) {
        let observations = [Regime { observed: graph.nodes(), ..Regime::default() }];
        let plain = identifiable(&graph, &query, &mut Workspace::default()).unwrap().is_none();
        prop_assert_eq!(identify_from(&graph, &query, &observations).is_ok(), plain);
    }
}
