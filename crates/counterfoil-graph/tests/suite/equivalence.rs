//! Classes of DAGs closed, listed, counted, drawn from and told apart, against all orientations of small graphs. All
//! comparisons are exact but those of the draws.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::{
    classes::{all_dags, all_graphs, dag_classes, graph, pairs},
    goldens::{cases, graph as golden, strings},
};
use counterfoil_graph::{
    Cpdag, Dag, Edge, Mag, Mark, MixedGraph, Mpdag, NodeSet, Variable, admg,
    equivalence::MarkovClass,
};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Uniform numbers without a dependency (splitmix64).
fn stream(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

fn text(dag: &Dag) -> String {
    (**dag).to_string()
}

/// The undirected graph on n nodes with these edges, as a CPDAG.
fn undirected(n: usize, edges: impl IntoIterator<Item = (usize, usize)>) -> Cpdag {
    let edges: Vec<Edge> = edges.into_iter().map(|(a, b)| Edge::undirected(a, b)).collect();
    Cpdag::try_from(graph(n, &edges)).unwrap()
}

#[test]
fn members_are_listed_and_counted() {
    for n in 1..=5 {
        for class in dag_classes(n) {
            let cpdag = class[0].cpdag().unwrap();
            let listed: Vec<String> = cpdag.members().map(|dag| text(&dag)).collect();
            let expected: BTreeSet<String> = class.iter().map(text).collect();
            assert_eq!(listed.len(), expected.len());
            assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), expected);
            assert_eq!(cpdag.class_size(), class.len().into(), "{cpdag}");
        }
    }
}

/// He, Jia and Yu (2015, theorem 3): sizes of classes by the number of edges.
#[test]
fn known_counts() {
    let factorial =
        |n: u32| (1..=n).map(num_bigint::BigUint::from).product::<num_bigint::BigUint>();
    let path = undirected(200, (1..200).map(|b| (b - 1, b)));
    assert_eq!(path.class_size(), 200_u32.into());
    let star = undirected(150, (1..150).map(|b| (0, b)));
    assert_eq!(star.class_size(), 150_u32.into());
    let clique = MarkovClass::of(&undirected(40, pairs(40)));
    assert_eq!(*clique.size(), factorial(40));
    let log: f64 = (1..=40).map(|k| f64::from(k).log2()).sum();
    // Float: forty roundings of numbers below 160.
    assert!((clique.size_log2() - log).abs() < 40.0 * 160.0 * f64::EPSILON);
    let all_but_one = undirected(30, pairs(30).into_iter().filter(|&pair| pair != (4, 7)));
    assert_eq!(all_but_one.class_size(), factorial(29) * 2_u32 - factorial(28));
    // Two missing edges that share an end, so that no cycle of four is left.
    let all_but_two =
        undirected(20, pairs(20).into_iter().filter(|p| ![(4, 7), (4, 9)].contains(p)));
    assert_eq!(all_but_two.class_size(), factorial(17) * 376_u32);
}

/// A draw from the class, by the orders of a chordal graph that is grown node by node.
fn chordal(n: usize, seed: u64) -> Cpdag {
    let mut draw = stream(seed);
    let mut edges: Vec<(usize, usize)> = Vec::new();
    for node in 1..n {
        // Joined with an earlier node and some of its neighbours that form a clique with it.
        let anchor = draw() as usize % node;
        let mut clique = vec![anchor];
        for other in 0..node {
            let joined = |a: usize, b: usize| edges.contains(&(a.min(b), a.max(b)));
            if !draw().is_multiple_of(3) && clique.iter().all(|&c| joined(c, other)) {
                clique.push(other);
            }
        }
        edges.extend(clique.into_iter().map(|c| (c, node)));
    }
    undirected(n, edges)
}

#[test]
fn larger_classes_have_as_many_members_as_are_listed() {
    for seed in 0..40 {
        let cpdag = chordal(7, seed);
        assert_eq!(cpdag.class_size(), cpdag.members().count().into(), "{cpdag}");
    }
}

/// Monte-Carlo: chi-squared of 40 draws a member over k - 1 degrees of freedom, whose standard error is
/// `sqrt(2 (k - 1))`; within five of them. The draws are the same in every run.
#[test]
fn draws_are_uniform() {
    let shapes = [
        undirected(4, pairs(4)),
        undirected(6, (1..6).map(|b| (b - 1, b))),
        undirected(5, pairs(5).into_iter().filter(|&pair| pair != (0, 1))),
        chordal(6, 3),
        chordal(6, 11),
        chordal(7, 5),
    ];
    for (seed, cpdag) in shapes.into_iter().enumerate() {
        let class = MarkovClass::of(&cpdag);
        let members: Vec<String> = cpdag.members().map(|dag| text(&dag)).collect();
        let mut times: BTreeMap<String, u32> = members.into_iter().map(|m| (m, 0)).collect();
        let mut draw = stream(seed as u64);
        for _ in 0..40 * times.len() {
            *times.get_mut(&text(&class.sample(&mut draw))).unwrap() += 1;
        }
        let chi: f64 = times.values().map(|&t| (f64::from(t) - 40.0).powi(2) / 40.0).sum();
        let freedom = (times.len() - 1) as f64;
        assert!(
            (chi - freedom).abs() < 5.0 * (2.0 * freedom).sqrt(),
            "{cpdag}: {chi} of {freedom}"
        );
    }
}

#[test]
fn a_large_class_is_drawn_from() {
    let cpdag = chordal(60, 1);
    let class = MarkovClass::of(&cpdag);
    let mut draw = stream(2);
    for _ in 0..5 {
        assert_eq!(class.sample(&mut draw).cpdag().unwrap(), cpdag);
    }
}

/// Meek (1995): what the rules close is what all extensions share, for every partly directed graph of up to four nodes.
#[test]
fn closure_is_sound_and_complete() {
    const PARTIAL: [[Mark; 2]; 3] =
        [[Mark::Tail, Mark::Arrow], [Mark::Arrow, Mark::Tail], [Mark::Tail, Mark::Tail]];
    for n in 1..=4 {
        let dags: Vec<Dag> = all_dags(n).collect();
        for graph in all_graphs(n, &PARTIAL) {
            let extensions: Vec<&Dag> = dags.iter().filter(|dag| extends(dag, &graph)).collect();
            let closed = Mpdag::closure(&graph);
            let is_mpdag = Mpdag::try_from(graph.clone());
            if extensions.is_empty() {
                assert!(closed.is_err() && is_mpdag.is_err(), "{graph}");
                continue;
            }
            let closed = closed.unwrap();
            let shared: Vec<Edge> = graph
                .mixed_edges()
                .into_iter()
                .map(|edge| {
                    let [a, b] = edge.ends();
                    let forwards = extensions.iter().filter(|d| d.children(a).contains(&b)).count();
                    match forwards {
                        0 => Edge::directed(b, a),
                        all if all == extensions.len() => Edge::directed(a, b),
                        _ => Edge::undirected(a, b),
                    }
                })
                .collect();
            let expected = crate::classes::graph(n, &shared);
            assert_eq!(*closed, expected, "{graph}");
            assert_eq!(is_mpdag.is_ok(), graph == expected, "{graph}");
            let listed: BTreeSet<String> = closed.members().map(|dag| text(&dag)).collect();
            assert_eq!(listed, extensions.iter().map(|dag| text(dag)).collect());
            assert!(extensions.contains(&&closed.member()));
        }
    }
}

/// Whether the DAG directs the graph's open edges without another v-structure.
fn extends(dag: &Dag, graph: &MixedGraph) -> bool {
    let n = graph.len();
    let same_pairs =
        pairs(n).iter().all(|&(a, b)| dag.is_adjacent(a, b) == graph.is_adjacent(a, b));
    let keeps = (0..n).all(|a| graph.children(a).iter().all(|c| dag.children(a).contains(c)));
    same_pairs && keeps && {
        let colliders = |graph: &MixedGraph| {
            let mut found = Vec::new();
            for b in 0..n {
                for (a, c) in pairs(n) {
                    let parents = graph.parents(b);
                    if parents.contains(&a) && parents.contains(&c) && !graph.is_adjacent(a, c) {
                        found.push((a, b, c));
                    }
                }
            }
            found
        };
        colliders(dag) == colliders(graph)
    }
}

fn any_dag(max: usize) -> impl Strategy<Value = Dag> {
    (2..=max).prop_flat_map(|n| {
        let order = Just((0..n).collect::<Vec<_>>()).prop_shuffle();
        (order, proptest::collection::vec(any::<bool>(), n * n)).prop_map(move |(order, chosen)| {
            let edges: Vec<Edge> = pairs(n)
                .into_iter()
                .filter(|&(i, j)| chosen[i * n + j])
                .map(|(i, j)| Edge::directed(order[i], order[j]))
                .collect();
            Dag::try_from(graph(n, &edges)).unwrap()
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Knowledge that a member has never contradicts its class, and what remains are the members that have it too.
    #[test]
    fn knowledge_narrows_a_class(dag in any_dag(6), chosen in proptest::collection::vec(any::<bool>(), 30)) {
        let class = dag.cpdag().unwrap();
        let known: Vec<(usize, usize)> =
            dag.edges().enumerate().filter(|(i, _)| chosen[i % 30]).map(|(_, edge)| edge).collect();
        let narrowed = Mpdag::from(class.clone()).with_knowledge(known.iter().copied()).unwrap();
        let has_all = |dag: &Dag| known.iter().all(|&(a, b)| dag.children(a).contains(&b));
        let expected: BTreeSet<String> = class.members().filter(has_all).map(|dag| text(&dag)).collect();
        let listed: BTreeSet<String> = narrowed.members().map(|dag| text(&dag)).collect();
        prop_assert_eq!(listed, expected);
        prop_assert_eq!(Mpdag::try_from((*narrowed).clone()).unwrap(), narrowed.clone());
        // The other way round each edge that is known by now is refused.
        for (a, b) in narrowed.directed_edges() {
            let refused = narrowed.with_knowledge([(b, a)]).unwrap_err().to_string();
            prop_assert!(refused.contains(&format!("which has v{a} -> v{b}")), "{}", refused);
        }
    }

    #[test]
    fn dags_are_told_apart_by_a_separation(first in any_dag(5), turned in any::<u64>()) {
        let mut draw = stream(turned);
        let other = MarkovClass::of(&first.cpdag().unwrap()).sample(&mut draw);
        prop_assert_eq!(first.distinguished_from(&other).unwrap(), None);
        // One edge left out or turned.
        let edges = first.mixed_edges();
        if !edges.is_empty() {
            let at = draw() as usize % edges.len();
            let mut changed = edges.clone();
            if draw().is_multiple_of(2) {
                let [a, b] = changed[at].ends();
                changed[at] = Edge::directed(b, a);
            } else {
                changed.remove(at);
            }
            if let Ok(second) = Dag::try_from(graph(first.len(), &changed)) {
                let told = first.distinguished_from(&second).unwrap();
                let same = first.cpdag().unwrap() == second.cpdag().unwrap();
                prop_assert_eq!(told.is_none(), same);
                prop_assert!(told.is_none_or(|told| told.verify(&first, &second)));
            }
        }
    }

    #[test]
    fn mags_are_told_apart_by_a_separation(
        (first, [hidden, selected, _]) in crate::draws::with_sets(6), (second, _) in crate::draws::with_sets(6)
    ) {
        let first = first.project(&hidden);
        let first = first.mag(&selected.iter().filter(|&node| node < first.len() && node % 2 == 0).collect());
        let (rest, n) = (second.mag(&NodeSet::new()), first.len());
        prop_assert_eq!(first.distinguished_from(&first.pag().member()).unwrap(), None);
        if rest.len() >= n {
            // Any other MAG over the same names.
            let others = Mag::try_from(rest.induced(&NodeSet::full(n)));
            if let Ok(other) = others {
                let names: Vec<Variable> = first.variables().cloned().collect();
                let other = Mag::try_from(MixedGraph::new(names, other.mixed_edges()).unwrap()).unwrap();
                let told = first.distinguished_from(&other).unwrap();
                prop_assert_eq!(told.is_none(), first.pag() == other.pag());
                prop_assert!(told.is_none_or(|told| told.verify(&first, &other)));
            }
        }
    }
}

#[test]
fn different_variables_are_refused() {
    let [first, second] = ["A -> B; C", "A -> B; D"].map(|text| text.parse().unwrap());
    let (first, second) = (Mag::from(&first), Mag::from(&second));
    assert_eq!(
        first.distinguished_from(&second).unwrap_err().to_string(),
        "the two graphs have different variables, at position 2 C and D: give both the same, in the same order"
    );
    let bow = admg! { X -> Y; X <-> Y }.unwrap();
    assert_eq!(Mag::from(&bow).pag().to_string(), "X; Y; X o-o Y");
}

fn named(graph: &MixedGraph, (a, b): (usize, usize)) -> [String; 2] {
    [graph.name(a).to_owned(), graph.name(b).to_owned()]
}

/// The pairs of a case's field; undirected ones in either order.
fn expected_pairs(value: &Value, sort: bool) -> BTreeSet<[String; 2]> {
    let pair = |edge: &Value| {
        let ends = strings(edge);
        let mut ends = [ends[0].to_owned(), ends[1].to_owned()];
        if sort {
            ends.sort_unstable();
        }
        ends
    };
    value.as_array().unwrap().iter().map(pair).collect()
}

fn sorted(mut pair: [String; 2]) -> [String; 2] {
    pair.sort_unstable();
    pair
}

#[test]
fn known_cpdags() {
    for case in cases("cpdag") {
        let dag = Dag::try_from((*golden(&case)).clone()).unwrap();
        let (class, expected) = (dag.cpdag().unwrap(), &case["expected"]);
        let directed: BTreeSet<_> =
            class.directed_edges().map(|edge| named(&class, edge)).collect();
        let open: BTreeSet<_> =
            class.undirected_edges().map(|edge| sorted(named(&class, edge))).collect();
        assert_eq!(directed, expected_pairs(&expected["directed"], false), "{}", case["id"]);
        assert_eq!(open, expected_pairs(&expected["undirected"], true), "{}", case["id"]);
        let size = expected["class_size"].as_u64().unwrap();
        assert_eq!(class.class_size(), size.into(), "{}", case["id"]);
    }
}

#[test]
fn known_latent_projections() {
    for case in cases("latent_projection") {
        let graph = golden(&case);
        let hidden = graph.set_of(strings(&case["query"]["latent"])).unwrap();
        let (projected, expected) = (graph.project(&hidden), &case["expected"]);
        let names: Vec<&str> = projected.variables().map(Variable::name).collect();
        assert_eq!(names, strings(&expected["nodes"]), "{}", case["id"]);
        let directed: BTreeSet<_> =
            projected.directed_edges().map(|edge| named(&projected, edge)).collect();
        let hidden: BTreeSet<_> =
            projected.bidirected_edges().map(|edge| sorted(named(&projected, edge))).collect();
        assert_eq!(directed, expected_pairs(&expected["directed"], false), "{}", case["id"]);
        assert_eq!(hidden, expected_pairs(&expected["bidirected"], true), "{}", case["id"]);
    }
}
