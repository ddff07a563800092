//! Any text is read or refused as a Bayesian network; what is read is written with its tables, and reads back the same.
#![no_main]

use counterfoil_graph::formats::BifNetwork;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(network) = BifNetwork::read(text) {
        let back = network.write().and_then(|written| BifNetwork::read(&written));
        assert_eq!(back.as_ref(), Ok(&network));
    }
});
