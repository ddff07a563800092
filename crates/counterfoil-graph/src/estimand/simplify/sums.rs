//! Sums: what leaves them, what falls apart, and what they sum to 1.

use super::{
    super::{
        arena::{Expr, Node},
        symbol::Symbol,
    },
    Queue, Simplifier,
    factors::Fraction,
};
use crate::NodeSet;

/// More factors than this are not joined to be summed out together.
const JOINED: usize = 8;
/// A probability that replaces narrower ones speaks of no more symbols than this: tables that could be estimated stay
/// tables that can be.
const WIDTH: usize = 6;

impl Simplifier<'_> {
    pub(super) fn sum(&mut self, over: Vec<Symbol>, body: Expr) -> Expr {
        let (over, body) = self.plain_names(over, body);
        let mut inside = Fraction::of(&self.arena, body);
        self.cancel(&mut inside);
        let mut left = self.positions(&over);
        let mut outside = self.pull_out(&mut inside, &left);

        let mut queue = Queue::default();
        for position in &left {
            queue.push(position);
        }
        while let Some(position) = queue.pop() {
            if self.is_spent() {
                break;
            }
            if let Some(changed) = self.sum_out(&mut inside, position) {
                left.remove(position);
                let free = self.free(changed).clone();
                (&free & &left).iter().for_each(|other| queue.push(other));
            }
        }
        let pulled = self.pull_out(&mut inside, &left);
        outside.above.extend(pulled.above);
        outside.below.extend(pulled.below);

        for (part, over) in self.apart(inside, &left) {
            let symbols: Vec<Symbol> = over.iter().map(|i| self.universe.at(i)).collect();
            let body = self.finish(part);
            outside.above.push(self.arena.sum(symbols, body));
        }
        self.build(outside)
    }

    /// The same sum with as few primes on what it binds as can be, so that sums that differ in names only are one.
    fn plain_names(&mut self, over: Vec<Symbol>, body: Expr) -> (Vec<Symbol>, Expr) {
        if over.iter().all(|symbol| symbol.primes() == 0) {
            return (over, body);
        }
        let free = self.free(body).clone();
        let bound = self.positions(&over);
        let mut taken = &free - &bound;
        let mut names = Vec::new();
        for &symbol in &over {
            let fits = |primes: &u32| {
                let position = self.universe.position(symbol.primed(*primes));
                position.is_some_and(|position| !taken.contains(position))
            };
            let primes = (0..symbol.primes()).find(fits).unwrap_or(symbol.primes());
            let new = symbol.primed(primes);
            taken.extend(self.universe.position(new));
            names.push((symbol, new));
        }
        if names.iter().all(|(old, new)| old == new) {
            return (over, body);
        }
        let body = self.arena.rename(body, &names);
        (names.into_iter().map(|(_, new)| new).collect(), body)
    }

    /// Takes out the factors in which none of the summed symbols occur.
    fn pull_out(&mut self, fraction: &mut Fraction, left: &NodeSet) -> Fraction {
        let mut split = |factors: &mut Vec<Expr>| -> Vec<Expr> {
            let (stay, go) =
                std::mem::take(factors).into_iter().partition(|&f| self.free(f).intersects(left));
            *factors = stay;
            go
        };
        Fraction { above: split(&mut fraction.above), below: split(&mut fraction.below) }
    }

    /// Sums a symbol out of the probabilities that it occurs in, joined to one, when it is of that one's event; returns
    /// what they became.
    fn sum_out(&mut self, fraction: &mut Fraction, position: usize) -> Option<Expr> {
        if fraction.below.iter().any(|&f| self.free(f).contains(position)) {
            return None;
        }
        let symbol = self.universe.at(position);
        let mut own = None;
        let mut others = Vec::new();
        let mut widest = WIDTH;
        for (i, &factor) in fraction.above.iter().enumerate() {
            if !self.free(factor).contains(position) {
                continue;
            }
            let Node::Probability(term) = self.arena.node(factor) else { return None };
            widest = widest.max(term.of.len() + term.given.len());
            if term.of.binary_search(&symbol).is_ok() {
                if own.replace(i).is_some() {
                    return None;
                }
            } else if term.given.binary_search(&symbol).is_ok() {
                others.push(i);
            } else {
                // An intervention's value.
                return None;
            }
        }
        let own = own?;
        if others.len() >= JOINED {
            return None;
        }
        let mut joined = fraction.above[own];
        let mut waiting = others.clone();
        while !waiting.is_empty() {
            let (at, next) = (0..waiting.len()).find_map(|at| {
                self.merged(fraction.above[waiting[at]], joined).map(|next| (at, next))
            })?;
            waiting.remove(at);
            joined = next;
        }
        let Node::Probability(term) = self.arena.node(joined) else { return None };
        if !others.is_empty() && term.of.len() + term.given.len() > widest + 1 {
            return None;
        }
        // An idle condition may have hidden that the symbol was of the event, but never moves it.
        term.of.binary_search(&symbol).ok()?;
        let of: Vec<Symbol> = term.of.iter().copied().filter(|s| *s != symbol).collect();
        let (given, do_, source) = (term.given.to_vec(), term.do_.to_vec(), term.source);
        let summed = self.arena.term(of, given, do_, source);
        let summed = self.prune(summed);
        let mut index = 0;
        fraction.above.retain(|_| {
            index += 1;
            index - 1 != own && !others.contains(&(index - 1))
        });
        if summed != Expr::ONE {
            fraction.above.push(summed);
        }
        Some(summed)
    }

    /// The parts of a sum that have no summed symbols in common, each with its own symbols; symbols that occur nowhere
    /// count their values in a part of their own.
    fn apart(&mut self, fraction: Fraction, left: &NodeSet) -> Vec<(Fraction, NodeSet)> {
        let mut parts: Vec<(Fraction, NodeSet)> = Vec::new();
        let above = fraction.above.into_iter().map(|factor| (factor, true));
        let below = fraction.below.into_iter().map(|factor| (factor, false));
        for (factor, is_above) in above.chain(below) {
            let mut over = self.free(factor) & left;
            let mut joined = Fraction::default();
            let mut apart = Vec::new();
            for (part, symbols) in parts {
                if symbols.intersects(&over) {
                    over.union_with(&symbols);
                    joined.above.extend(part.above);
                    joined.below.extend(part.below);
                } else {
                    apart.push((part, symbols));
                }
            }
            if is_above {
                joined.above.push(factor);
            } else {
                joined.below.push(factor);
            }
            apart.push((joined, over));
            parts = apart;
        }
        let mut unused = left.clone();
        for (_, over) in &parts {
            unused.difference_with(over);
        }
        if !unused.is_empty() {
            parts.push((Fraction::default(), unused));
        }
        parts
    }
}
