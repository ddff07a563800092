//! Instruments against exhaustive search by the definition, and against the cases with known answers. All comparisons are
//! exact.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::{
    adjustment::subsets,
    draws::with_sets,
    goldens::{cases, graph, set},
};
use counterfoil_graph::{
    Admg, NodeSet,
    adjustment::Effect,
    instruments::Instruments,
    separation::{Workspace, separated},
};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// The definition, on the graph without the first edges of causal paths.
fn is_instrument(graph: &Admg, x: usize, y: usize, z: usize, w: &NodeSet) -> bool {
    let mut workspace = Workspace::default();
    let effect = Effect::of(graph, &[x].into(), &[y].into()).unwrap();
    let rest = effect.proper_back_door_graph();
    let below = graph.descendants(&(effect.causal_nodes() | &[y].into()));
    let both = w.clone().with(z);
    !w.contains(z)
        && !both.intersects(&[x, y].into())
        && !both.intersects(&below)
        && separated(&rest, &[z].into(), &[y].into(), w, &mut workspace)
        && !separated(&**graph, &[z].into(), &[x].into(), w, &mut workspace)
}

#[test]
fn known_cases() {
    for case in cases("instruments") {
        let graph = graph(&case);
        let end = |key: &str| set(&graph, &case["query"][key]).first().unwrap();
        let question = Instruments::of(&graph, end("x"), end("y")).unwrap();
        let expected: BTreeSet<(usize, NodeSet)> = case["expected"]["conditional_instruments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| {
                let z = graph.index_of(pair["z"].as_str().unwrap()).unwrap();
                (z, set(&graph, &pair["given"]))
            })
            .collect();
        assert_eq!(question.all().collect::<BTreeSet<_>>(), expected, "{}", case["id"]);
    }
}

/// Sixty variables that have nothing to do with the question have 2^60 sets, none of which brings the instrument to the cause.
#[test]
fn what_tells_nothing_of_the_cause_is_passed_over() {
    let idle: Vec<String> = (0..60).map(|i| format!("A{i}")).collect();
    let graph: Admg = format!("{}; Z; X -> Y; X <-> Y", idle.join("; ")).parse().unwrap();
    let [x, y, z] = ["X", "Y", "Z"].map(|name| graph.index_of(name).unwrap());
    assert_eq!(Instruments::of(&graph, x, y).unwrap().all().next(), None);
    let graph: Admg = format!("{}; Z -> X; X -> Y; X <-> Y", idle.join("; ")).parse().unwrap();
    let first = Instruments::of(&graph, x, y).unwrap().all().next().unwrap();
    assert_eq!((first.0, first.1.contains(y)), (z, false));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn all_of_them((graph, [w, allowed, _]) in with_sets(6), x in 0usize..6, y in 0usize..6, z in 0usize..6, bounded: bool) {
        let n = graph.len();
        let (x, y, z) = (x % n, y % n, z % n);
        if x == y {
            return Ok(());
        }
        let allowed = if bounded { allowed } else { graph.nodes() };
        let question = Instruments::of(&graph, x, y).unwrap().allowed(&allowed);
        let choices = subsets(&allowed);
        let expected: BTreeSet<(usize, NodeSet)> = allowed
            .iter()
            .flat_map(|z| choices.iter().map(move |w| (z, w.clone())))
            .filter(|(z, w)| is_instrument(&graph, x, y, *z, w))
            .collect();
        let listed: Vec<_> = question.all().collect();
        prop_assert_eq!(listed.len(), expected.len());
        prop_assert_eq!(&listed.into_iter().collect::<BTreeSet<_>>(), &expected);
        let unconditional = expected.iter().filter(|(_, w)| w.is_empty()).map(|(z, _)| *z);
        prop_assert_eq!(question.unconditional(), unconditional.collect::<NodeSet>());
        let ancestral: BTreeSet<_> = question.ancestral().collect();
        prop_assert!(ancestral.is_subset(&expected));
        prop_assert_eq!(ancestral.is_empty(), expected.is_empty());

        let answer = question.check(z, &w);
        prop_assert_eq!(answer.is_ok(), expected.contains(&(z, w.clone())));
        if let Err(refusal) = answer {
            prop_assert!(refusal.verify(&question, z, &w), "{}", refusal);
        }
    }
}
