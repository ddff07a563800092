//! A proof that two expressions are the same number, as a list of steps that can be replayed and checked.

use super::{
    Rule,
    check::{follows, replace},
};
use crate::{
    Admg,
    estimand::{Estimand, Expr, Symbol},
};
use std::fmt;

/// The law by which one expression equals another, for all values of their symbols. Each holds in both directions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// A rule of the do-calculus between two probabilities; what it moves is where they differ.
    Rule(Rule),
    /// `P(a, b | w) = P(b | w) P(a | b, w)`, for any number of parts.
    Chain,
    /// `P(a | b, w) = P(a, b | w) / P(b | w)`.
    Condition,
    /// `P(a | w) = Σ_b P(a, b | w)`, where nothing may be left of a (then it is 1).
    Marginalise,
    /// `Σ_b f g = f Σ_b g` where f does not depend on b.
    Factor,
    /// `f h / g h = f / g` for the common factor that is named.
    Cancel(Expr),
    /// Other letters for what a sum runs over: each pair is an old one and its new one.
    Rename(Vec<(Symbol, Symbol)>),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rule(rule) => rule.fmt(f),
            Self::Chain => f.write_str("chain rule"),
            Self::Condition => f.write_str("conditional probability"),
            Self::Marginalise => f.write_str("marginal probability"),
            Self::Factor => f.write_str("factor out of a sum"),
            Self::Cancel(_) => f.write_str("common factor"),
            Self::Rename(_) => f.write_str("other letters"),
        }
    }
}

/// One step: wherever `from` stands, `to` is put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is replaced; a product is found among the factors of a larger one, too.
    pub from: Expr,
    /// What takes its place.
    pub to: Expr,
    /// Why the two are equal.
    pub reason: Reason,
    /// The whole expression after the step.
    pub result: Expr,
}

/// A proof that an expression equals another in every model with a graph: steps of the do-calculus and of probability,
/// made by [`derive`](super::derive).
///
/// [`Derivation::verify`] replays it and believes nothing: it tests each step's independence in the graph anew and does
/// each replacement itself. `Display` writes one line a step.
#[derive(Clone, Debug)]
pub struct Derivation {
    start: Estimand,
    steps: Vec<Step>,
}

impl Derivation {
    /// A derivation that begins with an expression and takes the steps, whose expressions are of the same arena. Nothing
    /// is checked here.
    pub fn new(start: Estimand, steps: Vec<Step>) -> Self {
        Self { start, steps }
    }

    /// What is derived.
    pub fn premise(&self) -> &Estimand {
        &self.start
    }

    /// What it is derived to be.
    pub fn conclusion(&self) -> Estimand {
        let root = self.steps.last().map_or(self.start.root(), |step| step.result);
        self.start.with_root(root)
    }

    /// The steps in order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Checks every step from scratch: that its reason makes the two sides equal, by separation in `graph` for the rules
    /// and by comparing expressions for the laws of probability, and that its result is the expression before it with the
    /// replacement made. All equations hold at all values of their symbols, so a replacement under a sum is sound.
    ///
    /// That the conclusion speaks of observations alone is seen by looking at it; see [`Derivation::is_observational`].
    ///
    /// `O(n + m)` for each rule and `O(s)` for each replacement in an expression of s distinct parts.
    ///
    /// # Errors
    /// The number of the first step that does not hold, counted from 0.
    pub fn verify(&self, graph: &Admg) -> Result<(), usize> {
        let mut arena = self.start.arena().clone();
        let mut current = self.start.root();
        for (number, step) in self.steps.iter().enumerate() {
            let known = |expr: Expr| arena.holds(expr);
            let holds = [step.from, step.to, step.result].into_iter().all(known)
                && follows(graph, &mut arena, step)
                && replace(&mut arena, current, step.from, step.to) == step.result
                && step.result != current;
            if !holds {
                return Err(number);
            }
            current = step.result;
        }
        Ok(())
    }

    /// `true` when no intervention is left in the conclusion.
    pub fn is_observational(&self) -> bool {
        let conclusion = self.conclusion();
        super::check::terms(conclusion.arena(), conclusion.root())
            .iter()
            .all(|term| term.do_.is_empty())
    }
}

/// A line a step. Of a formula beyond 16 KiB the beginning is written, and `…`; see [`Estimand`].
impl fmt::Display for Derivation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = &self.start;
        write!(f, "{}", start.briefly())?;
        for step in &self.steps {
            let [from, to] = [step.from, step.to].map(|expr| start.with_root(expr));
            let result = start.with_root(step.result);
            let [result, from, to] = [&result, &from, &to].map(Estimand::briefly);
            write!(f, "\n= {result}    [{}: {from} = {to}]", step.reason)?;
        }
        Ok(())
    }
}
