//! What an evaluation asks of the distributions that are given.

use super::Number;

/// Discrete distributions of a graph's variables that an estimand can be computed from: an observed joint
/// distribution, counts of a sample, a model that answers interventions too.
///
/// Variables are positions in the graph, values are numbered from 0.
pub trait Distribution {
    /// What probabilities are computed in.
    type Number: Number;

    /// The number of values of a variable.
    ///
    /// # Errors
    /// [`Unavailable::Variable`] when nothing is known of it.
    fn cardinality(&self, variable: usize) -> Result<usize, Unavailable>;

    /// The probabilities that `what` asks for: row-major, the first variable of `what.over` most significant, one entry
    /// when there is none.
    ///
    /// # Errors
    /// [`Unavailable`] says which part is not known.
    fn marginal(&self, what: &Marginal<'_>) -> Result<Vec<Self::Number>, Unavailable>;
}

/// Probabilities that are asked of a [`Distribution`]: `P(over, at; do(do_))` for all values of `over`. The three name
/// different variables, in any order, and values below their cardinalities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marginal<'a> {
    /// The variables whose values vary.
    pub over: &'a [usize],
    /// Further variables of the event, with their values.
    pub at: &'a [(usize, usize)],
    /// The interventions.
    pub do_: &'a [(usize, usize)],
    /// Which distribution: 0 is the target's own, others are numbered by the estimand's arena.
    pub source: usize,
}

/// What a [`Distribution`] cannot tell.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unavailable {
    /// Nothing about this variable.
    Variable(usize),
    /// Nothing about the distribution of this number.
    Source(usize),
    /// Nothing about this intervention.
    Intervention,
    /// There are no observations at all, so no frequencies.
    NoData,
    /// Something else, as a sentence without capital and full stop.
    Other(String),
}
