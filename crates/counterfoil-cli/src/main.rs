//! The binary `counterfoil`: parse, call one library function, print.

mod commands;
mod failure;
mod interrupt;
mod output;
mod progress;
mod say;
mod team;

use std::process::ExitCode;

use clap::Parser;

/// Causal diffusion autoencoders: learn the causal variables of images, intervene, and draw the image that would
/// have been.
#[derive(Debug, Parser)]
#[command(name = "counterfoil", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: commands::Command,
}

const EXAMPLES: &str = "Examples:
  counterfoil run experiments/digits.toml --preset smoke
  counterfoil counterfactual digits --do thickness=4
  counterfoil runs

RUN is the folder of a run, or the name of an experiment for its latest run.
Exit status: 0, 1 when a run failed, 2 for bad input, 130 after Ctrl-C.";

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe is no reason to fail.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(failure::BAD_INPUT));
        }
    };
    match cli.command.run() {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            say::say(&failure::sentence(&error));
            ExitCode::from(failure::status(&error))
        }
    }
}
