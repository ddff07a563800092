//! Any text is what stands behind `--do` or is refused; what is read is described, and reads back the same where it sets.
#![no_main]

use std::sync::LazyLock;

use counterfoil_graph::{Dag, Intervention};

mod limit;

static GRAPH: LazyLock<Dag> = LazyLock::new(|| {
    Dag::from_dot(
        "digraph { t [unit=px, low=1, high=5, domain_above=0]; angle [kind=circular, period=360];
         colour [kind=categorical, categories=3]; rest [role=unlabelled]; \"a+=\"; t -> angle -> \"a+=\"; }",
    )
    .expect("the graph is right")
});

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(action) = Intervention::parse(&GRAPH, text.lines()) else { return };
    assert!(action.describe(&GRAPH).starts_with("do("));
    let values: Vec<String> =
        action.values().map(|(k, v)| format!("{}={v}", GRAPH.variable(k).name())).collect();
    if values.len() == action.len() {
        let again = Intervention::parse(&GRAPH, values.iter().map(String::as_str));
        assert_eq!(again.as_ref(), Ok(&action), "{values:?}");
    }
});
