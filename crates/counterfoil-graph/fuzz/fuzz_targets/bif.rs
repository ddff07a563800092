//! Any text is read or refused as a Bayesian network; what is read is written with its tables, and reads back the same.
#![no_main]

use counterfoil_graph::formats::{BifNetwork, Described, Format};

mod limit;
mod shared;

libfuzzer_sys::fuzz_target!(|text: &str| {
    shared::comes_back(BifNetwork::read(text).and_then(|network| {
        let written = network.write();
        assert_eq!(written.as_deref().map(Format::detect), Ok(Some(Format::Bif)));
        assert_eq!(written.and_then(|written| BifNetwork::read(&written)).as_ref(), Ok(&network));
        Ok(Described::from(&network.to_dag()?))
    }));
});
