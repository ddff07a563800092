//! Estimands as data: each distinct part once, after its parts, by the names of variables.

use super::{
    Symbol,
    arena::{Arena, Expr, Node},
    bundle::Estimand,
    names::Names,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The form in which an estimand is stored.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    variables: Vec<String>,
    /// The names of other distributions, number 1 first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sources: Vec<String>,
    expressions: Vec<RawNode>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum RawNode {
    One,
    Zero,
    P {
        of: Vec<RawSymbol>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        given: Vec<RawSymbol>,
        #[serde(default, rename = "do", skip_serializing_if = "Vec::is_empty")]
        do_: Vec<RawSymbol>,
        #[serde(default, skip_serializing_if = "is_target")]
        source: usize,
    },
    Product(Vec<usize>),
    Sum {
        over: Vec<RawSymbol>,
        body: usize,
    },
    Ratio {
        numerator: usize,
        denominator: usize,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum RawSymbol {
    Plain(String),
    Primed(String, u32),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_target(source: &usize) -> bool {
    *source == 0
}

impl From<Estimand> for Raw {
    fn from(estimand: Estimand) -> Self {
        let (arena, root) = (estimand.arena(), estimand.root());
        let symbol = |s: &Symbol| {
            let name = estimand.name(s.variable()).unwrap_or_default().to_owned();
            match s.primes() {
                0 => RawSymbol::Plain(name),
                primes => RawSymbol::Primed(name, primes),
            }
        };
        let list = |symbols: &[Symbol]| symbols.iter().map(symbol).collect::<Vec<_>>();
        let used = arena.reachable([root]);
        let mut number = vec![0; arena.len()];
        let mut expressions = Vec::new();
        for index in (0..=root.index()).filter(|&i| used[i]) {
            number[index] = expressions.len();
            let at = |expr: Expr| number[expr.index()];
            expressions.push(match arena.node(Expr(index as u32)) {
                Node::One => RawNode::One,
                Node::Zero => RawNode::Zero,
                Node::Probability(term) => RawNode::P {
                    of: list(term.of),
                    given: list(term.given),
                    do_: list(term.do_),
                    source: term.source,
                },
                Node::Product(factors) => {
                    RawNode::Product(factors.iter().map(|&factor| at(factor)).collect())
                }
                Node::Sum { over, body } => RawNode::Sum { over: list(over), body: at(body) },
                Node::Ratio { numerator, denominator } => {
                    RawNode::Ratio { numerator: at(numerator), denominator: at(denominator) }
                }
            });
        }
        Self {
            variables: estimand.names().iter().map(ToOwned::to_owned).collect(),
            sources: arena.sources().skip(1).map(ToOwned::to_owned).collect(),
            expressions,
        }
    }
}

/// What is wrong with an estimand as data.
#[derive(Debug, thiserror::Error)]
pub(super) enum Malformed {
    #[error("the variable `{0}` is listed twice")]
    Repeated(String),
    #[error("expression {at} names `{name}`, which is not among the variables")]
    Unknown { at: usize, name: String },
    #[error("expression {at} has part {part}, but only parts that come before it")]
    Later { at: usize, part: usize },
    #[error("expression {at} is of distribution {source_index}, and there are {len}")]
    Source { at: usize, source_index: usize, len: usize },
    #[error(
        "expression {at} names `{name}` with {primes} primes: with fewer in all symbols the formula is the same"
    )]
    Primes { at: usize, name: String, primes: u32 },
    #[error(
        "the products and sums of expression {at} make the formula longer than {ROOM} factors and symbols"
    )]
    Long { at: usize },
    #[error("a source has an empty name, which would be that of the target: give it one")]
    Nameless,
    #[error("there are no expressions")]
    Empty,
}

/// So many primes the symbols of a formula may have, summed over its variables. Work on a formula makes room for every
/// symbol with as many primes or fewer, and a number costs its writer nothing.
const PRIMES: usize = 1 << 20;

/// So many factors and summed symbols all expressions may have together. Products of products and sums of sums are made one,
/// so that a few lines could otherwise double a formula over and over.
const ROOM: usize = 1 << 22;

impl TryFrom<Raw> for Estimand {
    type Error = Malformed;

    fn try_from(raw: Raw) -> Result<Self, Malformed> {
        let mut positions = BTreeMap::new();
        for (i, name) in raw.variables.iter().enumerate() {
            if positions.insert(name.as_str(), i).is_some() {
                return Err(Malformed::Repeated(name.clone()));
            }
        }
        let mut arena = Arena::new();
        if raw.sources.iter().any(|name| name.trim().is_empty()) {
            return Err(Malformed::Nameless);
        }
        let mut sources = vec![0];
        sources.extend(raw.sources.iter().map(|name| arena.source(name)));
        let mut made: Vec<Expr> = Vec::new();
        // By variable: the most primes so far.
        let mut primed = vec![0; raw.variables.len()];
        let mut room = PRIMES;
        let mut left = ROOM;
        for (at, node) in raw.expressions.iter().enumerate() {
            let mut symbols = |list: &[RawSymbol]| -> Result<Vec<Symbol>, Malformed> {
                let symbol =
                    |symbol: &RawSymbol| {
                        let (name, primes) = match symbol {
                            RawSymbol::Plain(name) => (name, 0),
                            RawSymbol::Primed(name, primes) => (name, *primes),
                        };
                        let unknown = || Malformed::Unknown { at, name: name.clone() };
                        let variable = positions.get(name.as_str()).copied().ok_or_else(unknown)?;
                        let more = primes.saturating_sub(primed[variable]);
                        room = room
                            .checked_sub(more as usize)
                            .ok_or_else(|| Malformed::Primes { at, name: name.clone(), primes })?;
                        primed[variable] += more;
                        Ok(Symbol::new(variable, primes))
                    };
                list.iter().map(symbol).collect()
            };
            // A part of an expression, whose factors and symbols may become those of the whole.
            let mut part = |arena: &Arena, part: usize| {
                let expr = made.get(part).copied().ok_or(Malformed::Later { at, part })?;
                left = left.checked_sub(arena.breadth(expr)).ok_or(Malformed::Long { at })?;
                Ok(expr)
            };
            let expr = match node {
                RawNode::One => Expr::ONE,
                RawNode::Zero => Expr::ZERO,
                RawNode::P { of, given, do_, source } => {
                    let source = *sources.get(*source).ok_or(Malformed::Source {
                        at,
                        source_index: *source,
                        len: sources.len(),
                    })?;
                    arena.term(symbols(of)?, symbols(given)?, symbols(do_)?, source)
                }
                RawNode::Product(factors) => {
                    let factors: Vec<Expr> =
                        factors.iter().map(|&f| part(&arena, f)).collect::<Result<_, _>>()?;
                    arena.product(factors)
                }
                RawNode::Sum { over, body } => {
                    let body = part(&arena, *body)?;
                    arena.sum(symbols(over)?, body)
                }
                RawNode::Ratio { numerator, denominator } => {
                    let (above, below) = (part(&arena, *numerator)?, part(&arena, *denominator)?);
                    arena.ratio(above, below)
                }
            };
            made.push(expr);
        }
        let root = made.last().copied().ok_or(Malformed::Empty)?;
        let names: Names = raw.variables.iter().map(String::as_str).collect();
        Ok(Self::from_names(arena, root, names))
    }
}
