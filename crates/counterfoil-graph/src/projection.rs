//! Hidden variables projected out of a graph, and bidirected edges turned back into hidden variables.

use crate::{Admg, CausalGraph, Dag, Edge, MixedGraph, NodeSet, Variable};
use std::collections::BTreeMap;

/// The latent projection of `graph` onto the nodes outside `hidden` (Verma and Pearl 1990; Richardson, Evans, Robins
/// and Shpitser 2023, section 2.3). `order` is topological.
///
/// For every hidden node its *front*, the visible nodes that directed paths through hidden nodes lead to, is found in
/// reverse topological order. A visible node is a cause of the front of its hidden children, the members of one front
/// share a hidden cause, and a bidirected edge joins the fronts of its two ends. `O(n m / 64)` and the size of the
/// result.
pub(crate) fn project(graph: &MixedGraph, order: &[usize], hidden: &NodeSet) -> Admg {
    let mut fronts = vec![NodeSet::new(); graph.len()];
    for &node in order.iter().rev().filter(|&&node| hidden.contains(node)) {
        let mut front = NodeSet::new();
        for child in graph.children_of(node) {
            if hidden.contains(child) {
                front.union_with(&fronts[child]);
            } else {
                front.insert(child);
            }
        }
        fronts[node] = front;
    }
    let front_of = |node: usize| -> NodeSet {
        if hidden.contains(node) { fronts[node].clone() } else { NodeSet::from([node]) }
    };

    let mut edges = Vec::new();
    // Whole sets are united, since many hidden causes may have the same effects.
    let mut siblings = BTreeMap::<usize, NodeSet>::new();
    let mut join = |a: &NodeSet, b: &NodeSet| {
        for x in a {
            siblings.entry(x).or_default().union_with(b);
        }
    };
    // What the graph does not have hides nothing.
    for front in hidden.iter().filter_map(|node| fronts.get(node)) {
        join(front, front);
    }
    for a in 0..graph.len() {
        for b in graph.spouses_of(a) {
            if hidden.contains(a) || hidden.contains(b) {
                join(&front_of(a), &front_of(b));
            } else if a < b {
                edges.push(Edge::bidirected(a, b));
            }
        }
    }
    for (x, set) in siblings {
        edges.extend(set.iter().filter(|&y| x < y).map(|y| Edge::bidirected(x, y)));
    }
    for cause in (0..graph.len()).filter(|&node| !hidden.contains(node)) {
        let mut effects = NodeSet::new();
        for child in graph.children_of(cause) {
            if hidden.contains(child) {
                effects.union_with(&fronts[child]);
            } else {
                edges.push(Edge::directed(cause, child));
            }
        }
        edges.extend(effects.iter().map(|effect| Edge::directed(cause, effect)));
    }
    edges.sort_unstable();
    edges.dedup();
    Admg::from_checked(graph.with_edges(&edges).induced(&(&graph.nodes() - hidden)))
}

/// The canonical DAG: one latent root with two children for each bidirected edge.
pub(crate) fn canonical(admg: &Admg) -> Dag {
    let mut variables: Vec<Variable> = admg.variables().cloned().collect();
    let mut edges: Vec<Edge> =
        admg.directed_edges().map(|(from, to)| Edge::directed(from, to)).collect();
    for (a, b) in admg.bidirected_edges() {
        let mut name = format!("U_{}_{}", admg.name(a), admg.name(b));
        while variables.iter().any(|v| v.name() == name) {
            name.push('_');
        }
        let hidden = variables.len();
        // The name is made of two good names.
        variables.extend(Variable::latent(name));
        edges.extend([Edge::directed(hidden, a), Edge::directed(hidden, b)]);
    }
    Dag::from_checked(variables, edges)
}
