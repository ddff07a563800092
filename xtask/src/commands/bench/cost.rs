//! `cargo xtask bench --cost FOLDER`: our program `cost`, which measures training steps and peaks of memory as images, batches
//! and graphs grow, and draws them.

use std::path::Path;
use std::process::Command;

use crate::allocator;
use crate::commands::binary;
use crate::libtorch::Libtorch;
use crate::process;
use crate::status::Status;
use crate::workspace::Workspace;

pub(super) fn run(
    workspace: &Workspace,
    folder: &Path,
    rounds: u16,
    threads: usize,
) -> anyhow::Result<Status> {
    let libtorch = Libtorch::ensure(false)?;
    let program = match binary::build(workspace, &libtorch, "counterfoil-benches", "cost")? {
        Ok(file) => file,
        Err(status) => return Ok(status),
    };
    let mut command = Command::new(program);
    command.arg("all").arg(folder).arg(rounds.to_string()).current_dir(workspace.here());
    command.env("OMP_NUM_THREADS", threads.to_string());
    libtorch.apply(&mut command)?;
    allocator::tune(&mut command);
    process::run(&mut command)
}
