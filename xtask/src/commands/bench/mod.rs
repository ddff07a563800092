//! `cargo xtask bench`: the criterion packages, that of the graph crate and that of all others; or whole steps beside
//! PyTorch's.

mod against_torch;
mod pytorch;
mod ratios;
mod report;

use std::ffi::OsString;

use clap::Args;

use crate::libtorch::Libtorch;
use crate::process;
use crate::status::Status;
use crate::workspace::Workspace;

/// What to measure.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    against_torch: against_torch::AgainstTorch,
    /// Arguments of `cargo bench`; those after `--` go to criterion
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Runs the benches.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<Status> {
    if options.against_torch.wanted() {
        return against_torch::run(workspace, &options.against_torch);
    }
    let libtorch = Libtorch::ensure(false)?;
    let mut cargo = workspace.cargo();
    cargo.args(["bench", "--package", "counterfoil-graph-benches"]);
    cargo.args(["--package", "counterfoil-benches"]).args(&options.arguments);
    libtorch.apply(&mut cargo)?;
    process::run(&mut cargo)
}
