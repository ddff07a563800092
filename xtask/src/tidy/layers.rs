//! The layers: which crate may use which. An edge may only point downward.
//!
//! Development dependencies count too, because a test that reaches upward ties two layers together
//! as firmly as code does.

use anyhow::Context as _;
use serde_json::Value;

use super::Finding;

/// A crate of the workspace and what it may use of the others.
struct Layer {
    name: &'static str,
    may_use: MayUse,
    /// Whether it needs libtorch to build.
    libtorch: bool,
}

/// The crates that a crate may use.
enum MayUse {
    /// These, and [`EVERYWHERE`].
    These(&'static [&'static str]),
    /// All of them.
    Any,
    /// None, not even [`EVERYWHERE`].
    Nothing,
}

/// The one crate that every other may use: randomness has a single source.
const EVERYWHERE: &str = "counterfoil-random";

/// The table of ARCHITECTURE.md, lowest layer first.
const LAYERS: [Layer; 14] = [
    pure("counterfoil-random", &[]),
    pure("counterfoil-graph", &[]),
    pure("counterfoil-diffusion", &[]),
    pure("counterfoil-metrics", &[]),
    pure("counterfoil-scm", &["counterfoil-graph"]),
    pure("counterfoil-data", &["counterfoil-scm", "counterfoil-graph"]),
    torch("counterfoil-tensor", &["counterfoil-diffusion"]),
    torch(
        "counterfoil-autoencoder",
        &["counterfoil-graph", "counterfoil-diffusion", "counterfoil-tensor"],
    ),
    torch(
        "counterfoil-experiment",
        &[
            "counterfoil-graph",
            "counterfoil-diffusion",
            "counterfoil-metrics",
            "counterfoil-scm",
            "counterfoil-data",
            "counterfoil-tensor",
            "counterfoil-autoencoder",
        ],
    ),
    torch(
        "counterfoil",
        &[
            "counterfoil-graph",
            "counterfoil-diffusion",
            "counterfoil-metrics",
            "counterfoil-scm",
            "counterfoil-data",
            "counterfoil-tensor",
            "counterfoil-autoencoder",
            "counterfoil-experiment",
        ],
    ),
    torch("counterfoil-cli", &["counterfoil"]),
    pure("counterfoil-graph-benches", &["counterfoil-graph"]),
    Layer { name: "counterfoil-benches", may_use: MayUse::Any, libtorch: true },
    Layer { name: "xtask", may_use: MayUse::Nothing, libtorch: false },
];

/// A crate that builds without libtorch.
const fn pure(name: &'static str, may_use: &'static [&'static str]) -> Layer {
    Layer { name, may_use: MayUse::These(may_use), libtorch: false }
}

/// A crate that needs libtorch.
const fn torch(name: &'static str, may_use: &'static [&'static str]) -> Layer {
    Layer { name, may_use: MayUse::These(may_use), libtorch: true }
}

/// Crates with doors to libtorch.
const TORCH_CRATES: [&str; 2] = ["tch", "torch-sys"];
/// Only these may erase the type of an error: they show it to a person.
const MAY_ANYHOW: [&str; 2] = ["counterfoil-cli", "xtask"];
/// The crates without a library, so without examples in documentation.
const NO_LIBRARY: [&str; 2] = ["counterfoil-cli", "xtask"];

/// The crates that build and pass their tests without libtorch.
pub(crate) fn without_libtorch() -> impl Iterator<Item = &'static str> {
    LAYERS.iter().filter(|layer| !layer.libtorch).map(|layer| layer.name)
}

/// Whether a package has a library whose documentation can hold examples.
pub(crate) fn has_library(package: &str) -> bool {
    !NO_LIBRARY.contains(&package)
}

/// A package of the workspace, as far as layers are concerned.
#[derive(Debug)]
pub(super) struct Package {
    name: String,
    /// Its manifest, from the root.
    manifest: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug)]
struct Dependency {
    name: String,
    /// `dev-`, `build-` or nothing: the word before "dependency".
    kind: &'static str,
    optional: bool,
}

/// Reads what `cargo metadata --no-deps` prints.
pub(super) fn packages(metadata: &str) -> anyhow::Result<Vec<Package>> {
    let metadata: Value = serde_json::from_str(metadata).context("cargo metadata gave no JSON")?;
    let list = |value: &Value| value.as_array().cloned().context("cargo metadata has no list here");
    let name = |value: &Value| {
        value["name"].as_str().map(str::to_owned).context("cargo metadata has no name here")
    };
    list(&metadata["packages"])?
        .iter()
        .map(|package| {
            let dependencies = list(&package["dependencies"])?
                .iter()
                .map(|dependency| {
                    let kind = match dependency["kind"].as_str() {
                        Some("dev") => "dev-",
                        Some("build") => "build-",
                        _ => "",
                    };
                    let optional = dependency["optional"] == true;
                    Ok(Dependency { name: name(dependency)?, kind, optional })
                })
                .collect::<anyhow::Result<_>>()?;
            let manifest = from_root(&package["manifest_path"], &metadata["workspace_root"]);
            Ok(Package { name: name(package)?, manifest, dependencies })
        })
        .collect()
}

/// A manifest's path from the workspace's root.
fn from_root(manifest: &Value, root: &Value) -> String {
    let path = manifest.as_str().unwrap_or("Cargo.toml");
    let below = root.as_str().and_then(|root| path.strip_prefix(root));
    below.map_or(path, |path| path.trim_start_matches(['/', '\\'])).replace('\\', "/")
}

/// Every edge against the table.
pub(super) fn check(packages: &[Package]) -> Vec<Finding> {
    let is_ours = |name: &str| packages.iter().any(|package| package.name == name);
    let mut findings = Vec::new();
    for package in packages {
        let name = package.name.as_str();
        let mut fail = |text: String| {
            findings.push(Finding::new(&package.manifest, None, text));
        };
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == name) else {
            fail(format!(
                "{name} is not in the table of layers: add it to ARCHITECTURE.md and to \
                 xtask/src/tidy/layers.rs"
            ));
            continue;
        };
        for Dependency { name: used, kind, optional } in &package.dependencies {
            let used = used.as_str();
            if is_ours(used) && !layer.may_use(used) {
                fail(format!(
                    "{name} has the {kind}dependency {used}, which the table of layers does not \
                     allow"
                ));
            }
            if TORCH_CRATES.contains(&used) && !layer.libtorch && !optional {
                fail(format!(
                    "{name} has the {kind}dependency {used}, and its layer must build without \
                     libtorch: make it optional"
                ));
            }
            if used == "anyhow" && !MAY_ANYHOW.contains(&name) {
                fail(format!(
                    "{name} has the {kind}dependency anyhow: libraries have an error enum of \
                     their own"
                ));
            }
        }
    }
    for layer in LAYERS.iter().filter(|layer| !is_ours(layer.name)) {
        let text =
            format!("the table of layers names {}, which is no crate of the workspace", layer.name);
        findings.push(Finding::new("Cargo.toml", None, text));
    }
    findings
}

impl Layer {
    fn may_use(&self, used: &str) -> bool {
        match self.may_use {
            MayUse::These(these) => used == EVERYWHERE || these.contains(&used),
            MayUse::Any => true,
            MayUse::Nothing => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The whole workspace with one more dependency, and what tidy says about it.
    fn with_edge(from: &str, to: &str, kind: Option<&str>, optional: bool) -> Vec<String> {
        let listed: Vec<_> = LAYERS
            .iter()
            .map(|layer| {
                let edge = json!({ "name": to, "kind": kind, "optional": optional });
                let dependencies = if layer.name == from { vec![edge] } else { vec![] };
                json!({ "name": layer.name, "dependencies": dependencies })
            })
            .collect();
        let metadata = json!({ "packages": listed }).to_string();
        check(&packages(&metadata).unwrap()).into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn edges_downward_are_allowed() {
        for (from, to) in [
            ("counterfoil-data", "counterfoil-scm"),
            ("counterfoil-metrics", "counterfoil-random"),
            ("counterfoil-experiment", "counterfoil-metrics"),
            ("counterfoil-cli", "counterfoil"),
            ("counterfoil-benches", "counterfoil-autoencoder"),
            ("counterfoil-graph", "petgraph"),
            ("xtask", "anyhow"),
        ] {
            assert_eq!(with_edge(from, to, None, false), Vec::<String>::new(), "{from} -> {to}");
        }
    }

    #[test]
    fn edges_upward_and_sideways_fail_whatever_their_kind() {
        for (from, to) in [
            ("counterfoil-graph", "counterfoil-scm"),
            ("counterfoil-metrics", "counterfoil-graph"),
            ("counterfoil-autoencoder", "counterfoil-data"),
            ("counterfoil-random", "counterfoil-graph"),
            ("counterfoil-cli", "counterfoil-experiment"),
            ("xtask", "counterfoil-random"),
        ] {
            for kind in [None, Some("dev"), Some("build")] {
                let found = with_edge(from, to, kind, false);
                assert_eq!(found.len(), 1, "{from} -> {to}");
                assert!(found[0].contains(from) && found[0].contains(to), "{found:?}");
            }
        }
        assert!(
            with_edge("counterfoil-graph", "counterfoil-scm", Some("dev"), false)[0]
                .contains("dev-dep")
        );
    }

    #[test]
    fn libtorch_stays_out_of_the_lower_layers() {
        assert_eq!(with_edge("counterfoil-data", "tch", Some("dev"), false).len(), 1);
        assert_eq!(with_edge("xtask", "torch-sys", None, false).len(), 1);
        assert!(with_edge("counterfoil-diffusion", "tch", None, true).is_empty());
        assert!(with_edge("counterfoil-tensor", "tch", None, false).is_empty());
    }

    #[test]
    fn libraries_keep_their_error_types() {
        assert_eq!(with_edge("counterfoil-graph", "anyhow", None, false).len(), 1);
        assert!(with_edge("counterfoil-cli", "anyhow", None, false).is_empty());
    }

    #[test]
    fn the_table_and_the_workspace_name_the_same_crates() {
        let strange = json!({
            "workspace_root": "/w",
            "packages": [{
                "name": "counterfoil-new",
                "manifest_path": "/w/crates/counterfoil-new/Cargo.toml",
                "dependencies": [],
            }],
        });
        let found = check(&packages(&strange.to_string()).unwrap());
        assert_eq!(found.len(), 1 + LAYERS.len());
        assert!(found[0].text.contains("counterfoil-new is not in the table"));
        assert_eq!(found[0].path, "crates/counterfoil-new/Cargo.toml");
        assert_eq!(found[1].path, "Cargo.toml");
        assert!(packages("{}").is_err() && packages("no json").is_err());
    }

    #[test]
    fn the_layers_without_libtorch_are_zero_one_and_the_runner() {
        let names: Vec<_> = without_libtorch().collect();
        let expected = ["random", "graph", "diffusion", "metrics", "scm", "data"]
            .map(|name| format!("counterfoil-{name}"));
        assert_eq!(names[..6], expected);
        assert_eq!(names[6..], ["counterfoil-graph-benches", "xtask"]);
    }
}
