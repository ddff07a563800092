//! Any text is a table of categories, a causal model or a mixture, or is refused.
#![no_main]

use std::sync::LazyLock;

use counterfoil_experiment::actions::{
    diffusion::read_mixture,
    estimate::Sample,
    simulate::{Family, Simulator},
};
use counterfoil_graph::Admg;

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;
#[path = "../../../counterfoil-data/fuzz/fuzz_targets/shared.rs"]
mod shared;

static GRAPH: LazyLock<Admg> =
    LazyLock::new(|| "Z -> X; X -> Y; Z -> Y".parse().expect("the graph is right"));

libfuzzer_sys::fuzz_target!(|text: &str| {
    let file = shared::file("rows", text.as_bytes());
    let _ = Sample::read(&file, &GRAPH);
    let _ = Simulator::read(&file, Family::Linear, 1);
    let _ = read_mixture(Some(&file));
});
