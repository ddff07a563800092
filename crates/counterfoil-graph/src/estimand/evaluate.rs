//! The value of an estimand in a distribution, for all cells at once or for one.

use super::{
    EvalError, Number, Symbol,
    arena::{Arena, Expr, Node, Term},
    bundle::Estimand,
    distribution::{Distribution, Marginal, Unavailable},
    eval_error::{Cell, reason},
    partial::{Hole, Partial},
    scope::Free,
    table::{Table, digits},
};
use crate::NodeSet;
use std::{collections::BTreeMap, rc::Rc};

/// No table of an evaluation has more cells: half a gigabyte of floats.
const LIMIT: usize = 1 << 26;

impl Estimand {
    /// The value of the estimand for all values of its [free symbols](Estimand::free_symbols).
    ///
    /// Sums are carried out one symbol at a time, that with the smallest table first, so that memory is exponential in
    /// the number of variables that meet in one factor and not in that of all (variable elimination; Zhang and Poole
    /// 1994). Each distinct part is computed once.
    ///
    /// # Errors
    /// [`EvalError::Positivity`] where some cell has no value. What has no value may be weighted by 0, as P(y | z) is
    /// in `Σ_z P(z) P(y | z)` where P(z) = 0, and then does no harm. Otherwise whatever `distribution` lacks, and
    /// [`EvalError::TooLarge`].
    pub fn eval_table<D: Distribution>(
        &self,
        distribution: &D,
    ) -> Result<Table<D::Number>, EvalError> {
        let mut evaluation = Evaluation::new(self, distribution, &[])?;
        let table = evaluation.run()?;
        if let Some(&hole) = table.holes.iter().find(|&&hole| hole != 0) {
            return Err(evaluation.positivity(hole));
        }
        let Partial { symbols, sizes, values, .. } = Rc::unwrap_or_clone(table);
        // A table that was put together by `Partial` is in order.
        let cells = values.len();
        Table::new(symbols, sizes, values)
            .ok_or(EvalError::TableLength { found: cells, expected: cells })
    }

    /// The value of the estimand where its free symbols have the values `at`, which may name further symbols.
    ///
    /// Costs less than the whole table, and needs positivity at this cell alone.
    ///
    /// # Errors
    /// [`EvalError::MissingValue`] for a free symbol that `at` does not name, [`EvalError::ValueOutOfRange`], and those
    /// of [`Estimand::eval_table`].
    pub fn eval<D: Distribution>(
        &self,
        distribution: &D,
        at: &[(Symbol, usize)],
    ) -> Result<D::Number, EvalError> {
        let mut evaluation = Evaluation::new(self, distribution, at)?;
        if let Some(symbol) =
            self.free_symbols().into_iter().find(|s| at.iter().all(|(given, _)| given != s))
        {
            let name = evaluation.name(symbol.variable());
            return Err(EvalError::MissingValue { symbol: self.letter(symbol), name });
        }
        let table = evaluation.run()?;
        match table.hole(0) {
            0 => Ok(table.values[0].clone()),
            hole => Err(evaluation.positivity(hole)),
        }
    }
}

/// A part of the estimand with the set of its free symbols (as positions) that have fixed values here.
type Key = (Expr, NodeSet);

/// A place where something was divided by 0.
struct Reason {
    expr: Expr,
    /// The symbols of the divisor that vary, with their sizes.
    axes: Vec<(Symbol, usize)>,
    fixed: NodeSet,
}

struct Evaluation<'e, D: Distribution> {
    estimand: &'e Estimand,
    arena: &'e Arena,
    distribution: &'e D,
    free: Free,
    /// By the position of a symbol: how many values it has, and which one it has here.
    sizes: Vec<usize>,
    values: Vec<Option<usize>>,
    done: BTreeMap<Key, Rc<Partial<D::Number>>>,
    reasons: Vec<Reason>,
}

impl<'e, D: Distribution> Evaluation<'e, D> {
    fn new(
        estimand: &'e Estimand,
        distribution: &'e D,
        at: &[(Symbol, usize)],
    ) -> Result<Self, EvalError> {
        let arena = estimand.arena();
        let free = arena.free(estimand.root());
        let values: Vec<Option<usize>> = free
            .symbols
            .iter()
            .map(|s| at.iter().find(|(given, _)| given == s).map(|&(_, value)| value))
            .collect();
        let mut evaluation = Self {
            estimand,
            arena,
            distribution,
            free,
            sizes: Vec::new(),
            values,
            done: BTreeMap::new(),
            reasons: Vec::new(),
        };
        for (i, symbol) in evaluation.free.symbols.iter().enumerate() {
            let size = distribution
                .cardinality(symbol.variable())
                .map_err(|unavailable| evaluation.unavailable(&unavailable, estimand.root()))?;
            if let Some(value) = evaluation.values[i].filter(|&value| value >= size) {
                let name = evaluation.name(symbol.variable());
                return Err(EvalError::ValueOutOfRange { name, value, cardinality: size });
            }
            evaluation.sizes.push(size);
        }
        Ok(evaluation)
    }

    fn name(&self, variable: usize) -> String {
        let known = self.estimand.name(variable);
        known.map_or_else(|| format!("v{variable}"), ToOwned::to_owned)
    }

    /// Computes the root: parts before what they are parts of, on a stack of its own.
    fn run(&mut self) -> Result<Rc<Partial<D::Number>>, EvalError> {
        let fixed: NodeSet = (0..self.values.len()).filter(|&i| self.values[i].is_some()).collect();
        let root = self.key(self.estimand.root(), &fixed);
        let mut stack = vec![root.clone()];
        while let Some(key) = stack.last().cloned() {
            if self.done.contains_key(&key) {
                stack.pop();
                continue;
            }
            let parts = self.parts(&key);
            let before = stack.len();
            stack.extend(parts.iter().filter(|part| !self.done.contains_key(*part)).cloned());
            if stack.len() > before {
                continue;
            }
            let parts: Vec<_> =
                parts.iter().filter_map(|part| self.done.get(part)).cloned().collect();
            let table = self.compute(&key, &parts)?;
            self.done.insert(key, Rc::new(table));
            stack.pop();
        }
        Ok(self.done[&root].clone())
    }

    fn key(&self, expr: Expr, fixed: &NodeSet) -> Key {
        (expr, fixed & self.free.set(expr))
    }

    /// What has to be known first. The factors of a sum's body are taken singly, to be summed in a good order.
    fn parts(&self, (expr, fixed): &Key) -> Vec<Key> {
        match self.arena.node(*expr) {
            Node::Sum { over, body } => {
                let mut inner = fixed.clone();
                for symbol in over {
                    if let Some(position) = self.free.position(*symbol) {
                        inner.remove(position);
                    }
                }
                match self.arena.node(body) {
                    Node::Product(factors) => {
                        factors.iter().map(|&factor| self.key(factor, &inner)).collect()
                    }
                    _ => vec![self.key(body, &inner)],
                }
            }
            _ => self.arena.parts(*expr).map(|part| self.key(part, fixed)).collect(),
        }
    }

    fn compute(
        &mut self,
        (expr, fixed): &Key,
        parts: &[Rc<Partial<D::Number>>],
    ) -> Result<Partial<D::Number>, EvalError> {
        match self.arena.node(*expr) {
            Node::Zero => Ok(Partial::scalar(D::Number::whole(0))),
            Node::One => Ok(Partial::scalar(D::Number::whole(1))),
            Node::Probability(term) => self.probability(*expr, term, fixed),
            Node::Product(_) => product(parts),
            Node::Sum { over, .. } => self.sum(over, parts),
            Node::Ratio { .. } => {
                let divisor = &parts[1];
                let axes = divisor.symbols.iter().copied().zip(divisor.sizes.iter().copied());
                let axes = axes.collect();
                self.quotient(
                    &parts[0],
                    divisor,
                    Reason { expr: *expr, axes, fixed: fixed.clone() },
                )
            }
        }
    }

    /// Variable elimination.
    fn sum(
        &self,
        over: &[Symbol],
        parts: &[Rc<Partial<D::Number>>],
    ) -> Result<Partial<D::Number>, EvalError> {
        let mut factors: Vec<Rc<Partial<D::Number>>> = parts.to_vec();
        let mut left: Vec<Symbol> = over.to_vec();
        let mut constant = 1_usize;
        while !left.is_empty() {
            // The number of cells that meet when a symbol is summed out.
            let cost = |symbol: &Symbol| {
                let mut axes: Vec<(Symbol, usize)> = factors
                    .iter()
                    .filter(|factor| factor.symbols.contains(symbol))
                    .flat_map(|f| f.symbols.iter().copied().zip(f.sizes.iter().copied()))
                    .collect();
                axes.sort_unstable();
                axes.dedup();
                axes.iter().fold(1_usize, |cells, (_, size)| cells.saturating_mul(*size))
            };
            let Some(best) = (0..left.len()).min_by_key(|&i| cost(&left[i])) else { break };
            let symbol = left.remove(best);
            let (with, without): (Vec<_>, Vec<_>) =
                factors.into_iter().partition(|factor| factor.symbols.contains(&symbol));
            factors = without;
            if with.is_empty() {
                let size = self.free.position(symbol).map_or(1, |i| self.sizes[i]);
                constant = constant.saturating_mul(size);
            } else {
                factors.push(Rc::new(product(&with)?.sum_out(symbol)));
            }
        }
        let product = product(&factors)?;
        Ok(if constant == 1 { product } else { product.scaled(constant) })
    }

    /// `P(of | given; do)`: the joint probabilities of both over those of the condition.
    fn probability(
        &mut self,
        expr: Expr,
        term: Term<'_>,
        fixed: &NodeSet,
    ) -> Result<Partial<D::Number>, EvalError> {
        let mut variables: Vec<usize> =
            [term.of, term.given, term.do_].concat().iter().map(|s| s.variable()).collect();
        variables.sort_unstable();
        if let Some(pair) = variables.windows(2).find(|pair| pair[0] == pair[1]) {
            let (term, name) = (self.text(expr), self.name(pair[0]));
            return Err(EvalError::TwoValues { term, name });
        }
        let event = [term.of, term.given].concat();
        let joint = self.asked(expr, &event, term, fixed)?;
        if term.given.is_empty() {
            return Ok(joint);
        }
        let condition = self.asked(expr, term.given, term, fixed)?;
        let axes = condition.symbols.iter().copied().zip(condition.sizes.iter().copied());
        let axes = axes.collect();
        self.quotient(&joint, &condition, Reason { expr, axes, fixed: fixed.clone() })
    }

    fn quotient(
        &mut self,
        numerator: &Partial<D::Number>,
        divisor: &Partial<D::Number>,
        reason: Reason,
    ) -> Result<Partial<D::Number>, EvalError> {
        small_enough(&numerator.axes(divisor).1)?;
        self.reasons.push(reason);
        Ok(numerator.over(divisor, self.reasons.len() as u64))
    }

    /// The probabilities of `event` under the interventions of a term, for all values that are not fixed.
    fn asked(
        &self,
        expr: Expr,
        event: &[Symbol],
        term: Term<'_>,
        fixed: &NodeSet,
    ) -> Result<Partial<D::Number>, EvalError> {
        let known = |symbol: &Symbol| {
            let position = self.free.position(*symbol)?;
            if fixed.contains(position) { self.values[position] } else { None }
        };
        let split = |symbols: &[Symbol]| {
            let (mut vary, mut at) = (Vec::new(), Vec::new());
            for symbol in symbols {
                match known(symbol) {
                    Some(value) => at.push((symbol.variable(), value)),
                    None => vary.push(*symbol),
                }
            }
            (vary, at)
        };
        let size = |s: &Symbol| self.free.position(*s).map_or(1, |i| self.sizes[i]);
        let (over, at) = split(event);
        let (acted, mut do_) = split(term.do_);
        let axes: Vec<Symbol> = acted.iter().chain(&over).copied().collect();
        let sizes: Vec<usize> = axes.iter().map(size).collect();
        let cells = small_enough(&sizes)?;
        let over: Vec<usize> = over.iter().map(|s| s.variable()).collect();
        let fixed_actions = do_.len();
        let mut values = Vec::with_capacity(cells);
        let actions: usize = sizes[..acted.len()].iter().product();
        for action in 0..actions {
            do_.truncate(fixed_actions);
            let chosen = digits(&sizes[..acted.len()], action);
            do_.extend(acted.iter().map(|s| s.variable()).zip(chosen));
            let what = Marginal { over: &over, at: &at, do_: &do_, source: term.source };
            let answer = self.distribution.marginal(&what);
            values.extend(answer.map_err(|unavailable| self.unavailable(&unavailable, expr))?);
        }
        if values.len() != cells {
            return Err(EvalError::TableLength { found: values.len(), expected: cells });
        }
        Ok(Partial::sorted(axes, &sizes, values))
    }

    fn text(&self, expr: Expr) -> String {
        self.estimand.with_root(expr).to_string()
    }

    fn unavailable(&self, unavailable: &Unavailable, expr: Expr) -> EvalError {
        let term = self.text(expr);
        match unavailable {
            Unavailable::Variable(index) => {
                EvalError::MissingVariable { term, name: self.name(*index) }
            }
            _ => EvalError::Unavailable { term, reason: reason(unavailable) },
        }
    }

    /// The complaint about an entry without a value.
    fn positivity(&self, hole: Hole) -> EvalError {
        let at = (hole >> 32) as usize;
        let Some(reason) = at.checked_sub(1).and_then(|i| self.reasons.get(i)) else {
            return EvalError::Positivity {
                term: self.text(self.estimand.root()),
                divisor: "a condition".to_owned(),
                cell: Cell::default(),
            };
        };
        let sizes: Vec<usize> = reason.axes.iter().map(|(_, size)| *size).collect();
        let values = digits(&sizes, hole as u32 as usize);
        let mut cell: Vec<(Symbol, usize)> =
            reason.axes.iter().map(|(symbol, _)| *symbol).zip(values).collect();
        let mut divisor = "its denominator".to_owned();
        let mut concerned = reason.fixed.clone();
        if let Node::Probability(term) = self.arena.node(reason.expr) {
            let condition = term.given.iter().chain(term.do_);
            let positions: NodeSet = condition.filter_map(|s| self.free.position(*s)).collect();
            concerned.intersect_with(&positions);
            let mut arena = Arena::new();
            for name in self.arena.sources() {
                arena.source(name);
            }
            let root =
                arena.term(term.given.iter().copied(), [], term.do_.iter().copied(), term.source);
            divisor = format!("`{}`", self.estimand.with_arena(arena, root));
        }
        if let Node::Ratio { denominator, .. } = self.arena.node(reason.expr) {
            concerned.intersect_with(self.free.set(denominator));
        }
        for position in &concerned {
            if let Some(value) = self.values[position] {
                cell.push((self.free.symbols[position], value));
            }
        }
        cell.sort_unstable();
        let cell = cell.into_iter().map(|(s, value)| (self.name(s.variable()), value)).collect();
        EvalError::Positivity { term: self.text(reason.expr), divisor, cell: Cell(cell) }
    }
}

/// The number of cells of a table, when it may be made.
fn small_enough(sizes: &[usize]) -> Result<usize, EvalError> {
    let cells = sizes.iter().fold(1_usize, |cells, &size| cells.saturating_mul(size));
    if cells > LIMIT { Err(EvalError::TooLarge { cells, limit: LIMIT }) } else { Ok(cells) }
}

/// The product of tables, small ones first.
fn product<T: Number>(parts: &[Rc<Partial<T>>]) -> Result<Partial<T>, EvalError> {
    let mut order: Vec<&Rc<Partial<T>>> = parts.iter().collect();
    order.sort_by_key(|part| part.values.len());
    let mut product = Partial::scalar(T::whole(1));
    for part in order {
        small_enough(&product.axes(part).1)?;
        product = product.times(part);
    }
    Ok(product)
}
