//! What can stand between a formula and its number.

use super::distribution::Unavailable;
use std::fmt;

/// Why an estimand has no value in a distribution. Its `Display` is one sentence.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// The estimand conditions on, or divides by, what has probability 0.
    #[error(
        "`{term}` is not defined at {cell}, because {divisor} is 0 there: the data must have every such case (positivity)"
    )]
    Positivity {
        /// The conditional probability or the quotient that has no value.
        term: String,
        /// What is 0: `P(x, z)`, or "its denominator".
        divisor: String,
        /// Where: the variables of the condition and their values.
        cell: Cell,
    },
    /// No value was given for a variable that the estimand depends on.
    #[error("the estimand depends on `{symbol}`: give a value of `{name}`")]
    MissingValue {
        /// The symbol.
        symbol: String,
        /// Its variable.
        name: String,
    },
    /// A value that the variable does not take.
    #[error("`{name}` has no value {value}: it has {cardinality}, counted from 0")]
    ValueOutOfRange {
        /// The variable.
        name: String,
        /// The value that was asked for.
        value: usize,
        /// The number of values.
        cardinality: usize,
    },
    /// A probability in which one variable has two values.
    #[error(
        "`{term}` gives `{name}` two values at once: write it with one symbol for each variable"
    )]
    TwoValues {
        /// The probability.
        term: String,
        /// The variable.
        name: String,
    },
    /// The distribution knows nothing of a variable.
    #[error("the distribution does not have `{name}`, which `{term}` needs: add it to the data")]
    MissingVariable {
        /// The probability that needs it.
        term: String,
        /// The variable.
        name: String,
    },
    /// The distribution does not know an experiment, a population or an intervention.
    #[error("`{term}` cannot be had from this distribution: {reason}")]
    Unavailable {
        /// The probability that was asked for.
        term: String,
        /// What is missing.
        reason: String,
    },
    /// A table that would need more memory than an evaluation may take.
    #[error(
        "a table of {cells} cells would be needed, and {limit} are allowed: fix some variables"
    )]
    TooLarge {
        /// The number of cells, at least.
        cells: usize,
        /// The largest number that is allowed.
        limit: usize,
    },
    /// A table of another length than its variables make.
    #[error(
        "the table has {found} entries, but its variables have {expected} combinations of values"
    )]
    TableLength {
        /// Entries found.
        found: usize,
        /// The product of the cardinalities.
        expected: usize,
    },
    /// Variables of a table or a sample that are listed twice.
    #[error("variable number {variable} is listed twice: list each once")]
    RepeatedVariable {
        /// Its position.
        variable: usize,
    },
    /// A table that is no distribution.
    #[error("the table is no distribution: {reason}")]
    NotADistribution {
        /// What is wrong with it.
        reason: String,
    },
    /// A row of a sample of another length than the list of its variables.
    #[error("row {row} has {found} values, but there are {expected} variables")]
    RowLength {
        /// The row, counted from 0.
        row: usize,
        /// Its length.
        found: usize,
        /// The number of variables.
        expected: usize,
    },
    /// A row of a sample with a value that its variable does not take.
    #[error(
        "row {row} has the value {value} for variable number {variable}, which has {cardinality} values, counted from 0"
    )]
    RowValue {
        /// The row, counted from 0.
        row: usize,
        /// The position of the variable.
        variable: usize,
        /// Its value.
        value: usize,
        /// The number of values that it has.
        cardinality: usize,
    },
}

/// A combination of values, by name: where a table has an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell(pub Vec<(String, usize)>);

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, value)) in self.0.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(f, "{comma}{name} = {value}")?;
        }
        if self.0.is_empty() { f.write_str("every cell") } else { Ok(()) }
    }
}

/// A sentence for what a distribution said, when it has no variant of its own.
pub(super) fn reason(unavailable: &Unavailable) -> String {
    match unavailable {
        Unavailable::Variable(index) => format!("it does not have variable number {index}"),
        Unavailable::Source(_) => "it holds one distribution, without other experiments".to_owned(),
        Unavailable::Intervention => "it was observed without interventions".to_owned(),
        Unavailable::NoData => "there are no observations".to_owned(),
        Unavailable::Other(sentence) => sentence.clone(),
    }
}
