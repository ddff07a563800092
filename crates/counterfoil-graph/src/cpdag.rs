//! Completed partially directed acyclic graphs: all DAGs that data cannot tell apart, drawn as one.

use crate::{
    Dag, Edge, GraphError, MixedGraph, NodeSet, chordal,
    class::{check_edges, closure, path_text, shortest_path},
};
use std::ops::Deref;

/// A completed partially directed acyclic graph (CPDAG): a Markov equivalence class of DAGs. `x -> y` stands where every
/// member has it, `x -- y` where members disagree on the direction (Verma and Pearl 1990; Andersson, Madigan and
/// Perlman 1997).
///
/// A value of this type is the CPDAG of some DAG: conversion checks the four conditions of Andersson, Madigan and
/// Perlman (1997, theorem 4.1). It is a chain graph, its chain components are chordal, it has no `x -> y -- z` with x
/// and z apart, and each of its directed edges is strongly protected.
///
/// ```
/// use counterfoil_graph::{Cpdag, Dag, Variable};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let variables = ["A", "B", "C", "D"].map(Variable::continuous).into_iter().collect::<Result<Vec<_>, _>>()?;
/// let dag = Dag::new(variables, &[("A", "C"), ("B", "C"), ("C", "D"), ("A", "B")])?;
/// let class = dag.cpdag()?;
/// // A and B are joined, so nothing compels any direction.
/// assert_eq!(class.to_string(), "A; B; C; D; A -- B; A -- C; B -- C; C -- D");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cpdag {
    graph: MixedGraph,
}

impl Cpdag {
    /// The edges `(cause, effect)` that every member has, sorted.
    pub fn directed_edges(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len()).flat_map(|from| self.children(from).iter().map(move |&to| (from, to)))
    }

    /// The edges on whose direction members disagree, smaller end first, sorted.
    pub fn undirected_edges(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len())
            .flat_map(|a| self.neighbours(a).iter().map(move |&b| (a, b)).filter(|(a, b)| a < b))
    }

    /// The chain components: the sets that undirected paths join, in the order of their smallest members. `O(n + m)`.
    pub fn chain_components(&self) -> Vec<NodeSet> {
        chain_components(&self.graph)
    }

    /// The nodes that are effects of `node` in some member and joined with it: along `->` and `--`.
    ///
    /// # Panics
    /// When `node` is not below [`MixedGraph::len`].
    pub fn possible_children(&self, node: usize) -> impl Iterator<Item = usize> {
        possible_children(&self.graph, node)
    }

    /// The nodes to which possibly directed paths lead from `nodes`, and `nodes` themselves: their descendants in some
    /// member. `O(n + m)`.
    ///
    /// # Panics
    /// When a node is not below [`MixedGraph::len`].
    pub fn possible_descendants(&self, nodes: impl IntoIterator<Item = usize>) -> NodeSet {
        closure(nodes, |node| self.possible_children(node))
    }

    /// The nodes from which possibly directed paths lead to `nodes`, and `nodes` themselves: their ancestors in some
    /// member. `O(n + m)`.
    ///
    /// # Panics
    /// When a node is not below [`MixedGraph::len`].
    pub fn possible_ancestors(&self, nodes: impl IntoIterator<Item = usize>) -> NodeSet {
        closure(nodes, |node| possible_parents(&self.graph, node))
    }

    /// A graph that is known to be completed.
    pub(crate) fn from_checked(graph: MixedGraph) -> Self {
        Self { graph }
    }
}

/// Along `->` and `--`.
pub(crate) fn possible_children(graph: &MixedGraph, node: usize) -> impl Iterator<Item = usize> {
    graph.children(node).iter().chain(graph.neighbours(node)).copied()
}

/// Against `->`, and along `--`.
pub(crate) fn possible_parents(graph: &MixedGraph, node: usize) -> impl Iterator<Item = usize> {
    graph.parents(node).iter().chain(graph.neighbours(node)).copied()
}

/// The sets that undirected edges connect, in the order of their smallest members.
pub(crate) fn chain_components(graph: &MixedGraph) -> Vec<NodeSet> {
    let mut placed = vec![false; graph.len()];
    let mut components = Vec::new();
    for node in 0..graph.len() {
        if !placed[node] {
            let component = closure([node], |at| graph.neighbours(at).iter().copied());
            component.iter().for_each(|member| placed[member] = true);
            components.push(component);
        }
    }
    components
}

/// A cycle of possibly directed edges, one of them directed, none against the direction.
pub(crate) fn partly_directed_cycle(graph: &MixedGraph) -> Option<Vec<usize>> {
    // Lists rather than sets, which would be large where there are many.
    let mut component = vec![usize::MAX; graph.len()];
    let mut components: Vec<Vec<usize>> = Vec::new();
    for node in 0..graph.len() {
        if component[node] < usize::MAX {
            continue;
        }
        component[node] = components.len();
        let mut members = vec![node];
        let mut done = 0;
        while let Some(&at) = members.get(done) {
            done += 1;
            for &next in graph.neighbours(at) {
                if component[next] == usize::MAX {
                    component[next] = components.len();
                    members.push(next);
                }
            }
        }
        components.push(members);
    }
    let mut missing = vec![0_usize; components.len()];
    for node in 0..graph.len() {
        missing[component[node]] += graph.parents(node).len();
    }
    let mut ready: Vec<usize> = (0..components.len()).filter(|&i| missing[i] == 0).collect();
    let mut done = 0;
    while let Some(i) = ready.pop() {
        done += 1;
        for &node in &components[i] {
            for &child in graph.children(node) {
                missing[component[child]] -= 1;
                if missing[component[child]] == 0 {
                    ready.push(component[child]);
                }
            }
        }
    }
    if done == components.len() {
        return None;
    }
    // What is left holds a cycle or lies behind one.
    (0..graph.len()).filter(|&from| missing[component[from]] > 0).find_map(|from| {
        graph.children(from).iter().find_map(|&to| {
            let mut cycle =
                shortest_path(graph.len(), to, from, |at| possible_children(graph, at))?;
            cycle.rotate_right(1);
            Some(cycle)
        })
    })
}

/// `true` when `a -> b` is strongly protected (Andersson, Madigan and Perlman 1997, definition 3.3): it stands in one of
/// four small subgraphs that would change the class if it were turned.
fn is_protected(graph: &MixedGraph, a: usize, b: usize) -> bool {
    let apart = |c: usize, d: usize| !graph.is_adjacent(c, d);
    let has = |nodes: &[usize], node: usize| nodes.binary_search(&node).is_ok();
    let turned_chain = graph.parents(a).iter().any(|&c| apart(c, b));
    let collider = graph.parents(b).iter().any(|&c| c != a && apart(c, a));
    let cycle = graph.children(a).iter().any(|&c| has(graph.parents(b), c));
    turned_chain || collider || cycle || {
        let between: Vec<usize> =
            graph.neighbours(a).iter().copied().filter(|&c| has(graph.parents(b), c)).collect();
        between.iter().enumerate().any(|(i, &c)| between[i + 1..].iter().any(|&d| apart(c, d)))
    }
}

impl Deref for Cpdag {
    type Target = MixedGraph;

    fn deref(&self) -> &MixedGraph {
        &self.graph
    }
}

/// Checks that the graph is completed; see [`Cpdag`]. `O(n + m d)` for the largest degree d, more where many neighbours
/// share a child.
impl TryFrom<MixedGraph> for Cpdag {
    type Error = GraphError;

    fn try_from(graph: MixedGraph) -> Result<Self, GraphError> {
        check_edges(&graph, "a CPDAG", "-> and --", |e| e.is_directed() || e.is_undirected())?;
        if let Some(mut cycle) = partly_directed_cycle(&graph) {
            cycle.push(cycle[0]);
            return Err(GraphError::PartlyDirectedCycle { cycle: path_text(&graph, &cycle) });
        }
        if let Some(mut hole) = chordal::hole(&graph) {
            hole.push(hole[0]);
            return Err(GraphError::NotChordal { cycle: path_text(&graph, &hole) });
        }
        let name = |node: usize| graph.name(node).to_owned();
        for b in 0..graph.len() {
            for &a in graph.parents(b) {
                let compelled =
                    graph.neighbours(b).iter().find(|&&c| !graph.is_adjacent(a, c)).copied();
                if let Some(c) = compelled {
                    return Err(GraphError::CompelledEdge {
                        because: graph.describe(Edge::directed(a, b)),
                        apart: [name(a), name(c)],
                        cause: name(b),
                        effect: name(c),
                    });
                }
            }
        }
        for b in 0..graph.len() {
            if let Some(&a) = graph.parents(b).iter().find(|&&a| !is_protected(&graph, a, b)) {
                return Err(GraphError::ReversibleEdge { cause: name(a), effect: name(b) });
            }
        }
        Ok(Self { graph })
    }
}

impl std::fmt::Display for Cpdag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&**self, f)
    }
}

impl Dag {
    /// The Markov equivalence class of this graph: the CPDAG of all DAGs that imply the same independences, which are
    /// those with the same pairs joined and the same v-structures (Verma and Pearl 1990).
    ///
    /// Labels edges in the order of Chickering (2002, section 4.2): `O(n + m d)` for the largest number d of parents.
    ///
    /// # Errors
    /// [`GraphError::LatentInClass`] where the graph declares a hidden variable: equivalence of what is left is that of
    /// MAGs, see [`Mag`](crate::Mag).
    pub fn cpdag(&self) -> Result<Cpdag, GraphError> {
        crate::class::check_observed(self)?;
        Ok(Cpdag::from_checked(crate::equivalence::complete(self)))
    }
}
