//! Any text is read or refused by the strict reader of experiment files; what is read comes back, and the reader of DOT
//! in general sees the same in it.
#![no_main]

use counterfoil_graph::{
    Dag, MixedGraph,
    formats::{Described, Format},
};
use std::collections::BTreeSet;

mod limit;
mod shared;

libfuzzer_sys::fuzz_target!(|text: &str| {
    shared::comes_back(Dag::from_dot(text).map(|dag| {
        assert_eq!(Dag::from_dot(&dag.to_dot()).as_ref(), Ok(&dag));
        let described = Described::from(&dag);
        let general = Format::Dot.read(text).map(|general| unordered(general.graph()));
        assert_eq!(general, Ok(unordered(described.graph())));
        described
    }));
});

/// The strict reader numbers variables by declaration, the other by first mention.
fn unordered(graph: &MixedGraph) -> BTreeSet<String> {
    let edges = graph.mixed_edges().into_iter().map(|edge| graph.describe(edge));
    graph.variables().map(|variable| format!("{variable:?}")).chain(edges).collect()
}
