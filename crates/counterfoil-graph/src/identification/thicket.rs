//! The certificate that no combination of experiments gives an effect: one district of it that none of them shows.

use super::{
    closure, conditional,
    part::isolated,
    regime::{Regime, Regimes},
    verdict,
};
use crate::{Admg, CausalGraph, NodeSet, Query};

/// Why one regime does not show how a district of the effect comes about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// These members of the district are set in the experiment, which hides their mechanisms.
    Set(NodeSet),
    /// Mechanisms of the district may differ in this population, by these selection nodes.
    Differs(NodeSet),
    /// These members or causes of the district are neither measured nor set.
    Unmeasured(NodeSet),
    /// Only some cases came into the sample, by these selection nodes, and the district cannot be freed of that.
    Selected(NodeSet),
    /// These variables are set in the experiment and act on the district through what is not looked at.
    Disturbed(NodeSet),
    /// A hedge in what the experiment leaves: a larger district, all of which are ancestors of the smaller within it.
    Tied(NodeSet),
}

/// Why an effect cannot be computed from several experiments and populations together (Lee, Correa and Bareinboim 2019,
/// with the correction of Kivva, Mokhtarian, Etesami and Kiyavash 2022; Lee, Correa and Bareinboim 2020 for
/// populations).
///
/// The effect is a product over the districts of what causes the outcomes once the interventions are made. When every
/// regime measures or sets every variable, each district must come from one regime whole; for `district` an obstacle
/// stands in each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thicket {
    /// The query with all observations that can be interventions among these.
    pub reduced: Query,
    /// A district of the effect that no regime shows.
    pub district: NodeSet,
    /// For each regime, in the order given, why it does not.
    pub obstacles: Vec<Obstacle>,
}

impl Thicket {
    /// `true` when this proves that `query` cannot be computed from `regimes` in `graph`. Knows nothing of how it was
    /// found; `O(k (n + m))` for k regimes and observations.
    ///
    /// The proof holds only where every regime measures or sets every variable of the graph but selection nodes, and
    /// none is a selected sample; otherwise the answer is `false`.
    pub fn verify(&self, graph: &Admg, query: &Query, regimes: &[Regime]) -> bool {
        let Ok(regimes) = Regimes::new(graph, query, regimes) else { return false };
        let target = isolated(graph, &regimes.switches);
        let wanted = &self.reduced.y | &self.reduced.given;
        let in_range = |set: &NodeSet| set.iter().all(|node| node < graph.len());
        if query.check(graph).is_err()
            || !in_range(&self.district)
            || !regimes.are_complete(graph)
            || !conditional::is_reduction(&target, query, &self.reduced)
        {
            return false;
        }
        let rest = &target.nodes() - &self.reduced.do_;
        let active = target.view().within(&rest).ancestors_of(&wanted);
        let mut stack = Vec::new();
        let parts = verdict::districts_within(&target, &active, &mut stack);
        let stands = |obstacle: &Obstacle, regime: &Regime| match obstacle {
            Obstacle::Set(nodes) => {
                !nodes.is_empty() && nodes.is_subset(&self.district) && nodes.is_subset(&regime.do_)
            }
            Obstacle::Differs(nodes) => {
                nodes.is_subset(&regime.selection) && {
                    let acted: NodeSet =
                        nodes.iter().flat_map(|s| graph.children(s).iter().copied()).collect();
                    acted.intersects(&self.district)
                }
            }
            Obstacle::Tied(f) => {
                let mut found = NodeSet::new();
                let inside = |node| f.contains(node);
                in_range(f) && *f != self.district && self.district.is_subset(f) && {
                    closure::ancestors(
                        &target,
                        &self.district,
                        inside,
                        &mut found,
                        &mut stack.clone(),
                    );
                    let all_ancestors = found == *f;
                    let first = f.iter().take(1);
                    closure::district(&target, first, inside, &mut found, &mut stack.clone());
                    all_ancestors && found == *f && !f.intersects(&regime.do_)
                }
            }
            // These occur only in incomplete regimes.
            Obstacle::Unmeasured(_) | Obstacle::Selected(_) | Obstacle::Disturbed(_) => false,
        };
        parts.contains(&self.district)
            && self.obstacles.len() == regimes.list.len()
            && self.obstacles.iter().zip(&regimes.list).all(|(o, r)| stands(o, r))
    }
}
