//! Any text is a table of labels or is refused; a label is a finite number.
#![no_main]

use std::sync::LazyLock;

use counterfoil_graph::Dag;

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;
mod shared;

static GRAPH: LazyLock<Dag> = LazyLock::new(|| {
    Dag::from_dot("digraph { a [low=0, high=1]; b [low=0, high=9]; a -> b }")
        .expect("the graph is right")
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let file = shared::file("labels.csv", bytes);
    if let Ok(labels) = counterfoil_data::labels::read(&file, &GRAPH) {
        assert_eq!(labels.ncols(), 2);
        assert!(labels.iter().all(|label| label.is_finite()));
    }
});
