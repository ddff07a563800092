//! The binary `counterfoil`: built in release, or taken from the tests, then started in the caller's folder.
//!
//! Cargo's words go to stderr, so that stdout is the binary's alone.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::test;
use crate::allocator;
use crate::libtorch::Libtorch;
use crate::process;
use crate::status::Status;
use crate::workspace::Workspace;

/// The package and the name of the binary.
const COUNTERFOIL: [&str; 2] = ["counterfoil-cli", "counterfoil"];

/// The binary, built and ready to start.
pub(crate) struct Binary {
    file: PathBuf,
    libtorch: Libtorch,
}

impl Binary {
    /// The binary that users have; or the status of the build that failed.
    pub(crate) fn release(workspace: &Workspace) -> anyhow::Result<Result<Self, Status>> {
        let libtorch = Libtorch::ensure(false)?;
        let [package, name] = COUNTERFOIL;
        let built = build(workspace, &libtorch, package, name)?;
        Ok(built.map(|file| Self { file, libtorch }))
    }

    /// The binary that the tests start: compiled once for both.
    pub(crate) fn of_tests(
        workspace: &Workspace,
        tests: &test::Options,
    ) -> anyhow::Result<Result<Self, Status>> {
        let libtorch = Libtorch::ensure(false)?;
        let [_, name] = COUNTERFOIL;
        let built = executed(test::build(workspace, &libtorch, tests)?, name)?;
        Ok(built.map(|file| Self { file, libtorch }))
    }

    /// A command of it in the caller's folder.
    pub(crate) fn command(
        &self,
        workspace: &Workspace,
        arguments: &[impl AsRef<OsStr>],
    ) -> anyhow::Result<Command> {
        let mut command = Command::new(&self.file);
        command.args(arguments).current_dir(workspace.here());
        self.libtorch.apply(&mut command)?;
        allocator::tune(&mut command);
        Ok(command)
    }
}

/// Builds the binary and becomes it: `run -- ARGS`, `reproduce RUN`, `compare A B` and experiments.
pub(crate) fn hand_over(workspace: &Workspace, arguments: &[OsString]) -> anyhow::Result<Status> {
    match Binary::release(workspace)? {
        Ok(binary) => process::hand_over(&mut binary.command(workspace, arguments)?),
        Err(status) => Ok(status),
    }
}

/// A command of the binary with its arguments in front of the caller's.
pub(crate) fn subcommand(name: &str, arguments: Vec<OsString>) -> Vec<OsString> {
    std::iter::once(OsString::from(name)).chain(arguments).collect()
}

/// Builds a binary in release.
pub(crate) fn build(
    workspace: &Workspace,
    libtorch: &Libtorch,
    package: &str,
    name: &str,
) -> anyhow::Result<Result<PathBuf, Status>> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--release", "--package", package, "--bin", name]);
    libtorch.apply(&mut cargo)?;
    executed(cargo, name)
}

/// The binary that a build of cargo's gives. Cargo tells as JSON where it put the file, whatever target folder or platform is
/// configured.
fn executed(mut cargo: Command, name: &str) -> anyhow::Result<Result<PathBuf, Status>> {
    cargo.args(["--message-format", "json-render-diagnostics"]).stderr(Stdio::inherit());
    let built = cargo.output().context("cannot start cargo")?;
    process::stop_if_interrupted()?;
    if !built.status.success() {
        return Ok(Err(process::status_of(built.status)));
    }
    match executable(&String::from_utf8_lossy(&built.stdout), name) {
        Some(file) => Ok(Ok(file)),
        None => bail!("cargo built no binary {name}"),
    }
}

/// The executable among cargo's messages; a program that tests the binary has its name and is another.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name && message["profile"]["test"] != true)
        .find(|message| message["executable"].is_string())
        .and_then(|message| Some(PathBuf::from(message["executable"].as_str()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_found_among_cargos_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"counterfoil"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"build-script"},"executable":"/t/no"}"#,
            "\nnot json\n",
            r#"{"reason":"compiler-artifact","target":{"name":"counterfoil"},"profile":{"test":true},"executable":"/t/no"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"counterfoil"},"profile":{"test":false},"executable":"/t/release/counterfoil"}"#,
            "\n",
        );
        assert_eq!(
            executable(messages, "counterfoil"),
            Some(PathBuf::from("/t/release/counterfoil"))
        );
        assert_eq!(executable("{}", "counterfoil"), None);
    }
}
