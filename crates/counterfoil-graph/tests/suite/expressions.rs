//! Random expressions and joint distributions in exact fractions, and the plain definition of what an expression's
//! value is, to hold the library's evaluation and simplification against.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use counterfoil_graph::estimand::{Arena, Expr, JointTable, Node, Number, Symbol};
use num_rational::BigRational;
use proptest::prelude::*;
use std::collections::BTreeMap;

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

#[derive(Clone, Debug)]
pub(crate) enum Plan {
    Term(Drawn),
    Product(Vec<Plan>),
    Sum(Vec<(usize, u32)>, Box<Plan>),
    Ratio(Box<Plan>, Box<Plan>),
}

/// Any expression of probabilities over four variables with up to one prime. The shapes that rewriting looks for are
/// drawn more often than chance would.
pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    let primes = prop_oneof![5 => Just(0_u32), 1 => Just(1)];
    let slot = (0_u8..4, primes.clone());
    let term = [slot.clone(), slot.clone(), slot.clone(), slot].prop_map(Plan::Term);
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
    match plan {
        Plan::Term(drawn) => {
            let list = |role: &dyn Fn(u8) -> bool| -> Vec<Symbol> {
                let slots = drawn.iter().enumerate().filter(|(_, (r, _))| role(*r));
                slots.map(|(v, (_, primes))| Symbol::new(v, *primes)).collect()
            };
            arena.p(list(&|role| role == 3), list(&|role| role == 2))
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

/// The value of an expression by its definition, cell by cell; `None` where a division by 0 leaves none.
pub(crate) fn value(
    arena: &Arena,
    expr: Expr,
    joint: &dyn Fn(&[(usize, usize)]) -> Fraction,
    at: &BTreeMap<Symbol, usize>,
) -> Option<Fraction> {
    match arena.node(expr) {
        Node::One => Some(Fraction::whole(1)),
        Node::Zero => Some(Fraction::whole(0)),
        Node::Probability(term) => {
            let event = |symbols: &[Symbol]| -> Vec<(usize, usize)> {
                symbols.iter().map(|s| (s.variable(), at[s])).collect()
            };
            let condition = joint(&event(term.given));
            let both = joint(&event(&[term.of, term.given].concat()));
            (!condition.is_zero()).then(|| both.over(&condition))
        }
        Node::Product(factors) => {
            let factors: Vec<_> = factors.iter().map(|&f| value(arena, f, joint, at)).collect();
            if factors.iter().flatten().any(Number::is_zero) {
                return Some(Fraction::whole(0));
            }
            factors.into_iter().try_fold(Fraction::whole(1), |all, f| Some(all.times(&f?)))
        }
        Node::Sum { over, body } => {
            let mut cells = vec![at.clone()];
            for &symbol in over {
                let with = |cell: &BTreeMap<Symbol, usize>, value| {
                    let mut cell = cell.clone();
                    cell.insert(symbol, value);
                    cell
                };
                cells = cells
                    .iter()
                    .flat_map(|c| (0..cardinality(symbol.variable())).map(move |v| with(c, v)))
                    .collect();
            }
            cells.iter().try_fold(Fraction::whole(0), |sum, cell| {
                Some(sum.plus(&value(arena, body, joint, cell)?))
            })
        }
        Node::Ratio { numerator, denominator } => {
            let above = value(arena, numerator, joint, at)?;
            let below = value(arena, denominator, joint, at)?;
            (!below.is_zero()).then(|| above.over(&below))
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
