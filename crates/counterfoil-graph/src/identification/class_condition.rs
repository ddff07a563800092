//! Observations that act as interventions, and the other way round, in every graph of a class: rule 2 of the do-calculus
//! where marks are open.

use crate::{
    Mark, MixedGraph, NodeSet, Query,
    class::{closure, mark_at},
    mag::separated,
};
use std::collections::{BTreeSet, VecDeque};

/// A class drawn as one graph, as rule 2 needs it.
pub(super) struct Class<'g> {
    pub(super) graph: &'g MixedGraph,
    /// One of its members, which have all separations in common.
    pub(super) member: &'g MixedGraph,
    /// For each node its effects along edges that no hidden cause accompanies in any member.
    pub(super) unconfounded: &'g [NodeSet],
    /// Whether members may have hidden common causes. Without them `--` is a directed edge of unknown direction.
    pub(super) has_hidden: bool,
    /// The sets of nodes that open edges join.
    pub(super) buckets: &'g [NodeSet],
}

impl Class<'_> {
    /// The query with whole parts of buckets moved between intervention and condition wherever rule 2 allows it in all
    /// members and no bucket is left divided, after the algorithm CIDP of Jaber, Ribeiro, Zhang and Bareinboim (2022).
    /// `relevant` gives what a set of outcomes may depend on when a set is held fixed.
    pub(super) fn reduced(
        &self,
        query: &Query,
        relevant: impl Fn(&NodeSet, &NodeSet) -> NodeSet,
    ) -> Query {
        let mut reduced = query.clone();
        let needed = |q: &Query| relevant(&(&q.y | &q.given), &q.do_);
        // An intervention on a part of a bucket whose rest matters is observed instead.
        for bucket in self.buckets {
            let moved = bucket & &reduced.do_;
            if moved.is_empty() || !bucket.intersects(&needed(&reduced)) {
                continue;
            }
            let fixed = &reduced.do_ - &moved;
            if !self.possibly_open(&moved, &reduced.y, &fixed, &reduced.given) {
                reduced.do_ = fixed;
                reduced.given.union_with(&moved);
            }
        }
        let mut changed = true;
        while changed {
            changed = false;
            for bucket in self.buckets {
                let moved = bucket & &reduced.given;
                if moved.is_empty() {
                    continue;
                }
                let rest = &reduced.given - &moved;
                let after = Query { do_: &reduced.do_ | &moved, given: rest, y: reduced.y.clone() };
                if !bucket.intersects(&needed(&after))
                    && !self.possibly_open(&moved, &after.y, &reduced.do_, &after.given)
                {
                    reduced = after;
                    changed = true;
                }
            }
        }
        reduced
    }

    /// The marks at a and at b of the edge that members may have between them when nothing leads into `over` and out of
    /// `under`.
    fn edge(&self, a: usize, b: usize, over: &NodeSet, under: &NodeSet) -> Option<[Mark; 2]> {
        let mut at = [mark_at(self.graph, a, b)?, mark_at(self.graph, b, a)?];
        if at == [Mark::Tail; 2] {
            at = [Mark::Circle; 2];
        }
        let ends = [a, b];
        let silenced =
            |i: usize| under.contains(ends[i]) && self.unconfounded[ends[i]].contains(ends[1 - i]);
        let cut = |i: usize| over.contains(ends[i]) && at[i] == Mark::Arrow;
        if (0..2).any(|i| silenced(i) || cut(i)) || ends.iter().all(|&end| over.contains(end)) {
            return None;
        }
        if over.contains(a) {
            at = [Mark::Tail, Mark::Arrow];
        } else if over.contains(b) {
            at = [Mark::Arrow, Mark::Tail];
        }
        for i in 0..2 {
            // What is left at such a node leads into it.
            if under.contains(ends[i]) && at[i] != Mark::Arrow {
                at[i] = Mark::Arrow;
                if !self.has_hidden {
                    at[1 - i] = Mark::Tail;
                }
            }
        }
        Some(at)
    }

    /// Whether in some member an open path may join `from` with `to`, given `over` and `given`, in the graph where nothing
    /// leads into `over` and out of `from`. Errs towards yes: walks stand for paths, and a node whose status on a triple
    /// is open may be either. What is separated already stays so when edges go.
    fn possibly_open(&self, from: &NodeSet, to: &NodeSet, over: &NodeSet, given: &NodeSet) -> bool {
        let edge = |a: usize, b: usize| self.edge(a, b, over, from);
        let known = over | given;
        if separated(self.member, from, to, &known) {
            return false;
        }
        let opening = closure(&known, |node| {
            let near = self.graph.adjacent(node).iter().copied();
            near.filter(move |&p| {
                edge(p, node)
                    .is_some_and(|[at_p, at_node]| at_p != Mark::Arrow && at_node != Mark::Tail)
            })
        });
        let mut seen = BTreeSet::new();
        let mut queue = VecDeque::new();
        for node in from {
            for &next in self.graph.adjacent(node) {
                if !from.contains(next) && edge(node, next).is_some() && seen.insert((node, next)) {
                    queue.push_back((node, next));
                }
            }
        }
        while let Some((before, node)) = queue.pop_front() {
            if to.contains(node) {
                return true;
            }
            let Some([_, entered]) = edge(before, node) else { continue };
            for &next in self.graph.adjacent(node) {
                if next == before || from.contains(next) {
                    continue;
                }
                let Some([left, _]) = edge(node, next) else { continue };
                let collider = entered == Mark::Arrow && left == Mark::Arrow;
                let never = entered == Mark::Tail
                    || left == Mark::Tail
                    || (!collider && !self.graph.is_adjacent(before, next));
                let through =
                    (!never && opening.contains(node)) || (!collider && !known.contains(node));
                if through && seen.insert((node, next)) {
                    queue.push_back((node, next));
                }
            }
        }
        false
    }
}

/// The nodes from which open or directed edges lead to `set`, by `step`, without passing `fixed`.
pub(super) fn relevant<I: Iterator<Item = usize>>(
    set: &NodeSet,
    fixed: &NodeSet,
    step: impl Fn(usize) -> I,
) -> NodeSet {
    closure(set, |node| step(node).filter(|next| !fixed.contains(*next)))
}
