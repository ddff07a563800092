//! Any bytes are an IDX file or are refused; what is read has as many numbers as its shape says.
#![no_main]

use counterfoil_data::idx::parse;

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = parse::<1>(bytes);
    if let Ok(images) = parse::<3>(bytes) {
        assert_eq!(images.values.len(), images.shape.iter().product::<usize>());
    }
});
