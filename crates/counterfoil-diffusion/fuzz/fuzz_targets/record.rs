//! Any text is a recorded run or is refused; comparing it ends.
#![no_main]

use counterfoil_diffusion::compat::{Inputs, Record};

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;

const INPUTS: &str = r#"{ "models": { "normal": { "weights": [1.0], "means": [[0.0]], "stds": [[1.0]] } },
    "x_start": { "normal": [[0.5]] } }"#;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let inputs: Inputs = serde_json::from_str(INPUTS).expect("the inputs are right");
    if let Ok(record) = serde_json::from_str::<Record>(text) {
        let _ = record.compare(&inputs);
    }
});
