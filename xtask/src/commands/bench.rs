//! `cargo xtask bench`: the criterion packages, that of the graph crate and that of all others.

use std::ffi::OsString;

use crate::libtorch::Libtorch;
use crate::process;
use crate::status::Status;
use crate::workspace::Workspace;

/// Runs the benches; the arguments go to `cargo bench`, those after `--` to criterion.
pub(crate) fn run(workspace: &Workspace, arguments: &[OsString]) -> anyhow::Result<Status> {
    let libtorch = Libtorch::ensure(false)?;
    let mut cargo = workspace.cargo();
    cargo.args(["bench", "--package", "counterfoil-graph-benches"]);
    cargo.args(["--package", "counterfoil-benches"]).args(arguments);
    libtorch.apply(&mut cargo)?;
    process::run(&mut cargo)
}
