//! Products and quotients as lists of factors: what cancels, and what joins.

use super::{
    super::{
        arena::{Arena, Expr, Node, Term},
        symbol::Symbol,
    },
    Simplifier, is_plain,
};
use smallvec::SmallVec;
use std::collections::BTreeMap;

pub(super) type Symbols = SmallVec<[Symbol; 8]>;

/// What stands above and below the stroke.
#[derive(Debug, Default)]
pub(super) struct Fraction {
    pub(super) above: Vec<Expr>,
    pub(super) below: Vec<Expr>,
}

impl Fraction {
    /// The factors of an expression, with quotients among them taken apart.
    pub(super) fn of(arena: &Arena, expr: Expr) -> Self {
        let mut fraction = Self::default();
        let mut stack = vec![(expr, false)];
        while let Some((expr, inverted)) = stack.pop() {
            match arena.node(expr) {
                Node::One => {}
                Node::Product(factors) => {
                    stack.extend(factors.iter().map(|&factor| (factor, inverted)));
                }
                Node::Ratio { numerator, denominator } => {
                    stack.extend([(numerator, inverted), (denominator, !inverted)]);
                }
                _ if inverted => fraction.below.push(expr),
                _ => fraction.above.push(expr),
            }
        }
        fraction
    }

    pub(super) fn divide(&mut self, divisor: Self) {
        self.above.extend(divisor.below);
        self.below.extend(divisor.above);
    }
}

/// Two probabilities of one distribution.
fn comparable(a: &Term<'_>, b: &Term<'_>) -> bool {
    a.source == b.source && a.do_ == b.do_
}

fn minus(a: &[Symbol], b: &[Symbol]) -> Symbols {
    a.iter().filter(|s| b.binary_search(s).is_err()).copied().collect()
}

/// Both lists in one, by merging, since both ascend.
fn union(mut a: &[Symbol], mut b: &[Symbol]) -> Symbols {
    let mut all = Symbols::with_capacity(a.len() + b.len());
    while let ([first, rest @ ..], [other, others @ ..]) = (a, b) {
        all.push(*first.min(other));
        if first <= other {
            a = rest;
        }
        if other <= first {
            b = others;
        }
    }
    all.extend_from_slice(a);
    all.extend_from_slice(b);
    all
}

fn meet(a: &[Symbol], b: &[Symbol]) -> bool {
    a.iter().any(|s| b.binary_search(s).is_ok())
}

impl Simplifier<'_> {
    pub(super) fn build(&mut self, fraction: Fraction) -> Expr {
        let above = self.arena.product(fraction.above);
        let below = self.arena.product(fraction.below);
        self.arena.ratio(above, below)
    }

    /// What is left of a quotient when all has been cancelled and joined.
    pub(super) fn finish(&mut self, mut fraction: Fraction) -> Expr {
        self.cancel(&mut fraction);
        self.join_chains(&mut fraction.above);
        if !fraction.below.is_empty() {
            self.join_chains(&mut fraction.below);
            self.cancel(&mut fraction);
        }
        self.build(fraction)
    }

    /// A probability of the same distribution as the one that `like` is of, without idle conditions.
    fn like(&mut self, of: &[Symbol], given: &[Symbol], (do_, source): &(Symbols, usize)) -> Expr {
        let (of, given) = (of.iter().copied(), given.iter().copied());
        let term = self.arena.term(of, given, do_.iter().copied(), *source);
        self.prune(term)
    }

    /// Takes out equal factors, and divides probabilities by each other.
    pub(super) fn cancel(&mut self, fraction: &mut Fraction) {
        if fraction.below.is_empty() {
            return;
        }
        let Fraction { above, below } = fraction;
        below.retain(|factor| {
            let same = above.iter().position(|other| other == factor);
            same.map(|at| above.swap_remove(at)).is_none() || *factor == Expr::ZERO
        });
        let mut at = 0;
        while at < below.len() && !self.is_spent() {
            let divided = (0..above.len())
                .find_map(|i| self.quotient(above[i], below[at]).map(|quotient| (i, quotient)));
            if let Some((i, quotient)) = divided {
                above[i] = quotient;
                below.swap_remove(at);
                above.retain(|&factor| factor != Expr::ONE);
                // What was made may be divided further.
                at = 0;
            } else {
                at += 1;
            }
        }
    }

    /// `P(a, c | g) / P(c | g) = P(a | c, g)` and `P(a, c | g) / P(c | a, g) = P(a | g)`; the divisor may lack
    /// conditions that are idle.
    fn quotient(&mut self, above: Expr, below: Expr) -> Option<Expr> {
        let (Node::Probability(n), Node::Probability(d)) =
            (self.arena.node(above), self.arena.node(below))
        else {
            return None;
        };
        let inside = d.of.len() < n.of.len() && d.of.iter().all(|s| n.of.binary_search(s).is_ok());
        if !inside || !comparable(&n, &d) {
            return None;
        }
        let kind = (Symbols::from_slice(n.do_), n.source);
        let (of, given) = (Symbols::from_slice(d.of), Symbols::from_slice(n.given));
        let rest = minus(n.of, d.of);
        if self.like(&of, &given, &kind) == below {
            let given = union(&given, &of);
            return Some(self.like(&rest, &given, &kind));
        }
        let all = union(&given, &rest);
        (self.like(&of, &all, &kind) == below).then(|| self.like(&rest, &given, &kind))
    }

    /// Joins `P(a | c, d) P(c | d)` to `P(a, c | d)` wherever two factors fit exactly.
    pub(super) fn join_chains(&mut self, factors: &mut Vec<Expr>) {
        if factors.len() < 2 {
            return;
        }
        factors.sort_by(|&a, &b| self.arena.compare(a, b));
        // Each probability under all that it speaks of: P(a | b) fits what speaks of exactly b.
        let mut speaks: BTreeMap<Expr, Vec<usize>> = BTreeMap::new();
        let mut keys = Vec::with_capacity(factors.len());
        for (i, &factor) in factors.iter().enumerate() {
            let key = self.scope_of(factor);
            keys.push(key);
            if let Some((all, _)) = key {
                speaks.entry(all).or_default().push(i);
            }
        }
        let mut alive = vec![true; factors.len()];
        for i in 0..factors.len() {
            while alive[i] && !self.is_spent() {
                let Some((all, Some(condition))) = keys[i] else { break };
                let Some(fit) = speaks
                    .get(&condition)
                    .and_then(|list| list.iter().copied().find(|&j| alive[j] && j != i))
                else {
                    break;
                };
                let Some(joined) = self.merged(factors[i], factors[fit]) else { break };
                alive[fit] = false;
                factors[i] = joined;
                keys[i] = self.scope_of(joined);
                // It speaks of what it spoke of, unless an idle condition was dropped.
                if let Some((now, _)) = keys[i].filter(|key| key.0 != all) {
                    speaks.entry(now).or_default().push(i);
                }
            }
        }
        let mut alive = alive.into_iter();
        factors.retain(|_| alive.next() == Some(true));
    }

    /// For a probability: an expression that stands for all symbols it speaks of, and one for its condition.
    fn scope_of(&mut self, factor: Expr) -> Option<(Expr, Option<Expr>)> {
        let Node::Probability(term) = self.arena.node(factor) else { return None };
        let (of, given) = (Symbols::from_slice(term.of), Symbols::from_slice(term.given));
        let (do_, source) = (Symbols::from_slice(term.do_), term.source);
        let all = of.iter().chain(&given).copied();
        let all = self.arena.term(all, [], do_.iter().copied(), source);
        let condition =
            (!given.is_empty()).then(|| self.arena.term(given, [], do_.iter().copied(), source));
        Some((all, condition))
    }

    /// The one probability `P(a, c | e)` that `P(a | b) P(c | d)` is, if it is one by the chain rule and the
    /// independences that are known.
    pub(super) fn merged(&mut self, first: Expr, second: Expr) -> Option<Expr> {
        let (Node::Probability(a), Node::Probability(c)) =
            (self.arena.node(first), self.arena.node(second))
        else {
            return None;
        };
        let possible =
            comparable(&a, &c) && meet(c.of, a.given) && !meet(a.of, c.given) && !meet(a.of, c.of);
        if !possible {
            return None;
        }
        let of = union(a.of, c.of);
        let given = minus(&union(a.given, c.given), &of);
        if !is_plain(&[&of, &given, a.do_]) {
            return None;
        }
        let kind = (Symbols::from_slice(a.do_), a.source);
        let (of_a, of_c) = (Symbols::from_slice(a.of), Symbols::from_slice(c.of));
        let condition = union(&given, &of_c);
        let fits = self.like(&of_a, &condition, &kind) == first
            && self.like(&of_c, &given, &kind) == second;
        fits.then(|| self.like(&of, &given, &kind))
    }
}
