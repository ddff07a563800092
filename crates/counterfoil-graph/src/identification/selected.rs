//! Districts recovered from a sample that not every case came into.

use super::{
    c_factor::{Memory, extract_from},
    closure,
    factors::{Piece, conditional_of_last},
    law::{Factor, Law},
};
use crate::{NodeSet, estimand::Arena};

/// `Q[part]` from `P(v | selected)`, as [`extract`](super::c_factor::extract) from a whole sample: RC of Bareinboim and
/// Tian (2015), without recursion. `part` when it fails.
///
/// The law is that of the selected sample; its `nodes` contain `selectors`, whose values are constant there and which
/// have no effects. With the ancestors of the selectors first in the topological order, everything later is independent
/// of the selection given these ancestors. So the chain over the later nodes is known, districts without an ancestor of
/// a selector are known from it, and what remains when they are divided out is a smaller problem of the same sort: more
/// nodes can be summed out, and districts fall apart.
///
/// `O(n^2 d / 64)` for each of at most n rounds.
pub(super) fn recover(
    law: &Law<'_>,
    part: &NodeSet,
    selectors: &NodeSet,
    arena: &mut Arena,
) -> Result<Vec<Piece>, NodeSet> {
    let graph = law.graph;
    let mut stack = Vec::new();
    let mut early = NodeSet::new();
    let random = |node: usize| law.nodes.contains(node);
    closure::ancestors(graph, selectors, random, &mut early, &mut stack);
    if part.intersects(&early) {
        return Err(part.clone());
    }
    let mut late = law.nodes - &early;
    let mut chain = late_chain(law, &early, &late, selectors, arena);
    loop {
        let mut needed = NodeSet::new();
        let here = |node| early.contains(node) || late.contains(node);
        closure::ancestors(graph, part, here, &mut needed, &mut stack);
        needed.intersect_with(&late);
        if needed != late {
            let summed = &late - &needed;
            chain = (0..chain.len())
                .filter(|&at| needed.contains(chain[at].node))
                .filter_map(|at| conditional_of_last(arena, law, &chain[..=at], &summed))
                .collect();
            late = needed;
        }
        let mut known = NodeSet::new();
        for node in &late {
            let mut district = NodeSet::new();
            let here = |node| early.contains(node) || late.contains(node);
            closure::district(graph, std::iter::once(node), here, &mut district, &mut stack);
            if district.intersects(&early) || known.contains(node) {
                continue;
            }
            if part.is_subset(&district) {
                let own: Vec<Factor> =
                    chain.iter().filter(|f| district.contains(f.node)).cloned().collect();
                let mut memory = Memory::default();
                return extract_from(law, part, district, Some(own), arena, &mut memory);
            }
            known.union_with(&district);
        }
        if known.is_empty() {
            return Err(part.clone());
        }
        late.difference_with(&known);
        chain.retain(|factor| late.contains(factor.node));
    }
}

/// `P(v | pillow of v, early, selected)` for the later nodes v, where the pillow is that in an order which has the
/// early nodes first.
fn late_chain(
    law: &Law<'_>,
    early: &NodeSet,
    late: &NodeSet,
    selectors: &NodeSet,
    arena: &mut Arena,
) -> Vec<Factor> {
    let mut before = early.clone();
    let mut stack = Vec::new();
    let mut chain = Vec::new();
    for node in law.in_order(late) {
        before.insert(node);
        let mut known = NodeSet::new();
        let here = |other| before.contains(other);
        closure::district(law.graph, std::iter::once(node), here, &mut known, &mut stack);
        let parents: NodeSet =
            known.iter().flat_map(|v| law.graph.parents(v).iter().copied()).collect();
        known.union_with(&parents);
        known.union_with(early);
        known.difference_with(selectors);
        let given = (&known - law.fixed).without(node);
        let expr = law.term(arena, &NodeSet::from([node]), &given);
        known.insert(node);
        known.union_with(law.fixed);
        chain.push(Factor { node, expr, mentions: known });
    }
    chain
}
