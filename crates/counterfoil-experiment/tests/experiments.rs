//! The published experiments under `experiments/` are right as they stand, in every preset.

use std::path::PathBuf;

use counterfoil_experiment::config::{Config, locate};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../experiments")
}

#[test]
fn every_preset_of_every_experiment_describes_a_network() {
    for name in ["digits", "morphomnist"] {
        let file = locate(&folder(), name).unwrap();
        let mut hashes = Vec::new();
        for preset in [None, Some("smoke"), Some("quick"), Some("full")] {
            let config = Config::load(&file, preset, &[]).unwrap();
            config.architecture([1, 28, 28], 10).unwrap();
            assert_eq!(config.experiment().name, name);
            hashes.push(config.hash().to_owned());
        }
        assert_eq!(hashes[0], hashes[2], "{name} without a preset is the quick one");
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), 3, "two presets of {name} are the same");
    }
}

/// What a run keeps says everything: no key is left to a default.
#[test]
fn a_resolved_config_writes_every_default_out() {
    let file = locate(&folder(), "digits").unwrap();
    let text = Config::load(&file, Some("quick"), &[]).unwrap().to_toml().unwrap();
    for key in [
        "channels = 32",
        "multipliers = [",
        "warm_up = 0.1",
        "weight_decay = 0.0",
        "keep = 2",
        "threads = 0",
        "[evaluation.oracle]",
    ] {
        assert!(text.contains(key), "{key:?} is not in\n{text}");
    }
}
