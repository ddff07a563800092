//! The independences that a graph implies, as short lists from which all others follow, or one for each pair.

use super::{Workspace, markov_blanket};
use crate::{Admg, CausalGraph, MixedGraph, NodeSet, separators};
use rayon::prelude::*;
use std::collections::{BTreeSet, VecDeque};

/// `x` is independent of `y` once `given` is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Independence {
    /// The one set.
    pub x: NodeSet,
    /// The other.
    pub y: NodeSet,
    /// What is known.
    pub given: NodeSet,
}

impl Independence {
    /// The statement with the names of `graph`: `A ⊥ B, C | D`.
    pub fn text(&self, graph: &MixedGraph) -> String {
        let list = |set: &NodeSet| graph.names(set).join(", ");
        let condition =
            if self.given.is_empty() { String::new() } else { format!(" | {}", list(&self.given)) };
        format!("{} ⊥ {}{condition}", list(&self.x), list(&self.y))
    }
}

impl Admg {
    /// For each pair of nodes that can be separated, a minimal set that separates them: what a pairwise test of the graph
    /// has to look at. In the order of the pairs, which are looked at on all cores; `O(n + m)` each.
    ///
    /// ```
    /// use counterfoil_graph::{Admg, Dag};
    ///
    /// # fn main() -> Result<(), counterfoil_graph::GraphError> {
    /// let graph = Admg::from(&Dag::from_dot("digraph { a; b; c; d; a -> b; b -> c; c -> d }")?);
    /// let tests: Vec<String> = graph.pairwise_independences().iter().map(|test| test.text(&graph)).collect();
    /// assert_eq!(tests, ["a ⊥ c | b", "a ⊥ d | b", "b ⊥ d | c"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn pairwise_independences(&self) -> Vec<Independence> {
        let separated = |workspace: &mut Workspace, a: usize, b: usize| {
            let (x, y) = (NodeSet::from([a]), NodeSet::from([b]));
            let bounds = separators::Bounds::any();
            let given = separators::minimal(&**self, &x, &y, &bounds, workspace)?;
            Some(Independence { x, y, given })
        };
        let below = |workspace: &mut Workspace, b: usize| -> Vec<Independence> {
            let apart = (0..b).filter(|&a| !self.is_adjacent(a, b));
            apart.filter_map(|a| separated(workspace, a, b)).collect()
        };
        (0..self.len()).into_par_iter().map_init(Workspace::default, below).flatten_iter().collect()
    }

    /// Independences from which all others of the graph follow by the graphoid axioms: the ordered local Markov property
    /// (Richardson 2003, section 3.1; for a DAG, Pearl 1988: each node is independent of what comes before it given its
    /// parents).
    ///
    /// For each node in topological order, and each set of earlier nodes that is closed upwards and largest for the
    /// district that the node has in it: the node is independent of the rest of that set given its Markov blanket in it.
    /// There may be exponentially many such sets in a large district; they are found as they are asked for.
    pub fn local_independences(&self) -> impl Iterator<Item = Independence> {
        let mut earlier = NodeSet::new();
        self.topological_order().iter().flat_map(move |&node| {
            earlier.insert(node);
            Local::new(self, node, earlier.clone())
        })
    }
}

/// The independences of one node.
struct Local<'g> {
    graph: &'g Admg,
    node: usize,
    earlier: NodeSet,
    /// Sets closed upwards that are to be looked at, and all that were found.
    waiting: VecDeque<NodeSet>,
    found: BTreeSet<NodeSet>,
}

impl<'g> Local<'g> {
    fn new(graph: &'g Admg, node: usize, earlier: NodeSet) -> Self {
        let (mut waiting, mut found) = (VecDeque::new(), BTreeSet::new());
        found.insert(earlier.clone());
        waiting.push_back(earlier.clone());
        Self { graph, node, earlier, waiting, found }
    }
}

impl Iterator for Local<'_> {
    type Item = Independence;

    fn next(&mut self) -> Option<Independence> {
        while let Some(closed) = self.waiting.pop_front() {
            let view = self.graph.view().within(&closed);
            let (district, causes) = (view.district_of(self.node), view.ancestors_of([self.node]));
            // The district shrinks only where a member that is no cause of the node leaves, with what it causes.
            for member in &(&district - &causes) {
                let smaller = &closed - &view.descendants_of([member]);
                if self.found.insert(smaller.clone()) {
                    self.waiting.push_back(smaller);
                }
            }
            // The largest set with this district lacks what is confounded with it, and nothing else.
            let whole = self.graph.view().within(&self.earlier);
            let mut barred: NodeSet =
                district.iter().flat_map(|member| whole.spouses_of(member)).collect();
            barred.difference_with(&district);
            if closed != &self.earlier - &whole.descendants_of(&barred) {
                continue;
            }
            let given = markov_blanket(&view, self.node);
            let x = NodeSet::from([self.node]);
            let y = &(&closed - &given) - &x;
            if !y.is_empty() {
                return Some(Independence { x, y, given });
            }
        }
        None
    }
}
