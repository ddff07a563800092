//! An exhaustive search for derivations, for the questions that have no complete algorithm.

use super::{
    regime::{Regime, Regimes},
    terms::{Rules, Step, Term, members},
};
use crate::{
    Admg, NodeSet, Query,
    estimand::{Arena, Expr, Node, Symbol},
};
use indexmap::IndexMap;

/// The largest graph, selection nodes included, whose derivations are searched; what no regime and no query speaks of is
/// projected out of larger ones first.
const NODES: usize = 12;
/// The search ends when so many terms have been derived.
const TERMS: usize = 1 << 17;

/// The terms that can be derived from some regimes, among which the effect in question is not: no sequence of the three
/// rules of the do-calculus, sums, quotients and the chain rule leads to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exhausted {
    terms: Vec<Term>,
}

impl Exhausted {
    /// Number of terms.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// `true` when there are none, for want of regimes.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// `true` when the regimes are among the terms, the query is not, and no step leads out of them, which proves that
    /// there is no derivation. `O(t (n m + 2^n))` for t terms.
    pub fn verify(&self, graph: &Admg, query: &Query, regimes: &[Regime]) -> bool {
        let Ok(regimes) = Regimes::new(graph, query, regimes) else { return false };
        let Some(rules) = Rules::new(graph, query, &regimes, NODES) else { return false };
        let ascending = self.terms.windows(2).all(|pair| pair[0] < pair[1]);
        let known = |term: Term| self.terms.binary_search(&term).is_ok();
        let given = |term: &Term| term.of == 0 || known(*term);
        query.check(graph).is_ok()
            && ascending
            && rules.given.iter().all(given)
            && !known(rules.target(query))
            && self.terms.iter().all(|&term| {
                let mut closed = true;
                rules.consequences(term, known, |next, _| closed &= known(next));
                closed
            })
    }
}

/// How a search ended.
#[derive(Debug)]
pub(super) enum Outcome {
    Found(Search),
    Exhausted(Exhausted),
    OutOfBudget { terms: usize },
}

/// The rules for a graph and its regimes, and what is looked for.
#[derive(Debug)]
pub(super) struct System {
    rules: Rules,
    target: Term,
}

impl System {
    /// `None` when the graph is too large.
    pub(super) fn new(graph: &Admg, query: &Query, regimes: &Regimes) -> Option<Self> {
        let rules = Rules::new(graph, query, regimes, NODES)?;
        let target = rules.target(query);
        Some(Self { rules, target })
    }

    /// Derives terms breadth first until the target is among them, there are no more, or there are too many.
    pub(super) fn search(self) -> Outcome {
        let Self { rules, target } = self;
        let mut steps: IndexMap<Term, Step> = IndexMap::new();
        for (regime, &term) in rules.given.iter().enumerate().filter(|(_, term)| term.of != 0) {
            steps.entry(term).or_insert(Step::Given(regime));
        }
        let mut at = 0;
        let mut fresh: Vec<(Term, Step)> = Vec::new();
        while !steps.contains_key(&target) {
            let Some((&term, _)) = steps.get_index(at) else {
                let mut terms: Vec<Term> = steps.into_keys().collect();
                terms.sort_unstable();
                return Outcome::Exhausted(Exhausted { terms });
            };
            if steps.len() > TERMS {
                return Outcome::OutOfBudget { terms: steps.len() };
            }
            at += 1;
            rules.consequences(
                term,
                |t| steps.contains_key(&t),
                |next, step| {
                    if !steps.contains_key(&next) {
                        fresh.push((next, step));
                    }
                },
            );
            for (next, step) in fresh.drain(..) {
                steps.entry(next).or_insert(step);
            }
        }
        Outcome::Found(Search { rules, target, steps })
    }
}

/// A derivation of the target among all that was derived on the way.
#[derive(Debug)]
pub(super) struct Search {
    rules: Rules,
    target: Term,
    steps: IndexMap<Term, Step>,
}

impl Search {
    /// The derived formula; `sources` are the arena's numbers of the regimes.
    pub(super) fn formula(&self, arena: &mut Arena, regimes: &Regimes, sources: &[usize]) -> Expr {
        let symbol = |i: usize| Symbol::of(self.rules.node[i]);
        let mut exprs: Vec<Option<Expr>> = vec![None; self.steps.len()];
        let mut stack = vec![self.target];
        while let Some(&term) = stack.last() {
            let Some((at, _, &step)) = self.steps.get_full(&term) else { break };
            if exprs[at].is_some() {
                stack.pop();
                continue;
            }
            let of = |term: &Term, exprs: &[Option<Expr>]| {
                self.steps.get_index_of(term).and_then(|i| exprs[i])
            };
            let needed: Vec<Term> = match step {
                Step::Given(_) => Vec::new(),
                Step::Equal(t) | Step::Summed(t, _) | Step::Conditioned(t, _) => vec![t],
                Step::Product(a, b) => vec![a, b],
            };
            let missing: Vec<Term> =
                needed.iter().copied().filter(|t| of(t, &exprs).is_none()).collect();
            if !missing.is_empty() {
                stack.extend(missing);
                continue;
            }
            let parts: Vec<Expr> = needed.iter().filter_map(|t| of(t, &exprs)).collect();
            exprs[at] = Some(match step {
                Step::Given(regime) => {
                    let known = &regimes.list[regime];
                    let list = |set: &NodeSet| set.iter().map(Symbol::of).collect::<Vec<_>>();
                    arena.term(list(&known.observed), [], list(&known.do_), sources[regime])
                }
                Step::Equal(_) => parts[0],
                Step::Summed(_, node) => summed(arena, parts[0], &[symbol(node)]),
                Step::Conditioned(before, node) => {
                    let event: Vec<Symbol> =
                        members(before.of).filter(|&i| i != node).map(symbol).collect();
                    conditioned(arena, parts[0], &event, symbol(node))
                }
                Step::Product(..) => arena.product(parts),
            });
        }
        self.steps.get_index_of(&self.target).and_then(|i| exprs[i]).unwrap_or(Expr::ONE)
    }
}

/// The parts of a probability that a sum or a condition changes, when `expr` is one.
fn probability(arena: &Arena, expr: Expr) -> Option<[Vec<Symbol>; 3]> {
    match arena.node(expr) {
        Node::Probability(term) => Some([term.of.to_vec(), term.given.to_vec(), term.do_.to_vec()]),
        _ => None,
    }
}

fn source_of(arena: &Arena, expr: Expr) -> usize {
    match arena.node(expr) {
        Node::Probability(term) => term.source,
        _ => 0,
    }
}

/// `Σ_over expr`, within one probability where that is possible.
fn summed(arena: &mut Arena, expr: Expr, over: &[Symbol]) -> Expr {
    if let Some([of, given, do_]) = probability(arena, expr)
        && over.iter().all(|s| of.contains(s))
    {
        let source = source_of(arena, expr);
        return arena.term(of.into_iter().filter(|s| !over.contains(s)), given, do_, source);
    }
    arena.sum(over.iter().copied(), expr)
}

/// `expr / Σ_event expr`: the distribution of `event` given what else `expr` was the distribution of, which is `moved`.
fn conditioned(arena: &mut Arena, expr: Expr, event: &[Symbol], moved: Symbol) -> Expr {
    if let Some([of, mut given, do_]) = probability(arena, expr)
        && event.iter().all(|s| of.contains(s))
        && of.contains(&moved)
    {
        let source = source_of(arena, expr);
        given.extend(of.iter().filter(|s| !event.contains(s)));
        return arena.term(event.to_vec(), given, do_, source);
    }
    let below = summed(arena, expr, event);
    arena.ratio(expr, below)
}
