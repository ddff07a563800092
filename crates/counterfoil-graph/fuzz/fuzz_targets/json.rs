//! Any text is read or refused as `Format::Json`; what is read is written, and reads back the same.
#![no_main]

use counterfoil_graph::formats::Format;

#[path = "shared.rs"]
mod shared;

libfuzzer_sys::fuzz_target!(|text: &str| shared::reads_back(Format::Json, text));
