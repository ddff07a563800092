//! Views, projections and the canonical DAG of graphs with hidden common causes, against graphs built from scratch.
//! All comparisons are exact.

use crate::draws::{admg, with_sets};
use counterfoil_graph::{
    Admg, CausalGraph, Dag, MixedGraph, NodeSet,
    separation::{Workspace, separated},
};
use proptest::prelude::*;

/// Every way to choose two different single nodes and a disjoint condition.
fn queries(nodes: &[usize]) -> impl Iterator<Item = (usize, usize, NodeSet)> {
    let n = nodes.len();
    (0..n).flat_map(move |i| (0..i).map(move |j| (i, j))).flat_map(move |(i, j)| {
        (0..1_usize << n).filter(move |bits| bits >> i & 1 == 0 && bits >> j & 1 == 0).map(
            move |bits| {
                let z = (0..n).filter(|k| bits >> k & 1 == 1).map(|k| nodes[k]).collect();
                (nodes[i], nodes[j], z)
            },
        )
    })
}

proptest! {
    #[test]
    fn a_view_is_the_graph_without_what_is_cut(
        (graph, [into, out_of, kept]) in with_sets(7)
    ) {
        let view = graph.view().without_edges_into(&into).without_edges_out_of(&out_of).within(&kept);
        let edges = graph.mixed_edges().into_iter().filter(|edge| {
            let [a, b] = edge.ends();
            let present = kept.contains(a) && kept.contains(b);
            let arrowhead_cut = into.contains(b) || (edge.is_bidirected() && into.contains(a));
            present && !arrowhead_cut && !(edge.is_directed() && out_of.contains(a))
        });
        let built = MixedGraph::new(graph.variables().cloned(), edges).unwrap();
        for node in 0..graph.len() {
            prop_assert!(view.parents_of(node).eq(built.parents_of(node)));
            prop_assert!(view.children_of(node).eq(built.children_of(node)));
            prop_assert!(view.spouses_of(node).eq(built.spouses_of(node)));
        }
        let districts: Vec<_> =
            built.districts().into_iter().filter(|d| d.is_subset(&kept)).collect();
        prop_assert_eq!(view.districts(), districts);
        prop_assert!(view.topological_order().eq(
            graph.topological_order().iter().copied().filter(|&node| kept.contains(node))
        ));
    }

    /// What a projection leaves is separated where it was separated before (Verma and Pearl 1990), and causes are
    /// causes where they were.
    #[test]
    fn a_projection_keeps_separations_and_causes((graph, [hidden, _, _]) in with_sets(6)) {
        let projected = graph.project(&hidden);
        let kept: Vec<usize> = (&graph.nodes() - &hidden).iter().collect();
        let position = |node: usize| kept.iter().position(|&k| k == node).unwrap();
        let mut workspace = Workspace::default();
        for (x, y, z) in queries(&kept) {
            let before = separated(&*graph, &[x].into(), &[y].into(), &z, &mut workspace);
            let z = z.iter().map(position).collect();
            let (x, y) = ([position(x)].into(), [position(y)].into());
            prop_assert_eq!(separated(&*projected, &x, &y, &z, &mut workspace), before);
        }
        for &node in &kept {
            let below = &graph.descendants([node]) - &hidden;
            let below: NodeSet = below.iter().map(position).collect();
            prop_assert_eq!(projected.descendants([position(node)]), below);
        }
    }

    #[test]
    fn hidden_causes_can_be_written_out_and_projected_away(graph in admg(7)) {
        let dag = graph.canonical_dag();
        prop_assert_eq!(dag.latent().len(), graph.bidirected_edges().count());
        prop_assert_eq!(Admg::from(&dag), graph);
    }

    #[test]
    fn statements_read_back_what_they_wrote(graph in admg(7)) {
        prop_assert_eq!(graph.to_string().parse::<Admg>().unwrap(), graph);
    }

    #[test]
    fn petgraph_gives_back_mixed_graphs(graph in admg(7)) {
        prop_assert_eq!(MixedGraph::from_petgraph(&graph.to_mixed_petgraph()).unwrap(), (*graph).clone());
    }
}

#[test]
fn a_declared_latent_is_never_observed() {
    let dag = Dag::from_dot("digraph { x; y; u [role=latent]; u -> x; u -> y; x -> y }").unwrap();
    assert_eq!(Admg::from(&dag).to_string(), "x; y; x -> y; x <-> y");
    let refused = Admg::try_from((*dag).clone()).unwrap_err().to_string();
    assert_eq!(
        refused,
        "`u` is latent, and every variable of this class of graph is observed: project it out of a DAG"
    );
}

#[test]
fn hiding_what_is_not_there_hides_nothing() {
    let graph: Admg = "A -> B -> C".parse().unwrap();
    assert_eq!(graph.project(&[1, 9].into()), graph.project(&[1].into()));
    assert_eq!(graph.project(&[1].into()).to_string(), "A; C; A -> C");
}

/// As the documentation of all three says.
#[test]
fn nodes_that_the_graph_lacks_are_left_out() {
    let graph: Admg = "A -> B; B <-> C".parse().unwrap();
    assert_eq!(graph.ancestors([1, 7]), [0, 1].into());
    assert_eq!(graph.descendants([7]), NodeSet::new());
    assert_eq!(graph.mag(&[2, 7].into()), graph.mag(&[2].into()));
}
