//! The truth about what the graph crate says: its formulas are evaluated and compared with brute force on models whose
//! hidden causes are explicit, and its refusals are handed to their verifiers.
//!
//! [`effect`] and [`counterfactual`] compare one answer with one model; [`EffectCase`] and [`CounterfactualCase`] are
//! endless supplies of random cases. The example `verify_identification` runs through as many as you like:
//!
//! ```sh
//! cargo run --release -p counterfoil-scm --example verify_identification -- --effects 100000 --counterfactuals 10000
//! ```
//!
//! ```
//! use counterfoil_scm::oracle::{EffectCase, EffectOutcome, effect};
//!
//! for item in 0..20 {
//!     let case = EffectCase::draw(1, item)?;
//!     match effect(&case.graph, &case.query, &case.model) {
//!         Ok(EffectOutcome::Identified { error }) => assert!(error < 1e-9),
//!         Ok(EffectOutcome::Refused) => {} // and the hedge was verified
//!         Err(disagreement) => panic!("{disagreement}"),
//!     }
//! }
//! # Ok::<(), counterfoil_scm::ScmError>(())
//! ```

mod cases;
mod counterfactual;
mod effect;

pub use cases::{CounterfactualCase, EffectCase};
pub(crate) use counterfactual::truth;
pub use counterfactual::{CounterfactualOutcome, FromData, counterfactual};
pub use effect::{EffectOutcome, effect};

pub(crate) use counterfactual::formula_error;
pub(crate) use effect::{all, completions};

use counterfoil_graph::Admg;
use std::fmt;

/// How far a formula's value may lie from the truth. Both are sums of at most some thousands of products of
/// probabilities that stay above about 1e-5, divided a few times; rounding is some 1e-13 at worst.
pub const TOLERANCE: f64 = 1e-9;

/// Whether two values are one up to rounding. A NaN agrees with nothing.
pub(crate) fn agree(a: f64, b: f64) -> bool {
    (a - b).abs() <= TOLERANCE
}

/// An answer that is wrong: what to put into a test.
#[derive(Clone, Debug, PartialEq)]
pub struct Disagreement {
    /// The graph in statements.
    pub graph: String,
    /// The question.
    pub question: String,
    /// What was found.
    pub finding: String,
}

impl Disagreement {
    fn new(graph: &Admg, question: impl fmt::Display, finding: impl fmt::Display) -> Self {
        Self {
            graph: graph.to_string(),
            question: question.to_string(),
            finding: finding.to_string(),
        }
    }
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}: {}", self.question, self.graph, self.finding)
    }
}

impl std::error::Error for Disagreement {}
