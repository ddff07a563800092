//! The binary as its user meets it: what it says, what it writes, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test fails where its fixture does")]

mod bad_input;
mod bench;
mod breaks;
mod compare;
mod diffusion;
mod effects;
mod grading;
mod graphs;
mod help;
mod kills;
mod matrix;
mod mechanisms;
#[cfg(feature = "mpi")]
mod mpi;
mod threads;
mod whole;
