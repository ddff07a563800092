//! Any bytes are a picture or are refused, whatever size they claim.
#![no_main]

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;
mod shared;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let file = shared::file("picture.png", bytes);
    if let Ok(picture) = counterfoil_data::png::read(&file) {
        assert!(picture.encode().is_ok());
    }
    let _ = counterfoil_data::png::read_grey(&file, [28, 28]);
});
