//! Tests of the mathematics: goldens, orders of convergence, invariances, inversion and randomness.
//!
//! Each comparison names its class: exact, float (with its bound) or Monte-Carlo (with its standard error).
#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

mod adaptive;
mod brownian;
mod compat;
mod configs;
#[path = "../../../counterfoil-graph/tests/suite/damaged.rs"]
mod damaged;
mod editing;
mod exactness;
mod examples;
mod goldens;
mod grids;
mod guidance;
mod invariances;
mod inversion;
mod items;
mod latents;
mod mixture;
mod orders;
mod picard;
mod randomness;
mod readers;
mod samplers;
mod schedules;
#[cfg(feature = "tch")]
mod tensors;
mod times;
mod training;
