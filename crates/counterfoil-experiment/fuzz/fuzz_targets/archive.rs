//! Any bytes are an archive of tensors or are refused, whatever sizes the header claims; nothing in it is executed.
#![no_main]

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;
#[path = "../../../counterfoil-data/fuzz/fuzz_targets/shared.rs"]
mod shared;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let file = shared::file("weights.safetensors", bytes);
    let _ = counterfoil_tensor::archive::read(&file);
});
