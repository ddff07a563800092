//! Any text tells what was measured in which experiment, or is refused.
#![no_main]

use std::sync::LazyLock;

use counterfoil_graph::Admg;

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;
#[path = "../../../counterfoil-data/fuzz/fuzz_targets/shared.rs"]
mod shared;

static GRAPH: LazyLock<Admg> =
    LazyLock::new(|| "a -> b; b -> c; a <-> c".parse().expect("the graph is right"));

libfuzzer_sys::fuzz_target!(|text: &str| {
    let file = shared::file("regimes.json", text.as_bytes());
    let _ = counterfoil_experiment::actions::regimes::read_regimes(&file, &GRAPH);
});
