//! Any bytes are an archive of CausalCircuit or are refused; the pickle inside is never executed.
#![no_main]

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;
mod shared;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let file = shared::file("train.npz", bytes);
    let _ = counterfoil_data::causalcircuit::load(file.parent().expect("it is in a folder"), 16);
});
