//! Any text is read or refused by the strict reader of experiment files; what is read is written, and reads back the
//! same.
#![no_main]

use counterfoil_graph::Dag;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(dag) = Dag::from_dot(text) {
        assert_eq!(Dag::from_dot(&dag.to_dot()).as_ref(), Ok(&dag));
    }
});
