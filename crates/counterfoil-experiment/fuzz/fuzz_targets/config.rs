//! Any text is a config or is refused; what is read can be written, and reads back as itself.
#![no_main]

use counterfoil_experiment::config::Config;

#[path = "../../../counterfoil-data/fuzz/fuzz_targets/shared.rs"]
mod shared;

const GRAPH: &str = "digraph { thickness [low=1, high=6]; intensity [low=64, high=255]; thickness -> intensity }";

libfuzzer_sys::fuzz_target!(|text: &str| {
    shared::file("tiny.dot", GRAPH.as_bytes());
    let file = shared::file("tiny.toml", text.as_bytes());
    if let Ok(config) = Config::load(&file, None, &[]) {
        shared::file("graph.dot", config.graph_text().as_bytes());
        let again = shared::file("config.toml", config.to_toml().expect("it has been checked").as_bytes());
        assert_eq!(Config::load(&again, None, &[]).expect("it reads back").hash(), config.hash());
    }
});
