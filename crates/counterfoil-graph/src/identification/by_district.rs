//! The districts of an effect, each asked of every regime in turn.

use super::{
    c_factor::{Memory, extract},
    closure, conditional,
    effect::assembled,
    factors::{Piece, averaged},
    law::Law,
    part::{Part, isolated},
    regime::{Regime, Regimes},
    selected::recover,
    thicket::{Obstacle, Thicket},
    verdict,
};
use crate::{
    Admg, NodeSet, Query,
    estimand::{Arena, Expr, Symbol},
    separation,
};

/// A reduced query with what the search by districts needs of the graph.
pub(super) struct Task<'a> {
    /// With the edges of selection nodes.
    graph: &'a Admg,
    /// Without them: the target, and every population for itself.
    target: Admg,
    query: Query,
    regimes: &'a Regimes,
    /// What each regime shows: the graph of what is measured or set in it.
    shown: Vec<Part>,
    /// What the outcomes depend on once the interventions are made.
    active: NodeSet,
}

impl<'a> Task<'a> {
    pub(super) fn new(graph: &'a Admg, query: &Query, regimes: &'a Regimes) -> Self {
        let target = isolated(graph, &regimes.switches);
        let mut query = query.clone();
        conditional::reduce(&target, &mut query, &mut separation::Workspace::default());
        // What lets cases into a sample is one of the variables that the sample shows something of.
        let seen = |r: &Regime| &(&r.do_ | &r.observed) | &(&r.selection - &regimes.switches);
        let shown = regimes.list.iter().map(|r| Part::of(&target, &seen(r))).collect();
        let mut active = NodeSet::new();
        let wanted = &query.y | &query.given;
        let free = |node| !query.do_.contains(node);
        closure::ancestors(&target, &wanted, free, &mut active, &mut Vec::new());
        Self { graph, target, query, regimes, shown, active }
    }

    /// One probability of one regime: rule 2 for the interventions that the regime only observes, and none of its
    /// selection nodes in the way.
    pub(super) fn direct(&self, arena: &mut Arena, sources: &[usize]) -> Option<Expr> {
        let Query { y, do_, given } = &self.query;
        let acts =
            |x: &usize| self.target.children(*x).iter().any(|&child| self.active.contains(child));
        let acting: NodeSet = do_.iter().filter(acts).collect();
        let mut workspace = separation::Workspace::default();
        let serves = |regime: &Regime| -> bool {
            let seen = &acting - &regime.do_;
            let needed = &(&seen | y) | given;
            if !regime.do_.is_subset(&acting)
                || !needed.is_subset(&regime.observed)
                || !regime.selection.is_subset(&self.regimes.switches)
            {
                return false;
            }
            let known = &regime.do_ | given;
            let cut =
                self.target.view().without_edges_into(&regime.do_).without_edges_out_of(&seen);
            let other = self.graph.view().without_edges_into(&acting);
            separation::separated(&cut, y, &seen, &known, &mut workspace)
                && separation::separated(
                    &other,
                    y,
                    &regime.selection,
                    &(&acting | given),
                    &mut workspace,
                )
        };
        let at = self.regimes.list.iter().position(serves)?;
        let regime = &self.regimes.list[at];
        let symbols = |set: &NodeSet| set.iter().map(Symbol::of).collect::<Vec<_>>();
        let seen = &acting - &regime.do_;
        Some(arena.term(symbols(y), symbols(&(&seen | given)), symbols(&regime.do_), sources[at]))
    }

    /// Steps 1 and 2 of [`identify_from`](super::identify_from): `None` when they fail and prove nothing.
    pub(super) fn by_districts(
        &self,
        arena: &mut Arena,
        sources: &[usize],
    ) -> Result<Option<Expr>, Box<Thicket>> {
        let complete = self.regimes.are_complete(self.graph);
        let mut first_failure = None;
        for kept in self.views(complete) {
            match self.attempt(&kept, arena, sources) {
                Ok(expr) => return Ok(Some(expr)),
                Err(failure) => {
                    first_failure.get_or_insert(failure);
                }
            }
        }
        match first_failure {
            Some((district, obstacles)) if complete => {
                let reduced = self.query.clone();
                Err(Box::new(Thicket { reduced, district, obstacles }))
            }
            _ => Ok(None),
        }
    }

    /// The sets of variables to look at: all of them first, and no others where all regimes measure all.
    fn views(&self, complete: bool) -> Vec<NodeSet> {
        let all = &self.graph.nodes() - &self.regimes.switches;
        let asked = &(&self.query.y | &self.query.do_) | &self.query.given;
        let mut views = vec![all.clone()];
        if complete {
            return views;
        }
        let optional: Vec<usize> = (&self.active - &asked).iter().collect();
        let outside = &all - &self.active;
        if optional.len() <= 10 {
            // The fewer are hidden the sooner.
            let mut choices: Vec<usize> = (1..1_usize << optional.len()).collect();
            choices.sort_by_key(|hidden| hidden.count_ones());
            views.extend(choices.into_iter().map(|hidden| {
                let hidden: NodeSet = (0..optional.len())
                    .filter(|i| hidden >> i & 1 == 1)
                    .map(|i| optional[i])
                    .collect();
                &all - &hidden
            }));
            return views;
        }
        let known: Vec<NodeSet> = self.regimes.list.iter().map(|r| &r.do_ | &r.observed).collect();
        let union = known.iter().fold(NodeSet::new(), |union, set| &union | set);
        let common = known.iter().fold(union.clone(), |common, set| &common & set);
        for set in std::iter::once(&union).chain(&known).chain([&common]) {
            let view = &(&(set & &all) | &asked) | &outside;
            if !views.contains(&view) {
                views.push(view);
            }
        }
        views
    }

    /// The formula with nothing but `kept` looked at, or the first district that no regime shows, with the reasons.
    fn attempt(
        &self,
        kept: &NodeSet,
        arena: &mut Arena,
        sources: &[usize],
    ) -> Result<Expr, (NodeSet, Vec<Obstacle>)> {
        let part = Part::of(self.graph, &(kept | &self.regimes.switches));
        let constant = part.down(&(&self.query.do_ | &self.regimes.switches));
        let wanted = part.down(&(&self.query.y | &self.query.given));
        let mut stack = Vec::new();
        let mut active = NodeSet::new();
        let free = |node| !constant.contains(node);
        closure::ancestors(&part.graph, &wanted, free, &mut active, &mut stack);
        let mut pieces = Vec::new();
        for district in verdict::districts_within(&part.graph, &active, &mut stack) {
            let causes: NodeSet =
                district.iter().flat_map(|v| part.graph.parents(v).iter().copied()).collect();
            let district = part.up(&district);
            let causes = &part.up(&causes) - &district;
            let mut obstacles = Vec::new();
            for (at, &source) in sources.iter().enumerate() {
                match self.show(at, &district, &causes, kept, arena, source) {
                    Ok(piece) => {
                        pieces.push(piece);
                        obstacles.clear();
                        break;
                    }
                    Err(obstacle) => obstacles.push(obstacle),
                }
            }
            // Without any regime there is nothing to be shown in.
            if !obstacles.is_empty() || self.regimes.list.is_empty() {
                return Err((district, obstacles));
            }
        }
        Ok(assembled(arena, pieces, &part.up(&active), &self.query))
    }

    /// `P(district | do(causes))` in one regime, `causes` being the direct causes among what is looked at.
    fn show(
        &self,
        at: usize,
        district: &NodeSet,
        causes: &NodeSet,
        kept: &NodeSet,
        arena: &mut Arena,
        source: usize,
    ) -> Result<Piece, Obstacle> {
        let regime = &self.regimes.list[at];
        let set = district & &regime.do_;
        if !set.is_empty() {
            return Err(Obstacle::Set(set));
        }
        let differs = causes & &regime.selection;
        if !differs.is_empty() {
            return Err(Obstacle::Differs(differs));
        }
        let selectors = &regime.selection - &self.regimes.switches;
        if selectors.iter().any(|s| !self.target.children(s).is_empty()) {
            return Err(Obstacle::Selected(selectors));
        }
        let causes = causes - &self.regimes.switches;
        let known = &regime.do_ | &regime.observed;
        let unmeasured = &(district | &causes) - &known;
        if !unmeasured.is_empty() {
            return Err(Obstacle::Unmeasured(unmeasured));
        }
        let mut stack = Vec::new();
        let mut reached = NodeSet::new();
        let hidden = |node: usize| !kept.contains(node);
        closure::ancestors(&self.target, district, hidden, &mut reached, &mut stack);
        let disturbed = &(&reached - district) & &regime.do_;
        if !disturbed.is_empty() {
            return Err(Obstacle::Disturbed(disturbed));
        }

        let shown = &self.shown[at];
        let fixed = shown.down(&regime.do_);
        let gates = shown.down(&selectors);
        let local = shown.down(district);
        let held = shown.down(&causes);
        let (mut nodes, mut active) = (NodeSet::new(), NodeSet::new());
        let random = |node| !fixed.contains(node);
        closure::ancestors(&shown.graph, &(&local | &gates), random, &mut nodes, &mut stack);
        let free = |node| random(node) && !held.contains(node);
        closure::ancestors(&shown.graph, &local, free, &mut active, &mut stack);
        let law = Law {
            graph: &shown.graph,
            rank: &shown.rank,
            nodes: &nodes,
            fixed: &fixed,
            source,
            target: &shown.members,
        };
        // What has a value here: the district, its causes, and what the formula around this factor speaks of.
        let around = &(&self.active & kept) | &self.query.do_;
        let meant = |node: usize| {
            active.contains(node) || held.contains(node) || around.contains(shown.members[node])
        };
        let mut memory = Memory::default();
        let mut pieces = Vec::new();
        for part in verdict::districts_within(&shown.graph, &active, &mut stack) {
            let found = if gates.is_empty() {
                extract(&law, &part, arena, &mut memory)
                    .map_err(|f| Obstacle::Tied(shown.up(&f)))?
            } else {
                recover(&law, &part, &gates, arena)
                    .map_err(|_| Obstacle::Selected(selectors.clone()))?
            };
            pieces.extend(averaged(arena, &law, found, meant));
        }
        let mut mentions = NodeSet::new();
        for piece in &pieces {
            mentions.union_with(&piece.mentions);
        }
        let over = &active - &local;
        let body = arena.product(pieces.iter().map(|piece| piece.expr));
        let expr = arena.sum(over.iter().map(|node| law.symbol(node)), body);
        Ok(Piece { expr, mentions: shown.up(&(&mentions - &over)) })
    }
}
