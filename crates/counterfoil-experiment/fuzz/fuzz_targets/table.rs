//! Any text is the file of a table or is refused; what is read has a cell for each of its rows.
#![no_main]

use counterfoil_experiment::matrix::{Plan, plan::Request};

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;
#[path = "../../../counterfoil-data/fuzz/fuzz_targets/shared.rs"]
mod shared;

const GRAPH: &str =
    "digraph { thickness [low=1, high=6]; intensity [low=64, high=255]; thickness -> intensity }";
const TINY: &str = include_str!("../seeds/config/tiny.toml");

libfuzzer_sys::fuzz_target!(|text: &str| {
    shared::file("tiny.dot", GRAPH.as_bytes());
    shared::file("tiny.toml", TINY.as_bytes());
    let file = shared::file("table.toml", text.as_bytes());
    if let Ok(plan) = Plan::load(&file, &Request { preset: None, set: Vec::new() }) {
        assert!(!plan.cells.is_empty());
    }
});
