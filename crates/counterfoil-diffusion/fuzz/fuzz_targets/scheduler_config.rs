//! Any text is a scheduler's config or is refused; what is read has a plan or says why not, and comes back when written.
#![no_main]

use counterfoil_diffusion::{Prediction, compat::SchedulerConfig};

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Ok(config) = SchedulerConfig::from_json(text) else { return };
    for steps in [1, 7] {
        let _ = config.recipe(steps, 0.0, Prediction::Eps);
    }
});
