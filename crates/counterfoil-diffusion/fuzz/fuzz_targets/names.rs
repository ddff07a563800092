//! Any text is the name of a sampler, a respacing, or neither; a name that is read is written as it was.
#![no_main]

use counterfoil_diffusion::{Choice, Respacing};

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = text.parse::<Choice>();
    let _ = text.parse::<Respacing>();
});
