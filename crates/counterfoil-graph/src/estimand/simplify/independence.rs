//! Which conditions of a probability matter, read off the graph.

use super::super::symbol::Symbol;
use crate::{Admg, CausalGraph, NodeSet};

/// Up to this many nodes the ancestors of each are worked out beforehand, which takes `n^2 / 64` words.
const TABLE: usize = 2048;

pub(super) struct Independences<'g> {
    graph: &'g Admg,
    /// The ancestors of each node, itself included; empty for a large graph.
    ancestors: Vec<NodeSet>,
    by_head: NodeSet,
    by_tail: NodeSet,
    stack: Vec<(usize, bool)>,
}

impl<'g> Independences<'g> {
    pub(super) fn of(graph: &'g Admg) -> Self {
        let mut ancestors = Vec::new();
        if graph.len() <= TABLE {
            ancestors.resize(graph.len(), NodeSet::new());
            for &node in graph.topological_order() {
                let mut set = NodeSet::from([node]);
                for &parent in graph.parents(node) {
                    set.union_with(&ancestors[parent]);
                }
                ancestors[node] = set;
            }
        }
        let empty = NodeSet::new;
        Self { graph, ancestors, by_head: empty(), by_tail: empty(), stack: Vec::new() }
    }

    /// The variables of `given` that `of` is not independent of, given all the others; the rest of them may be dropped
    /// together, since m-separation obeys intersection (Lauritzen 1996). Linear in what the search meets.
    pub(super) fn relevant(&mut self, of: &[Symbol], given: &[Symbol], do_: &[Symbol]) -> NodeSet {
        let set = |symbols: &[Symbol]| symbols.iter().map(|s| s.variable()).collect::<NodeSet>();
        let (of, mut known) = (set(of), set(given));
        let n = self.graph.len();
        if [&of, &known, &set(do_)].iter().any(|s| s.iter().last().is_some_and(|last| last >= n)) {
            // Symbols of another graph: nothing is known of them.
            return known;
        }
        if do_.is_empty() {
            let above = |nodes: &NodeSet| {
                if self.ancestors.is_empty() {
                    return self.graph.ancestors_of(nodes);
                }
                nodes.iter().fold(NodeSet::new(), |mut all, node| {
                    // With a node its ancestors are there.
                    if !all.contains(node) {
                        all.union_with(&self.ancestors[node]);
                    }
                    all
                })
            };
            let opening = above(&known);
            let mut within = above(&of);
            within.union_with(&opening);
            let graph = self.graph;
            self.ball(&**graph, &of, &known, &opening, &within)
        } else {
            // Whoever acts on a variable knows it, and cuts what leads into it.
            let acted = set(do_);
            let view = self.graph.mutilated(&acted);
            known.union_with(&acted);
            let opening = view.ancestors_of(&known);
            let mut within = view.ancestors_of(&of);
            within.union_with(&opening);
            self.ball(&view, &of, &known, &opening, &within)
        }
    }

    /// Bayes ball from `of` (Shachter 1998): the members of `known` at which an open path ends. A path that is open
    /// only because its end is known reaches that end without the collider, too.
    fn ball<G: CausalGraph>(
        &mut self,
        graph: &G,
        of: &NodeSet,
        known: &NodeSet,
        opening: &NodeSet,
        within: &NodeSet,
    ) -> NodeSet {
        let mut reached = NodeSet::new();
        self.by_head.clear();
        self.by_tail.clear();
        self.stack.clear();
        for node in of {
            self.by_tail.insert(node);
            self.stack.push((node, false));
        }
        while let Some((node, through_head)) = self.stack.pop() {
            let is_known = known.contains(node);
            if is_known {
                reached.insert(node);
            }
            let (by_tail, by_head, stack) = (&mut self.by_tail, &mut self.by_head, &mut self.stack);
            if if through_head { opening.contains(node) } else { !is_known } {
                for parent in graph.parents_of(node) {
                    if within.contains(parent) && by_tail.insert(parent) {
                        stack.push((parent, false));
                    }
                }
                for spouse in graph.spouses_of(node) {
                    if within.contains(spouse) && by_head.insert(spouse) {
                        stack.push((spouse, true));
                    }
                }
            }
            if !is_known {
                for child in graph.children_of(node) {
                    if within.contains(child) && by_head.insert(child) {
                        stack.push((child, true));
                    }
                }
            }
        }
        reached
    }
}
