//! The certificate that an effect cannot be identified: two nested districts that hidden causes tie together.

use super::conditional;
use crate::{Admg, CausalGraph, MixedGraph, NodeSet, Query};
use std::fmt;

/// Why `P(y | do(x), z)` cannot be computed from observations alone (Shpitser and Pearl 2006).
///
/// Both sets are tied together by hidden causes, and in both everything leads down to the same sinks, which cause the
/// outcomes. The larger meets the interventions and the smaller does not, so that two models can be made which agree on
/// all that is observed and differ once x is set. [`Hedge::verify`] checks these conditions one by one.
///
/// For a conditional query the hedge speaks of `P(y, given | do(do_))`, where rule 2 of the do-calculus has moved as
/// many observations as it can into the interventions; `reduced` is that query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// The larger set, which meets the interventions.
    pub f: NodeSet,
    /// The smaller one, which does not.
    pub f_prime: NodeSet,
    /// The query with all observations that can be interventions among these. The query itself when it had no
    /// condition.
    pub reduced: Query,
}

impl Hedge {
    /// `true` when this proves that `query` is not identifiable in `graph`. Knows nothing of how it was found.
    ///
    /// Checked is that
    /// 1. the reduced query is the query after moves by rule 2, and no further move is possible;
    /// 2. `f` is one district of the graph's part on it, and `f_prime`, a part of `f`, likewise;
    /// 3. every node of `f` is an ancestor of `f_prime` inside `f`;
    /// 4. `f` meets the interventions and `f_prime` does not;
    /// 5. the sinks of `f_prime` are ancestors of outcomes or condition in the graph without the edges into x.
    ///
    /// `O(k (n + m))` for k observations.
    pub fn verify(&self, graph: &Admg, query: &Query) -> bool {
        query.check(graph).is_ok()
            && self.f.iter().all(|node| node < graph.len())
            && conditional::is_reduction(graph, query, &self.reduced)
            && self.ties(graph)
    }

    fn ties(&self, graph: &Admg) -> bool {
        let Self { f, f_prime, reduced } = self;
        let inner = graph.view().within(f);
        let core = graph.view().within(f_prime);
        let wanted = &reduced.y | &reduced.given;
        let causes = graph.mutilated(&reduced.do_).ancestors_of(&wanted);
        let one_district = |view: &crate::View<'_>, set: &NodeSet| {
            set.first().is_some_and(|node| view.district_of(node) == *set)
        };
        f_prime.is_subset(f)
            && one_district(&inner, f)
            && one_district(&core, f_prime)
            && inner.ancestors_of(f_prime) == *f
            && f.intersects(&reduced.do_)
            && !f_prime.intersects(&reduced.do_)
            && f_prime
                .iter()
                .filter(|&node| core.children_of(node).next().is_none())
                .all(|sink| causes.contains(sink))
    }

    /// The hedge in a sentence with the names of `graph`.
    pub fn text<'a>(&'a self, graph: &'a MixedGraph) -> impl fmt::Display + 'a {
        let list = |set: &NodeSet| graph.names(set).join(", ");
        format!(
            "hidden common causes tie {{{}}} together and within it {{{}}}, which is left when {} {} set",
            list(&self.f),
            list(&self.f_prime),
            list(&(&self.f & &self.reduced.do_)),
            if (&self.f & &self.reduced.do_).len() == 1 { "is" } else { "are" },
        )
    }
}
