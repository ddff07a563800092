//! Sums of products of conditional probabilities, taken apart into what belongs together.

use super::law::{Factor, Law};
use crate::{
    NodeSet,
    estimand::{Arena, Expr},
};

/// A factor of a product: a formula and the nodes whose values it speaks of.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) expr: Expr,
    pub(super) mentions: NodeSet,
}

/// `Σ_summed Π chain` as a product of pieces that share no summed node. Each summed node must belong to a factor of the
/// chain or be mentioned by none.
///
/// Two things are seen at once and keep formulas short: a summed node that no later factor speaks of leaves with its
/// own factor, which sums to 1, and a factor that speaks of no summed node stays outside the sums.
pub(super) fn summed_out(
    arena: &mut Arena,
    law: &Law<'_>,
    chain: &[Factor],
    summed: &NodeSet,
) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut left: Vec<&Factor> = without_barren(chain, summed);
    while let Some(first) = left.first() {
        let (group, rest) = group_of(first.node, &left, summed);
        pieces.push(sum_of(arena, law, &group, summed));
        left = rest;
    }
    pieces
}

/// The conditional probability of the last node of `chain` given the nodes before it that are not summed out:
/// `Σ_summed Π chain / Σ_summed Π (chain without its last)`, with everything cancelled that is a factor of both.
pub(super) fn conditional_of_last(
    arena: &mut Arena,
    law: &Law<'_>,
    chain: &[Factor],
    summed: &NodeSet,
) -> Option<Factor> {
    let last = chain.last()?;
    if !last.mentions.intersects(summed) {
        return Some(last.clone());
    }
    let kept = without_barren(chain, summed);
    let (group, _) = group_of(last.node, &kept, summed);
    let above = sum_of(arena, law, &group, summed);
    let before: Vec<Factor> =
        group.iter().filter(|f| f.node != last.node).map(|&f| f.clone()).collect();
    let pieces = summed_out(arena, law, &before, summed);
    let below = arena.product(pieces.iter().map(|piece| piece.expr));
    Some(Factor { node: last.node, expr: arena.ratio(above.expr, below), mentions: above.mentions })
}

/// The product of `pieces`, which does not depend on the nodes outside `meant` although it may speak of them, as one
/// piece that does not speak of those: its mean over them in the law. Nodes that the law holds fixed have no mean and
/// stay.
///
/// Any single value of these nodes would do, too; a mean needs no choice, and where data are few it uses all of them.
pub(super) fn averaged(
    arena: &mut Arena,
    law: &Law<'_>,
    pieces: Vec<Piece>,
    meant: impl Fn(usize) -> bool,
) -> Vec<Piece> {
    let mut idle = NodeSet::new();
    for piece in &pieces {
        idle.extend(
            piece.mentions.iter().filter(|&node| !meant(node) && !law.fixed.contains(node)),
        );
    }
    if idle.is_empty() {
        return pieces;
    }
    let (affected, mut rest): (Vec<Piece>, Vec<Piece>) =
        pieces.into_iter().partition(|piece| piece.mentions.intersects(&idle));
    let mut mentions = NodeSet::new();
    for piece in &affected {
        mentions.union_with(&piece.mentions);
    }
    mentions.difference_with(&idle);
    let weight = law.term(arena, &idle, &NodeSet::new());
    let body = arena.product(affected.iter().map(|piece| piece.expr).chain([weight]));
    let expr = arena.sum(idle.iter().map(|node| law.symbol(node)), body);
    rest.push(Piece { expr, mentions });
    rest
}

/// The chain without the factors of summed nodes that no factor which stays speaks of.
fn without_barren<'f>(chain: &'f [Factor], summed: &NodeSet) -> Vec<&'f Factor> {
    let mut spoken_of = NodeSet::new();
    let mut kept: Vec<&Factor> = Vec::with_capacity(chain.len());
    for factor in chain.iter().rev() {
        if !summed.contains(factor.node) || spoken_of.contains(factor.node) {
            spoken_of.union_with(&factor.mentions);
            kept.push(factor);
        }
    }
    kept.reverse();
    kept
}

/// The factors that summed nodes tie to that of `node`, and the others, both in order.
fn group_of<'f>(
    node: usize,
    factors: &[&'f Factor],
    summed: &NodeSet,
) -> (Vec<&'f Factor>, Vec<&'f Factor>) {
    let mut inside: Vec<bool> = factors.iter().map(|f| f.node == node).collect();
    let mut ties = NodeSet::new();
    for factor in factors.iter().filter(|f| f.node == node) {
        ties.union_with(&(&factor.mentions & summed));
    }
    let mut grown = !ties.is_empty();
    while grown {
        grown = false;
        // With all that is summed among the ties, further factors join without adding any.
        let mut open = ties != *summed;
        for (at, factor) in factors.iter().enumerate() {
            if !inside[at] && factor.mentions.intersects(&ties) {
                inside[at] = true;
                if open {
                    ties.union_with(&(&factor.mentions & summed));
                    open = ties != *summed;
                    grown = true;
                }
            }
        }
    }
    let part = |wanted: bool| {
        factors.iter().zip(&inside).filter(|(_, i)| **i == wanted).map(|(f, _)| *f).collect()
    };
    (part(true), part(false))
}

fn sum_of(arena: &mut Arena, law: &Law<'_>, group: &[&Factor], summed: &NodeSet) -> Piece {
    let mut mentions = NodeSet::new();
    for factor in group {
        mentions.union_with(&factor.mentions);
    }
    let over = &mentions & summed;
    let body = arena.product(group.iter().map(|factor| factor.expr));
    mentions.difference_with(&over);
    Piece { expr: arena.sum(over.iter().map(|node| law.symbol(node)), body), mentions }
}
