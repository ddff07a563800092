//! The rules of the do-calculus against golden cases and explicit models, and derivations made of them.

use crate::{
    draws::with_sets,
    goldens::{cases, graph, set},
    identification::drawn,
    oracle::{Model, value},
};
use counterfoil_graph::{
    NodeSet, Query, admg,
    do_calculus::{Derivation, Direction, Reason, Rule, applicable, derive, mutilated, rewrite},
    identification::identify,
};
use proptest::prelude::*;

/// Exact.
#[test]
fn golden_rules() {
    for case in cases("do_rule") {
        let (graph, id) = (graph(&case), &case["id"]);
        let q = &case["query"];
        let [y, x, z, w] = ["y", "x", "z", "w"].map(|field| set(&graph, &q[field]));
        let rule = Rule::from_number(q["rule"].as_u64().unwrap() as u8).unwrap();
        let term = Query { y, do_: x, given: w };
        let verdict = applicable(&graph, rule, &term, &z).unwrap();
        assert_eq!(verdict.is_ok(), case["expected"]["applies"].as_bool().unwrap(), "{id}");
        if let Err(path) = verdict {
            let view = mutilated(&graph, rule, &term, &z);
            assert!(path.verify(&view, &(&term.do_ | &term.given)), "{id}");
        }
    }
}

const RULES: [Rule; 3] = [Rule::DropObservation, Rule::ExchangeActionObservation, Rule::DropAction];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// A rule that applies leads there and back, and the two sides are one number in a model; one that does not shows an
    /// open path. Float class: sums of at most 2^12 products of probabilities above 0.1, quotients of those above 1e-5,
    /// relative rounding 1e-16 each.
    #[test]
    fn rules_hold_in_models(
        (graph, [y, x, w]) in with_sets(5), z in crate::draws::subset(5), seed: u64
    ) {
        let y = if y.is_empty() { NodeSet::from([0]) } else { y };
        let do_ = &x - &y;
        let given = &(&w - &y) - &do_;
        let free = &(&(&graph.nodes() - &y) - &do_) - &given;
        let z = &z & &free;
        // A rule moves something; where nothing is left to move there is nothing to test.
        let z = if z.is_empty() { free } else { z };
        if z.is_empty() {
            return Ok(());
        }
        let term = Query { y, do_, given };
        let with_seen = Query { given: &term.given | &z, ..term.clone() };
        let with_done = Query { do_: &term.do_ | &z, ..term.clone() };
        let model = Model::new(&graph, seed);
        for rule in RULES {
            let (left, right) = match rule {
                Rule::DropObservation => (&with_seen, &term),
                Rule::ExchangeActionObservation => (&with_done, &with_seen),
                Rule::DropAction => (&with_done, &term),
            };
            match applicable(&graph, rule, &term, &z).unwrap() {
                Ok(()) => {
                    let forward = rewrite(&graph, rule, left, &z, Direction::Forward);
                    prop_assert_eq!(forward.as_ref(), Ok(right));
                    let backward = rewrite(&graph, rule, right, &z, Direction::Backward);
                    prop_assert_eq!(backward.as_ref(), Ok(left));
                    let effect = |q: &Query| model.effect(&q.y, &q.do_, &q.given);
                    for (a, b) in effect(left).into_iter().zip(effect(right)) {
                        prop_assert!((a - b).abs() < 1e-9, "{rule}: {a} is not {b}");
                    }
                }
                Err(path) => {
                    let view = mutilated(&graph, rule, &term, &z);
                    prop_assert!(path.verify(&view, &(&term.do_ | &term.given)));
                    prop_assert!(rewrite(&graph, rule, left, &z, Direction::Forward).is_err());
                }
            }
        }
    }

    /// Every identified effect has a proof that holds and ends in observations, with the right value (float class as in
    /// `effects`); with a step changed, left out or judged by a graph with more edges it does not hold.
    #[test]
    fn identified_effects_have_proofs((graph, query) in drawn(5), seed: u64, pick: prop::sample::Index) {
        let Ok(proof) = derive(&graph, &query) else {
            prop_assert!(identify(&graph, &query).is_err());
            return Ok(());
        };
        prop_assert!(identify(&graph, &query).is_ok());
        prop_assert_eq!(proof.verify(&graph), Ok(()), "{}\n{}", graph, proof);
        prop_assert!(proof.is_observational(), "{}\n{}", graph, proof);
        let model = Model::new(&graph, seed);
        let observed = model.joint(&NodeSet::new(), 0, &NodeSet::new(), 0);
        let conclusion = proof.conclusion();
        let truth = model.effect(&query.y, &query.do_, &query.given);
        for (bits, truth) in truth.into_iter().enumerate() {
            let found = value(conclusion.arena(), conclusion.root(), bits, &mut |_, _, _| {
                observed.clone()
            });
            prop_assert!((truth - found).abs() < 1e-9, "{}\n{}", graph, proof);
        }

        if !proof.steps().is_empty() {
            let at = pick.index(proof.steps().len());
            let changed = |change: &dyn Fn(&mut Vec<counterfoil_graph::do_calculus::Step>)| {
                let mut steps = proof.steps().to_vec();
                change(&mut steps);
                Derivation::new(proof.premise().clone(), steps).verify(&graph)
            };
            let other = |reason: &Reason| match reason {
                Reason::Rule(Rule::ExchangeActionObservation) => Reason::Rule(Rule::DropAction),
                Reason::Chain => Reason::Marginalise,
                Reason::Marginalise => Reason::Condition,
                _ => Reason::Chain,
            };
            prop_assert_eq!(changed(&|s| s[at].reason = other(&s[at].reason)), Err(at));
            prop_assert_eq!(changed(&|s| s[at].to = s[at].from), Err(at));
            prop_assert_eq!(changed(&|s| s[at].result = proof.premise().root()), Err(at));
            if at + 1 < proof.steps().len() {
                let shorter = changed(&|s| {
                    s.remove(at);
                });
                prop_assert!(shorter.is_err());
            }
        }
    }
}

#[test]
fn a_proof_reads_line_by_line() {
    let graph = admg! { X -> M -> Y; X <-> Y }.unwrap();
    let query = Query::p(&graph, ["Y"]).unwrap().do_(["X"]).unwrap();
    let proof = derive(&graph, &query).unwrap();
    let text = proof.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "P(y | do(x))");
    assert_eq!(
        lines[1],
        "= Σ_m P(m, y | do(x))    [marginal probability: P(y | do(x)) = Σ_m P(m, y | do(x))]"
    );
    assert!(
        lines[lines.len() - 1].starts_with("= Σ_m P(m | x) Σ_x' P(x') P(y | x', m)    ["),
        "{text}"
    );
    // The same proof proves nothing where M is confounded with Y.
    let confounded = admg! { X -> M -> Y; X <-> Y; M <-> Y }.unwrap();
    assert!(proof.verify(&confounded).is_err());
}

#[test]
fn a_rule_that_fails_says_why() {
    let graph = admg! { X -> M -> Y; X <-> Y }.unwrap();
    let set = |name: &str| graph.set_of([name]).unwrap();
    let term = Query::p(&graph, ["Y"]).unwrap().do_(["X"]).unwrap();
    let fails = |rule: Rule, z: &NodeSet, direction: Direction| {
        rewrite(&graph, rule, &term, z, direction).unwrap_err().to_string()
    };
    assert_eq!(
        fails(Rule::ExchangeActionObservation, &set("X"), Direction::Forward),
        "rule 2 does not apply: in the graph that it cuts, X <-> Y stays open"
    );
    assert_eq!(
        fails(Rule::DropAction, &set("X"), Direction::Forward),
        "rule 3 does not apply: in the graph that it cuts, X -> M -> Y stays open"
    );
    assert_eq!(
        fails(Rule::DropObservation, &set("M"), Direction::Forward),
        "`M` is not among the observations of the term: the rule moves what stands there"
    );
    assert_eq!(
        fails(Rule::DropAction, &NodeSet::new(), Direction::Backward),
        "the set that the rule moves may not be empty: name at least one variable"
    );
}
