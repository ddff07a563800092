//! Expressions of probabilities, each distinct one stored once, so that what is equal is the same number.

use super::{Symbol, intern::Interned};
use crate::NodeSet;
use std::cmp::Ordering;

/// An expression in an [`Arena`]. Two expressions of one arena are equal exactly when they are built alike.
///
/// The order is that of making: parts come before what they are parts of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Expr(pub(super) u32);

impl Expr {
    /// The number 1.
    pub const ONE: Self = Self(0);
    /// The number 0.
    pub const ZERO: Self = Self(1);

    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A probability `P(of | given, do(do_))` in one of the distributions that are given. Each list ascends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term<'a> {
    /// The event: each variable takes the value of its symbol.
    pub of: &'a [Symbol],
    /// What is observed.
    pub given: &'a [Symbol],
    /// What is held fixed by intervention.
    pub do_: &'a [Symbol],
    /// Which distribution this is a probability of: an index into the arena's sources.
    pub source: usize,
}

/// What an expression is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Node<'a> {
    /// The number 1.
    One,
    /// The number 0.
    Zero,
    /// A probability.
    Probability(Term<'a>),
    /// A product of at least two factors, in canonical order; none is a product, 0 or 1.
    Product(&'a [Expr]),
    /// A sum over all values of the symbols of `over`, which it binds: inside `body` they mean the sum's values, even
    /// where the same symbols have a meaning outside.
    Sum {
        /// The bound symbols, ascending.
        over: &'a [Symbol],
        /// What is summed.
        body: Expr,
    },
    /// A quotient.
    Ratio {
        /// What is divided.
        numerator: Expr,
        /// What it is divided by.
        denominator: Expr,
    },
}

/// A node as it is stored: ranges into the arena's two pools.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stored {
    One,
    Zero,
    Term { start: u32, given: u32, do_: u32, end: u32, source: u32 },
    Product { start: u32, end: u32 },
    Sum { start: u32, end: u32, body: Expr },
    Ratio { numerator: Expr, denominator: Expr },
}

/// A store of expressions that keeps each distinct one once ("hash-consing"): common parts are shared, so the size of
/// an estimand is that of its distinct parts, and equality is that of two numbers.
///
/// The constructors simplify only what is seen at once: ones and zeros in products, nested products and sums, `x / x`.
/// Expressions live in a few flat vectors; making one allocates nothing but their growth. Factors are ordered by what
/// they are and not by when they were made, so that equal formulas read alike.
///
/// Symbols obey scopes as in a programming language: a [sum](Arena::sum) binds its symbols within its body, and a
/// symbol of the same name outside is another value. `Σ_x P(x) P(y | x, z)` has the free symbols y and z.
#[derive(Clone, Debug)]
pub struct Arena {
    pub(super) nodes: Vec<Stored>,
    pub(super) symbols: Vec<Symbol>,
    pub(super) factors: Vec<Expr>,
    pub(super) interned: Interned,
    sources: Vec<String>,
}

impl Default for Arena {
    fn default() -> Self {
        Self {
            nodes: vec![Stored::One, Stored::Zero],
            symbols: Vec::new(),
            factors: Vec::new(),
            interned: Interned::default(),
            sources: vec![String::new()],
        }
    }
}

impl Arena {
    /// An arena that holds 0 and 1, and knows one source: the distribution of the target itself, number 0.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of distinct expressions.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// `true` for an expression that can be of this arena: it has so many.
    pub(crate) fn holds(&self, expr: Expr) -> bool {
        expr.index() < self.len()
    }

    /// `false`: 0 and 1 are always there.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Adds a distribution (an experiment, another population) and returns its number, or the number it has.
    pub fn source(&mut self, name: &str) -> usize {
        if let Some(known) = self.sources.iter().position(|source| source == name) {
            return known;
        }
        self.sources.push(name.to_owned());
        self.sources.len() - 1
    }

    /// The names of the distributions; that of the target itself, number 0, is empty.
    pub fn sources(&self) -> impl ExactSizeIterator<Item = &str> {
        self.sources.iter().map(String::as_str)
    }

    /// `P(of | given)` in the target's own distribution.
    pub fn p(
        &mut self,
        of: impl IntoIterator<Item = Symbol>,
        given: impl IntoIterator<Item = Symbol>,
    ) -> Expr {
        self.term(of, given, [], 0)
    }

    /// `P(of | given)` in the target's own distribution, for the values without primes.
    pub fn p_of(&mut self, of: &NodeSet, given: &NodeSet) -> Expr {
        if of.intersects(given) {
            return self.p(of.iter().map(Symbol::of), given.iter().map(Symbol::of));
        }
        self.term_of_sets([of, given, &NodeSet::new()], Symbol::of, 0)
    }

    /// [`Arena::term`] for three sets, of, given and do, that share nothing, with symbols that ascend as their nodes do:
    /// there is nothing to sort or to leave out, which is most of the time that a long condition takes.
    pub(crate) fn term_of_sets(
        &mut self,
        [of, given, do_]: [&NodeSet; 3],
        symbol: impl Fn(usize) -> Symbol,
        source: usize,
    ) -> Expr {
        debug_assert!(!of.intersects(given) && !of.intersects(do_) && !given.intersects(do_));
        if of.is_empty() {
            return Expr::ONE;
        }
        let start = self.symbols.len() as u32;
        let [given, do_, end] = [of, given, do_].map(|set| {
            let start = self.symbols.len();
            self.symbols.resize(start + set.len(), Symbol::of(0));
            // Pushing would read and write the length for each.
            let room = &mut self.symbols[start..];
            set.iter().fold(0, |at, node| {
                room[at] = symbol(node);
                at + 1
            });
            self.symbols.len() as u32
        });
        self.intern(Stored::Term { start, given, do_, end, source: source as u32 })
    }

    /// `P(of | given, do(do_))` in the distribution number `source`.
    ///
    /// No variable may stand in a term with two different symbols: the event would be possible for equal values only.
    /// What is given or held fixed is certain: a symbol that also stands in `given` or `do_` leaves `of`, one that also
    /// stands in `do_` leaves `given`, and the probability of nothing is 1.
    pub fn term(
        &mut self,
        of: impl IntoIterator<Item = Symbol>,
        given: impl IntoIterator<Item = Symbol>,
        do_: impl IntoIterator<Item = Symbol>,
        source: usize,
    ) -> Expr {
        let start = self.symbols.len();
        // The three lists one after another, each sorted; then what is certain is taken out of the first two.
        self.symbols.extend(of);
        let given_at = self.sort_symbols(start);
        self.symbols.extend(given);
        let do_at = self.sort_symbols(given_at);
        self.symbols.extend(do_);
        let end = self.sort_symbols(do_at);
        let (given_at, do_at, end) = self.drop_certain(start, given_at, do_at, end);
        if start == given_at {
            self.symbols.truncate(start);
            return Expr::ONE;
        }
        let stored = Stored::Term {
            start: start as u32,
            given: given_at as u32,
            do_: do_at as u32,
            end: end as u32,
            source: source as u32,
        };
        self.intern(stored)
    }

    /// Sorts the symbols from `start` on, without repetitions, and returns where they end.
    fn sort_symbols(&mut self, start: usize) -> usize {
        let ascending = self.symbols[start..].windows(2).all(|pair| pair[0] < pair[1]);
        if !ascending {
            self.symbols[start..].sort_unstable();
            let mut kept = start;
            for i in start..self.symbols.len() {
                if kept == start || self.symbols[kept - 1] != self.symbols[i] {
                    self.symbols[kept] = self.symbols[i];
                    kept += 1;
                }
            }
            self.symbols.truncate(kept);
        }
        self.symbols.len()
    }

    fn drop_certain(
        &mut self,
        start: usize,
        given: usize,
        do_: usize,
        end: usize,
    ) -> (usize, usize, usize) {
        let symbols = &mut self.symbols;
        let is_certain = |symbols: &[Symbol], from: usize, symbol: &Symbol| {
            from < end && symbols[from..end].binary_search(symbol).is_ok()
        };
        // The two lists behind `of` are sorted each for itself.
        let of_certain = |symbols: &[Symbol], s: &Symbol| {
            is_certain(symbols, do_, s) || symbols[given..do_].binary_search(s).is_ok()
        };
        let any = symbols[start..given].iter().any(|s| of_certain(symbols, s))
            || (do_ < end && symbols[given..do_].iter().any(|s| is_certain(symbols, do_, s)));
        if !any {
            return (given, do_, end);
        }
        let of: Vec<_> =
            symbols[start..given].iter().copied().filter(|s| !of_certain(symbols, s)).collect();
        let givens: Vec<_> =
            symbols[given..do_].iter().copied().filter(|s| !is_certain(symbols, do_, s)).collect();
        let dos = symbols[do_..end].to_vec();
        symbols.truncate(start);
        symbols.extend(of);
        let given = symbols.len();
        symbols.extend(givens);
        let do_ = symbols.len();
        symbols.extend(dos);
        (given, do_, symbols.len())
    }

    /// How many factors and summed symbols an expression hands on to one that it becomes a part of: at least 1.
    pub(super) fn breadth(&self, expr: Expr) -> usize {
        let product = |expr: Expr| match self.nodes[expr.index()] {
            Stored::Product { start, end } => (end - start) as usize,
            _ => 1,
        };
        match self.nodes[expr.index()] {
            Stored::Sum { start, end, .. } => (end - start) as usize,
            Stored::Ratio { numerator, denominator } => product(numerator) + product(denominator),
            _ => product(expr),
        }
    }

    /// The product of `factors`: nested products are taken apart, ones are left out, a zero makes it zero, and what is
    /// left stands in canonical order.
    pub fn product(&mut self, factors: impl IntoIterator<Item = Expr>) -> Expr {
        let start = self.factors.len();
        for factor in factors {
            match self.nodes[factor.index()] {
                Stored::One => {}
                Stored::Zero => {
                    self.factors.truncate(start);
                    return Expr::ZERO;
                }
                Stored::Product { start, end } => {
                    self.factors.extend_from_within(start as usize..end as usize);
                }
                _ => self.factors.push(factor),
            }
        }
        match self.factors[start..] {
            [] => Expr::ONE,
            [single] => {
                self.factors.truncate(start);
                single
            }
            _ => {
                let mut factors = self.factors.split_off(start);
                factors.sort_by(|&a, &b| self.compare(a, b));
                self.factors.append(&mut factors);
                let end = self.factors.len() as u32;
                self.intern(Stored::Product { start: start as u32, end })
            }
        }
    }

    /// The sum of `body` over all values of the symbols of `over`. The empty sum of nothing to sum over is `body`; a
    /// sum of a sum is one sum, unless the inner one binds a symbol again.
    ///
    /// A symbol that `body` does not depend on is a factor: the number of its values.
    pub fn sum(&mut self, over: impl IntoIterator<Item = Symbol>, body: Expr) -> Expr {
        let start = self.symbols.len();
        self.symbols.extend(over);
        let end = self.sort_symbols(start);
        if start == end {
            return body;
        }
        match self.nodes[body.index()] {
            Stored::Zero => {
                self.symbols.truncate(start);
                Expr::ZERO
            }
            Stored::Sum { start: s, end: e, body: inner } => {
                let (s, e) = (s as usize, e as usize);
                let bound_again =
                    self.symbols[s..e].iter().any(|b| self.symbols[start..].contains(b));
                if bound_again {
                    return self.intern(Stored::Sum { start: start as u32, end: end as u32, body });
                }
                self.symbols.extend_from_within(s..e);
                let end = self.sort_symbols(start) as u32;
                self.intern(Stored::Sum { start: start as u32, end, body: inner })
            }
            _ => self.intern(Stored::Sum { start: start as u32, end: end as u32, body }),
        }
    }

    /// The quotient of two expressions: `x / 1` is x, `0 / x` is 0 and `x / x` is 1; of nested quotients one is made.
    pub fn ratio(&mut self, numerator: Expr, denominator: Expr) -> Expr {
        match (self.nodes[numerator.index()], self.nodes[denominator.index()]) {
            (_, Stored::One) => numerator,
            (Stored::Zero, node) if !matches!(node, Stored::Zero) => Expr::ZERO,
            (_, node) if numerator == denominator && !matches!(node, Stored::Zero) => Expr::ONE,
            (Stored::Ratio { numerator: top, denominator: below }, _) => {
                let below = self.product([below, denominator]);
                self.ratio(top, below)
            }
            (_, Stored::Ratio { numerator: top, denominator: below }) => {
                let above = self.product([numerator, below]);
                self.ratio(above, top)
            }
            _ => self.intern(Stored::Ratio { numerator, denominator }),
        }
    }

    /// What `expr` is made of.
    ///
    /// # Panics
    /// When `expr` is of another, larger arena.
    pub fn node(&self, expr: Expr) -> Node<'_> {
        let symbols = |from: u32, to: u32| &self.symbols[from as usize..to as usize];
        match self.nodes[expr.index()] {
            Stored::One => Node::One,
            Stored::Zero => Node::Zero,
            Stored::Term { start, given, do_, end, source } => Node::Probability(Term {
                of: symbols(start, given),
                given: symbols(given, do_),
                do_: symbols(do_, end),
                source: source as usize,
            }),
            Stored::Product { start, end } => {
                Node::Product(&self.factors[start as usize..end as usize])
            }
            Stored::Sum { start, end, body } => Node::Sum { over: symbols(start, end), body },
            Stored::Ratio { numerator, denominator } => Node::Ratio { numerator, denominator },
        }
    }

    /// The canonical order of expressions: by kind (0, 1, probabilities, quotients, sums, products), then by content. It
    /// does not depend on the arena.
    ///
    /// Takes a single way down through the two expressions: equal parts are equal numbers, and the first unequal pair
    /// decides.
    pub(super) fn compare(&self, a: Expr, b: Expr) -> Ordering {
        let (mut a, mut b) = (a, b);
        loop {
            if a == b {
                return Ordering::Equal;
            }
            if let (Stored::Term { start: s, .. }, Stored::Term { start: t, .. }) =
                (self.nodes[a.index()], self.nodes[b.index()])
            {
                // An event is not empty and comes first in the order, and most differ at once.
                let first = self.symbols[s as usize].cmp(&self.symbols[t as usize]);
                if first.is_ne() {
                    return first;
                }
            }
            let (x, y) = (self.node(a), self.node(b));
            match (x, y) {
                (Node::Probability(x), Node::Probability(y)) => return x.cmp(&y),
                (Node::Product(x), Node::Product(y)) => {
                    let Some((&x, &y)) = x.iter().zip(y).find(|(x, y)| x != y) else {
                        return x.len().cmp(&y.len());
                    };
                    (a, b) = (x, y);
                }
                (Node::Sum { over: u, body: x }, Node::Sum { over: v, body: y }) => {
                    if u != v {
                        return u.cmp(v);
                    }
                    (a, b) = (x, y);
                }
                (
                    Node::Ratio { numerator: p, denominator: q },
                    Node::Ratio { numerator: r, denominator: s },
                ) => (a, b) = if p == r { (q, s) } else { (p, r) },
                _ => return rank(&x).cmp(&rank(&y)),
            }
        }
    }

    /// `true` for every expression that `roots` are made of, themselves included, by number.
    pub(super) fn reachable(&self, roots: impl IntoIterator<Item = Expr>) -> Vec<bool> {
        let mut used = vec![false; self.len()];
        for root in roots {
            used[root.index()] = true;
        }
        // Parts come before what they are parts of.
        for index in (0..self.len()).rev() {
            if used[index] {
                for part in self.parts(Expr(index as u32)) {
                    used[part.index()] = true;
                }
            }
        }
        used
    }

    /// The expressions that `expr` is directly made of.
    pub(super) fn parts(&self, expr: Expr) -> impl Iterator<Item = Expr> {
        let (list, pair): (&[Expr], [Option<Expr>; 2]) = match self.node(expr) {
            Node::One | Node::Zero | Node::Probability(_) => (&[], [None, None]),
            Node::Product(factors) => (factors, [None, None]),
            Node::Sum { body, .. } => (&[], [Some(body), None]),
            Node::Ratio { numerator, denominator } => (&[], [Some(numerator), Some(denominator)]),
        };
        list.iter().copied().chain(pair.into_iter().flatten())
    }
}

fn rank(node: &Node<'_>) -> u8 {
    match node {
        Node::Zero => 0,
        Node::One => 1,
        Node::Probability(_) => 2,
        Node::Ratio { .. } => 3,
        Node::Sum { .. } => 4,
        Node::Product(_) => 5,
    }
}
