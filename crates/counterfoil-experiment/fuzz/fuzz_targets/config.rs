//! Any text is a config with overrides or is refused; what is read can be written, and reads back as itself.
//! Lines that begin with `--set ` are overrides, the rest is the file; `base.toml` lies beside it and can be extended.
#![no_main]

use counterfoil_experiment::config::Config;

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;
#[path = "../../../counterfoil-data/fuzz/fuzz_targets/shared.rs"]
mod shared;

const GRAPH: &str =
    "digraph { thickness [low=1, high=6]; intensity [low=64, high=255]; thickness -> intensity }";
const BASE: &str = include_str!("../seeds/config/tiny.toml");

libfuzzer_sys::fuzz_target!(|text: &str| {
    shared::file("tiny.dot", GRAPH.as_bytes());
    shared::file("base.toml", BASE.as_bytes());
    let (set, lines): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with("--set "));
    let set: Vec<String> = set.into_iter().map(|line| line["--set ".len()..].to_owned()).collect();
    let file = shared::file("tiny.toml", lines.join("\n").as_bytes());
    if let Ok(config) = Config::load(&file, None, &set) {
        shared::file("graph.dot", config.graph_text().as_bytes());
        let again =
            shared::file("config.toml", config.to_toml().expect("it has been checked").as_bytes());
        let again = Config::load(&again, None, &[]).expect("it reads back");
        assert_eq!(again.hash(), config.hash());
        let _ = config.architecture([1, 28, 28], 10);
    }
});
