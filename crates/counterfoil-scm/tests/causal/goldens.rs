//! The golden cases with numbers in them, by the models of this crate.

use counterfoil_graph::{Admg, Variable};
use counterfoil_scm::discrete::{CptModel, Fact, FunctionalModel, World};
use serde_json::Value;

/// The cases of one type.
pub(crate) fn cases(kind: &str) -> Vec<Value> {
    let text = include_str!("../../../counterfoil-graph/tests/goldens/causal_cases.json");
    let all: Vec<Value> = serde_json::from_str(text).unwrap();
    all.into_iter().filter(|case| case["query"]["type"] == kind).collect()
}

pub(crate) fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

pub(crate) fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|p| p.as_f64().unwrap()).collect()
}

pub(crate) fn graph(case: &Value) -> Admg {
    let pairs = |list: &Value| -> Vec<(String, String)> {
        let ends = |pair: &Value| {
            let [a, b] = names(pair)[..] else { panic!("a pair") };
            (a.to_owned(), b.to_owned())
        };
        list.as_array().unwrap().iter().map(ends).collect()
    };
    let (directed, bidirected) =
        (pairs(&case["graph"]["directed"]), pairs(&case["graph"]["bidirected"]));
    let borrowed = |pairs: &[(String, String)]| -> Vec<(String, String)> { pairs.to_vec() };
    let (directed, bidirected) = (borrowed(&directed), borrowed(&bidirected));
    let directed: Vec<(&str, &str)> = directed.iter().map(|(a, b)| (&a[..], &b[..])).collect();
    let bidirected: Vec<(&str, &str)> = bidirected.iter().map(|(a, b)| (&a[..], &b[..])).collect();
    let variables =
        names(&case["graph"]["nodes"]).into_iter().map(|name| Variable::categorical(name, 2));
    Admg::new(variables.collect::<Result<Vec<_>, _>>().unwrap(), &directed, &bidirected).unwrap()
}

/// `{"X": 1, "Z": {"var": "Z", "do": {..}}}`.
fn world(graph: &Admg, settings: &Value) -> World {
    let mut world = World::actual();
    for (name, value) in settings.as_object().into_iter().flatten() {
        let variable = graph.index_of(name).unwrap();
        world = if let Some(value) = value.as_u64() {
            world.set(variable, value as usize)
        } else {
            let other = graph.index_of(value["var"].as_str().unwrap()).unwrap();
            world.set_as(variable, other, self::world(graph, &value["do"]))
        };
    }
    world
}

fn facts(graph: &Admg, list: &Value) -> Vec<Fact> {
    let fact = |fact: &Value| {
        let variable = graph.index_of(fact["var"].as_str().unwrap()).unwrap();
        Fact::new(variable, world(graph, &fact["do"]), fact["value"].as_u64().unwrap() as usize)
    };
    list.as_array().unwrap().iter().map(fact).collect()
}

fn values(graph: &Admg, settings: &Value) -> Vec<(usize, usize)> {
    settings
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, v)| (graph.index_of(name).unwrap(), v.as_u64().unwrap() as usize))
        .collect()
}

/// Float class: sums of at most 2^12 products of at most 16 factors below 1, so rounding stays below 1e-12.
const ROUNDING: f64 = 1e-12;

#[track_caller]
fn assert_close(found: &[f64], expected: &[f64], about: &Value) {
    assert_eq!(found.len(), expected.len(), "{about}");
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() < ROUNDING, "{about}: {found:?}, not {expected:?}");
    }
}

#[test]
fn effects_by_truncated_factorisation() {
    let cases = cases("numeric_effect");
    assert!(cases.len() >= 27);
    for case in &cases {
        let (graph, id) = (graph(case), &case["id"]);
        let expected = &case["expected"];
        let model = CptModel::from_json(&expected["model"].to_string()).unwrap();
        let model = model.in_order(graph.variables().map(Variable::name)).unwrap();
        let edges = |g: &Admg| {
            (g.directed_edges().collect::<Vec<_>>(), g.bidirected_edges().collect::<Vec<_>>())
        };
        assert_eq!(edges(model.graph()), edges(&graph), "{id}");
        let order = names(&expected["observational_joint"]["order"]);
        let order: Vec<usize> = order.iter().map(|name| graph.index_of(name).unwrap()).collect();
        let joint = numbers(&expected["observational_joint"]["p"]);
        assert_close(model.marginal(&order).unwrap().values(), &joint, id);
        let functional = model.to_functional().unwrap();
        assert_close(functional.to_cpt().marginal(&order).unwrap().values(), &joint, id);

        let y: Vec<usize> =
            names(&case["query"]["y"]).iter().map(|name| graph.index_of(name).unwrap()).collect();
        for effect in expected["effects"].as_array().unwrap() {
            let (action, given) = (values(&graph, &effect["do"]), values(&graph, &effect["given"]));
            let truth = numbers(&effect["p"]);
            let acted = model.set(&action).unwrap();
            assert_close(acted.conditional(&y, &given).unwrap().values(), &truth, id);
            // The functional form agrees, and so does a world in which the same is done.
            let world = action.iter().fold(World::actual(), |w, &(v, value)| w.set(v, value));
            let known: Vec<Fact> =
                given.iter().map(|&(v, value)| Fact::new(v, world.clone(), value)).collect();
            let asked: Vec<(usize, &World)> = y.iter().map(|&v| (v, &world)).collect();
            assert_close(functional.distribution(&asked, &known).unwrap().values(), &truth, id);
        }
    }
}

#[test]
fn counterfactuals_by_enumeration_and_by_elimination() {
    let cases = cases("numeric_counterfactual");
    assert!(cases.len() >= 10);
    for case in &cases {
        let (graph, id) = (graph(case), &case["id"]);
        let expected = &case["expected"];
        let model = FunctionalModel::from_json(&expected["scm"].to_string()).unwrap();
        let model = model.in_order(graph.variables().map(Variable::name)).unwrap();
        let (event, given) =
            (facts(&graph, &case["query"]["event"]), facts(&graph, &case["query"]["given"]));
        let truth = [expected["value"].as_f64().unwrap()];
        let enumerated = model.probability_by_enumeration(&event, &given).unwrap();
        let eliminated = model.probability_by_elimination(&event, &given).unwrap();
        assert_close(&[enumerated], &truth, id);
        assert_close(&[eliminated], &truth, id);
        if expected["observational_joint"].is_object() {
            let order = names(&expected["observational_joint"]["order"]);
            let order: Vec<usize> =
                order.iter().map(|name| graph.index_of(name).unwrap()).collect();
            let joint = model.to_cpt().marginal(&order).unwrap();
            assert_close(joint.values(), &numbers(&expected["observational_joint"]["p"]), id);
        }
    }
}
