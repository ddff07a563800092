//! Adjustment in classes of graphs against all members of all classes of four nodes. All comparisons are exact.
//!
//! As every labelled graph is there, the exposures and outcomes can stay the same.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::{
    adjustment::subsets,
    classes::{all_dags, graph, pairs},
    draws::admg,
};
use counterfoil_graph::{
    Admg, Edge, Mag, MixedGraph, NodeSet,
    adjustment::{ClassEffect, ClassRefusal, Effect},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Ends = (NodeSet, NodeSet);

fn questions() -> Vec<Ends> {
    let set = |nodes: &[usize]| NodeSet::from(nodes);
    vec![(set(&[0]), set(&[1])), (set(&[0, 2]), set(&[1])), (set(&[0]), set(&[1, 2]))]
}

/// Every ADMG on n nodes.
fn all_admgs(n: usize) -> impl Iterator<Item = Admg> {
    let pairs = pairs(n);
    (0..6_usize.pow(pairs.len() as u32)).filter_map(move |mut code| {
        let mut edges = Vec::new();
        for &(a, b) in &pairs {
            match code % 3 {
                1 => edges.push(Edge::directed(a, b)),
                2 => edges.push(Edge::directed(b, a)),
                _ => {}
            }
            if code % 6 >= 3 {
                edges.push(Edge::bidirected(a, b));
            }
            code /= 6;
        }
        Admg::try_from(graph(n, &edges)).ok()
    })
}

/// The sets that are adjustment sets in a graph, by its own effect.
fn valid(effect: &Effect<'_>, choices: &[NodeSet]) -> BTreeSet<NodeSet> {
    choices.iter().filter(|z| effect.check(z).is_ok()).cloned().collect()
}

fn choices(n: usize, (x, y): &Ends) -> Vec<NodeSet> {
    subsets(&(&(&NodeSet::full(n) - x) - y))
}

fn of_class(
    answer: Result<ClassEffect, ClassRefusal>,
    graph: &MixedGraph,
    ends: &Ends,
    hidden: bool,
) -> BTreeSet<NodeSet> {
    match answer {
        Ok(class) => {
            let effect = class.effect();
            let found = valid(&effect, &choices(graph.len(), ends));
            assert_eq!(effect.all().collect::<BTreeSet<_>>(), found);
            found
        }
        Err(refusal) => {
            assert!(matches!(refusal, ClassRefusal::NotAmenable { .. }));
            assert!(refusal.verify(graph, &ends.0, &ends.1, hidden), "{refusal}");
            BTreeSet::new()
        }
    }
}

/// For each class by its text: the graph, and the sets that serve in all members.
type Common = BTreeMap<String, (MixedGraph, Vec<BTreeSet<NodeSet>>)>;

fn note(common: &mut Common, key: &MixedGraph, sets: &[BTreeSet<NodeSet>]) {
    common
        .entry(key.to_string())
        .and_modify(|(_, known)| {
            for (known, sets) in known.iter_mut().zip(sets) {
                known.retain(|z| sets.contains(z));
            }
        })
        .or_insert_with(|| (key.clone(), sets.to_vec()));
}

#[test]
fn cpdags() {
    let questions = questions();
    for n in [3, 4] {
        let mut common = Common::new();
        let mut optimal: BTreeMap<String, BTreeSet<Option<NodeSet>>> = BTreeMap::new();
        for dag in all_dags(n) {
            let effects: Vec<Effect<'_>> =
                questions.iter().map(|(x, y)| Effect::of(&dag, x, y).unwrap()).collect();
            let sets: Vec<_> = effects
                .iter()
                .zip(&questions)
                .map(|(effect, ends)| valid(effect, &choices(n, ends)))
                .collect();
            let cpdag = dag.cpdag().unwrap();
            note(&mut common, &cpdag, &sets);
            optimal.entry(cpdag.to_string()).or_default().insert(effects[0].optimal());
        }
        for (key, (graph, sets)) in &common {
            let cpdag = counterfoil_graph::Cpdag::try_from(graph.clone()).unwrap();
            for (ends, expected) in questions.iter().zip(sets) {
                let answer = ClassEffect::of_cpdag(&cpdag, &ends.0, &ends.1);
                assert_eq!(&of_class(answer, graph, ends, false), expected, "{key}, {ends:?}");
            }
            if let Ok(class) = ClassEffect::of_cpdag(&cpdag, &questions[0].0, &questions[0].1) {
                assert_eq!(BTreeSet::from([class.effect().optimal()]), optimal[key], "{key}");
            }
        }
    }
}

/// A set serves in a MAG when it does in every graph with hidden causes whose margin the MAG is, and in a PAG when it does
/// in every MAG of the class.
#[test]
fn mags_and_pags() {
    let questions = questions();
    for n in [3, 4] {
        let (mut in_mags, mut in_pags) = (Common::new(), Common::new());
        for admg in all_admgs(n) {
            let sets: Vec<_> = questions
                .iter()
                .map(|ends| {
                    let effect = Effect::of(&admg, &ends.0, &ends.1).unwrap();
                    valid(&effect, &choices(n, ends))
                })
                .collect();
            note(&mut in_mags, &Mag::from(&admg), &sets);
        }
        for (key, (graph, sets)) in &in_mags {
            let mag = Mag::try_from(graph.clone()).unwrap();
            for (ends, expected) in questions.iter().zip(sets) {
                let answer = ClassEffect::of_mag(&mag, &ends.0, &ends.1);
                assert_eq!(&of_class(answer, graph, ends, true), expected, "{key}, {ends:?}");
            }
            note(&mut in_pags, &mag.pag(), sets);
        }
        for (key, (graph, sets)) in &in_pags {
            let pag = counterfoil_graph::Pag::try_from(graph.clone()).unwrap();
            for (ends, expected) in questions.iter().zip(sets) {
                let answer = ClassEffect::of_pag(&pag, &ends.0, &ends.1);
                assert_eq!(&of_class(answer, graph, ends, true), expected, "{key}, {ends:?}");
            }
        }
    }
}

/// Whether no graph whose margin is the MAG has the edge and a hidden common cause of its ends, by making that graph.
fn is_settled(mag: &Mag, a: usize, b: usize) -> bool {
    let mut edges = mag.mixed_edges();
    edges.push(Edge::bidirected(a, b));
    let confounded = MixedGraph::new(mag.variables().cloned(), edges).unwrap();
    let confounded = Admg::try_from(confounded).unwrap();
    Mag::from(&confounded) != *mag
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_visible_edge_is_one_that_no_hidden_cause_accompanies(graph in admg(7)) {
        let mag = Mag::from(&graph);
        for a in 0..mag.len() {
            for &b in mag.children(a) {
                prop_assert_eq!(mag.is_visible(a, b), is_settled(&mag, a, b), "{}: {} -> {}", mag, a, b);
            }
        }
    }
}

/// Q leads to A by its own edge and over M. By the edge alone no arrowhead is met at Q, by M one is.
#[test]
fn visibility_is_seen_past_a_node_that_was_met_by_its_tail() {
    let graph: Admg = "V -> Q -> A -> B; Q <-> M; M <-> A; Q -> B; M -> B".parse().unwrap();
    let mag = Mag::from(&graph);
    let [a, b] = ["A", "B"].map(|name| mag.index_of(name).unwrap());
    assert_eq!(mag.to_string(), graph.to_string());
    assert!(mag.is_visible(a, b) && is_settled(&mag, a, b));
    assert!(ClassEffect::of_mag(&mag, &[a].into(), &[b].into()).is_ok());
}

#[test]
fn refusals_are_held_against_the_graph() {
    let mag = Mag::from(&"X -> Y".parse::<Admg>().unwrap());
    let (x, y) = (NodeSet::from([0]), NodeSet::from([1]));
    let refusal = ClassEffect::of_mag(&mag, &x, &y).unwrap_err();
    assert!(refusal.verify(&mag, &x, &y, true));
    // Without hidden causes the edge is settled, and from Y there is no path.
    assert!(!refusal.verify(&mag, &x, &y, false) && !refusal.verify(&mag, &y, &x, true));
    let overlap = ClassEffect::of_mag(&mag, &x, &x).unwrap_err();
    assert!(overlap.verify(&mag, &x, &x, true) && !overlap.verify(&mag, &x, &y, true));
    let selected = Mag::try_from(graph(2, &[Edge::undirected(0, 1)])).unwrap();
    let refusal = ClassEffect::of_mag(&selected, &x, &y).unwrap_err();
    assert!(matches!(refusal, ClassRefusal::Selection { .. }));
    assert!(refusal.verify(&selected, &x, &y, true) && !refusal.verify(&mag, &x, &y, true));
    let elsewhere = ClassRefusal::NotAmenable { path: vec![0, 7], text: String::new() };
    assert!(!elsewhere.verify(&mag, &x, &[7].into(), true));
}
