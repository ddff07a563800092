//! A district of the effect cut out of the district that a distribution shows it in, as a formula.

use super::{
    closure,
    factors::{Piece, conditional_of_last, summed_out},
    law::{Factor, Law},
};
use crate::{NodeSet, estimand::Arena};
use std::collections::BTreeMap;

/// What was derived from one distribution so far: chains of conditional probabilities by district.
#[derive(Debug, Default)]
pub(super) struct Memory {
    chains: BTreeMap<NodeSet, Vec<Factor>>,
    stack: Vec<usize>,
}

/// `Q[part]`, the distribution of `part` when everything else is set, as a product of pieces; the larger set of a hedge
/// when the law does not determine it. `part` is a district of its own within `law.nodes`.
///
/// Identify (Tian and Pearl 2003; Huang and Valtorta 2006 for completeness), without recursion. In every round the
/// district T around `part` is known as a chain of conditional probabilities of its members in topological order.
/// `A`, the ancestors of `part` within T, are its marginal; the district of A around `part` follows from it by
/// quotients of partial sums of *this* marginal, never from conditional probabilities of the original distribution.
/// Chains are remembered by district, so that several parts of one district share what they have in common.
///
/// `O(n d^2 / 64)` a round for a district of d nodes.
pub(super) fn extract(
    law: &Law<'_>,
    part: &NodeSet,
    arena: &mut Arena,
    memory: &mut Memory,
) -> Result<Vec<Piece>, NodeSet> {
    let mut scope = NodeSet::new();
    let inside = |node| law.nodes.contains(node);
    closure::district(law.graph, part.iter(), inside, &mut scope, &mut memory.stack);
    extract_from(law, part, scope, None, arena, memory)
}

/// The same, beginning from a district `scope` around `part` whose chain is `known`; without one, that of the law.
pub(super) fn extract_from(
    law: &Law<'_>,
    part: &NodeSet,
    mut scope: NodeSet,
    mut known: Option<Vec<Factor>>,
    arena: &mut Arena,
    memory: &mut Memory,
) -> Result<Vec<Piece>, NodeSet> {
    let graph = law.graph;
    let mut inner = NodeSet::new();
    loop {
        closure::ancestors(graph, part, |node| scope.contains(node), &mut inner, &mut memory.stack);
        if inner == scope && inner != *part {
            return Err(scope);
        }
        let chain = known.take().unwrap_or_else(|| {
            let last = inner.iter().map(|node| law.rank[node]).max().unwrap_or(0);
            law.chain(arena, &scope, last)
        });
        let summed = &scope - &inner;
        if inner == *part {
            let last = chain.iter().rposition(|factor| part.contains(factor.node));
            return Ok(summed_out(arena, law, &chain[..last.map_or(0, |l| l + 1)], &summed));
        }
        closure::district(
            graph,
            part.iter(),
            |node| inner.contains(node),
            &mut scope,
            &mut memory.stack,
        );
        if !memory.chains.contains_key(&scope) {
            let derived: Vec<Factor> = (0..chain.len())
                .filter(|&at| scope.contains(chain[at].node))
                .filter_map(|at| conditional_of_last(arena, law, &chain[..=at], &summed))
                .collect();
            memory.chains.insert(scope.clone(), derived);
        }
        known = memory.chains.get(&scope).cloned();
    }
}
