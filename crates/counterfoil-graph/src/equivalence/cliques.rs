//! The cliques of a chordal graph and what follows from one of them coming first: the combinatorics behind counting.

use crate::{MixedGraph, NodeSet, chordal::search, class::closure};

/// A maximal clique with the sets that may not come first among it, and what is left open once it comes first.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) clique: Vec<usize>,
    /// Ascending by inclusion.
    pub(super) forbidden: Vec<NodeSet>,
    /// The chain components behind the clique, in an order of which each can follow those before.
    pub(super) parts: Vec<NodeSet>,
}

/// The maximal cliques of the connected chordal graph that `graph` induces on `within`, each as the [`Choice`] of those
/// directions that begin with it (Wienoebst, Bannach and Liskiewicz 2021, sections 3 and 4). Every direction without a
/// v-structure belongs to exactly one choice.
pub(super) fn choices(graph: &MixedGraph, within: &NodeSet) -> Vec<Choice> {
    let tree = clique_tree(graph, within);
    let mut chains: Vec<Vec<NodeSet>> = Vec::with_capacity(tree.len());
    let mut all = Vec::with_capacity(tree.len());
    for (clique, parent) in &tree {
        // The separators on the path from the root.
        let mut chain = parent.map_or_else(Vec::new, |parent: usize| {
            let mut chain = chains[parent].clone();
            chain.push(clique & &tree[parent].0);
            chain
        });
        let mut forbidden: Vec<NodeSet> =
            chain.iter().filter(|set| set.is_subset(clique)).cloned().collect();
        forbidden.sort_by_key(NodeSet::len);
        forbidden.dedup();
        // What is in no later clique of a path cannot be in this one's descendants either.
        chain.retain(|set| set.is_subset(clique));
        chains.push(chain);
        let parts = behind(graph, within, clique);
        all.push(Choice { clique: clique.iter().collect(), forbidden, parts });
    }
    all
}

/// A clique tree by maximum cardinality search (Blair and Peyton 1993): each maximal clique with the position of its
/// parent, which comes before it; the first is the root.
fn clique_tree(graph: &MixedGraph, within: &NodeSet) -> Vec<(NodeSet, Option<usize>)> {
    let members: Vec<usize> = within.iter().collect();
    let place = |node: &usize| members.binary_search(node).ok();
    let near: Vec<Vec<usize>> = members
        .iter()
        .map(|&node| graph.neighbours(node).iter().filter_map(place).collect())
        .collect();
    // The visited nodes with the clique that each was added to and the time.
    let mut visited: Vec<Option<(usize, usize)>> = vec![None; members.len()];
    let mut tree: Vec<(NodeSet, Option<usize>)> = Vec::new();
    let mut before = 0;
    for (time, i) in search(members.len(), |i| &near[i]).into_iter().enumerate() {
        let earlier = || near[i].iter().filter(|&&b| visited[b].is_some());
        let count = earlier().count();
        if time == 0 || count <= before {
            let last = earlier().filter_map(|&b| visited[b]).max_by_key(|&(_, time)| time);
            let clique = earlier().map(|&b| members[b]).collect();
            tree.push((clique, last.map(|(clique, _)| clique)));
        }
        before = count;
        let clique = tree.len() - 1;
        tree[clique].0.insert(members[i]);
        visited[i] = Some((clique, time));
    }
    tree
}

/// The chain components of the union of all directions of `within` that begin with `clique`, apart from that clique, in
/// topological order: a lexicographic breadth-first search that visits the clique first (Wienoebst, Bannach and
/// Liskiewicz 2021, algorithm 1).
fn behind(graph: &MixedGraph, within: &NodeSet, clique: &NodeSet) -> Vec<NodeSet> {
    // Classes of nodes that are alike to what was visited, in order; `settled` classes have been handed out.
    let mut classes: Vec<(NodeSet, bool)> = vec![(clique.clone(), true), (within - clique, false)];
    let mut parts = Vec::new();
    while let Some(first) = classes.iter().position(|(class, _)| !class.is_empty()) {
        classes.drain(..first);
        if !classes[0].1 {
            let class = classes[0].0.clone();
            parts.extend(components(graph, &class));
            classes[0].1 = true;
        }
        let Some(node) = classes[0].0.first() else { continue };
        classes[0].0.remove(node);
        let near = NodeSet::from(graph.neighbours(node));
        let mut refined = Vec::with_capacity(classes.len() + 1);
        for (class, settled) in classes {
            let inside = &class & &near;
            if inside.is_empty() || inside == class {
                refined.push((class, settled));
            } else {
                let outside = &class - &near;
                refined.push((inside, settled));
                refined.push((outside, settled));
            }
        }
        classes = refined;
    }
    parts
}

/// The connected parts of what `graph` induces on `within`.
fn components(graph: &MixedGraph, within: &NodeSet) -> Vec<NodeSet> {
    let mut left = within.clone();
    let mut parts = Vec::new();
    while let Some(node) = left.first() {
        let part = closure([node], |at| {
            graph.neighbours(at).iter().copied().filter(|&next| within.contains(next))
        });
        left.difference_with(&part);
        parts.push(part);
    }
    parts
}
