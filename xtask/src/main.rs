//! The runner `cargo xtask`: sets up libtorch, starts experiments, tests, checks.
//!
//! It links none of the project's crates and no libtorch, so that it can install libtorch. Each
//! command is one file in `commands`. Words of cargo and of the runner go to stderr; stdout belongs
//! to what is run.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a runner talks to its user")]

mod allocator;
mod commands;
mod libtorch;
mod process;
mod status;
mod tidy;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{bench, binary, ci, expected, experiment, setup, test};
use status::Status;
use workspace::Workspace;

/// Runs the project: `cargo xtask experiment digits` is the one line to begin with.
#[derive(Parser)]
#[command(name = "xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Xtask {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install libtorch, or check the one that LIBTORCH or LIBTORCH_USE_PYTORCH names
    Setup {
        /// With the libraries for NVIDIA GPUs (2.5 GB to fetch)
        #[arg(long)]
        cuda: bool,
    },
    /// Run a published experiment; flags after NAME are those of `counterfoil run`
    Experiment {
        /// A file of the folder `experiments` without its `.toml`, or a path; then flags of
        /// `counterfoil run`
        #[arg(required = true, value_names = ["NAME", "FLAGS"])]
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Run experiments again and compare them with what is kept of them
    Expected(expected::Options),
    /// Run the tests
    Test(test::Options),
    /// Run every check that a change must pass
    Ci(ci::Options),
    /// Run the benches
    Bench(bench::Options),
    /// Run a run again and compare the two
    Reproduce {
        /// A run's folder, or an experiment's name for its latest run; then flags of `counterfoil
        /// reproduce`
        #[arg(
            required = true,
            value_name = "RUN",
            trailing_var_arg = true,
            allow_hyphen_values = true
        )]
        arguments: Vec<OsString>,
    },
    /// Compare two runs
    Compare {
        /// Two runs; then flags of `counterfoil compare`
        #[arg(required = true, num_args = 2.., value_names = ["A", "B"])]
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Check the house rules: layers, module docs, file sizes, banned patterns
    Tidy,
    /// Build the binary `counterfoil` in release and run it here
    Run {
        /// Arguments of `counterfoil`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
        arguments: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let arguments = match Xtask::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed pipe is no reason to fail.
            let _ = error.print();
            return ExitCode::from(
                Status::try_from(error.exit_code()).unwrap_or(status::BAD_INPUT),
            );
        }
    };
    ExitCode::from(run(arguments.command).unwrap_or_else(|error| {
        let status = status::of(&error);
        match status {
            status::INTERRUPTED => eprintln!("interrupted"),
            _ => eprintln!("error: {error:#}"),
        }
        status
    }))
}

fn run(command: Command) -> anyhow::Result<Status> {
    process::outlive_children()?;
    let workspace = Workspace::find()?;
    match command {
        Command::Setup { cuda } => setup::run(cuda),
        Command::Experiment { arguments } => experiment::run(&workspace, &arguments),
        Command::Expected(options) => expected::run(&workspace, &options),
        Command::Test(options) => test::run(&workspace, &options),
        Command::Ci(options) => ci::run(&workspace, &options),
        Command::Bench(options) => bench::run(&workspace, &options),
        Command::Reproduce { arguments } => {
            binary::hand_over(&workspace, &binary::subcommand("reproduce", arguments))
        }
        Command::Compare { arguments } => {
            binary::hand_over(&workspace, &binary::subcommand("compare", arguments))
        }
        Command::Tidy => commands::tidy::run(&workspace),
        Command::Run { arguments } => binary::hand_over(&workspace, &arguments),
    }
}
