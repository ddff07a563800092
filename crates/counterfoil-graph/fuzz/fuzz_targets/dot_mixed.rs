//! Any text is read or refused as DOT under all conventions; what is read is written, and reads back the same.
#![no_main]

use counterfoil_graph::formats::{DotOptions, Format};

#[path = "shared.rs"]
mod shared;

libfuzzer_sys::fuzz_target!(|input: (bool, bool, &str)| {
    let (antiparallel_is_bidirected, dashed_is_bidirected, text) = input;
    let options = DotOptions { antiparallel_is_bidirected, dashed_is_bidirected };
    if let Ok(described) = Format::Dot.read_with(text, options) {
        shared::same(&described);
    }
});
