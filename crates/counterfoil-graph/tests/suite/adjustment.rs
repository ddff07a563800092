//! Adjustment sets against exhaustive search by the definitions, and against the cases with known answers. All comparisons
//! are exact.

use crate::{
    draws::with_sets,
    goldens::{cases, graph, set},
};
use counterfoil_graph::{
    Admg, CausalGraph, NodeSet,
    adjustment::{Effect, Refusal},
    admg,
    front_door::FrontDoor,
    separation::{Workspace, separated},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// All subsets of a set.
pub(crate) fn subsets(of: &NodeSet) -> Vec<NodeSet> {
    let nodes: Vec<usize> = of.iter().collect();
    (0..1_usize << nodes.len())
        .map(|bits| (0..nodes.len()).filter(|i| bits >> i & 1 == 1).map(|i| nodes[i]).collect())
        .collect()
}

/// The sets of which no other one is a proper subset.
pub(crate) fn minimal_of(sets: &BTreeSet<NodeSet>) -> BTreeSet<NodeSet> {
    let smaller = |set: &NodeSet| sets.iter().any(|other| other != set && other.is_subset(set));
    sets.iter().filter(|set| !smaller(set)).cloned().collect()
}

/// Nodes on directed paths from `x` to `y` that leave `x` at once, by walking all paths.
fn on_proper_causal_paths(graph: &Admg, x: &NodeSet, y: &NodeSet) -> NodeSet {
    fn walk(graph: &Admg, path: &mut Vec<usize>, x: &NodeSet, y: &NodeSet, found: &mut NodeSet) {
        let last = path[path.len() - 1];
        if y.contains(last) {
            found.extend(path[1..].iter().copied());
        }
        for &child in graph.children(last) {
            if !x.contains(child) {
                path.push(child);
                walk(graph, path, x, y, found);
                path.pop();
            }
        }
    }
    let mut found = NodeSet::new();
    for start in x {
        walk(graph, &mut vec![start], x, y, &mut found);
    }
    found
}

/// The generalised adjustment criterion, word for word.
fn is_adjustment_set(graph: &Admg, x: &NodeSet, y: &NodeSet, z: &NodeSet) -> bool {
    let causal = on_proper_causal_paths(graph, x, y);
    let forbidden = &graph.descendants(&causal) | x;
    let rest = graph.view().without_edges_between(x.clone(), causal);
    !z.intersects(&forbidden)
        && !z.intersects(y)
        && separated(&rest, x, y, z, &mut Workspace::default())
}

/// Pearl's definition 3.3.1, for each exposure alone.
fn is_back_door_set(graph: &Admg, x: &NodeSet, y: &NodeSet, z: &NodeSet) -> bool {
    x.iter().all(|exposure| {
        let exposure = NodeSet::from([exposure]);
        let silenced = graph.view().without_edges_out_of(&exposure);
        !z.intersects(&graph.descendants(&exposure))
            && !z.intersects(x)
            && !z.intersects(y)
            && separated(&silenced, &exposure, y, z, &mut Workspace::default())
    })
}

/// Two disjoint sets that are not empty, if the draw allows.
pub(crate) fn ends(x: &NodeSet, y: &NodeSet) -> Option<(NodeSet, NodeSet)> {
    let y = y - x;
    (!x.is_empty() && !y.is_empty()).then(|| (x.clone(), y))
}

#[test]
fn known_cases() {
    for case in cases("adjustment") {
        let id = &case["id"];
        let graph = graph(&case);
        let named = |value: &serde_json::Value| set(&graph, value);
        let (query, expected) = (&case["query"], &case["expected"]);
        let observed = &graph.nodes() - &named(&query["latent"]);
        let effect = Effect::of(&graph, &named(&query["x"]), &named(&query["y"])).unwrap();
        let effect = effect.allowed(&observed);
        let family = |sets: &serde_json::Value| -> BTreeSet<NodeSet> {
            sets.as_array().unwrap().iter().map(named).collect()
        };
        let valid: Vec<NodeSet> = effect.all().collect();
        let back_door: Vec<NodeSet> = effect.all_backdoor().collect();
        assert_eq!(valid.len() as u64, expected["n_valid"].as_u64().unwrap(), "{id}");
        assert_eq!(back_door.len() as u64, expected["n_backdoor"].as_u64().unwrap(), "{id}");
        assert_eq!(!back_door.is_empty(), expected["backdoor_exists"].as_bool().unwrap(), "{id}");
        let valid: BTreeSet<NodeSet> = valid.into_iter().collect();
        if !expected["valid_sets"].is_null() {
            assert_eq!(valid, family(&expected["valid_sets"]), "{id}");
            let back_door: BTreeSet<NodeSet> = back_door.into_iter().collect();
            assert_eq!(back_door, family(&expected["backdoor_sets"]), "{id}");
        }
        let optimal = expected["o_set"].as_array().map(|_| named(&expected["o_set"]));
        assert_eq!(effect.optimal(), optimal, "{id}");
        let minimal: BTreeSet<NodeSet> = effect.all_minimal().collect();
        assert_eq!(minimal, family(&expected["minimal_sets"]), "{id}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_criterion_and_its_refusals(
        (graph, [x, y, z]) in with_sets(6),
    ) {
        let Some((x, y)) = ends(&x, &y) else { return Ok(()) };
        let effect = Effect::of(&graph, &x, &y).unwrap();
        prop_assert_eq!(effect.causal_nodes(), &on_proper_causal_paths(&graph, &x, &y));
        let answer = effect.check(&z);
        prop_assert_eq!(answer.is_ok(), is_adjustment_set(&graph, &x, &y, &z));
        if let Err(refusal) = answer {
            prop_assert!(refusal.verify(&effect, &z), "{}", refusal);
        }
        let answer = effect.check_back_door(&z);
        prop_assert_eq!(answer.is_ok(), is_back_door_set(&graph, &x, &y, &z));
        if let Err(refusal) = answer {
            prop_assert!(refusal.verify(&effect, &z), "{}", refusal);
        }
    }

    #[test]
    fn all_sets_between_bounds(
        (graph, [x, y, allowed]) in with_sets(6),
        required in proptest::collection::vec(0usize..6, 0..3),
        bounded: bool,
        costs in proptest::collection::vec(0u8..5, 6),
    ) {
        let Some((x, y)) = ends(&x, &y) else { return Ok(()) };
        let allowed = if bounded { allowed } else { graph.nodes() };
        let mut required: NodeSet = required.into_iter().filter(|&node| node < graph.len()).collect();
        if !bounded {
            required.clear();
        }
        let effect = Effect::of(&graph, &x, &y).unwrap().allowed(&allowed).required(&required);
        let within = |z: &NodeSet| required.is_subset(z) && z.is_subset(&allowed);
        let choices: Vec<NodeSet> =
            subsets(&(&(&graph.nodes() - &x) - &y)).into_iter().filter(within).collect();
        let expected: BTreeSet<NodeSet> =
            choices.iter().filter(|z| is_adjustment_set(&graph, &x, &y, z)).cloned().collect();
        let listed: Vec<NodeSet> = effect.all().collect();
        prop_assert_eq!(listed.len(), expected.len());
        prop_assert_eq!(&listed.into_iter().collect::<BTreeSet<_>>(), &expected);
        let minimal = effect.minimal(&mut Workspace::default());
        prop_assert_eq!(minimal.is_some(), !expected.is_empty());
        if let Some(minimal) = minimal {
            prop_assert!(minimal_of(&expected).contains(&minimal));
        }
        let listed: Vec<NodeSet> = effect.all_minimal().collect();
        let minimal = minimal_of(&expected);
        prop_assert_eq!(listed.len(), minimal.len());
        prop_assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), minimal);
        // Sums of small integers, which are exact; a 4 stands for what cannot be measured.
        let cost = |node: usize| if costs[node] == 4 { f64::INFINITY } else { f64::from(costs[node]) };
        let total = |z: &NodeSet| (z - &required).iter().map(cost).sum::<f64>();
        let least = expected.iter().map(total).fold(f64::INFINITY, f64::min);
        let minimum = effect.minimum(cost).unwrap();
        prop_assert_eq!(minimum.as_ref().map_or(f64::INFINITY, total), least);
        if let Some(minimum) = minimum {
            prop_assert!(minimal_of(&expected).contains(&minimum));
        }
        match effect.refusal() {
            None => prop_assert!(!expected.is_empty()),
            Some((nearest, refusal)) => {
                prop_assert!(expected.is_empty());
                prop_assert!(refusal.verify(&effect, &nearest), "{}", refusal);
            }
        }
        let expected: BTreeSet<NodeSet> =
            choices.iter().filter(|z| is_back_door_set(&graph, &x, &y, z)).cloned().collect();
        let listed: Vec<NodeSet> = effect.all_backdoor().collect();
        prop_assert_eq!(listed.len(), expected.len());
        prop_assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}

/// A view stands for the graph that it shows.
#[test]
fn a_view_is_asked_like_a_graph() {
    let graph = admg! { C -> X -> Y; C -> Y; W -> X }.unwrap();
    let [x, y, c] = ["X", "Y", "C"].map(|name| graph.set_of([name]).unwrap());
    let view = graph.view().without_edges_between(c.clone(), y.clone());
    let effect = Effect::of(view, &x, &y).unwrap();
    assert!(effect.check(&NodeSet::new()).is_ok());
    let effect = Effect::of(&graph, &x, &y).unwrap();
    let refusal = effect.check(&NodeSet::new()).unwrap_err();
    assert!(matches!(refusal, Refusal::Open { .. }));
    assert!(!refusal.verify(&effect, &c));
    assert_eq!(graph.view().descendants_of(&x), &x | &y);
}

/// Bounds are taken as they come, and what is wrong with them is said when they are asked about.
#[test]
fn bounds_outside_the_graph_are_no_panic() {
    let graph = admg! { C -> X -> M -> Y; C -> Y }.unwrap();
    let [x, y, c, m] = ["X", "Y", "C", "M"].map(|name| graph.set_of([name]).unwrap());
    let outside = "there is no variable number 9: the graph has 4 variables, counted from 0";
    let effect = Effect::of(&graph, &x, &y).unwrap().required(&[9].into());
    let refusal = effect.check(&c).unwrap_err();
    assert_eq!(refusal.to_string(), outside);
    assert!(refusal.verify(&effect, &c));
    assert_eq!(effect.minimal(&mut Workspace::default()), None);
    assert_eq!(effect.all().count() + effect.all_backdoor().count(), 0);
    assert_eq!(effect.refusal().unwrap().1.to_string(), outside);
    let question = FrontDoor::of(&graph, &x, &y).unwrap().required(&[9].into());
    assert_eq!(question.check(&m).unwrap_err().to_string(), outside);
    assert_eq!(question.find(), None);
    assert_eq!(question.refusal().unwrap().1.to_string(), outside);
    // To allow more than there is allows all there is.
    let effect = Effect::of(&graph, &x, &y).unwrap().allowed(&[0, 9].into());
    assert!(effect.check(&c).is_ok());
}
