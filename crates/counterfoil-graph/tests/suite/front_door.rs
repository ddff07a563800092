//! Front-door sets against exhaustive search by Pearl's conditions, and against the cases with known answers. All
//! comparisons are exact.

use crate::{
    adjustment::{ends, minimal_of, subsets},
    draws::with_sets,
    goldens::{cases, graph, set},
};
use counterfoil_graph::{
    Admg, CausalGraph, NodeSet,
    front_door::FrontDoor,
    separation::{Workspace, separated},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// The three conditions, each by a definition of its own.
fn is_front_door_set(graph: &Admg, x: &NodeSet, y: &NodeSet, z: &NodeSet) -> bool {
    let mut workspace = Workspace::default();
    let without = graph.view().within(&(&graph.nodes() - z));
    !z.intersects(&(x | y))
        && !without.descendants_of(x).intersects(y)
        && separated(&graph.view().without_edges_out_of(x), x, z, &NodeSet::new(), &mut workspace)
        && separated(&graph.view().without_edges_out_of(z), z, y, x, &mut workspace)
}

/// The cases leave out the empty set, which satisfies the conditions where there is no effect.
#[test]
fn known_cases() {
    for case in cases("frontdoor") {
        let graph = graph(&case);
        let (x, y) = (set(&graph, &case["query"]["x"]), set(&graph, &case["query"]["y"]));
        let question = FrontDoor::of(&graph, &x, &y).unwrap();
        let family = |key: &str| -> BTreeSet<NodeSet> {
            let sets = case["expected"][key].as_array().unwrap();
            sets.iter().map(|value| set(&graph, value)).collect()
        };
        let found: BTreeSet<NodeSet> = question.all().filter(|z| !z.is_empty()).collect();
        assert_eq!(found, family("sets"), "{}", case["id"]);
        assert_eq!(minimal_of(&found), family("minimal_sets"), "{}", case["id"]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_criterion_and_its_refusals((graph, [x, y, z]) in with_sets(6)) {
        let Some((x, y)) = ends(&x, &y) else { return Ok(()) };
        let question = FrontDoor::of(&graph, &x, &y).unwrap();
        let answer = question.check(&z);
        prop_assert_eq!(answer.is_ok(), is_front_door_set(&graph, &x, &y, &z));
        if let Err(refusal) = answer {
            prop_assert!(refusal.verify(&question, &z), "{}", refusal);
        }
    }

    #[test]
    fn all_sets_between_bounds(
        (graph, [x, y, allowed]) in with_sets(7),
        required in proptest::collection::vec(0usize..7, 0..3),
        bounded: [bool; 2],
    ) {
        let Some((x, y)) = ends(&x, &y) else { return Ok(()) };
        let allowed = if bounded[0] { allowed } else { graph.nodes() };
        let mut required: NodeSet = required.into_iter().filter(|&node| node < graph.len()).collect();
        if !bounded[1] {
            required.clear();
        }
        let question = FrontDoor::of(&graph, &x, &y).unwrap().allowed(&allowed).required(&required);
        let expected: BTreeSet<NodeSet> = subsets(&(&(&graph.nodes() - &x) - &y))
            .into_iter()
            .filter(|z| required.is_subset(z) && z.is_subset(&allowed))
            .filter(|z| is_front_door_set(&graph, &x, &y, z))
            .collect();
        let listed: Vec<NodeSet> = question.all().collect();
        prop_assert_eq!(listed.len(), expected.len());
        prop_assert_eq!(&listed.into_iter().collect::<BTreeSet<_>>(), &expected);
        let union = expected.iter().fold(NodeSet::new(), |all, z| &all | z);
        prop_assert_eq!(question.find(), (!expected.is_empty()).then_some(union));
        if let Some(minimal) = question.minimal() {
            prop_assert!(minimal_of(&expected).contains(&minimal));
        } else {
            prop_assert!(expected.is_empty());
            let (nearest, refusal) = question.refusal().unwrap();
            prop_assert!(refusal.verify(&question, &nearest), "{}", refusal);
        }
        prop_assert_eq!(question.refusal().is_none(), !expected.is_empty());
    }
}

#[test]
fn the_formula() {
    let graph: Admg = "X -> M -> Y; X <-> Y".parse().unwrap();
    let question = FrontDoor::of(&graph, &[0].into(), &[2].into()).unwrap();
    let formula = question.estimand(&[1].into()).unwrap().to_string();
    assert_eq!(formula, "Σ_m P(m | x) Σ_x' P(x') P(y | x', m)");
}
