//! Any text is a file of questions about graphs or is refused; answering it ends.
#![no_main]

use counterfoil_scm::cases;

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;

libfuzzer_sys::fuzz_target!(|text: &str| {
    for case in cases::read(text).unwrap_or_default() {
        let _ = cases::check(&case);
    }
});
