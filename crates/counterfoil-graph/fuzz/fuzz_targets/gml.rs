//! Any text is read or refused as `Format::Gml`; what is read comes back from every format that can hold it.
#![no_main]

use counterfoil_graph::formats::Format;

mod limit;
mod shared;

libfuzzer_sys::fuzz_target!(|text: &str| shared::comes_back(Format::Gml.read(text)));
