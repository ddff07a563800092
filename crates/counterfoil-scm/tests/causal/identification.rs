//! What the graph crate identifies and refuses, on the golden models and on random ones.

use crate::goldens::{cases, graph, names};
use counterfoil_graph::{
    Query, Variable,
    counterfactual::{Event, Question, World},
};
use counterfoil_scm::{
    discrete::{CptModel, Factor, FunctionalModel},
    oracle::{
        CounterfactualCase, CounterfactualOutcome, EffectCase, EffectOutcome, counterfactual,
        effect,
    },
};
use serde_json::Value;

/// Float class: [`counterfoil_scm::oracle::TOLERANCE`].
#[test]
fn golden_effects_are_identified_from_the_joint_distribution() {
    for case in cases("numeric_effect") {
        let graph = graph(&case);
        let set = |field: &str| graph.set_of(names(&case["query"][field])).unwrap();
        let query = Query { y: set("y"), do_: set("x"), given: set("z") };
        let model = CptModel::from_json(&case["expected"]["model"].to_string()).unwrap();
        let model = model.in_order(graph.variables().map(Variable::name)).unwrap();
        let outcome = effect(&graph, &query, &model).unwrap();
        assert!(matches!(outcome, EffectOutcome::Identified { .. }), "{}", case["id"]);
    }
}

fn world(graph: &counterfoil_graph::Admg, settings: &Value) -> World {
    settings.as_object().into_iter().flatten().fold(World::factual(), |world, (name, value)| {
        let variable = graph.index_of(name).unwrap();
        match value.as_u64() {
            Some(value) => world.set(variable, value as usize),
            None => world.set_as_in(variable, self::world(graph, &value["do"])),
        }
    })
}

#[test]
fn golden_counterfactuals_agree_with_the_enumeration_of_their_models() {
    for case in cases("numeric_counterfactual") {
        let graph = graph(&case);
        let event = |field: &str| {
            case["query"][field].as_array().unwrap().iter().fold(Event::sure(), |event, fact| {
                let variable = graph.index_of(fact["var"].as_str().unwrap()).unwrap();
                let value = fact["value"].as_u64().unwrap() as usize;
                event.and(variable, world(&graph, &fact["do"]), value)
            })
        };
        let question = Question { event: event("event"), given: event("given") };
        let model = FunctionalModel::from_json(&case["expected"]["scm"].to_string()).unwrap();
        let model = model.in_order(graph.variables().map(Variable::name)).unwrap();
        if let Err(disagreement) = counterfactual(&graph, &question, &model) {
            panic!("{}: {disagreement}", case["id"]);
        }
    }
}

/// A part of what the example `verify_identification` runs through.
#[test]
fn random_effects_agree_with_brute_force() {
    let mut identified = 0;
    let mut refused = 0;
    for item in 0..10_000 {
        let case = EffectCase::draw(20, item).unwrap();
        match effect(&case.graph, &case.query, &case.model) {
            Ok(EffectOutcome::Identified { .. }) => identified += 1,
            Ok(EffectOutcome::Refused) => refused += 1,
            Err(disagreement) => panic!("case {item}: {disagreement}"),
        }
    }
    // Both happen often, or the cases would show nothing.
    assert!(identified > 3_000 && refused > 1_500, "{identified} {refused}");
}

#[test]
fn random_counterfactuals_agree_with_brute_force() {
    let mut counts = std::collections::BTreeMap::new();
    for item in 0..3_000 {
        let case = CounterfactualCase::draw(20, item).unwrap();
        let kind = match counterfactual(&case.graph, &case.question, &case.model) {
            Ok(CounterfactualOutcome::Identified { .. }) => "identified",
            Ok(CounterfactualOutcome::Refused) => "refused",
            Ok(CounterfactualOutcome::NoTruth) => "without truth",
            Ok(_) => "decided by logic",
            Err(disagreement) => panic!("case {item}: {disagreement}"),
        };
        *counts.entry(kind).or_insert(0) += 1;
    }
    for kind in ["identified", "refused", "decided by logic"] {
        assert!(counts.get(kind).is_some_and(|&count| count > 150), "{counts:?}");
    }
}

/// The comparison itself can fail: a graph that leaves out the hidden cause of its model is found out.
#[test]
fn a_graph_that_hides_a_common_cause_is_caught() {
    let model = CptModel::new([
        Factor::binary("X", ["U"], [0.2, 0.8]),
        Factor::binary("Y", ["X", "U"], [0.1, 0.7, 0.3, 0.9]),
        Factor::binary("U", [], [0.4]).hidden(),
    ])
    .unwrap();
    let claimed = counterfoil_graph::admg! { X -> Y }.unwrap();
    let query = Query::p(&claimed, ["Y"]).unwrap().do_(["X"]).unwrap().into();
    let disagreement = effect(&claimed, &query, &model).unwrap_err();
    assert_eq!(disagreement.finding.split(" by ").next(), Some("P(y | x) is wrong"),);
    assert_eq!(effect(model.graph(), &query, &model), Ok(EffectOutcome::Refused));

    let question = Question::treated((1, 1), 0, 1, 0);
    let functional = model.to_functional().unwrap();
    assert!(counterfactual(&claimed, &question, &functional).is_err());
    let truly = counterfactual(model.graph(), &question, &functional);
    assert_eq!(truly, Ok(CounterfactualOutcome::Refused));
}
