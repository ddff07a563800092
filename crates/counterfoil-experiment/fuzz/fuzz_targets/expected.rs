//! Any text is an expectation or is refused.
#![no_main]

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;
#[path = "../../../counterfoil-data/fuzz/fuzz_targets/shared.rs"]
mod shared;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let file = shared::file("expected.json", text.as_bytes());
    let _ = counterfoil_experiment::actions::expected::Expected::read(&file);
});
