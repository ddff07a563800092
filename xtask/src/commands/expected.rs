//! `cargo xtask expected`: experiments run again and held against what is kept of them in `experiments/expected`.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Context as _;
use clap::Args;
use serde_json::Value;

use super::binary::Binary;
use crate::process;
use crate::status::{self, Status, bad_input};
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

/// Runs each and compares. One that cannot run, for want of its data say, or that is not as expected keeps no other from
/// its turn; the worst status is handed over, and those that did not pass are named.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<Status> {
    let preset = &options.preset;
    let known = all(workspace.root(), preset)?;
    let names = if options.names.is_empty() { &known } else { &options.names };
    let of = names.iter().find(|name| !known.contains(name)).map(|name| format!(" of `{name}`"));
    if of.is_some() || known.is_empty() {
        let of = of.unwrap_or_default();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        return Err(bad_input(format!(
            "nothing is expected{of} at preset `{preset}` in {KEPT}, only of: {known}; run it and write what it gives with \
             `counterfoil expected RUN --write {preset}`"
        )));
    }
    match Binary::release(workspace)? {
        Ok(binary) => run_with(workspace, &binary, names, preset, &options.set),
        Err(failed) => Ok(failed),
    }
}

/// Preset `smoke` of some experiments, by a binary that is there.
pub(crate) fn smoke(
    workspace: &Workspace,
    binary: &Binary,
    names: &[&str],
) -> anyhow::Result<Status> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    run_with(workspace, binary, &names, "smoke", &[])
}

fn run_with(
    workspace: &Workspace,
    binary: &Binary,
    names: &[String],
    preset: &str,
    set: &[String],
) -> anyhow::Result<Status> {
    each(names, |name| {
        let mut run = words(&["run", &format!("experiments/{name}.toml"), "--preset", preset]);
        run.extend(set.iter().flat_map(|set| words(&["--set", set])));
        match one(workspace, binary, run)? {
            0 => one(workspace, binary, words(&["expected", name])),
            failed => Ok(failed),
        }
    })
}

/// Gives each experiment its turn, tells at the end which did not pass, and hands over the worst status. Ctrl-C ends it at
/// once.
fn each(
    names: &[String],
    mut turn: impl FnMut(&str) -> anyhow::Result<Status>,
) -> anyhow::Result<Status> {
    let mut failed = Vec::new();
    for name in names {
        match turn(name)? {
            0 => {}
            status::INTERRUPTED => return Ok(status::INTERRUPTED),
            failure => failed.push((name, failure)),
        }
    }
    let told: Vec<String> = failed.iter().map(|(name, by)| format!("{name} ({by})")).collect();
    if !told.is_empty() {
        eprintln!("{} of {} did not pass: {}", told.len(), names.len(), told.join(", "));
    }
    Ok(failed.into_iter().map(|(_, status)| status).max().unwrap_or(0))
}

/// One command of the binary, with its runs under the target folder.
fn one(
    workspace: &Workspace,
    binary: &Binary,
    mut arguments: Vec<OsString>,
) -> anyhow::Result<Status> {
    arguments.push("--out".into());
    arguments.push(workspace.root().join("target/expected-runs").into());
    process::run(binary.command(workspace, &arguments)?.current_dir(workspace.root()))
}

/// The experiments that something is expected of at `preset`, by name.
fn all(root: &Path, preset: &str) -> anyhow::Result<Vec<String>> {
    let folder = root.join(KEPT);
    let mut names = Vec::new();
    for entry in fs_err::read_dir(&folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let kept: Value = serde_json::from_slice(&fs_err::read(&path)?)
                .with_context(|| format!("{} is damaged", path.display()))?;
            if kept["presets"].get(preset).is_none() {
                continue;
            }
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

    /// A failure keeps no other from its turn, an interrupt does.
    #[test]
    fn every_experiment_has_its_turn() {
        let names = ["a", "b", "c", "d"].map(str::to_owned);
        let ran = |statuses: [Status; 4]| {
            let mut turns = statuses.into_iter();
            let mut met = String::new();
            let turn = |name: &str| {
                met.push_str(name);
                Ok(turns.next().unwrap_or(0))
            };
            let status = each(&names, turn).unwrap();
            (met, status)
        };
        assert_eq!(ran([0, 0, 0, 0]), ("abcd".to_owned(), 0));
        assert_eq!(ran([1, 2, 0, 1]), ("abcd".to_owned(), 2));
        assert_eq!(ran([1, status::INTERRUPTED, 0, 0]), ("ab".to_owned(), status::INTERRUPTED));
    }

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
        assert_eq!(all(&root, "smoke").unwrap(), experiments);
        assert_eq!(all(&root, "none of that name").unwrap(), [""; 0]);
    }
}
