//! The tests of models with exact answers, and of the graph crate's answers by such models, in one binary.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

mod adjustment;
mod discrete;
mod goldens;
mod identification;
mod linear;
