//! Graphs, questions and a stopwatch for measuring the graph crate; see `benches/` and the program `latency`.
//!
//! Everything is drawn from keyed streams, so that the same graphs are measured on every machine and beside every peer.

mod cases;
mod stopwatch;

pub use cases::{Case, Density, apart, district, ladder, mediated, napkin, random, three_worlds};
pub use stopwatch::{Spread, readable, seconds};

/// How many expressions a simplification may make: enough that none of the measured ones is cut short.
pub const SIMPLIFICATION: usize = 10_000;
