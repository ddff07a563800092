//! Yes or no: whether every district of the effect can be cut out of the district that observations show it in.

use super::{Hedge, closure, conditional};
use crate::{Admg, MixedGraph, NodeSet, Query, QueryError, separation};

/// Memory that queries on graphs of any size can share, so that a warm verdict allocates nothing on graphs of up to 320
/// nodes.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    pub(super) separation: separation::Workspace,
    /// The observations that the last query had moved into its interventions.
    moved: NodeSet,
    /// What the outcomes depend on when everything is observed, and when the interventions are made.
    pub(super) ancestors: NodeSet,
    pub(super) active: NodeSet,
    placed: NodeSet,
    pub(super) part: NodeSet,
    pub(super) scope: NodeSet,
    inner: NodeSet,
    pub(super) stack: Vec<usize>,
}

/// Whether `P(y | do(x), z)` can be computed from the joint distribution of the graph's variables, whatever the model:
/// `None` when it can, otherwise a [`Hedge`] that proves the contrary.
///
/// The complete algorithm in its c-factor form (Tian and Pearl 2002; Shpitser and Pearl 2006 for the completeness and
/// for conditional effects). With `D` the ancestors of the outcomes in the graph without x, the effect is the product
/// over the districts `C` of `D` of `Q[C] = P(c | do(everything else))`, and each is asked of the district `T` of the
/// whole graph that contains it: what is no ancestor of `C` within `T` can be summed out, after which `T` may fall
/// apart; when all of `T` are ancestors and `T` is not `C`, the two are a hedge.
///
/// Deviations: the graph is restricted to the ancestors of the outcomes first, so hedges are small, and a district that
/// no observed node outside `D` is confounded with is not asked for at all. Without recursion. `O(n + m)` for each step
/// of each district; typically one or two steps, at most as many as the district has nodes.
///
/// # Errors
/// As [`Query::check`].
pub fn identifiable(
    graph: &Admg,
    query: &Query,
    workspace: &mut Workspace,
) -> Result<Option<Hedge>, QueryError> {
    query.check(graph)?;
    workspace.moved.clear();
    if query.given.is_empty() {
        let failure = decide(graph, &query.do_, &query.y, workspace);
        return Ok(failure.map(|(f, f_prime)| Hedge { f, f_prime, reduced: query.clone() }));
    }
    let mut reduced = query.clone();
    conditional::reduce(graph, &mut reduced, &mut workspace.separation);
    workspace.moved.clone_from(&(&query.given - &reduced.given));
    let wanted = &reduced.y | &reduced.given;
    let failure = decide(graph, &reduced.do_, &wanted, workspace);
    Ok(failure.map(|(f, f_prime)| Hedge { f, f_prime, reduced }))
}

impl Workspace {
    /// The query that the last verdict was for, with the observations moved that were moved for it.
    pub(super) fn reduced(&self, query: &Query) -> Query {
        Query {
            y: query.y.clone(),
            do_: &query.do_ | &self.moved,
            given: &query.given - &self.moved,
        }
    }
}

/// The districts of the part of the graph on `active`, in the order of their smallest members.
pub(super) fn districts_within(
    graph: &MixedGraph,
    active: &NodeSet,
    stack: &mut Vec<usize>,
) -> Vec<NodeSet> {
    let mut placed = NodeSet::new();
    let mut districts = Vec::new();
    for node in active {
        if !placed.contains(node) {
            let mut part = NodeSet::new();
            let here = |other| active.contains(other);
            closure::district(graph, std::iter::once(node), here, &mut part, stack);
            placed.union_with(&part);
            districts.push(part);
        }
    }
    districts
}

/// The two sets of a hedge for `P(wanted | do(fixed))`, if there is one.
fn decide(
    graph: &Admg,
    fixed: &NodeSet,
    wanted: &NodeSet,
    w: &mut Workspace,
) -> Option<(NodeSet, NodeSet)> {
    closure::ancestors(graph, wanted, |_| true, &mut w.ancestors, &mut w.stack);
    closure::ancestors(graph, wanted, |node| !fixed.contains(node), &mut w.active, &mut w.stack);
    w.placed.clear();
    let active = std::mem::take(&mut w.active);
    let mut failure = None;
    for node in &active {
        if w.placed.contains(node) {
            continue;
        }
        // Single nodes without confounding, the bulk of most graphs, need no more than this look.
        if graph.spouses(node).is_empty() {
            continue;
        }
        closure::district(
            graph,
            std::iter::once(node),
            |other| active.contains(other),
            &mut w.part,
            &mut w.stack,
        );
        w.placed.union_with(&w.part);
        if is_whole_district(graph, &w.part, &w.ancestors, &active) {
            continue;
        }
        if !shrinks_to(graph, w) {
            failure = Some((w.scope.clone(), w.part.clone()));
            break;
        }
    }
    w.active = active;
    failure
}

/// `true` when no node of `part`, a district of `active`, is confounded with another node of `ancestors`.
pub(super) fn is_whole_district(
    graph: &MixedGraph,
    part: &NodeSet,
    ancestors: &NodeSet,
    active: &NodeSet,
) -> bool {
    !part.iter().any(|node| {
        graph.spouses(node).iter().any(|&s| ancestors.contains(s) && !active.contains(s))
    })
}

/// Identify of Tian and Pearl (2003): whether `Q[part]` follows from the district of the ancestors that contains it.
/// When it does not, `scope` is left as the larger set of the hedge.
fn shrinks_to(graph: &MixedGraph, w: &mut Workspace) -> bool {
    let Workspace { ancestors, part, scope, inner, stack, .. } = w;
    closure::district(graph, part.iter(), |node| ancestors.contains(node), scope, stack);
    loop {
        closure::ancestors(graph, part, |node| scope.contains(node), inner, stack);
        if inner == part {
            return true;
        }
        if inner == scope {
            return false;
        }
        closure::district(graph, part.iter(), |node| inner.contains(node), scope, stack);
    }
}
