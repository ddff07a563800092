//! The joint distribution of some variables of a graph as a chain of conditional probabilities, district by district.

use crate::{
    Admg, NodeSet,
    estimand::{Arena, Expr, Symbol},
};

/// A distribution that is given: that of `nodes` in a world where `fixed` are held at values from outside.
///
/// `nodes` contains with each of its members the parents that are not fixed, and what is confounded with it among
/// them. Nodes are numbered as in `graph`, which may be a projection; `target` translates.
#[derive(Clone, Copy, Debug)]
pub(super) struct Law<'g> {
    pub(super) graph: &'g Admg,
    /// The position of each node in the topological order.
    pub(super) rank: &'g [u32],
    pub(super) nodes: &'g NodeSet,
    pub(super) fixed: &'g NodeSet,
    /// The arena's number of the distribution.
    pub(super) source: usize,
    /// The node of the target's graph for each node of `graph`, ascending; empty where the two are one.
    pub(super) target: &'g [usize],
}

/// The conditional probability of one node given nodes before it, as a formula. Its sum over the node's values is 1.
#[derive(Clone, Debug)]
pub(super) struct Factor {
    pub(super) node: usize,
    pub(super) expr: Expr,
    /// The nodes whose values the formula speaks of, `node` among them.
    pub(super) mentions: NodeSet,
}

impl Law<'_> {
    pub(super) fn symbol(&self, node: usize) -> Symbol {
        Symbol::of(self.target.get(node).copied().unwrap_or(node))
    }

    /// `P(of | given, do(fixed))`, for sets that share nothing.
    pub(super) fn term(&self, arena: &mut Arena, of: &NodeSet, given: &NodeSet) -> Expr {
        arena.term_of_sets([of, given, self.fixed], |node| self.symbol(node), self.source)
    }

    /// The members of a set in topological order.
    pub(super) fn in_order(&self, set: &NodeSet) -> Vec<usize> {
        let mut members: Vec<usize> = set.iter().collect();
        members.sort_unstable_by_key(|&node| self.rank[node]);
        members
    }

    /// `Q[district]` as the chain of `P(v | pillow of v)` over the members v of a district of `nodes`, in topological
    /// order and no further than `last` in it; what comes later sums to 1.
    ///
    /// The pillow of v are the members of the district that v belongs to among the nodes up to v, and the parents of
    /// these members: given it, v is independent of all other nodes before it (the ordered local Markov property,
    /// Richardson 2003; Tian and Pearl 2002, equation 37). `O(d n / 64)` for d members.
    pub(super) fn chain(&self, arena: &mut Arena, district: &NodeSet, last: u32) -> Vec<Factor> {
        let mut chain = Vec::new();
        // The districts among the members so far: the members of each, and these with their parents.
        let mut parts: Vec<(NodeSet, NodeSet)> = Vec::new();
        for node in self.in_order(district) {
            if self.rank[node] > last {
                break;
            }
            let mut members = NodeSet::from([node]);
            let mut known = NodeSet::new();
            known.extend(self.graph.parents(node).iter().copied());
            if !self.graph.spouses(node).is_empty() {
                parts.retain(|(part, with_parents)| {
                    let joined = self.graph.spouses(node).iter().any(|&s| part.contains(s));
                    if joined {
                        members.union_with(part);
                        known.union_with(with_parents);
                    }
                    !joined
                });
            }
            let given = if self.fixed.is_empty() { known.clone() } else { &known - self.fixed };
            let expr = self.term(arena, &NodeSet::from([node]), &given);
            known.insert(node);
            parts.push((members, known.clone()));
            if !self.fixed.is_empty() {
                known.union_with(self.fixed);
            }
            chain.push(Factor { node, expr, mentions: known });
        }
        chain
    }
}
