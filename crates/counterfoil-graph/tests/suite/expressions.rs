//! Random expressions and joint distributions in exact fractions, and the plain definition of what an expression's
//! value is, to hold the library's evaluation and simplification against.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use counterfoil_graph::{
    Admg,
    estimand::{Arena, Distribution, Expr, JointTable, Marginal, Node, Number, Symbol},
};
use num_rational::BigRational;
use proptest::prelude::*;
use std::{cell::Cell, collections::BTreeMap};

/// An exact fraction.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fraction(BigRational);

impl Fraction {
    pub(crate) fn new(above: usize, below: usize) -> Self {
        Self::whole(above).over(&Self::whole(below))
    }

    /// 1 less this.
    pub(crate) fn complement(&self) -> Self {
        Self(BigRational::from_integer(1.into()) - &self.0)
    }
}

impl Number for Fraction {
    fn whole(n: usize) -> Self {
        Self(BigRational::from_integer(n.into()))
    }

    fn plus(&self, other: &Self) -> Self {
        Self(&self.0 + &other.0)
    }

    fn times(&self, other: &Self) -> Self {
        Self(&self.0 * &other.0)
    }

    fn over(&self, divisor: &Self) -> Self {
        Self(&self.0 / &divisor.0)
    }

    fn to_f64(&self) -> f64 {
        let (above, below) = (self.0.numer().to_string(), self.0.denom().to_string());
        above.parse::<f64>().unwrap() / below.parse::<f64>().unwrap()
    }
}

/// The number of values of each variable: not all alike, so that a mixed-up axis is noticed.
pub(crate) fn cardinality(variable: usize) -> usize {
    2 + variable % 2
}

/// The joint distribution of `n` variables with these weights.
pub(crate) fn joint(n: usize, weights: &[usize]) -> JointTable<Fraction> {
    let variables: Vec<_> = (0..n).map(|v| (v, cardinality(v))).collect();
    let cells = variables.iter().map(|(_, size)| size).product();
    let total = weights[..cells].iter().sum();
    let values = weights[..cells].iter().map(|&w| Fraction::new(w, total)).collect();
    JointTable::new(&variables, values).unwrap()
}

/// A term as it is drawn: for each of four variables, whether it is left out, given, or of the event, and its primes.
type Drawn = [(u8, u32); 4];

/// How two probabilities that belong together are combined.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pair {
    /// `P(a | c, d) P(c | d)`.
    Chain,
    /// `P(a, c | d) / P(c | d)`.
    Conditional,
    /// `P(a, c | d) / P(a | c, d)`.
    Margin,
}

#[derive(Clone, Debug)]
pub(crate) enum Plan {
    Term(Drawn),
    Pair(Pair, Drawn),
    Product(Vec<Plan>),
    Sum(Vec<(usize, u32)>, Box<Plan>),
    Ratio(Box<Plan>, Box<Plan>),
}

/// Any expression of probabilities over four variables with up to one prime. The shapes that rewriting looks for are
/// drawn more often than chance would.
pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    let primes = prop_oneof![5 => Just(0_u32), 1 => Just(1)];
    let slot = (0_u8..4, primes.clone());
    let slots = [slot.clone(), slot.clone(), slot.clone(), slot];
    let pair = prop_oneof![Just(Pair::Chain), Just(Pair::Conditional), Just(Pair::Margin)];
    let term = prop_oneof![
        4 => slots.clone().prop_map(Plan::Term),
        1 => (pair, slots).prop_map(|(pair, drawn)| Plan::Pair(pair, drawn)),
    ];
    let symbol = (0_usize..4, primes);
    term.prop_recursive(4, 24, 4, move |inner| {
        let over = proptest::collection::vec(symbol.clone(), 1..3);
        prop_oneof![
            2 => proptest::collection::vec(inner.clone(), 2..4).prop_map(Plan::Product),
            2 => (over, inner.clone()).prop_map(|(over, body)| Plan::Sum(over, body.into())),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| Plan::Ratio(a.into(), b.into())),
            // A chain P(a | b) P(b) and a quotient of a joint by its margin.
            1 => (inner.clone(), inner).prop_map(|(a, b)| {
                let product = Plan::Product(vec![a, b.clone()]);
                Plan::Ratio(product.into(), b.into())
            }),
        ]
    })
}

pub(crate) fn build(arena: &mut Arena, plan: &Plan) -> Expr {
    let list = |drawn: &Drawn, role: u8| -> Vec<Symbol> {
        let slots = drawn.iter().enumerate().filter(|(_, (r, _))| *r == role);
        slots.map(|(v, (_, primes))| Symbol::new(v, *primes)).collect()
    };
    match plan {
        Plan::Term(drawn) => arena.p(list(drawn, 3), list(drawn, 2)),
        Plan::Pair(pair, drawn) => {
            let [a, c, d] = [3, 2, 1].map(|role| list(drawn, role));
            let inner = arena.p(c.clone(), d.clone());
            let outer = arena.p(a.clone(), [c.clone(), d.clone()].concat());
            let joint = arena.p([a, c].concat(), d);
            match pair {
                Pair::Chain => arena.product([outer, inner]),
                Pair::Conditional => arena.ratio(joint, inner),
                Pair::Margin => arena.ratio(joint, outer),
            }
        }
        Plan::Product(factors) => {
            let factors: Vec<Expr> = factors.iter().map(|factor| build(arena, factor)).collect();
            arena.product(factors)
        }
        Plan::Sum(over, body) => {
            let body = build(arena, body);
            arena.sum(over.iter().map(|(v, primes)| Symbol::new(*v, *primes)), body)
        }
        Plan::Ratio(a, b) => {
            let (a, b) = (build(arena, a), build(arena, b));
            arena.ratio(a, b)
        }
    }
}

/// The joint distribution of the variables of a graph of at most four in a model in which each bidirected edge is a
/// hidden cause of two values; the probabilities are fractions of small numbers that `weights` give in turn, none 0.
pub(crate) fn markov(graph: &Admg, weights: &[usize]) -> JointTable<Fraction> {
    let dag = graph.canonical_dag();
    let n = graph.len();
    let size = |node: usize| if node < n { cardinality(node) } else { 2 };
    let mut weights = weights.iter().cycle().map(|w| w + 1);
    // By node: P(value | parents) for all parents' values, the last parent fastest, then the value.
    let laws: Vec<Vec<Fraction>> = (0..dag.len())
        .map(|node| {
            let rows: usize = dag.parents(node).iter().map(|&p| size(p)).product();
            (0..rows)
                .flat_map(|_| {
                    let row: Vec<usize> = weights.by_ref().take(size(node)).collect();
                    let total = row.iter().sum();
                    row.into_iter().map(move |w| Fraction::new(w, total)).collect::<Vec<_>>()
                })
                .collect()
        })
        .collect();
    let variables: Vec<_> = (0..n).map(|v| (v, size(v))).collect();
    let cells: usize = variables.iter().map(|(_, size)| size).product();
    let mut values = vec![Fraction::whole(0); cells];
    let all: usize = (0..dag.len()).map(size).product();
    for state in 0..all {
        // Hidden causes come last, so they vary fastest.
        let mut rest = state;
        let mut value = vec![0; dag.len()];
        for node in (0..dag.len()).rev() {
            value[node] = rest % size(node);
            rest /= size(node);
        }
        let mut p = Fraction::whole(1);
        for node in 0..dag.len() {
            let row = dag.parents(node).iter().fold(0, |row, &q| row * size(q) + value[q]);
            p = p.times(&laws[node][row * size(node) + value[node]]);
        }
        let cell = (0..n).fold(0, |cell, v| cell * size(v) + value[v]);
        values[cell] = values[cell].plus(&p);
    }
    JointTable::new(&variables, values).unwrap()
}

/// The meaning of expressions, spelled out cell by cell.
pub(crate) struct Definition<'a> {
    arena: &'a Arena,
    joint: &'a JointTable<Fraction>,
    /// Set when a quotient had no value, whether or not it was multiplied by 0 afterwards.
    pub(crate) divided_by_zero: Cell<bool>,
}

impl<'a> Definition<'a> {
    pub(crate) fn new(arena: &'a Arena, joint: &'a JointTable<Fraction>) -> Self {
        Self { arena, joint, divided_by_zero: Cell::new(false) }
    }

    fn probability(&self, symbols: &[Symbol], at: &BTreeMap<Symbol, usize>) -> Fraction {
        let event: Vec<_> = symbols.iter().map(|s| (s.variable(), at[s])).collect();
        let what = Marginal { over: &[], at: &event, do_: &[], source: 0 };
        self.joint.marginal(&what).unwrap()[0].clone()
    }

    /// The value of an expression; `None` where a division by 0 leaves none.
    pub(crate) fn value(&self, expr: Expr, at: &BTreeMap<Symbol, usize>) -> Option<Fraction> {
        match self.arena.node(expr) {
            Node::One => Some(Fraction::whole(1)),
            Node::Zero => Some(Fraction::whole(0)),
            Node::Probability(term) => {
                let condition = self.probability(term.given, at);
                let both = self.probability(&[term.of, term.given].concat(), at);
                (!condition.is_zero()).then(|| both.over(&condition))
            }
            Node::Product(factors) => {
                let factors: Vec<_> = factors.iter().map(|&f| self.value(f, at)).collect();
                if factors.iter().flatten().any(Number::is_zero) {
                    return Some(Fraction::whole(0));
                }
                factors.into_iter().try_fold(Fraction::whole(1), |all, f| Some(all.times(&f?)))
            }
            Node::Sum { over, body } => {
                let values = cells(over).into_iter().map(|bound| {
                    let mut inner = at.clone();
                    inner.extend(bound);
                    self.value(body, &inner)
                });
                let values: Vec<_> = values.collect();
                values.into_iter().try_fold(Fraction::whole(0), |sum, v| Some(sum.plus(&v?)))
            }
            Node::Ratio { numerator, denominator } => {
                let above = self.value(numerator, at);
                let below = self.value(denominator, at).filter(|below| !below.is_zero());
                let value = above.zip(below).map(|(above, below)| above.over(&below));
                self.divided_by_zero.set(self.divided_by_zero.get() || value.is_none());
                value
            }
        }
    }
}

/// All combinations of values of some symbols.
pub(crate) fn cells(symbols: &[Symbol]) -> Vec<BTreeMap<Symbol, usize>> {
    let mut cells = vec![BTreeMap::new()];
    for &symbol in symbols {
        let mut longer = Vec::new();
        for cell in &cells {
            for value in 0..cardinality(symbol.variable()) {
                let mut cell = cell.clone();
                cell.insert(symbol, value);
                longer.push(cell);
            }
        }
        cells = longer;
    }
    cells
}
