//! The published experiments under `experiments/` are right as they stand, in every preset.

use std::path::PathBuf;

use counterfoil_experiment::{
    actions::expected::Expected,
    config::{Config, Method, locate},
    data::Data,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../experiments")
}

#[test]
fn every_preset_of_every_experiment_describes_a_network_of_every_method() {
    let names = [
        "digits",
        "digits-slant",
        "digits-confounded",
        "digits-biased",
        "morphomnist",
        "pendulum",
        "circuit",
        "flow",
        "gaussian",
    ];
    for name in names {
        let file = locate(&folder(), name).unwrap();
        let mut hashes = Vec::new();
        for preset in [None, Some("smoke"), Some("quick"), Some("full")] {
            let config = Config::load(&file, preset, &[]).unwrap();
            let channels = if ["pendulum", "circuit", "flow"].contains(&name) { 3 } else { 1 };
            let side = config.data().side.unwrap_or(28);
            for method in Method::ALL {
                let set = [format!("method={}", method.name())];
                let config = Config::load(&file, preset, &set).unwrap();
                let architecture = config.architecture([channels, side, side], 10).unwrap();
                config.sections().counterfactual.grid(&architecture).unwrap();
            }
            assert_eq!(config.experiment().name, name);
            hashes.push(config.hash().to_owned());
        }
        assert_eq!(hashes[0], hashes[2], "{name} without a preset is the quick one");
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), 3, "two presets of {name} are the same");
    }
}

/// Exact: a hash that changes without anybody meaning it, as by a key that is new, leaves every expectation without its config.
#[test]
fn what_is_expected_is_of_the_configs_that_are_published() {
    let files = fs_err::read_dir(folder().join("expected")).unwrap();
    let files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        let expected = Expected::read(&file).unwrap();
        let name = &expected.experiment;
        assert_eq!(file.file_stem().unwrap().to_str(), Some(name.as_str()));
        let config = Config::load(&locate(&folder(), name).unwrap(), Some("smoke"), &[]).unwrap();
        assert_eq!(
            expected.presets["smoke"].config,
            config.hash(),
            "preset smoke of {name} is no longer that of {}; if that is meant, write the expectation anew",
            file.display()
        );
    }
}

/// Methods with other decoders have networks too, and procedures that those can follow; what they cannot is refused.
#[test]
fn a_hierarchy_fits_every_experiment_and_cannot_be_guided() {
    for name in ["digits", "morphomnist", "pendulum", "circuit", "flow", "gaussian"] {
        let file = locate(&folder(), name).unwrap();
        for preset in ["smoke", "quick", "full"] {
            let load = |more: &[&str]| {
                let set: Vec<String> =
                    ["method=hvae"].iter().chain(more).map(|s| (*s).to_owned()).collect();
                Config::load(&file, Some(preset), &set).unwrap()
            };
            let config = load(&[]);
            let channels = if ["pendulum", "circuit", "flow"].contains(&name) { 3 } else { 1 };
            let side = config.data().side.unwrap_or(28);
            let architecture = config.architecture([channels, side, side], 10).unwrap();
            config.sections().counterfactual.grid(&architecture).unwrap();
            let guided = load(&["counterfactual.guidance=2.0"]);
            let error = guided.sections().counterfactual.grid(&architecture).unwrap_err();
            assert!(error.to_string().starts_with("counterfactual.guidance"), "{error}");
        }
    }
}

/// A variant of the digits differs from them in name, variant and graph alone, whatever preset and method.
#[test]
fn variants_of_the_digits_differ_in_nothing_else() {
    for variant in ["slant", "confounded", "biased"] {
        for preset in [None, Some("smoke"), Some("full")] {
            for method in ["default", "parity", "diffae", "diff-scm"] {
                let of = |name: &str, more: &[String]| {
                    let method = [format!("method={method}")];
                    let set: Vec<String> = method.iter().chain(more).cloned().collect();
                    let file = locate(&folder(), name).unwrap();
                    Config::load(&file, preset, &set).unwrap().hash().to_owned()
                };
                let written = [
                    format!("experiment.name=digits-{variant}"),
                    format!("data.variant={variant}"),
                    format!("graph=graphs/digits-{variant}.dot"),
                ];
                assert_eq!(of(&format!("digits-{variant}"), &[]), of("digits", &written));
            }
        }
    }
}

/// The graph file of a world has the variables of the world with their units, ranges and domains, and its edges.
#[test]
fn graph_files_are_the_graphs_of_their_worlds() {
    for name in [
        "digits",
        "digits-slant",
        "digits-biased",
        "digits-confounded",
        "pendulum",
        "circuit",
        "flow",
        "gaussian",
    ] {
        let file = locate(&folder(), name).unwrap();
        let set = [
            "data.count=3",
            "data.split=[1, 1, 1]",
            "training.batch=1",
            "evaluation.images=1",
            "evaluation.tenfold_images=1",
        ];
        let config = Config::load(&file, None, &set.map(str::to_owned)).unwrap();
        let data = Data::load(&config).unwrap();
        let stated = config.graph().labelled_part();
        assert_eq!(stated.to_dot(), data.dataset().graph().to_dot(), "{name}");
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
