//! Any bytes are an archive of CausalCircuit or are refused; the pickle inside is never executed.
#![no_main]

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;
mod shared;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let file = shared::file("train.npz", bytes);
    let folder = file.parent().expect("it is in a folder");
    let _ = counterfoil_data::causalcircuit::load_split(folder, 16);
    let _ = counterfoil_data::causalcircuit::load(folder, 16);
});
