//! Which symbols of an expression stand for values from outside, and what becomes of it when they get other names.

use super::{
    Symbol,
    arena::{Arena, Expr, Node},
};
use crate::NodeSet;
use std::collections::BTreeMap;

/// The free symbols of the expressions that a root is made of.
#[derive(Clone, Debug)]
pub(super) struct Free {
    /// All symbols that occur, ascending: the sets are sets of positions in this list.
    pub(super) symbols: Vec<Symbol>,
    /// By the number of the expression; empty for what the root is not made of.
    pub(super) sets: Vec<NodeSet>,
}

impl Free {
    pub(super) fn set(&self, expr: Expr) -> &NodeSet {
        &self.sets[expr.index()]
    }

    pub(super) fn list(&self, expr: Expr) -> Vec<Symbol> {
        self.set(expr).iter().map(|i| self.symbols[i]).collect()
    }

    /// The position of a symbol that occurs.
    pub(super) fn position(&self, symbol: Symbol) -> Option<usize> {
        self.symbols.binary_search(&symbol).ok()
    }
}

impl Arena {
    /// The symbols whose values `expr` depends on: those that no sum around them binds. Ascending.
    ///
    /// `O(s n / 64)` for an expression of `s` distinct parts with `n` symbols.
    pub fn free_symbols(&self, expr: Expr) -> Vec<Symbol> {
        self.free(expr).list(expr)
    }

    pub(super) fn free(&self, root: Expr) -> Free {
        let used = self.reachable([root]);
        let mut symbols = Vec::new();
        let parts = || (0..=root.index()).filter(|&i| used[i]).map(|i| Expr(i as u32));
        for expr in parts() {
            match self.node(expr) {
                Node::Probability(term) => {
                    symbols.extend(term.of.iter().chain(term.given).chain(term.do_).copied());
                }
                Node::Sum { over, .. } => symbols.extend(over.iter().copied()),
                _ => {}
            }
        }
        symbols.sort_unstable();
        symbols.dedup();
        let position = |s: &Symbol| symbols.binary_search(s).unwrap_or(symbols.len());
        let mut sets = vec![NodeSet::new(); self.len()];
        for expr in parts() {
            let mut set = NodeSet::new();
            match self.node(expr) {
                Node::Probability(term) => {
                    set.extend(term.of.iter().chain(term.given).chain(term.do_).map(position));
                }
                Node::Sum { over, body } => {
                    set.union_with(&sets[body.index()]);
                    for symbol in over {
                        set.remove(position(symbol));
                    }
                }
                _ => self.parts(expr).for_each(|part| set.union_with(&sets[part.index()])),
            }
            sets[expr.index()] = set;
        }
        Free { symbols, sets }
    }

    /// `expr` with its free symbols renamed, all at once; a bound symbol that would capture a new name gets more
    /// primes.
    ///
    /// `O(s)` expressions for each set of names that meet a part, which is one as long as sums do not bind the renamed
    /// symbols in some places and leave them free in others.
    pub fn rename(&mut self, expr: Expr, names: &[(Symbol, Symbol)]) -> Expr {
        let names: Renaming = names.iter().copied().filter(|(from, to)| from != to).collect();
        let free = self.free(expr);
        let mut done: BTreeMap<(Expr, Renaming), Expr> = BTreeMap::new();
        let mut stack = vec![(expr, restrict(&names, &free, expr))];
        let root = stack[0].clone();
        while let Some((part, names)) = stack.last().cloned() {
            if done.contains_key(&(part, names.clone())) {
                stack.pop();
                continue;
            }
            if names.is_empty() {
                done.insert((part, names), part);
                continue;
            }
            let (bound, inner) = self.under(part, &names, &free);
            let parts: Vec<_> = self.parts(part).map(|p| (p, restrict(&inner, &free, p))).collect();
            let missing: Vec<_> =
                parts.iter().filter(|key| !done.contains_key(*key)).cloned().collect();
            if !missing.is_empty() {
                stack.extend(missing);
                continue;
            }
            let parts: Vec<Expr> = parts.iter().filter_map(|key| done.get(key).copied()).collect();
            let renamed = self.rebuilt(part, &parts, &bound, &names);
            done.insert((part, names), renamed);
        }
        done.get(&root).copied().unwrap_or(expr)
    }

    /// The new names of the symbols that `expr` binds, and the renaming that holds under it.
    fn under(&self, expr: Expr, names: &Renaming, free: &Free) -> (Vec<Symbol>, Renaming) {
        let Node::Sum { over, body } = self.node(expr) else {
            return (Vec::new(), names.clone());
        };
        // `names` speaks of free symbols of the sum only, so none of them is bound here.
        let mut inner = names.clone();
        let mut bound = Vec::with_capacity(over.len());
        for &symbol in over {
            let taken = |candidate: Symbol| {
                names.values().any(|&to| to == candidate)
                    || bound.contains(&candidate)
                    || (candidate != symbol
                        && (over.contains(&candidate)
                            || free
                                .position(candidate)
                                .is_some_and(|i| free.set(body).contains(i))))
            };
            let mut fresh = symbol;
            while taken(fresh) {
                fresh = fresh.primed(fresh.primes() + 1);
            }
            if fresh != symbol {
                inner.insert(symbol, fresh);
            }
            bound.push(fresh);
        }
        (bound, inner)
    }

    /// The expression `like` with its parts replaced.
    pub(super) fn with_parts(&mut self, like: Expr, part: impl Fn(Expr) -> Expr) -> Expr {
        match self.node(like) {
            Node::One | Node::Zero | Node::Probability(_) => like,
            Node::Product(factors) => {
                let factors: Vec<Expr> = factors.iter().map(|&factor| part(factor)).collect();
                self.product(factors)
            }
            Node::Sum { over, body } => {
                let (over, body) = (over.to_vec(), part(body));
                self.sum(over, body)
            }
            Node::Ratio { numerator, denominator } => {
                let (numerator, denominator) = (part(numerator), part(denominator));
                self.ratio(numerator, denominator)
            }
        }
    }

    /// The expression `like` with other parts, other bound symbols and renamed free ones.
    fn rebuilt(&mut self, like: Expr, parts: &[Expr], bound: &[Symbol], names: &Renaming) -> Expr {
        match self.node(like) {
            Node::One | Node::Zero => like,
            Node::Product(_) => self.product(parts.iter().copied()),
            Node::Sum { .. } => self.sum(bound.iter().copied(), parts[0]),
            Node::Ratio { .. } => self.ratio(parts[0], parts[1]),
            Node::Probability(term) => {
                let new = |list: &[Symbol]| -> Vec<Symbol> {
                    list.iter().map(|s| names.get(s).copied().unwrap_or(*s)).collect()
                };
                let (of, given, do_, source) =
                    (new(term.of), new(term.given), new(term.do_), term.source);
                self.term(of, given, do_, source)
            }
        }
    }

    /// The expression `root` of another arena over the same variables; sources are matched by name.
    pub fn import(&mut self, other: &Self, root: Expr) -> Expr {
        let sources: Vec<usize> = other.sources().map(|name| self.source(name)).collect();
        let used = other.reachable([root]);
        let mut moved = vec![Expr::ONE; other.len()];
        for index in (0..=root.index()).filter(|&i| used[i]) {
            moved[index] = match other.node(Expr(index as u32)) {
                Node::One => Expr::ONE,
                Node::Zero => Expr::ZERO,
                Node::Probability(t) => self.term(
                    t.of.iter().copied(),
                    t.given.iter().copied(),
                    t.do_.iter().copied(),
                    sources[t.source],
                ),
                Node::Product(factors) => self.product(factors.iter().map(|f| moved[f.index()])),
                Node::Sum { over, body } => self.sum(over.iter().copied(), moved[body.index()]),
                Node::Ratio { numerator, denominator } => {
                    self.ratio(moved[numerator.index()], moved[denominator.index()])
                }
            };
        }
        moved[root.index()]
    }
}

type Renaming = BTreeMap<Symbol, Symbol>;

/// The part of a renaming that concerns what is free in `expr`.
fn restrict(names: &Renaming, free: &Free, expr: Expr) -> Renaming {
    let concerns = |s: &Symbol| free.position(*s).is_some_and(|i| free.set(expr).contains(i));
    names.iter().filter(|(from, _)| concerns(from)).map(|(a, b)| (*a, *b)).collect()
}
