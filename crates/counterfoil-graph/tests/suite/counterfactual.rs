//! Counterfactual questions against known answers and against models that answer by trying all of their noise.
//!
//! Verdicts are compared exactly; probabilities as floats: both sides are sums of at most a few thousand products of at
//! most 20 numbers below 1 (and a ratio of two such sums, the lower above 1e-6), so they agree to 1e-9.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::{
    fscm::{Experiments, Fscm},
    goldens::{cases, graph},
};
use counterfoil_graph::{
    Admg, Edge, MixedGraph, Variable,
    counterfactual::{Answer, Event, Formula, World, identify},
};
use counterfoil_random::Stream;
use serde_json::Value;

fn world(graph: &Admg, settings: &Value) -> World {
    let mut world = World::factual();
    for (name, value) in settings.as_object().into_iter().flatten() {
        let variable = graph.index_of(name).unwrap();
        world = if let Some(value) = value.as_u64() {
            world.set(variable, value as usize)
        } else {
            assert_eq!(value["var"], name.as_str(), "an intervention copies the same variable");
            world.set_as_in(variable, self::world(graph, &value["do"]))
        };
    }
    world
}

fn event(graph: &Admg, atoms: &Value) -> Event {
    atoms.as_array().unwrap().iter().fold(Event::sure(), |event, atom| {
        let variable = graph.index_of(atom["var"].as_str().unwrap()).unwrap();
        let value = atom["value"].as_u64().unwrap() as usize;
        event.and(variable, world(graph, &atom["do"]), value)
    })
}

/// The value of an identified probability in a model, from its interventional distributions.
fn value(formula: &Formula, model: &Fscm) -> f64 {
    let estimand = formula.estimand();
    let at = formula.values().iter().copied().collect();
    Experiments::new(model).value(estimand.arena(), estimand.root(), &at)
}

#[test]
fn known_verdicts() {
    for case in cases("counterfactual") {
        let graph = graph(&case);
        let (e, g) =
            (event(&graph, &case["query"]["event"]), event(&graph, &case["query"]["given"]));
        let answer = identify(&graph, &e, &g).unwrap();
        let status = match answer {
            Answer::Identified(ref formula) => {
                println!("{}: {}", case["id"], formula.estimand());
                "identifiable"
            }
            Answer::NotIdentified(conflict) => {
                println!("{}: {}", case["id"], conflict.text(&graph));
                assert!(conflict.verify(&graph, &e, &g), "{}", case["id"]);
                "non_identifiable"
            }
            Answer::Zero => "zero",
            Answer::One => "one",
            Answer::UndefinedCondition => "undefined",
            _ => unreachable!("there are five answers"),
        };
        assert_eq!(case["expected"]["status"], status, "{}", case["id"]);
    }
}

#[test]
fn known_values() {
    for case in cases("numeric_counterfactual") {
        let graph = graph(&case);
        let (e, g) =
            (event(&graph, &case["query"]["event"]), event(&graph, &case["query"]["given"]));
        let expected = case["expected"]["value"].as_f64().unwrap();
        let model = Fscm::from_json(&graph, &case["expected"]["scm"]);
        let [below, above] = model.probabilities(&e, &g);
        assert!((above / below - expected).abs() < 1e-9, "{}", case["id"]);
        match identify(&graph, &e, &g).unwrap() {
            Answer::Identified(formula) => {
                println!("{}: {}", case["id"], formula.estimand());
                let found = value(&formula, &model);
                assert!((found - expected).abs() < 1e-9, "{}: {found}", case["id"]);
            }
            Answer::NotIdentified(conflict) => assert!(conflict.verify(&graph, &e, &g)),
            Answer::Zero => assert_eq!(expected, 0.0),
            Answer::One => assert_eq!(expected, 1.0),
            other => panic!("{}: {:?}", case["id"], other.status()),
        }
    }
}

/// A random graph of 2 to `max` nodes, not too dense to be interesting.
fn drawn_graph(max: usize, stream: &mut Stream) -> Admg {
    let n = (2 + stream.below(max)).min(max);
    let order = stream.permutation(n);
    let density = stream.uniform_in(0.4, 0.9);
    let mut edges = Vec::new();
    let mut hidden = 0;
    for i in 0..n {
        for j in i + 1..n {
            if stream.bernoulli(density) {
                edges.push(Edge::directed(order[i], order[j]));
            }
            if hidden < 3 && stream.bernoulli(0.35) {
                edges.push(Edge::bidirected(order[i], order[j]));
                hidden += 1;
            }
        }
    }
    let variables = (0..n).map(|i| Variable::continuous(format!("V{i}")).unwrap());
    Admg::try_from(MixedGraph::new(variables, edges).unwrap()).unwrap()
}

/// A world that holds up to two variables.
fn drawn_world(cardinalities: &[usize], depth: usize, stream: &mut Stream) -> World {
    let mut world = World::factual();
    for _ in 0..=stream.below(2) {
        let variable = stream.below(cardinalities.len());
        world = if depth < 2 && stream.bernoulli(0.15) {
            world.set_as_in(variable, drawn_world(cardinalities, depth + 1, stream))
        } else {
            world.set(variable, stream.below(cardinalities[variable]))
        };
    }
    world
}

/// An event of up to 3 statements in up to 3 worlds, and a condition of up to 2 in the same.
fn drawn_events(cardinalities: &[usize], stream: &mut Stream) -> [Event; 2] {
    let mut worlds: Vec<World> = (0..2).map(|_| drawn_world(cardinalities, 0, stream)).collect();
    worlds.push(World::factual());
    let counts = [1 + stream.below(3), stream.below(3)];
    let mut asked = Vec::new();
    counts.map(|count| {
        (0..count).fold(Event::sure(), |event, _| {
            // Mostly about what the world does not hold and nothing else speaks of: the rest is settled by logic.
            let mut drawn = (0, World::factual());
            for _ in 0..6 {
                drawn =
                    (stream.below(cardinalities.len()), worlds[stream.below(worlds.len())].clone());
                let is_held = drawn.1.settings().any(|(held, _)| held == drawn.0);
                if !is_held && !asked.contains(&drawn) {
                    break;
                }
            }
            asked.push(drawn.clone());
            event.and(drawn.0, drawn.1, stream.below(cardinalities[drawn.0]))
        })
    })
}

/// How often each answer was given.
#[derive(Debug, Default)]
struct Tally {
    identified: usize,
    refused: usize,
    logical: usize,
    from_observations: usize,
    /// By how many models the answers were confirmed, and the formulas of observations.
    confirmations: usize,
    observed: usize,
}

/// Asks one random question and compares the answer with random models.
fn check_drawn(item: u64, tally: &mut Tally) {
    let stream = &mut Stream::new(2026, "counterfactual questions", item, 0);
    let graph = drawn_graph(5, stream);
    let cardinalities: Vec<usize> = (0..graph.len()).map(|_| 2 + stream.below(2)).collect();
    let [event, given] = drawn_events(&cardinalities, stream);
    let told = || format!("{item}: {graph}: P({} | {})", event.text(&graph), given.text(&graph));
    let answer = identify(&graph, &event, &given).unwrap();
    match &answer {
        Answer::Identified(_) => tally.identified += 1,
        Answer::NotIdentified(conflict) => {
            tally.refused += 1;
            assert!(conflict.verify(&graph, &event, &given), "{}: {conflict:?}", told());
            return;
        }
        _ => tally.logical += 1,
    }
    if let Answer::Identified(formula) = &answer {
        tally.from_observations += usize::from(formula.from_observations(&graph).is_ok());
    }
    for _ in 0..2 {
        let model = Fscm::random(&graph, &cardinalities, stream);
        let [below, above] = model.probabilities(&event, &given);
        let impossible = below < 1e-6;
        match &answer {
            Answer::UndefinedCondition => assert_eq!(below, 0.0, "{}", told()),
            _ if impossible => continue,
            Answer::Zero => assert_eq!(above, 0.0, "{}", told()),
            Answer::One => assert_eq!(above, below, "{}", told()),
            Answer::Identified(formula) => {
                let truth = above / below;
                let check = |formula: &Formula| {
                    let (found, text) = (value(formula, &model), formula.estimand());
                    // A formula of observations may divide by what this model never shows.
                    if found.is_nan() {
                        return false;
                    }
                    let close = (found - truth).abs() < 1e-9;
                    assert!(close, "{}: {text} = {found}, not {truth}", told());
                    true
                };
                assert!(check(formula), "{}", told());
                if let Ok(formula) = formula.from_observations(&graph) {
                    tally.observed += usize::from(check(&formula));
                }
            }
            _ => unreachable!("a refusal returned above"),
        }
        tally.confirmations += 1;
    }
}

#[test]
fn drawn_questions_are_answered_as_models_answer_them() {
    let mut tally = Tally::default();
    (0..300).for_each(|item| check_drawn(item, &mut tally));
    println!("{tally:?}");
    assert!(
        tally.identified > 20 && tally.refused > 10 && tally.logical > 10 && tally.observed > 20,
        "{tally:?}"
    );
}
