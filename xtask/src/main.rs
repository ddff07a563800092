//! The runner `cargo xtask`.
fn main() {}
