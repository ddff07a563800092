//! Counterfactual questions against known answers and against models that answer by trying all of their noise.
//!
//! Verdicts are compared exactly; probabilities as floats: both sides are sums of at most a few thousand products of at
//! most 20 numbers below 1 (and a ratio of two such sums, the lower above 1e-6), so they agree to 1e-9.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::{
    draws::with_sets,
    fscm::{Experiments, Fscm},
    goldens::{cases, graph},
    unseen::Mixture,
};
use counterfoil_graph::{
    Admg, Edge, MixedGraph, NodeSet, Query, Variable,
    counterfactual::{
        Answer, Atom, Counterfactual, CounterfactualGraph, Event, Formula, Setting, World, identify,
    },
    identification::{Workspace, identifiable},
};
use counterfoil_random::Stream;
use proptest::prelude::*;
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
        tally.identified > 40 && tally.refused > 30 && tally.logical > 20 && tally.observed > 40,
        "{tally:?}"
    );
}

/// What came of a search for a model that contradicts an answer.
enum Search {
    /// The question is settled by logic.
    Idle,
    /// No change of a model is seen in the probability and not in experiments, or one is, as the answer says.
    Agrees,
    /// A refusal for which no such change was found; the question.
    Unproven(String),
}

/// Asks one random question. Models have two or three values for each variable, so that something that is identified by
/// subtraction from one in some of them is not in others.
fn check_by_rank(item: u64) -> Search {
    let stream = &mut Stream::new(2026, "counterfactual ranks", item, 0);
    let graph = drawn_graph(4, stream);
    let [event, given] = drawn_events(&vec![2; graph.len()], stream);
    let answer = identify(&graph, &event, &given).unwrap();
    let (identified, mut rounds) = match answer {
        Answer::Identified(_) => (true, 1),
        Answer::NotIdentified(_) => (false, 50),
        _ => return Search::Idle,
    };
    let told = || format!("{item}: {graph}: P({} | {})", event.text(&graph), given.text(&graph));
    for _ in 0..1000 {
        let cardinalities: Vec<usize> = (0..graph.len()).map(|_| 2 + stream.below(2)).collect();
        let states = if identified || rounds > 20 { 2 } else { 4 };
        let model = Mixture::random(&graph, &cardinalities, states, stream);
        // Few functions often make the event impossible.
        let Some(share) = model.unseen(&event, &given) else { continue };
        if identified {
            assert!(share < 1e-5, "{}: {share}", told());
        } else if share > 1e-4 {
            return Search::Agrees;
        }
        rounds -= 1;
        if rounds == 0 {
            break;
        }
    }
    if identified { Search::Agrees } else { Search::Unproven(told()) }
}

/// The number of questions that were not settled by logic, and those refusals for which there is no proof.
fn ranks(items: std::ops::Range<u64>) -> (usize, Vec<String>) {
    let (mut count, mut unproven) = (0, Vec::new());
    for item in items {
        match check_by_rank(item) {
            Search::Idle => continue,
            Search::Agrees => {}
            Search::Unproven(question) => unproven.push(question),
        }
        count += 1;
    }
    (count, unproven)
}

/// Float: the share of the gradient that no experiment sees is rounding (below 1e-5) for what is identified, and of
/// order one for what is not, in one of many random models.
#[test]
fn refusals_are_proven_by_directions_that_no_experiment_sees() {
    let (count, unproven) = ranks(0..150);
    println!("{count} questions, refusals without a proof: {unproven:#?}");
    assert!(count > 60 && unproven.is_empty(), "{unproven:#?}");
}

/// The statements that `variables` take the value 0 in a world.
fn all_zero(variables: &NodeSet, world: &World) -> Event {
    variables.iter().fold(Event::sure(), |event, v| event.and(v, world.clone(), 0))
}

proptest! {
    /// Exact: what asks about one world alone is identified from experiments, and from observations exactly when the
    /// identification of effects, which is complete and made of other parts, says so.
    #[test]
    fn one_world_is_an_effect((graph, [y, x, z]) in with_sets(6)) {
        prop_assume!(!y.is_empty());
        let do_ = &x - &y;
        let given = &(&z - &y) - &do_;
        let world = do_.iter().fold(World::factual(), |world, v| world.set(v, 1));
        let (event, condition) = (all_zero(&y, &world), all_zero(&given, &world));
        let query = Query { y, do_, given };
        let hedge = identifiable(&graph, &query, &mut Workspace::default()).unwrap();
        let Answer::Identified(formula) = identify(&graph, &event, &condition).unwrap() else {
            return Err(TestCaseError::fail("one world is one experiment"));
        };
        prop_assert_eq!(formula.from_observations(&graph).is_ok(), hedge.is_none());
    }

    /// Exact: names and positions do not matter, and neither does the order of statements.
    #[test]
    fn relabelling_changes_no_answer(item in 0_u64..10_000, shift in 1_usize..5) {
        let stream = &mut Stream::new(2026, "counterfactual questions", item, 0);
        let graph = drawn_graph(5, stream);
        let n = graph.len();
        let cardinalities = vec![2; n];
        let [event, given] = drawn_events(&cardinalities, stream);
        let new = |v: usize| (v + shift) % n;
        let edges = graph.mixed_edges().into_iter().map(|edge| {
            let ([a, b], [at_a, at_b]) = (edge.ends(), edge.marks());
            Edge::new(new(a), at_a, new(b), at_b)
        });
        let variables = graph.variables().cloned();
        let moved = Admg::try_from(MixedGraph::new(variables, edges).unwrap()).unwrap();
        let renamed = |event: &Event| -> Event {
            let atoms = event.atoms().iter().rev();
            atoms.map(|atom| Atom {
                of: Counterfactual {
                    variable: new(atom.of.variable),
                    world: moved_world(&atom.of.world, new),
                },
                value: atom.value,
            }).collect()
        };
        let answer = identify(&graph, &event, &given).unwrap().status();
        prop_assert_eq!(identify(&moved, &renamed(&event), &renamed(&given)).unwrap().status(), answer);
    }

    /// Exact: a certificate for one question is none for another, and none when its facts are changed.
    #[test]
    fn changed_certificates_are_refused(item in 0_u64..10_000) {
        let stream = &mut Stream::new(2026, "counterfactual questions", item, 0);
        let graph = drawn_graph(5, stream);
        let [event, given] = drawn_events(&vec![3; graph.len()], stream);
        if let Answer::NotIdentified(conflict) = identify(&graph, &event, &given).unwrap() {
            prop_assert!(conflict.verify(&graph, &event, &given));
            let mut changed = conflict.clone();
            changed.demands[1].value = changed.demands[0].value;
            let equal = changed.demands[0].value.is_some();
            prop_assert!(!equal || !changed.verify(&graph, &event, &given));
            changed = conflict.clone();
            changed.path.clear();
            prop_assert!(!changed.verify(&graph, &event, &given));
            changed = conflict.clone();
            changed.demands.swap(0, 1);
            prop_assert!(changed.path.len() == 1 || !changed.verify(&graph, &event, &given));
            prop_assert!(!conflict.verify(&graph, &Event::sure(), &given));
        }
    }
}

fn moved_world(world: &World, new: impl Fn(usize) -> usize + Copy) -> World {
    world.settings().fold(World::factual(), |moved, (variable, setting)| match setting {
        Setting::Value(value) => moved.set(new(variable), *value),
        Setting::AsIn(inner) => moved.set_as_in(new(variable), moved_world(inner, new)),
        _ => unreachable!("there are two sorts of settings"),
    })
}

/// Exact: of two worlds the twin network, in which what one of them sets is no node; of a graph without variables nothing.
#[test]
fn the_network_of_worlds_is_theirs_merged() {
    let graph: Admg = "X -> Y; Z".parse().unwrap();
    let worlds = || [World::factual(), World::factual().set(0, 1)];
    let twin = CounterfactualGraph::network(&graph, worlds()).unwrap();
    // X, Y and Z as they are, and Y had X been 1.
    assert_eq!((twin.nodes().len(), twin.worlds().len()), (4, 2));
    let shared = twin.nodes().iter().find(|node| graph.name(node.variable) == "Z").unwrap();
    assert_eq!(shared.worlds, [0, 1]);
    let empty = Admg::new([], &[], &[]).unwrap();
    assert!(CounterfactualGraph::network(&empty, [World::factual()]).unwrap().nodes().is_empty());
    assert!(CounterfactualGraph::network(&empty, worlds()).is_err());
}
