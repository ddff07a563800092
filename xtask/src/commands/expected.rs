//! `cargo xtask expected`: experiments run again and held against what is kept of them in `experiments/expected`.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Context as _;
use clap::Args;

use super::binary;
use crate::process;
use crate::status::{Status, bad_input};
use crate::workspace::Workspace;

/// Where expectations are, one file an experiment.
const KEPT: &str = "experiments/expected";

/// What to run again.
#[derive(Args)]
pub(crate) struct Options {
    /// Experiments; all that something is expected of unless given
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// The preset to run
    #[arg(long, default_value = "smoke")]
    preset: String,
    /// Set one key of every config (repeatable)
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    set: Vec<String>,
}

impl Options {
    /// Some experiments at preset `smoke`.
    pub(crate) fn smoke(names: &[&str]) -> Self {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Self { names, preset: "smoke".to_owned(), set: Vec::new() }
    }
}

/// Runs each and compares; the first that fails to run ends it, one that is not as expected does not.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<Status> {
    let names =
        if options.names.is_empty() { all(workspace.root())? } else { options.names.clone() };
    let mut status = 0;
    for name in &names {
        let kept = workspace.root().join(KEPT).join(format!("{name}.json"));
        if !kept.is_file() {
            let known = all(workspace.root())?.join(", ");
            return Err(bad_input(format!("nothing is expected of `{name}` in {KEPT}: {known}")));
        }
        let mut run =
            words(&["run", &format!("experiments/{name}.toml"), "--preset", &options.preset]);
        run.extend(options.set.iter().flat_map(|set| words(&["--set", set])));
        for (arguments, needed) in [(run, true), (words(&["expected", name]), false)] {
            match one(workspace, arguments)? {
                0 => {}
                failed if needed => return Ok(failed),
                failed => status = failed,
            }
        }
    }
    Ok(status)
}

/// One command of the binary, with its runs under the target folder.
fn one(workspace: &Workspace, mut arguments: Vec<OsString>) -> anyhow::Result<Status> {
    arguments.push("--out".into());
    arguments.push(workspace.root().join("target/expected-runs").into());
    match binary::command(workspace, &arguments)? {
        Ok(mut command) => process::run(command.current_dir(workspace.root())),
        Err(status) => Ok(status),
    }
}

/// The experiments that something is expected of, by name.
fn all(root: &Path) -> anyhow::Result<Vec<String>> {
    let folder = root.join(KEPT);
    let mut names = Vec::new();
    for entry in fs_err::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let name = path.file_stem().context("a file without a name")?;
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every expectation belongs to an experiment, and no experiment but a table is without one.
    #[test]
    fn every_experiment_is_expected_something_of() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut experiments: Vec<String> = fs_err::read_dir(root.join("experiments"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .filter(|path| !fs_err::read_to_string(path).unwrap().contains("kind = \"table\""))
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        experiments.sort();
        assert_eq!(all(&root).unwrap(), experiments);
    }
}
