//! Any text is a counterfactual event or is refused; what is read is written in the same notation.
#![no_main]

use std::sync::LazyLock;

use counterfoil_graph::{Admg, counterfactual::Event};

mod limit;

static GRAPH: LazyLock<Admg> =
    LazyLock::new(|| "X -> M; M -> Y; X -> Y; X <-> Y".parse().expect("the graph is right"));

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(event) = Event::parse(&GRAPH, text) {
        assert_eq!(event.check(&GRAPH), Ok(()));
        let written = event.text(&GRAPH);
        assert_eq!(Event::parse(&GRAPH, &written).as_ref(), Ok(&event), "{written}");
    }
});
