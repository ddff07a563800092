//! The binary `counterfoil`: built in release, then started in the caller's folder.
//!
//! Cargo's words go to stderr, so that stdout is the binary's alone.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::allocator;
use crate::libtorch::Libtorch;
use crate::process;
use crate::status::Status;
use crate::workspace::Workspace;

/// Builds the binary and becomes it: `run -- ARGS`, `reproduce RUN`, `compare A B` and experiments.
pub(crate) fn hand_over(workspace: &Workspace, arguments: &[OsString]) -> anyhow::Result<Status> {
    match command(workspace, arguments)? {
        Ok(mut command) => process::hand_over(&mut command),
        Err(status) => Ok(status),
    }
}

/// A command of the binary with its arguments in front of the caller's.
pub(crate) fn subcommand(name: &str, arguments: Vec<OsString>) -> Vec<OsString> {
    std::iter::once(OsString::from(name)).chain(arguments).collect()
}

/// The binary, built and ready to start; or the status of the build that failed.
pub(crate) fn command(
    workspace: &Workspace,
    arguments: &[impl AsRef<OsStr>],
) -> anyhow::Result<Result<Command, Status>> {
    let libtorch = Libtorch::ensure(false)?;
    let file = match build(workspace, &libtorch, "counterfoil-cli", "counterfoil")? {
        Ok(file) => file,
        Err(status) => return Ok(Err(status)),
    };
    let mut command = Command::new(file);
    command.args(arguments).current_dir(workspace.here());
    libtorch.apply(&mut command)?;
    allocator::tune(&mut command);
    Ok(Ok(command))
}

/// Builds a binary in release. Cargo tells as JSON where it put the file, whatever target folder or platform is configured.
pub(crate) fn build(
    workspace: &Workspace,
    libtorch: &Libtorch,
    package: &str,
    name: &str,
) -> anyhow::Result<Result<PathBuf, Status>> {
    let mut cargo = workspace.cargo();
    cargo
        .args(["build", "--release", "--package", package, "--bin", name])
        .args(["--message-format", "json-render-diagnostics"])
        .stderr(Stdio::inherit());
    libtorch.apply(&mut cargo)?;
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

/// The executable among cargo's messages.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .find(|message| message["target"]["name"] == name && message["executable"].is_string())
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
            r#"{"reason":"compiler-artifact","target":{"name":"counterfoil"},"executable":"/t/release/counterfoil"}"#,
            "\n",
        );
        assert_eq!(
            executable(messages, "counterfoil"),
            Some(PathBuf::from("/t/release/counterfoil"))
        );
        assert_eq!(executable("{}", "counterfoil"), None);
    }
}
