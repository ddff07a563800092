//! The checker of derivations: what each reason means, and what a replacement is. Knows nothing of how steps are found.

use super::{Reason, Rule, Step, applicable};
use crate::{
    Admg, NodeSet, Query,
    estimand::{Arena, Expr, Node, Symbol},
};
use std::collections::BTreeMap;

/// The lists of a probability, on their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnTerm {
    pub(super) of: Vec<Symbol>,
    pub(super) given: Vec<Symbol>,
    pub(super) do_: Vec<Symbol>,
    source: usize,
}

/// The probability that an expression is, if it is one of the target's own distribution.
fn term(arena: &Arena, expr: Expr) -> Option<OwnTerm> {
    match arena.node(expr) {
        Node::Probability(t) => Some(OwnTerm {
            of: t.of.to_vec(),
            given: t.given.to_vec(),
            do_: t.do_.to_vec(),
            source: t.source,
        }),
        _ => None,
    }
}

/// All probabilities in an expression.
pub(super) fn terms(arena: &Arena, root: Expr) -> Vec<OwnTerm> {
    let mut seen = std::collections::BTreeSet::new();
    let mut stack = vec![root];
    let mut found = Vec::new();
    while let Some(expr) = stack.pop() {
        if seen.insert(expr) {
            found.extend(term(arena, expr));
            stack.extend(parts(arena, expr));
        }
    }
    found
}

fn parts(arena: &Arena, expr: Expr) -> Vec<Expr> {
    match arena.node(expr) {
        Node::One | Node::Zero | Node::Probability(_) => Vec::new(),
        Node::Product(factors) => factors.to_vec(),
        Node::Sum { body, .. } => vec![body],
        Node::Ratio { numerator, denominator } => vec![numerator, denominator],
    }
}

/// `expr` with `to` wherever `from` stands; in a product also where the factors of `from` are among the factors, once.
pub(super) fn replace(arena: &mut Arena, expr: Expr, from: Expr, to: Expr) -> Expr {
    let mut done: BTreeMap<Expr, Expr> = BTreeMap::from([(from, to)]);
    let mut stack = vec![expr];
    while let Some(&part) = stack.last() {
        if done.contains_key(&part) {
            stack.pop();
            continue;
        }
        let inner = parts(arena, part);
        let missing: Vec<Expr> = inner.iter().copied().filter(|p| !done.contains_key(p)).collect();
        if !missing.is_empty() {
            stack.extend(missing);
            continue;
        }
        let new: Vec<Expr> = inner.iter().filter_map(|p| done.get(p).copied()).collect();
        let rebuilt = match arena.node(part) {
            Node::One | Node::Zero | Node::Probability(_) => part,
            Node::Sum { over, .. } => {
                let over = over.to_vec();
                arena.sum(over, new[0])
            }
            Node::Ratio { .. } => arena.ratio(new[0], new[1]),
            Node::Product(factors) => match without(factors, &factors_of(arena, from)) {
                Some(rest) => {
                    let rest: Vec<Expr> =
                        rest.iter().filter_map(|p| done.get(p).copied()).chain([to]).collect();
                    arena.product(rest)
                }
                None => arena.product(new),
            },
        };
        done.insert(part, rebuilt);
    }
    done.get(&expr).copied().unwrap_or(expr)
}

/// The factors of a product; none for anything else, which is found as a part.
fn factors_of(arena: &Arena, expr: Expr) -> Vec<Expr> {
    match arena.node(expr) {
        Node::Product(factors) => factors.to_vec(),
        _ => Vec::new(),
    }
}

/// `all` without one occurrence of each of `some`, where they all occur and there are some.
fn without(all: &[Expr], some: &[Expr]) -> Option<Vec<Expr>> {
    let mut rest = all.to_vec();
    for factor in some {
        let at = rest.iter().position(|other| other == factor)?;
        rest.remove(at);
    }
    (!some.is_empty()).then_some(rest)
}

/// `true` when the reason of the step makes its two sides equal.
pub(super) fn follows(graph: &Admg, arena: &mut Arena, step: &Step) -> bool {
    let (a, b) = (step.from, step.to);
    match &step.reason {
        Reason::Rule(rule) => by_rule(graph, arena, *rule, a, b),
        Reason::Chain => is_chain(arena, a, b) || is_chain(arena, b, a),
        Reason::Condition => is_quotient(arena, a, b) || is_quotient(arena, b, a),
        Reason::Marginalise => is_marginal(arena, a, b) || is_marginal(arena, b, a),
        Reason::Factor => is_factored(arena, a, b) || is_factored(arena, b, a),
        Reason::Cancel(common) => {
            arena.holds(*common)
                && (is_cancelled(arena, a, b, *common) || is_cancelled(arena, b, a, *common))
        }
        Reason::Rename(pairs) => is_renamed(arena, a, b, pairs),
    }
}

fn merged(lists: &[&[Symbol]]) -> Vec<Symbol> {
    let mut all: Vec<Symbol> = lists.iter().flat_map(|list| list.iter().copied()).collect();
    all.sort_unstable();
    all
}

/// The variables of the symbols; `None` where one variable has two of them.
fn variables(symbols: &[Symbol]) -> Option<NodeSet> {
    let set: NodeSet = symbols.iter().map(|symbol| symbol.variable()).collect();
    (set.len() == symbols.len()).then_some(set)
}

fn difference(a: &[Symbol], b: &[Symbol]) -> Vec<Symbol> {
    a.iter().copied().filter(|symbol| !b.contains(symbol)).collect()
}

/// The side of the rule's equation with more, then the one with less (rule 2: with the action, then the observation).
fn by_rule(graph: &Admg, arena: &Arena, rule: Rule, a: Expr, b: Expr) -> bool {
    let (Some(a), Some(b)) = (term(arena, a), term(arena, b)) else { return false };
    let equation = |more: &OwnTerm, less: &OwnTerm| {
        let moved = match rule {
            Rule::DropObservation => difference(&more.given, &less.given),
            _ => difference(&more.do_, &less.do_),
        };
        // The equation's two sides, built from the term without what is moved.
        let (given, do_) = match rule {
            Rule::ExchangeActionObservation => (&more.given, &less.do_),
            Rule::DropObservation | Rule::DropAction => (&less.given, &less.do_),
        };
        let shape = match rule {
            Rule::DropObservation => more.do_ == less.do_ && more.given == merged(&[given, &moved]),
            Rule::ExchangeActionObservation => {
                more.do_ == merged(&[do_, &moved]) && less.given == merged(&[given, &moved])
            }
            Rule::DropAction => more.given == less.given && more.do_ == merged(&[do_, &moved]),
        };
        let one_value_each = variables(&merged(&[&more.of, given, do_, &moved])).is_some();
        let sets = [&more.of, do_, given, &moved].map(|list| variables(list));
        let [Some(y), Some(do_), Some(given), Some(z)] = sets else { return false };
        let term = Query { y, do_, given };
        more.of == less.of
            && more.source == 0
            && less.source == 0
            && shape
            && one_value_each
            && matches!(applicable(graph, rule, &term, &z), Ok(Ok(())))
    };
    equation(&a, &b) || equation(&b, &a)
}

/// `P(a, b, c | w) = P(c | w) P(b | c, w) P(a | b, c, w)`, the factors in any order.
fn is_chain(arena: &Arena, whole: Expr, product: Expr) -> bool {
    let Some(whole) = term(arena, whole) else { return false };
    let factors: Option<Vec<OwnTerm>> =
        factors_of(arena, product).into_iter().map(|factor| term(arena, factor)).collect();
    let Some(mut factors) = factors else { return false };
    factors.sort_by_key(|factor| factor.given.len());
    let mut known = whole.given.clone();
    for factor in &factors {
        if factor.given != known || factor.do_ != whole.do_ || factor.source != whole.source {
            return false;
        }
        known = merged(&[&known, &factor.of]);
    }
    // Nothing twice, and everything in the end.
    known == merged(&[&whole.of, &whole.given]) && variables(&known).is_some()
}

/// `P(a | b, w) = P(a, b | w) / P(b | w)`.
fn is_quotient(arena: &Arena, conditional: Expr, ratio: Expr) -> bool {
    let Node::Ratio { numerator, denominator } = arena.node(ratio) else { return false };
    let parts = [conditional, numerator, denominator].map(|expr| term(arena, expr));
    let [Some(conditional), Some(above), Some(below)] = parts else { return false };
    let same = |t: &OwnTerm| t.do_ == conditional.do_ && t.source == conditional.source;
    same(&above)
        && same(&below)
        && above.given == below.given
        && above.of == merged(&[&conditional.of, &below.of])
        && conditional.given == merged(&[&below.of, &below.given])
        && variables(&merged(&[&above.of, &above.given])).is_some()
}

/// `P(a | w) = Σ_b P(a, b | w)`.
fn is_marginal(arena: &Arena, marginal: Expr, sum: Expr) -> bool {
    let Node::Sum { over, body } = arena.node(sum) else { return false };
    let Some(joint) = term(arena, body) else { return false };
    let all = merged(&[&joint.of, &joint.given, &joint.do_]);
    if !over.iter().all(|symbol| joint.of.contains(symbol)) || variables(&all).is_none() {
        return false;
    }
    let left = difference(&joint.of, over);
    match term(arena, marginal) {
        Some(marginal) => marginal == OwnTerm { of: left, ..joint },
        None => marginal == Expr::ONE && left.is_empty(),
    }
}

/// `Σ_b f g = f Σ_b g`.
fn is_factored(arena: &mut Arena, inside: Expr, outside: Expr) -> bool {
    let factors = factors_of(arena, outside);
    (0..factors.len()).any(|at| {
        let Node::Sum { over, body } = arena.node(factors[at]) else { return false };
        let over = over.to_vec();
        let mut rest = factors.clone();
        rest.remove(at);
        let constant =
            rest.iter().all(|&f| arena.free_symbols(f).iter().all(|s| !over.contains(s)));
        rest.push(body);
        let body = arena.product(rest);
        constant && arena.sum(over, body) == inside
    })
}

/// `f h / g h = f / g`.
fn is_cancelled(arena: &mut Arena, long: Expr, short: Expr, common: Expr) -> bool {
    let Node::Ratio { numerator, denominator } = arena.node(long) else { return false };
    let (above, below) = match arena.node(short) {
        Node::Ratio { numerator, denominator } => (numerator, denominator),
        _ => (short, Expr::ONE),
    };
    common != Expr::ZERO
        && arena.product([above, common]) == numerator
        && arena.product([below, common]) == denominator
}

/// `Σ_b f(b) = Σ_c f(c)`.
fn is_renamed(arena: &mut Arena, a: Expr, b: Expr, pairs: &[(Symbol, Symbol)]) -> bool {
    let Node::Sum { over, body } = arena.node(a) else { return false };
    let over = over.to_vec();
    let free = arena.free_symbols(body);
    let new = |symbol: Symbol| {
        pairs.iter().find(|(old, _)| *old == symbol).map_or(symbol, |(_, new)| *new)
    };
    let same_variables = pairs.iter().all(|(old, new)| {
        // A new letter must not have a meaning already.
        over.contains(old)
            && old.variable() == new.variable()
            && (over.contains(new) || !free.contains(new))
    });
    let renamed: Vec<Symbol> = over.iter().map(|&symbol| new(symbol)).collect();
    let distinct = {
        let mut sorted = renamed.clone();
        sorted.sort_unstable();
        sorted.dedup();
        sorted.len() == renamed.len()
    };
    let body = arena.rename(body, pairs);
    same_variables && distinct && arena.sum(renamed, body) == b
}
