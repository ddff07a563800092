//! Benchmarks of all crates; see `benches/`.
