//! Classes of equivalent graphs against all graphs of a few nodes. All comparisons are exact.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::draws::{admg, dag};
use counterfoil_graph::{
    Admg, Cpdag, Dag, Edge, Mag, Mark, MixedGraph, NodeSet, Pag, Variable,
    separation::{Workspace, separated},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The graph on n nodes with these edges.
pub(crate) fn graph(n: usize, edges: &[Edge]) -> MixedGraph {
    let variables = (0..n).map(|i| Variable::continuous(format!("v{i}")).unwrap());
    MixedGraph::new(variables, edges.iter().copied()).unwrap()
}

/// Every pair of `0 .. n`, smaller first.
pub(crate) fn pairs(n: usize) -> Vec<(usize, usize)> {
    (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).collect()
}

/// Every graph on n nodes whose pairs are apart or joined with one of these combinations of marks.
pub(crate) fn all_graphs(n: usize, marks: &[[Mark; 2]]) -> impl Iterator<Item = MixedGraph> {
    let pairs = pairs(n);
    let choices = marks.len() + 1;
    let marks = marks.to_vec();
    (0..choices.pow(pairs.len() as u32)).map(move |mut code| {
        let mut edges = Vec::new();
        for &(a, b) in &pairs {
            if let Some([at_a, at_b]) = (code % choices).checked_sub(1).map(|i| marks[i]) {
                edges.push(Edge::new(a, at_a, b, at_b));
            }
            code /= choices;
        }
        graph(n, &edges)
    })
}

use Mark::{Arrow, Circle, Tail};
pub(crate) const DIRECTED: [[Mark; 2]; 2] = [[Tail, Arrow], [Arrow, Tail]];
const PARTIAL: [[Mark; 2]; 3] = [[Tail, Arrow], [Arrow, Tail], [Tail, Tail]];
const DECIDED: [[Mark; 2]; 4] = [[Tail, Arrow], [Arrow, Tail], [Tail, Tail], [Arrow, Arrow]];

pub(crate) fn all_dags(n: usize) -> impl Iterator<Item = Dag> {
    all_graphs(n, &DIRECTED).filter_map(|graph| Dag::try_from(graph).ok())
}

/// The pairs that are joined and the v-structures: what decides the class of a DAG.
type Signature = (Vec<(usize, usize)>, Vec<(usize, usize, usize)>);

fn signature(dag: &Dag) -> Signature {
    let n = dag.len();
    let joined = pairs(n).into_iter().filter(|&(a, b)| dag.is_adjacent(a, b)).collect();
    let mut colliders = Vec::new();
    for b in 0..n {
        for (a, c) in pairs(n) {
            let into = dag.parents(b).contains(&a) && dag.parents(b).contains(&c);
            if into && !dag.is_adjacent(a, c) {
                colliders.push((a, b, c));
            }
        }
    }
    (joined, colliders)
}

pub(crate) fn dag_classes(n: usize) -> Vec<Vec<Dag>> {
    let mut classes: BTreeMap<Signature, Vec<Dag>> = BTreeMap::new();
    for dag in all_dags(n) {
        classes.entry(signature(&dag)).or_default().push(dag);
    }
    classes.into_values().collect()
}

/// The graph whose marks are those that all members have, and `open` where they differ.
fn intersection(members: &[MixedGraph], open: Mark) -> MixedGraph {
    let first = &members[0];
    let mark = |graph: &MixedGraph, a: usize, b: usize| {
        let edge = graph.edges_between(a, b).next().unwrap();
        if edge.ends()[0] == a { edge.marks()[0] } else { edge.marks()[1] }
    };
    let agreed = |a: usize, b: usize| {
        let shown = mark(first, a, b);
        if members.iter().all(|other| mark(other, a, b) == shown) { shown } else { open }
    };
    let edges: Vec<Edge> = first
        .mixed_edges()
        .iter()
        .map(|edge| {
            let [a, b] = edge.ends();
            Edge::new(a, agreed(a, b), b, agreed(b, a))
        })
        .collect();
    graph(first.len(), &edges)
}

/// A CPDAG has `--` where its members differ, which differ at both ends or at none.
fn completed(members: &[Dag]) -> MixedGraph {
    let members: Vec<MixedGraph> = members.iter().map(|dag| (**dag).clone()).collect();
    intersection(&members, Tail)
}

fn check_dag_classes(n: usize) -> BTreeSet<String> {
    let mut shown = BTreeSet::new();
    for class in dag_classes(n) {
        let expected = completed(&class);
        for dag in &class {
            assert_eq!(*dag.cpdag().unwrap(), expected, "{}", **dag);
        }
        let cpdag = Cpdag::try_from(expected.clone()).unwrap();
        assert!(class.contains(&cpdag.member()));
        shown.insert(expected.to_string());
    }
    shown
}

#[test]
fn a_cpdag_is_what_all_equivalent_dags_share() {
    assert_eq!([1, 2, 3].map(|n| check_dag_classes(n).len()), [1, 2, 11]);
    let of_four = check_dag_classes(4);
    assert_eq!(of_four.len(), 185);
    for graph in all_graphs(4, &PARTIAL) {
        let text = graph.to_string();
        let verdict = Cpdag::try_from(graph);
        assert_eq!(verdict.is_ok(), of_four.contains(&text), "{text}: {verdict:?}");
    }
}

#[test]
fn classes_of_five_nodes() {
    assert_eq!(check_dag_classes(5).len(), 8782);
}

/// The separations of a MAG as bits over the pairs and the sets between them, by paths.
fn separations(graph: &MixedGraph) -> Vec<bool> {
    let n = graph.len();
    let mut all = Vec::new();
    for (a, b) in pairs(n) {
        let rest: Vec<usize> = (0..n).filter(|&c| c != a && c != b).collect();
        for bits in 0..1_usize << rest.len() {
            let z: NodeSet =
                (0..rest.len()).filter(|i| bits >> i & 1 == 1).map(|i| rest[i]).collect();
            all.push(!connected(graph, &mut vec![a], b, &z));
        }
    }
    all
}

/// Whether an open path goes on from the end of `path` to `goal`.
fn connected(graph: &MixedGraph, path: &mut Vec<usize>, goal: usize, z: &NodeSet) -> bool {
    let at = path[path.len() - 1];
    let head = |node: usize, other: usize| {
        let edge = graph.edges_between(node, other).next().unwrap();
        edge.marks()[usize::from(edge.ends()[0] != node)] == Arrow
    };
    for &next in graph.adjacent(at) {
        if path.contains(&next) {
            continue;
        }
        let open = path.len() < 2 || {
            let collider = head(at, path[path.len() - 2]) && head(at, next);
            if collider { graph.descendants([at]).intersects(z) } else { !z.contains(at) }
        };
        if open {
            if next == goal {
                return true;
            }
            path.push(next);
            let found = connected(graph, path, goal, z);
            path.pop();
            if found {
                return true;
            }
        }
    }
    false
}

/// Richardson and Spirtes (2002), definitions 3.1 and 3.7, word by word.
fn is_mag(graph: &MixedGraph) -> bool {
    let n = graph.len();
    let ancestral = (0..n).all(|node| {
        let back = |&child: &usize| graph.descendants([child]).contains(node);
        let no_cycle = !graph.children(node).iter().any(back);
        let no_almost = !graph.spouses(node).iter().any(|&s| graph.ancestors([s]).contains(node));
        let headed = !graph.parents(node).is_empty() || !graph.spouses(node).is_empty();
        no_cycle && no_almost && (!headed || graph.neighbours(node).is_empty())
    });
    ancestral && {
        let seps = separations(graph);
        let sets = 1 << n.saturating_sub(2);
        pairs(n).iter().enumerate().all(|(i, &(a, b))| {
            graph.is_adjacent(a, b) || seps[i * sets..(i + 1) * sets].contains(&true)
        })
    }
}

fn check_mag_classes(n: usize) -> Vec<String> {
    let mut classes: BTreeMap<Vec<bool>, Vec<MixedGraph>> = BTreeMap::new();
    for graph in all_graphs(n, &DECIDED) {
        let valid = is_mag(&graph);
        let verdict = Mag::try_from(graph.clone());
        assert_eq!(verdict.is_ok(), valid, "{graph}: {verdict:?}");
        if valid {
            classes.entry(separations(&graph)).or_default().push(graph);
        }
    }
    let mut shown = Vec::new();
    for members in classes.values() {
        let expected = intersection(members, Circle);
        for member in members {
            let pag = Mag::try_from(member.clone()).unwrap().pag();
            assert_eq!(*pag, expected, "{member}: {pag} instead of {expected}");
        }
        let pag = Pag::try_from(expected.clone()).unwrap();
        assert!(members.contains(&pag.member()), "{pag}: {}", pag.member());
        shown.push(expected.to_string());
    }
    shown.sort_unstable();
    shown
}

#[test]
fn a_pag_is_what_all_equivalent_mags_share() {
    check_mag_classes(2);
    let of_three = check_mag_classes(3);
    let mut marks = Vec::new();
    for here in [Tail, Circle, Arrow] {
        for there in [Tail, Circle, Arrow] {
            marks.push([here, there]);
        }
    }
    for graph in all_graphs(3, &marks) {
        let text = graph.to_string();
        let verdict = Pag::try_from(graph);
        assert_eq!(verdict.is_ok(), of_three.binary_search(&text).is_ok(), "{text}: {verdict:?}");
    }
    check_mag_classes(4);
}

/// A DAG with hidden and selected nodes.
fn with_hidden(max: usize) -> impl Strategy<Value = (Admg, NodeSet)> {
    admg(max).prop_flat_map(|graph| {
        let n = graph.len();
        (Just(graph), proptest::collection::vec(0u8..5, n)).prop_map(|(graph, chosen)| {
            let selected = (0..chosen.len()).filter(|&i| chosen[i] == 0).collect();
            (graph, selected)
        })
    })
}

proptest! {
    /// Richardson and Spirtes (2002), theorem 4.18: the MAG separates what the graph separates given the selection.
    #[test]
    fn a_mag_keeps_separations((graph, selected) in with_hidden(6)) {
        let mag = graph.mag(&selected);
        let checked = Mag::try_from((*mag).clone());
        prop_assert!(checked.is_ok(), "{}: {:?}", mag, checked);
        let seen: Vec<usize> = (&graph.nodes() - &selected).iter().collect();
        let mut workspace = Workspace::default();
        for (a, b) in pairs(seen.len()) {
            for bits in 0..1_usize << seen.len() {
                if bits >> a & 1 == 1 || bits >> b & 1 == 1 {
                    continue;
                }
                let z: NodeSet = (0..seen.len()).filter(|i| bits >> i & 1 == 1).collect();
                let outer: NodeSet = z.iter().map(|i| seen[i]).collect();
                let before = separated(
                    &*graph, &[seen[a]].into(), &[seen[b]].into(), &(&outer | &selected), &mut workspace,
                );
                prop_assert_eq!(mag.separated(&[a].into(), &[b].into(), &z), Ok(before));
            }
            if let Some(z) = mag.separator(a, b) {
                prop_assert_eq!(mag.separated(&[a].into(), &[b].into(), &z), Ok(true));
            }
        }
        let pag = mag.pag();
        let again = Pag::try_from((*pag).clone());
        prop_assert!(again.is_ok(), "{}: {:?}", pag, again);
        prop_assert_eq!(pag.member().pag(), pag);
    }

    #[test]
    fn completion_forgets_the_member_alone(dag in dag(9)) {
        let cpdag = dag.cpdag().unwrap();
        let checked = Cpdag::try_from((*cpdag).clone());
        prop_assert!(checked.is_ok(), "{}: {:?}", cpdag, checked);
        prop_assert_eq!(cpdag.member().cpdag().unwrap(), cpdag);
    }
}

#[test]
fn refusals_name_the_edge_or_the_pair() {
    let check = |n: usize, edges: &[Edge], expected: [&str; 3]| {
        let graph = graph(n, edges);
        let text = |e: counterfoil_graph::GraphError| e.to_string();
        let found = [
            Cpdag::try_from(graph.clone()).err().map(text),
            Mag::try_from(graph.clone()).err().map(text),
            Pag::try_from(graph).err().map(text),
        ];
        for (found, expected) in found.iter().zip(expected) {
            assert_eq!(found.as_deref().unwrap_or("fine"), expected);
        }
    };
    let (d, b, u) = (Edge::directed, Edge::bidirected, Edge::undirected);
    check(
        2,
        &[d(0, 1), b(0, 1)],
        [
            "the edge v0 <-> v1 does not belong in a CPDAG: its edges are -> and --",
            "v0 -> v1 and v0 <-> v1 join one pair, and a MAG has one edge a pair at most: keep one",
            "v0 -> v1 and v0 <-> v1 join one pair, and a PAG has one edge a pair at most: keep one",
        ],
    );
    check(
        3,
        &[d(0, 1), u(1, 2)],
        [
            "the edge v1 -- v2 is not open: with v0 -> v1, and v0 and v2 apart, it must be v1 -> v2",
            "v0 -> v1 has an arrowhead at `v1`, where v1 -- v2 ends: a MAG has no such node",
            "the graph is no PAG, since what it says of its members is wrong: v0 -> v1 has an arrowhead at `v1`, where v1 -- v2 ends: a MAG has no such node",
        ],
    );
    check(
        3,
        &[d(0, 1), u(1, 2), u(0, 2)],
        [
            "v0 -> v1 -- v2 -- v0 is a partly directed cycle, and a CPDAG has none: turn or remove an edge",
            "v0 -> v1 has an arrowhead at `v1`, where v1 -- v2 ends: a MAG has no such node",
            "the graph is no PAG, since what it says of its members is wrong: v0 -> v1 has an arrowhead at `v1`, where v1 -- v2 ends: a MAG has no such node",
        ],
    );
    check(
        4,
        &[u(0, 1), u(1, 2), u(2, 3), u(3, 0)],
        [
            "v0 -- v3 -- v2 -- v1 -- v0 is a cycle without a chord, so its edges cannot be directed without a new v-structure: add a chord or direct an edge",
            "fine",
            "fine",
        ],
    );
    check(
        2,
        &[d(0, 1)],
        [
            "nothing compels v0 -> v1, so a CPDAG has v0 -- v1: undirect it, or use a graph with background knowledge",
            "fine",
            "the graph is no PAG: it has v0 -> v1 where the members of its class agree on v0 o-o v1",
        ],
    );
    check(
        3,
        &[d(0, 1), d(1, 2), b(0, 2)],
        [
            "the edge v0 <-> v2 does not belong in a CPDAG: its edges are -> and --",
            "v0 <-> v2 and v0 -> v1 -> v2 form an almost directed cycle, and a MAG has none: remove an edge",
            "the graph is no PAG, since what it says of its members is wrong: v0 <-> v2 and v0 -> v1 -> v2 form an almost directed cycle, and a MAG has none: remove an edge",
        ],
    );
    check(
        4,
        &[d(0, 1), b(1, 2), b(2, 3), d(1, 3), d(2, 0)],
        [
            "the edge v1 <-> v2 does not belong in a CPDAG: its edges are -> and --",
            "v2 <-> v1 and v2 -> v0 -> v1 form an almost directed cycle, and a MAG has none: remove an edge",
            "the graph is no PAG, since what it says of its members is wrong: v2 <-> v1 and v2 -> v0 -> v1 form an almost directed cycle, and a MAG has none: remove an edge",
        ],
    );
    let inducing = [b(0, 1), b(1, 2), b(2, 3), d(1, 3), d(2, 0)];
    let refused = Mag::try_from(graph(4, &inducing)).unwrap_err().to_string();
    assert_eq!(
        refused,
        "nothing separates `v0` from `v3`, since v0 <-> v1 <-> v2 <-> v3 is an inducing path: a MAG has an edge between them"
    );
}
