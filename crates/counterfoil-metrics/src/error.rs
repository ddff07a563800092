//! What can be wrong with the numbers that are handed to a metric.

use thiserror::Error;

/// Why a figure cannot be computed; every variant names the argument concerned.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum MetricsError {
    /// Two arguments that go together image by image differ in length.
    #[error(
        "`{left}` holds {left_len} values but `{right}` holds {right_len}: pass one value per image in both"
    )]
    Length {
        /// Name of the first argument.
        left: &'static str,
        /// Its length.
        left_len: usize,
        /// Name of the second argument.
        right: &'static str,
        /// Its length.
        right_len: usize,
    },
    /// Two arrays that go together differ in shape.
    #[error(
        "`{left}` has shape {left_shape:?} but `{right}` has shape {right_shape:?}: pass equal shapes"
    )]
    Shape {
        /// Name of the first argument.
        left: &'static str,
        /// Its shape.
        left_shape: Vec<usize>,
        /// Name of the second argument.
        right: &'static str,
        /// Its shape.
        right_shape: Vec<usize>,
    },
    /// An argument holds nothing.
    #[error("`{name}` is empty: pass at least one value")]
    Empty {
        /// Name of the argument.
        name: &'static str,
    },
    /// An argument holds too little for the figure to be defined.
    #[error("`{name}` holds {len} values where at least {need} are needed")]
    TooFew {
        /// Name of the argument.
        name: &'static str,
        /// How many it holds.
        len: usize,
        /// How many are needed.
        need: usize,
    },
    /// An argument holds a NaN or an infinity.
    #[error("`{name}` holds {value} at index {index}: leave out or repair that item")]
    NotFinite {
        /// Name of the argument.
        name: &'static str,
        /// Position, in row-major order for an array.
        index: usize,
        /// The value found.
        value: f64,
    },
    /// A value lies outside the domain of the formula.
    #[error("`{name}` is {value}, outside {domain}")]
    Domain {
        /// Name of the argument.
        name: &'static str,
        /// The value found.
        value: f64,
        /// The domain, in words or as an interval.
        domain: &'static str,
    },
    /// The figure is a quotient whose denominator is zero.
    #[error("{figure} is undefined because {reason}")]
    Degenerate {
        /// The figure asked for.
        figure: &'static str,
        /// What makes the denominator zero.
        reason: &'static str,
    },
}

/// Result of every fallible function of this crate.
pub(crate) type Result<T> = std::result::Result<T, MetricsError>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_what_where_and_how_to_mend() {
        let check = |error: MetricsError, expected: &str| assert_eq!(error.to_string(), expected);
        check(
            MetricsError::Length { left: "measured", left_len: 3, right: "target", right_len: 4 },
            "`measured` holds 3 values but `target` holds 4: pass one value per image in both",
        );
        check(
            MetricsError::NotFinite { name: "measured", index: 17, value: f64::NAN },
            "`measured` holds NaN at index 17: leave out or repair that item",
        );
        check(
            MetricsError::Degenerate { figure: "a slope", reason: "all `x` are equal" },
            "a slope is undefined because all `x` are equal",
        );
    }
}
