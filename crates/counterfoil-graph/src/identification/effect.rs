//! A causal effect put together from its districts, as a formula.

use super::{
    Hedge, Workspace,
    c_factor::{Memory, extract},
    factors::{Piece, averaged},
    law::Law,
    part, verdict,
};
use crate::{
    Admg, NodeSet, Query, QueryError,
    estimand::{Arena, Estimand, Expr, Symbol},
    separation,
};

/// Why there is no formula.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotIdentified {
    /// The effect is not determined by the joint distribution; the hedge proves it.
    #[error(
        "the effect cannot be computed from observations: hidden common causes tie the interventions to what causes the outcomes"
    )]
    Hedge(Box<Hedge>),
    /// The query is not one of this graph.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// A formula for `P(y | do(x), z)` in terms of the joint distribution of the graph's variables.
///
/// ID and IDC in c-factor form (Tian and Pearl 2002, 2003; Shpitser and Pearl 2006), see [`identifiable`](super::identifiable) for the
/// steps. The free symbols of the formula are those of the query, without primes. Where a factor speaks of a variable that
/// it does not depend on, as in the napkin graph, its mean over that variable stands in its place.
///
/// Deviations, all of which shorten the formula without any search:
/// - variables that are no ancestors of the query are left out from the beginning, interventions without effect too;
/// - when interventions can all be taken for observations (rule 2 of the do-calculus), the formula is one conditional
///   probability;
/// - each factor is conditioned on its Markov pillow instead of on all its predecessors, a sum does not reach over
///   factors that do not speak of what it sums over, and quotients are cancelled before they are made;
/// - in a conditional effect, factors that do not depend on the outcomes cancel.
///
/// `O(n d^2 / 64)` for each district of d nodes and each step that it takes; expressions are shared, so that their
/// number is polynomial, too.
///
/// # Errors
/// [`NotIdentified::Hedge`] with the proof that there is no formula, [`NotIdentified::Query`] as [`Query::check`].
///
/// ```
/// use counterfoil_graph::{Query, admg, identification::identify};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let graph = admg! { X -> M -> Y; X <-> Y }?;
/// let query = Query::p(&graph, ["Y"])?.do_(["X"])?;
/// let estimand = identify(&graph, &query)?;
/// assert_eq!(estimand.to_string(), "Σ_m P(m | x) Σ_x' P(x') P(y | x', m)");
/// # Ok(())
/// # }
/// ```
pub fn identify(graph: &Admg, query: &Query) -> Result<Estimand, NotIdentified> {
    let mut workspace = Workspace::default();
    let reduced = match super::identifiable(graph, query, &mut workspace)? {
        Some(hedge) => return Err(NotIdentified::Hedge(Box::new(hedge))),
        None => workspace.reduced(query),
    };
    let mut arena = Arena::new();
    let root = formula(graph, &reduced, &mut arena, &mut workspace)?;
    Ok(Estimand::new(arena, root, graph))
}

/// The formula of a reduced query that is identifiable: [`verdict::decide`] has been run for it in this workspace.
fn formula(
    graph: &Admg,
    query: &Query,
    arena: &mut Arena,
    w: &mut Workspace,
) -> Result<Expr, NotIdentified> {
    let acting: NodeSet = query
        .do_
        .iter()
        .filter(|&x| graph.children(x).iter().any(|&child| w.active.contains(child)))
        .collect();
    if acting.is_empty() || is_observational(graph, query, &acting, &mut w.separation) {
        return Ok(arena.p_of(&query.y, &(&acting | &query.given)));
    }
    let rank = part::ranks(graph);
    let nothing = NodeSet::new();
    let nodes = w.ancestors.clone();
    let law = Law { graph, rank: &rank, nodes: &nodes, fixed: &nothing, source: 0, target: &[] };
    let mut memory = Memory::default();
    let mut pieces = Vec::new();
    for district in verdict::districts_within(graph, &w.active, &mut w.stack) {
        match extract(&law, &district, arena, &mut memory) {
            Ok(found) => {
                let meant = |node| w.active.contains(node) || query.do_.contains(node);
                pieces.extend(averaged(arena, &law, found, meant));
            }
            Err(f) => {
                let reduced = query.clone();
                return Err(NotIdentified::Hedge(Box::new(Hedge {
                    f,
                    f_prime: district,
                    reduced,
                })));
            }
        }
    }
    Ok(assembled(arena, pieces, &w.active, query))
}

/// Rule 2 for all interventions at once: `P(y | do(x), z) = P(y | x, z)`.
fn is_observational(
    graph: &Admg,
    query: &Query,
    acting: &NodeSet,
    workspace: &mut separation::Workspace,
) -> bool {
    let cut = graph.view().without_edges_out_of(acting);
    separation::separated(&cut, &query.y, acting, &query.given, workspace)
}

/// The sum of the product of `pieces` over what is active and not asked for; for a conditional query divided by its sum
/// over the outcomes.
pub(super) fn assembled(
    arena: &mut Arena,
    pieces: Vec<Piece>,
    active: &NodeSet,
    query: &Query,
) -> Expr {
    let symbols = |set: &NodeSet| set.iter().map(Symbol::of).collect::<Vec<_>>();
    let hidden = &(active - &query.y) - &query.given;
    if query.given.is_empty() {
        let body = arena.product(pieces.iter().map(|piece| piece.expr));
        return arena.sum(symbols(&hidden), body);
    }
    // Only what sums tie to an outcome differs between the numerator and the denominator.
    let free = &hidden | &query.y;
    let mut ties = query.y.clone();
    let mut left = pieces;
    let mut kept = Vec::new();
    loop {
        let (inside, outside): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|piece| piece.mentions.intersects(&ties));
        left = outside;
        if inside.is_empty() {
            break;
        }
        for piece in inside {
            ties.union_with(&(&piece.mentions & &free));
            kept.push(piece.expr);
        }
    }
    let body = arena.product(kept);
    let numerator = arena.sum(symbols(&(&ties - &query.y)), body);
    let denominator = arena.sum(symbols(&ties), body);
    arena.ratio(numerator, denominator)
}
