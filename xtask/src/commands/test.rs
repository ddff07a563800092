//! `cargo xtask test`: every test, or those of the crates that need no libtorch.

use std::process::{Command, Stdio};

use clap::Args;

use crate::libtorch::{self, Libtorch};
use crate::process;
use crate::status::Status;
use crate::tidy::layers;
use crate::workspace::Workspace;

/// Which tests to run.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// Only the crates of layers 0 and 1, and the runner itself: works on a machine without
    /// libtorch
    #[arg(long)]
    no_torch: bool,
    /// Training over MPI too: needs an MPI library with its `mpirun`, and libclang
    #[arg(long, conflicts_with_all = ["no_torch", "packages"])]
    mpi: bool,
    /// Only this package (repeatable)
    #[arg(short, long = "package", value_name = "NAME", conflicts_with = "no_torch")]
    packages: Vec<String>,
    /// Only tests whose name contains one of these
    #[arg(value_name = "FILTER")]
    filters: Vec<String>,
    /// Arguments for the test programs, such as `--exact` or `--skip NAME`
    #[arg(last = true, value_name = "ARGS")]
    rest: Vec<String>,
}

/// Unit and integration tests, then the examples in the documentation.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<Status> {
    let libtorch = if options.no_torch { None } else { Some(Libtorch::ensure(false)?) };
    for stage in [code, examples] {
        let status = stage(workspace, libtorch.as_ref(), options)?;
        if status != 0 {
            return Ok(status);
        }
    }
    Ok(0)
}

/// Unit and integration tests, under nextest where it is installed: one process per test, and a
/// summary of failures.
pub(crate) fn code(
    workspace: &Workspace,
    libtorch: Option<&Libtorch>,
    options: &Options,
) -> anyhow::Result<Status> {
    let mut cargo = workspace.cargo();
    if has_nextest(workspace) {
        cargo.args(["nextest", "run"]);
        if !options.filters.is_empty() {
            // The filter may be meant for an example.
            cargo.args(["--no-tests", "pass"]);
        }
    } else {
        cargo.args(["test", "--tests"]);
    }
    select(&mut cargo, libtorch, options)?;
    process::run(&mut cargo)
}

/// What builds all that [`code`] runs and starts nothing.
pub(crate) fn build(
    workspace: &Workspace,
    libtorch: &Libtorch,
    options: &Options,
) -> anyhow::Result<Command> {
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--tests", "--no-run"]);
    choose(&mut cargo, options);
    libtorch.apply(&mut cargo)?;
    Ok(cargo)
}

/// The examples in the documentation, which nextest does not run.
pub(crate) fn examples(
    workspace: &Workspace,
    libtorch: Option<&Libtorch>,
    options: &Options,
) -> anyhow::Result<Status> {
    let packages = options.selected();
    if !packages.is_empty() && !packages.iter().any(|package| layers::has_library(package)) {
        return Ok(0);
    }
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--doc"]);
    select(&mut cargo, libtorch, options)?;
    process::run(&mut cargo)
}

/// What tells cargo to build training over MPI.
pub(crate) fn features(mpi: bool) -> &'static [&'static str] {
    if mpi { &["--features", "counterfoil-cli/mpi"] } else { &[] }
}

impl Options {
    /// Every test; those of MPI where it is there.
    pub(crate) fn all(mpi: bool) -> Self {
        Self { mpi, ..Self::default() }
    }

    /// The packages asked for; none means all.
    fn selected(&self) -> Vec<&str> {
        if self.no_torch {
            layers::without_libtorch().collect()
        } else {
            self.packages.iter().map(String::as_str).collect()
        }
    }
}

/// Names the packages and their features.
fn choose(cargo: &mut Command, options: &Options) {
    let packages = options.selected();
    if packages.is_empty() {
        cargo.arg("--workspace");
    }
    for package in packages {
        cargo.args(["--package", package]);
    }
    cargo.args(features(options.mpi));
}

fn select(
    cargo: &mut Command,
    libtorch: Option<&Libtorch>,
    options: &Options,
) -> anyhow::Result<()> {
    choose(cargo, options);
    cargo.arg("--").args(&options.filters).args(&options.rest);
    // Test programs run side by side: one thread each, or libtorch's threads wait for one another's cores.
    if std::env::var_os("OMP_NUM_THREADS").is_none() {
        cargo.env("OMP_NUM_THREADS", "1");
    }
    match libtorch {
        Some(libtorch) => libtorch.apply(cargo)?,
        None => libtorch::hide(cargo),
    }
    Ok(())
}

fn has_nextest(workspace: &Workspace) -> bool {
    let mut cargo = workspace.cargo();
    cargo.args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    cargo.status().is_ok_and(|status| status.success())
}
