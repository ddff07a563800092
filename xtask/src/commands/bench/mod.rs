//! `cargo xtask bench`: the criterion packages, that of the graph crate and that of all others; or whole steps, beside
//! PyTorch's or as images, batches and graphs grow.

mod against_torch;
mod cost;
mod pytorch;
mod ratios;
mod report;

use std::ffi::OsString;
use std::path::PathBuf;

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
    /// Measure training steps and peaks of memory as images, batches and graphs grow, and draw them into this folder
    #[arg(long, value_name = "FOLDER", group = "whole_steps")]
    cost: Option<PathBuf>,
    /// How often everything is measured
    #[arg(long, value_name = "N", default_value_t = 3, requires = "whole_steps")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
    /// Threads of each process; as many as there are cores unless given
    #[arg(long, value_name = "N", requires = "whole_steps")]
    #[arg(value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    threads: Option<usize>,
    /// Arguments of `cargo bench`; those after `--` go to criterion
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Runs the benches.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<Status> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (rounds, threads) = (options.rounds, options.threads.unwrap_or(cores));
    if options.against_torch.wanted() {
        return against_torch::run(workspace, &options.against_torch, rounds, threads);
    }
    if let Some(folder) = &options.cost {
        return cost::run(workspace, folder, rounds, threads);
    }
    let libtorch = Libtorch::ensure(false)?;
    let mut cargo = workspace.cargo();
    cargo.args(["bench", "--package", "counterfoil-graph-benches"]);
    cargo.args(["--package", "counterfoil-benches"]).args(&options.arguments);
    libtorch.apply(&mut cargo)?;
    process::run(&mut cargo)
}
