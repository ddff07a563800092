//! Separation against golden cases, the axioms that it obeys and paths enumerated one by one. All comparisons are exact.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::{
    draws::{admg, subset},
    goldens::{self, cases},
};
use counterfoil_graph::{
    Admg, Edge, MixedGraph, NodeSet, admg,
    separation::{Path, Workspace},
};
use proptest::prelude::*;

/// Disjoint sets from overlapping ones: each node goes to the first that has it.
pub(crate) fn parted(sets: &[NodeSet; 3]) -> [NodeSet; 3] {
    let [x, y, z] = sets;
    let y = y - x;
    [x.clone(), y.clone(), &(z - x) - &y]
}

fn three_sets(max: usize) -> impl Strategy<Value = (Admg, [NodeSet; 3])> {
    admg(max)
        .prop_flat_map(|graph| {
            let n = graph.len();
            (Just(graph), [subset(n), subset(n), subset(n)])
        })
        .prop_map(|(graph, sets)| (graph, parted(&sets)))
        .prop_filter("x and y have members", |(_, [x, y, _])| !x.is_empty() && !y.is_empty())
}

/// `true` when some path between the sets is open given `z`: every path is walked and judged by the definition.
pub(crate) fn connected_by_definition(graph: &Admg, x: &NodeSet, y: &NodeSet, z: &NodeSet) -> bool {
    let opening = graph.ancestors(z);
    let head = |edge: Edge, node: usize| edge.is_bidirected() || edge.ends()[1] == node;
    let open = |before: Edge, node: usize, after: Edge| {
        let collider = head(before, node) && head(after, node);
        if collider { opening.contains(node) } else { !z.contains(node) }
    };
    let mut walks: Vec<(Vec<usize>, Option<Edge>)> = x.iter().map(|x| (vec![x], None)).collect();
    while let Some((nodes, last)) = walks.pop() {
        let node = nodes[nodes.len() - 1];
        if y.contains(node) {
            return true;
        }
        for edge in graph.mixed_edges() {
            let [a, b] = edge.ends();
            let Some(next) = (a == node).then_some(b).or((b == node).then_some(a)) else {
                continue;
            };
            if !nodes.contains(&next) && last.is_none_or(|last| open(last, node, edge)) {
                walks.push(([&nodes[..], &[next]].concat(), Some(edge)));
            }
        }
    }
    false
}

#[test]
fn golden_separations() {
    for case in cases("separation") {
        let (graph, id) = (goldens::graph(&case), &case["id"]);
        let [x, y, z] = ["x", "y", "z"].map(|field| goldens::set(&graph, &case["query"][field]));
        let separated = case["expected"]["separated"].as_bool().unwrap();
        assert_eq!(graph.separated(&x, &y, &z), Ok(separated), "{id}");
        let path = graph.open_path(&x, &y, &z).unwrap();
        assert_eq!(path.is_none(), separated, "{id}");
        assert!(path.is_none_or(|path| path.verify(&*graph, &z)), "{id}");
    }
}

/// The same graph with node `i` declared at `place[i]`.
pub(crate) fn relabelled(graph: &Admg, place: &[usize]) -> Admg {
    let mut variables: Vec<_> = graph.variables().cloned().zip(place).collect();
    variables.sort_by_key(|(_, place)| **place);
    let edges = graph.mixed_edges().into_iter().map(|edge| {
        let ([a, b], [at_a, at_b]) = (edge.ends(), edge.marks());
        Edge::new(place[a], at_a, place[b], at_b)
    });
    Admg::try_from(MixedGraph::new(variables.into_iter().map(|(v, _)| v), edges).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn separation_is_what_the_definition_says((graph, [x, y, z]) in three_sets(6)) {
        let connected = connected_by_definition(&graph, &x, &y, &z);
        prop_assert_eq!(graph.separated(&x, &y, &z).unwrap(), !connected);
        prop_assert_eq!(graph.separated(&y, &x, &z).unwrap(), !connected);
    }

    /// A path is shown exactly where there is one, it begins and ends in the two sets and passes neither in between, and
    /// it is closed once a node that it needs is known.
    #[test]
    fn dependence_comes_with_a_path((graph, [x, y, z]) in three_sets(7)) {
        let path = graph.open_path(&x, &y, &z).unwrap();
        prop_assert_eq!(path.is_none(), graph.separated(&x, &y, &z).unwrap());
        if let Some(path) = path {
            prop_assert!(path.verify(&*graph, &z), "{}", path.display(&graph));
            let [first, last] = path.ends();
            prop_assert!(x.contains(first) && y.contains(last));
            for &inner in &path.nodes()[1..path.nodes().len() - 1] {
                prop_assert!(!x.contains(inner) && !y.contains(inner));
            }
            prop_assert!(!path.verify(&*graph, &z.clone().with(first)));
            prop_assert!(!path.verify(&graph.view().without_edges_into(&graph.nodes()), &z));
            for descent in path.descents() {
                prop_assert!(!path.verify(&*graph, &z.clone().without(descent[descent.len() - 1]))
                    || graph.ancestors(&z.clone().without(descent[descent.len() - 1])).contains(descent[0]));
            }
        }
    }

    /// Views are searched as the graphs that they stand for are.
    #[test]
    fn a_view_separates_as_the_graph_it_shows(
        (graph, [x, y, z]) in three_sets(7), into in subset(7), out_of in subset(7)
    ) {
        let view = graph.view().without_edges_into(&into).without_edges_out_of(&out_of);
        let edges = graph.mixed_edges().into_iter().filter(|edge| {
            let [a, b] = edge.ends();
            let headed = into.contains(b) || edge.is_bidirected() && into.contains(a);
            let tailed = edge.is_directed() && out_of.contains(a);
            !(headed || tailed)
        });
        let built = MixedGraph::new(graph.variables().cloned(), edges).unwrap();
        let built = Admg::try_from(built).unwrap();
        let mut workspace = Workspace::default();
        let separated = view.m_separated(&x, &y, &z, &mut workspace).unwrap();
        prop_assert_eq!(separated, built.separated(&x, &y, &z).unwrap());
        let path = view.open_path(&x, &y, &z, &mut workspace).unwrap();
        prop_assert_eq!(path.is_none(), separated);
        prop_assert!(path.is_none_or(|path| path.verify(&view, &z) && path.verify(&*built, &z)));
    }

    #[test]
    fn names_and_places_have_no_influence(
        (graph, [x, y, z], place) in three_sets(7).prop_flat_map(|(graph, sets)| {
            let place = Just((0..graph.len()).collect::<Vec<_>>()).prop_shuffle();
            (Just(graph), Just(sets), place)
        })
    ) {
        let moved = |set: &NodeSet| -> NodeSet { set.iter().map(|node| place[node]).collect() };
        let other = relabelled(&graph, &place);
        prop_assert_eq!(
            other.separated(&moved(&x), &moved(&y), &moved(&z)),
            graph.separated(&x, &y, &z)
        );
    }

    /// The axioms of a compositional graphoid (Pearl 1988; Richardson 2003), for disjoint x, y, w and z.
    #[test]
    fn separation_obeys_the_graphoid_axioms(
        (graph, order, part) in admg(7)
            .prop_filter("three sets need three nodes", |graph| graph.len() >= 3)
            .prop_flat_map(|graph| {
                let n = graph.len();
                let order = Just((0..n).collect::<Vec<_>>()).prop_shuffle();
                (Just(graph), order, proptest::collection::vec(0usize..5, n))
            })
    ) {
        // Nobody is empty: the first three of a random order go to one each.
        let part = |i: usize| if i < 3 { i } else { part[i] };
        let [x, y, w, z] = [0, 1, 2, 3].map(|k| {
            (0..graph.len()).filter(|&i| part(i) == k).map(|i| order[i]).collect::<NodeSet>()
        });
        let sep = |a: &NodeSet, b: &NodeSet, z: &NodeSet| graph.separated(a, b, z).unwrap();
        let yw = &y | &w;
        let decomposed = sep(&x, &y, &z) && sep(&x, &w, &z);
        // Decomposition and composition.
        prop_assert_eq!(sep(&x, &yw, &z), decomposed);
        // Weak union, contraction and intersection.
        if sep(&x, &yw, &z) {
            prop_assert!(sep(&x, &y, &(&z | &w)));
        }
        if sep(&x, &y, &z) && sep(&x, &w, &(&z | &y)) {
            prop_assert!(sep(&x, &yw, &z));
        }
        if sep(&x, &y, &(&z | &w)) && sep(&x, &w, &(&z | &y)) {
            prop_assert!(sep(&x, &yw, &z));
        }
    }
}

proptest! {
    /// The moral graph joins what is dependent given everything else, and a Markov blanket is the least set that makes
    /// the rest irrelevant.
    #[test]
    fn moral_neighbours_depend_given_all_else(graph in admg(6)) {
        let moral = counterfoil_graph::separation::moral(&*graph);
        prop_assert_eq!(graph.moralised().edge_count() * 2, moral.iter().map(NodeSet::len).sum::<usize>());
        for (a, near) in moral.iter().enumerate() {
            for b in (0..graph.len()).filter(|&b| b != a) {
                let rest = graph.nodes().without(a).without(b);
                let apart = graph.separated(&[a].into(), &[b].into(), &rest).unwrap();
                prop_assert_eq!(near.contains(b), !apart);
            }
            let rest = (&graph.nodes() - near).without(a);
            prop_assert!(rest.is_empty() || graph.separated(&[a].into(), &rest, near).unwrap());
        }
    }

    /// What is listed as implied holds, and a pair is listed exactly where some set separates it.
    #[test]
    fn implied_independences_hold(graph in admg(6)) {
        for statement in graph.pairwise_independences().into_iter().chain(graph.local_independences()) {
            let holds = graph.separated(&statement.x, &statement.y, &statement.given).unwrap();
            prop_assert!(holds, "{}: {}", graph, statement.text(&graph));
        }
        let mut pairs = graph.pairwise_independences().into_iter().map(|s| (s.x.first(), s.y.first()));
        let mut separable = (0..graph.len()).flat_map(|b| (0..b).map(move |a| (a, b))).filter(|&(a, b)| {
            let (x, y) = (NodeSet::from([a]), NodeSet::from([b]));
            let view = graph.view();
            view.separators(&x, &y, &counterfoil_graph::separators::Bounds::any()).unwrap().next().is_some()
        }).map(|(a, b)| (Some(a), Some(b)));
        prop_assert!(pairs.by_ref().eq(separable.by_ref()));
    }

    /// For a DAG the local list is one statement for each node that has an earlier one that is no parent.
    #[test]
    fn local_independences_of_a_dag_are_those_of_pearl(graph in admg(6)) {
        let directed: Vec<Edge> =
            graph.mixed_edges().into_iter().filter(Edge::is_directed).collect();
        let dag = MixedGraph::new(graph.variables().cloned(), directed).unwrap();
        let dag = Admg::try_from(dag).unwrap();
        let mut listed: Vec<_> = dag.local_independences().collect();
        listed.sort();
        let mut earlier = NodeSet::new();
        let mut expected = Vec::new();
        for &node in dag.topological_order() {
            let parents: NodeSet = dag.parents(node).iter().copied().collect();
            let others = &earlier - &parents;
            if !others.is_empty() {
                expected.push((NodeSet::from([node]), others, parents));
            }
            earlier.insert(node);
        }
        expected.sort();
        let listed: Vec<_> = listed.into_iter().map(|s| (s.x, s.y, s.given)).collect();
        prop_assert_eq!(listed, expected);
    }
}

/// What the search shows, in text.
fn shown(graph: &Admg, x: &str, y: &str, z: &[&str]) -> String {
    let set = |name: &str| graph.set_of([name]).unwrap();
    let path: Option<Path> = graph.open_path(&set(x), &set(y), &graph.set_of(z).unwrap()).unwrap();
    path.map_or("separated".to_owned(), |path| path.display(graph).to_string())
}

#[test]
fn paths_are_shown_with_what_opens_them() {
    let graph = admg! { A -> B -> C; A <-> D; D <-> C; C -> E; B -> E <- F; E -> G }.unwrap();
    assert_eq!(shown(&graph, "A", "C", &[]), "A -> B -> C");
    assert_eq!(shown(&graph, "A", "C", &["B"]), "separated");
    assert_eq!(shown(&graph, "A", "C", &["B", "D"]), "A <-> D <-> C");
    assert_eq!(shown(&graph, "C", "F", &["G"]), "C -> E <- F (open at E by E -> G)");
    assert_eq!(shown(&graph, "F", "C", &[]), "separated");
}

#[test]
fn what_is_no_question_is_refused() {
    let graph = admg! { A -> B -> C }.unwrap();
    let [a, b, none] = [NodeSet::from([0]), NodeSet::from([1]), NodeSet::new()];
    let refused = |x: &NodeSet, y: &NodeSet, z: &NodeSet| {
        let (by_answer, by_path) = (graph.separated(x, y, z), graph.open_path(x, y, z));
        let error = by_answer.unwrap_err();
        assert_eq!(by_path.unwrap_err(), error);
        error.to_string()
    };
    assert_eq!(
        refused(&a, &a, &none),
        "`A` is in both the first set and the second set: take it out of one of them"
    );
    assert_eq!(
        refused(&a, &b, &b),
        "`B` is in both the second set and the condition: take it out of one of them"
    );
    assert_eq!(
        refused(&none, &b, &none),
        "the first set may not be empty: name at least one variable"
    );
    assert_eq!(
        refused(&a, &b, &NodeSet::from([9])),
        "there is no variable number 9: the graph has 3 variables, counted from 0"
    );
    let view = graph.view().within(&NodeSet::from([0, 2]));
    assert_eq!(
        view.m_separated(&a, &b, &none, &mut Workspace::default()).unwrap_err().to_string(),
        "`B` is not in this view of the graph: ask about the variables that it keeps"
    );
    assert_eq!(
        view.m_separated(&a, &NodeSet::from([2]), &none, &mut Workspace::default()),
        Ok(true)
    );
}
