//! Tests of the mathematics: goldens, orders of convergence, invariances, inversion and randomness.
//!
//! Each comparison names its class: exact, float (with its bound) or Monte-Carlo (with its standard error).
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod compat;
mod configs;
mod goldens;
mod grids;
mod invariances;
mod inversion;
mod mixture;
mod orders;
mod randomness;
mod samplers;
mod schedules;
#[cfg(feature = "tch")]
mod tensors;
mod training;
