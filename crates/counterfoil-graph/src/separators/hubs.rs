//! The moral graph of some ancestors in linear space: nodes that are all joined with each other share a hub.

use super::Bounds;
use crate::{CausalGraph, NodeSet};

/// A list of numbers for each of several owners, one behind the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Lists {
    starts: Vec<usize>,
    items: Vec<usize>,
}

impl Lists {
    fn from_pairs(owners: usize, pairs: &[(usize, usize)]) -> Self {
        let mut starts = vec![0; owners + 1];
        for (owner, _) in pairs {
            starts[owner + 1] += 1;
        }
        for i in 0..owners {
            starts[i + 1] += starts[i];
        }
        let (mut next, mut items) = (starts.clone(), vec![0; pairs.len()]);
        for &(owner, item) in pairs {
            items[next[owner]] = item;
            next[owner] += 1;
        }
        Self { starts, items }
    }

    pub(super) fn of(&self, owner: usize) -> &[usize] {
        &self.items[self.starts[owner]..self.starts[owner + 1]]
    }
}

/// What a node of the moral graph is to a separator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// One of the first set.
    X,
    /// One of the second set.
    Y,
    /// Required, so out of every way.
    Required,
    /// Can be chosen.
    Free,
    /// Cannot be chosen, so always a way through.
    Forbidden,
}

/// The moral graph of the ancestors of `x`, `y` and what is required, with its nodes renumbered in their order.
///
/// Two nodes are joined in it where a path of colliders alone joins them (Richardson 2003): where both lie in one
/// district of the ancestors or are parents of one of its members. So each district becomes a hub that holds itself and
/// its parents, and `O(n + m)` pairs stand for what may be `n^2` edges.
#[derive(Clone, Debug)]
pub(super) struct Hubs {
    /// The original positions, ascending.
    pub(super) nodes: Vec<usize>,
    pub(super) parts: Vec<Part>,
    /// The hubs that hold a node.
    pub(super) holders: Lists,
    /// The nodes that a hub holds.
    pub(super) members: Lists,
    pub(super) hub_count: usize,
}

impl Hubs {
    pub(super) fn new<G: CausalGraph>(
        graph: &G,
        x: &NodeSet,
        y: &NodeSet,
        bounds: &Bounds,
    ) -> Self {
        let seeds = x.iter().chain(y).chain(bounds.required());
        let ancestors = graph.ancestors_of(seeds);
        let nodes: Vec<usize> = ancestors.iter().collect();
        let mut place = vec![usize::MAX; graph.node_count()];
        for (i, &node) in nodes.iter().enumerate() {
            place[node] = i;
        }
        let part = |&node: &usize| {
            if x.contains(node) {
                Part::X
            } else if y.contains(node) {
                Part::Y
            } else if bounds.required().contains(node) {
                Part::Required
            } else if bounds.allows(node) {
                Part::Free
            } else {
                Part::Forbidden
            }
        };
        let parts = nodes.iter().map(part).collect();

        let mut hub_of = vec![usize::MAX; nodes.len()];
        let mut last_hub = vec![usize::MAX; nodes.len()];
        let (mut hub_count, mut pairs, mut stack) = (0, Vec::new(), Vec::new());
        for start in 0..nodes.len() {
            if hub_of[start] != usize::MAX {
                continue;
            }
            let hub = hub_count;
            hub_count += 1;
            hub_of[start] = hub;
            stack.push(start);
            let mut join = |node: usize| {
                if last_hub[node] != hub {
                    last_hub[node] = hub;
                    pairs.push((hub, node));
                }
            };
            while let Some(node) = stack.pop() {
                join(node);
                for parent in graph.parents_of(nodes[node]) {
                    join(place[parent]);
                }
                for spouse in graph.spouses_of(nodes[node]).map(|spouse| place[spouse]) {
                    if spouse != usize::MAX && hub_of[spouse] == usize::MAX {
                        hub_of[spouse] = hub;
                        stack.push(spouse);
                    }
                }
            }
        }
        let members = Lists::from_pairs(hub_count, &pairs);
        for pair in &mut pairs {
            *pair = (pair.1, pair.0);
        }
        let holders = Lists::from_pairs(nodes.len(), &pairs);
        Self { nodes, parts, holders, members, hub_count }
    }

    /// The nodes of one part.
    pub(super) fn of(&self, part: Part) -> impl Iterator<Item = usize> {
        (0..self.nodes.len()).filter(move |&node| self.parts[node] == part)
    }

    /// The separator in the graph's own positions that `cut` and what is required form.
    pub(super) fn separator(&self, cut: &NodeSet, bounds: &Bounds) -> NodeSet {
        let mut separator = bounds.required().clone();
        separator.extend(cut.iter().map(|node| self.nodes[node]));
        separator
    }
}
