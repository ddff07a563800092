//! Benchmarks of every crate but the graph crate, which has a package of its own. Here is what programs share: whole training steps, and what they cost.

pub mod cost;
pub mod training;
