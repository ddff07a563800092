//! Pearl's three rules for exchanging and dropping what was seen and what was done, and proofs made of them.
//!
//! Each rule says when two probabilities are equal in every model with the graph. [`applicable`] tests it and shows an
//! open path where it does not hold, [`rewrite`] applies it in either direction, and [`derive`](derive()) chains rules and laws of
//! probability into a [`Derivation`] of an effect from observations, which [`Derivation::verify`] checks step by step.
//!
//! ```
//! use counterfoil_graph::{
//!     NodeSet, Query, admg,
//!     do_calculus::{Direction, Rule, applicable, derive, rewrite},
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let graph = admg! { X -> M -> Y; X <-> Y }?;
//! let term = Query::p(&graph, ["M"])?.do_(["X"])?;
//! let seen = rewrite(&graph, Rule::ExchangeActionObservation, &term, &term.do_, Direction::Forward)?;
//! assert_eq!(seen.text(&graph), "P(M | X)");
//!
//! // What X does to Y is not what X tells of Y, and here is why.
//! let (x, effect) = (graph.set_of(["X"])?, Query::p(&graph, ["Y"])?);
//! let path = applicable(&graph, Rule::ExchangeActionObservation, &effect, &x)?.unwrap_err();
//! assert_eq!(path.display(&graph).to_string(), "X <-> Y");
//!
//! let effect = Query::p(&graph, ["Y"])?.do_(["X"])?;
//! let proof = derive(&graph, &effect)?;
//! assert_eq!(proof.verify(&graph), Ok(()));
//! assert_eq!(proof.conclusion().to_string(), "Σ_m P(m | x) Σ_x' P(x') P(y | x', m)");
//! # Ok(())
//! # }
//! ```

mod check;
mod derivation;
mod derive;

use crate::{
    Admg, CausalGraph, NodeSet, Query, QueryError, View, query,
    separation::{Path, Workspace},
};
pub use derivation::{Derivation, Reason, Step};
pub use derive::derive;
use std::fmt;

/// A rule of the do-calculus (Pearl 1995, theorem 3; complete for effects, Huang and Valtorta 2006, Shpitser and Pearl
/// 2006). The rules speak of a term `P(y | do(x), w)` and a set z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Rule 1: `P(y | do(x), z, w) = P(y | do(x), w)` where y and z are separated by x and w in the graph without edges
    /// into x.
    DropObservation,
    /// Rule 2: `P(y | do(x), do(z), w) = P(y | do(x), z, w)` where y and z are separated by x and w in the graph without
    /// edges into x and out of z.
    ExchangeActionObservation,
    /// Rule 3: `P(y | do(x), do(z), w) = P(y | do(x), w)` where y and z are separated by x and w in the graph without
    /// edges into x and into those z that are no ancestors of w once the edges into x are cut.
    DropAction,
}

impl Rule {
    /// 1, 2 or 3.
    pub fn number(self) -> u8 {
        match self {
            Self::DropObservation => 1,
            Self::ExchangeActionObservation => 2,
            Self::DropAction => 3,
        }
    }

    /// The rule of that number.
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::DropObservation),
            2 => Some(Self::ExchangeActionObservation),
            3 => Some(Self::DropAction),
            _ => None,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {}", self.number())
    }
}

/// Which side of a rule's equation a term is rewritten from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// An observation is dropped (rule 1), an action becomes an observation (rule 2), an action is dropped (rule 3).
    Forward,
    /// An observation is inserted, an observation becomes an action, an action is inserted.
    Backward,
}

/// Why a term cannot be rewritten.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// The independence that the rule asks for does not hold.
    #[error("rule {number} does not apply: in the graph that it cuts, {shown} stays open")]
    Open {
        /// The number of the rule.
        number: u8,
        /// The path in text.
        shown: String,
        /// A path that is open in [`mutilated`].
        path: Path,
    },
    /// The term does not have a variable where the rule starts from.
    #[error("`{name}` is not among {place} of the term: the rule moves what stands there")]
    Missing {
        /// The variable.
        name: String,
        /// Where the rule needs it, with the article.
        place: &'static str,
    },
    /// The sets do not make up a question.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// The graph that a rule judges by: without the edges into what is done, and for z without the edges out of it (rule 2)
/// or, in rule 3, without the edges into `Z(W)`, the members that are no ancestors of the condition in the graph without
/// edges into what is done. The term does not hold z.
pub fn mutilated<'g>(graph: &'g Admg, rule: Rule, term: &Query, z: &NodeSet) -> View<'g> {
    let done = graph.view().without_edges_into(&term.do_);
    match rule {
        Rule::DropObservation => done,
        Rule::ExchangeActionObservation => done.without_edges_out_of(z),
        Rule::DropAction => {
            let causes = done.ancestors_of(&term.given);
            done.without_edges_into(&(z - &causes))
        }
    }
}

/// Whether a rule makes z irrelevant to `P(y | do(x), w)`, which `term` is: the two sides of the rule's equation are this
/// term with z in addition, observed or done as the rule has it. `Err` holds a path that is open in [`mutilated`], given
/// x and w. `O(n + m)`.
///
/// # Errors
/// As [`Query::check`], and [`QueryError::Empty`] or [`QueryError::Overlap`] for z.
pub fn applicable(
    graph: &Admg,
    rule: Rule,
    term: &Query,
    z: &NodeSet,
) -> Result<Result<(), Path>, QueryError> {
    term.check(graph)?;
    query::within(graph, z)?;
    if z.is_empty() {
        return Err(QueryError::Empty { what: "the set that the rule moves" });
    }
    let moved = (z, "the set that the rule moves");
    query::disjoint(graph, (&term.y, "the outcomes"), moved)?;
    query::disjoint(graph, (&term.do_, "the interventions"), moved)?;
    query::disjoint(graph, (&term.given, "the condition"), moved)?;
    let view = mutilated(graph, rule, term, z);
    let known = &term.do_ | &term.given;
    // From z to y, so that the path is read in the direction of the effect.
    let path = view.open_path(z, &term.y, &known, &mut Workspace::default())?;
    Ok(path.map_or(Ok(()), Err))
}

/// `term` with z moved by a rule. Forwards, z has to stand in the term where the rule takes it from: among the
/// observations in rule 1, among the interventions in rules 2 and 3. Backwards, rule 2 takes it from the observations, and
/// rules 1 and 3 insert it. `O(n + m)`.
///
/// # Errors
/// [`RuleError::Open`] where the rule does not apply, [`RuleError::Missing`], and as [`applicable`].
pub fn rewrite(
    graph: &Admg,
    rule: Rule,
    term: &Query,
    z: &NodeSet,
    direction: Direction,
) -> Result<Query, RuleError> {
    use Rule::{DropAction, DropObservation, ExchangeActionObservation as Exchange};
    term.check(graph)?;
    query::within(graph, z)?;
    let (observed, done) = match (rule, direction) {
        (DropObservation, Direction::Forward) | (Exchange, Direction::Backward) => (true, false),
        (DropAction | Exchange, Direction::Forward) => (false, true),
        (DropObservation | DropAction, Direction::Backward) => (false, false),
    };
    let from = match (observed, done) {
        (true, _) => Some((&term.given, "the observations")),
        (_, true) => Some((&term.do_, "the interventions")),
        _ => None,
    };
    if let Some((set, place)) = from
        && let Some(node) = (z - set).first()
    {
        return Err(RuleError::Missing { name: graph.name(node).to_owned(), place });
    }
    let without = match from {
        Some(_) if observed => Query { given: &term.given - z, ..term.clone() },
        Some(_) => Query { do_: &term.do_ - z, ..term.clone() },
        None => term.clone(),
    };
    if let Err(path) = applicable(graph, rule, &without, z)? {
        let shown = path.display(graph).to_string();
        return Err(RuleError::Open { number: rule.number(), shown, path });
    }
    let with_observed = || Query { given: &without.given | z, ..without.clone() };
    let with_done = || Query { do_: &without.do_ | z, ..without.clone() };
    Ok(match (rule, direction) {
        (DropObservation | DropAction, Direction::Forward) => without,
        (DropObservation, Direction::Backward) | (Exchange, Direction::Forward) => with_observed(),
        (DropAction | Exchange, Direction::Backward) => with_done(),
    })
}
