//! Any text is read or refused as DOT under all conventions; what is read comes back from every format that can hold
//! it.
#![no_main]

use counterfoil_graph::formats::{DotOptions, Format};

mod limit;
mod shared;

libfuzzer_sys::fuzz_target!(|text: &str| {
    for antiparallel_is_bidirected in [false, true] {
        for dashed_is_bidirected in [false, true] {
            let options = DotOptions { antiparallel_is_bidirected, dashed_is_bidirected };
            shared::comes_back(Format::Dot.read_with(text, options));
        }
    }
});
