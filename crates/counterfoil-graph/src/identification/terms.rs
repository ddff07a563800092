//! The rules of the do-calculus and of probability as steps between terms of a small graph, held in machine words.

use super::{part::Part, regime::Regimes};
use crate::{Admg, NodeSet, Query};

/// A set of at most 16 nodes.
pub(super) type Mask = u16;

/// `P(of | given, do(do_))`; the sets are disjoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Term {
    pub(super) of: Mask,
    pub(super) given: Mask,
    pub(super) do_: Mask,
}

/// How a term follows from one or two others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is a regime.
    Given(usize),
    /// By one of the three rules of the do-calculus: the same number.
    Equal(Term),
    /// One node summed out of its event.
    Summed(Term, usize),
    /// One node of its event moved into the condition.
    Conditioned(Term, usize),
    /// The chain rule: the first term, whose condition has one node more, times the second, whose event is that node.
    Product(Term, Term),
}

/// A graph of at most 16 nodes, selection nodes included, for steps between terms.
///
/// A selection node that switches mechanisms stands once for each population, since two populations need not switch to
/// the same mechanism. It is a constant: it opens no path unless it is itself asked about.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    parents: Vec<Mask>,
    children: Vec<Mask>,
    spouses: Vec<Mask>,
    /// Selection nodes that switch mechanisms.
    switches: Mask,
    /// All selection nodes: never set.
    selection: Mask,
    /// The regimes, in the order given.
    pub(super) given: Vec<Term>,
    /// The node of the graph for each node of this one.
    pub(super) node: Vec<usize>,
}

pub(super) fn members(mut mask: Mask) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let first = (mask != 0).then(|| mask.trailing_zeros() as usize)?;
        mask &= mask - 1;
        Some(first)
    })
}

impl Rules {
    /// `None` when there are more than `limit` nodes, even if what is neither asked for nor measured, set or a selection
    /// node is projected out.
    pub(super) fn new(
        graph: &Admg,
        query: &Query,
        regimes: &Regimes,
        limit: usize,
    ) -> Option<Self> {
        let mut kept = graph.nodes();
        if graph.len() > limit {
            kept = &(&query.y | &query.do_) | &query.given;
            for regime in &regimes.list {
                kept = &(&(&kept | &regime.do_) | &regime.observed) | &regime.selection;
            }
            if kept.len() > limit {
                return None;
            }
        }
        let part = Part::of(graph, &kept);
        let around = |node: usize, neighbours: fn(&Admg, usize) -> &[usize]| -> NodeSet {
            let local = part.members.binary_search(&node).unwrap_or(0);
            part.up(&NodeSet::from(neighbours(&part.graph, local)))
        };
        let parents_of = |node| around(node, |graph, node| graph.parents(node));
        let spouses_of = |node| around(node, |graph, node| graph.spouses(node));
        // Variables and selectors keep their order; a switch gets a place for each population that has it.
        let mut node: Vec<usize> = (&kept - &regimes.switches).iter().collect();
        let plain = node.len();
        let mut owner: Vec<Option<&str>> = vec![None; plain];
        for regime in &regimes.list {
            let population = regime.population.as_deref();
            for switch in &(&regime.selection & &regimes.switches) {
                let known =
                    (plain..node.len()).any(|i| node[i] == switch && owner[i] == population);
                if !known {
                    node.push(switch);
                    owner.push(population);
                }
            }
        }
        if node.len() > limit.min(16) {
            return None;
        }
        let place = |set: &NodeSet, population: Option<&str>| -> Mask {
            (0..node.len())
                .filter(|&i| set.contains(node[i]) && (i < plain || owner[i] == population))
                .fold(0, |mask, i| mask | 1 << i)
        };
        let parents: Vec<Mask> = (0..node.len())
            .map(|i| {
                let all = parents_of(node[i]);
                let switched = (plain..node.len()).filter(|&s| all.contains(node[s]));
                let plain_parents = place(&all, None) & ((1_u32 << plain) - 1) as Mask;
                switched.fold(plain_parents, |mask, s| mask | 1 << s)
            })
            .collect();
        let children = (0..node.len())
            .map(|i| {
                (0..node.len()).filter(|&c| parents[c] >> i & 1 == 1).fold(0, |m, c| m | 1 << c)
            })
            .collect();
        let spouses = node.iter().map(|&i| place(&spouses_of(i), None)).collect();
        let given = regimes
            .list
            .iter()
            .map(|regime| Term {
                of: place(&regime.observed, None),
                given: place(&regime.selection, regime.population.as_deref()),
                do_: place(&regime.do_, None),
            })
            .collect();
        let switches = (plain..node.len()).fold(0, |mask, i| mask | 1 << i);
        let selection = switches | place(&regimes.selectors, None);
        Some(Self { parents, children, spouses, switches, selection, given, node })
    }

    pub(super) fn target(&self, query: &Query) -> Term {
        let place = |set: &NodeSet| -> Mask {
            (0..self.node.len()).filter(|&i| set.contains(self.node[i])).fold(0, |m, i| m | 1 << i)
        };
        Term { of: place(&query.y), given: place(&query.given), do_: place(&query.do_) }
    }

    /// The nodes outside a term.
    fn outside(&self, term: Term) -> Mask {
        let all = ((1_u32 << self.node.len()) - 1) as Mask;
        all & !(term.of | term.given | term.do_)
    }

    /// Everything that follows from `term` alone, and with one of the `known` terms by the chain rule.
    pub(super) fn consequences(
        &self,
        term: Term,
        known: impl Fn(Term) -> bool,
        mut found: impl FnMut(Term, Step),
    ) {
        let Term { of, given, do_ } = term;
        for node in members(of).filter(|_| !of.is_power_of_two()) {
            let bit = 1 << node;
            found(Term { of: of & !bit, ..term }, Step::Summed(term, node));
            found(Term { of: of & !bit, given: given | bit, do_ }, Step::Conditioned(term, node));
        }
        for node in members(given) {
            let bit = 1 << node;
            let rest = given & !bit;
            // Rule 1 backwards, and rule 2.
            if self.separated(of, bit, do_ | rest, do_, 0) {
                found(Term { given: rest, ..term }, Step::Equal(term));
            }
            if self.selection & bit == 0 && self.separated(of, bit, do_ | rest, do_, bit) {
                found(Term { of, given: rest, do_: do_ | bit }, Step::Equal(term));
            }
            let second = Term { of: bit, given: rest, do_ };
            if known(second) {
                found(Term { of: of | bit, given: rest, do_ }, Step::Product(term, second));
            }
        }
        for node in members(do_) {
            let bit = 1 << node;
            let rest = do_ & !bit;
            if self.separated(of, bit, rest | given, rest, bit) {
                found(Term { of, given: given | bit, do_: rest }, Step::Equal(term));
            }
            if self.separated(of, bit, rest | given, rest | self.cut_by_rule_3(bit, rest, given), 0)
            {
                found(Term { do_: rest, ..term }, Step::Equal(term));
            }
        }
        let outside = self.outside(term);
        for node in members(outside) {
            let bit = 1 << node;
            if self.separated(of, bit, do_ | given, do_, 0) {
                found(Term { given: given | bit, ..term }, Step::Equal(term));
            }
            let cut = do_ | self.cut_by_rule_3(bit, do_, given);
            if self.selection & bit == 0 && self.separated(of, bit, do_ | given, cut, 0) {
                found(Term { do_: do_ | bit, ..term }, Step::Equal(term));
            }
        }
        if of.is_power_of_two() {
            // This term as the second of the chain rule: every event outside may be the first's.
            let mut event = outside;
            while event != 0 {
                let first = Term { of: event, given: given | of, do_ };
                if known(first) {
                    found(Term { of: event | of, given, do_ }, Step::Product(first, term));
                }
                event = (event - 1) & outside;
            }
        }
    }

    /// The edges into a node are cut in rule 3 unless it is an ancestor of the condition in the graph without the edges
    /// into what is set.
    fn cut_by_rule_3(&self, bit: Mask, fixed: Mask, given: Mask) -> Mask {
        if self.ancestors(given, fixed) & bit == 0 { bit } else { 0 }
    }

    fn ancestors(&self, of: Mask, cut_into: Mask) -> Mask {
        let mut all = of;
        let mut fresh = of;
        while fresh != 0 {
            let next = members(fresh & !cut_into).fold(0, |mask, node| mask | self.parents[node]);
            fresh = next & !all;
            all |= fresh;
        }
        all
    }

    /// m-separation of `y` and `z` given `known` without the edges into `cut_into` and out of `cut_out`: Bayes ball, a
    /// whole front at a time.
    fn separated(&self, y: Mask, z: Mask, known: Mask, cut_into: Mask, cut_out: Mask) -> bool {
        let silent = cut_out | (self.switches & !known & !z);
        let mut opening = known;
        let mut fresh = known;
        while fresh != 0 {
            let next = members(fresh & !cut_into).fold(0, |mask, node| mask | self.parents[node]);
            fresh = next & !silent & !opening;
            opening |= fresh;
        }
        let (mut by_head, mut by_tail) = (0, z);
        let (mut new_head, mut new_tail): (Mask, Mask) = (0, z);
        while new_head | new_tail != 0 {
            if (new_head | new_tail) & y != 0 {
                return false;
            }
            let up = (new_tail & !known) | (new_head & opening);
            let down = (new_tail | new_head) & !known & !silent;
            let mut tail = 0;
            let mut head = 0;
            for node in members(up & !cut_into) {
                tail |= self.parents[node] & !silent;
                head |= self.spouses[node] & !cut_into;
            }
            for node in members(down) {
                head |= self.children[node] & !cut_into;
            }
            new_head = head & !by_head;
            new_tail = tail & !by_tail;
            by_head |= new_head;
            by_tail |= new_tail;
        }
        true
    }
}
