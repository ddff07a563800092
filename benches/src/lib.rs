//! Benchmarks of all crates; see `benches/`. Here is what its programs share: whole training steps, and what they cost.

pub mod cost;
pub mod training;
