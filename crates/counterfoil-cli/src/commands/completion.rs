//! `counterfoil completion`: a completion script for a shell.

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use crate::{Cli, output};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil completion bash > ~/.local/share/bash-completion/completions/counterfoil
  counterfoil completion zsh > ~/.zfunc/_counterfoil";

/// Flags of `completion`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The shell
    shell: Shell,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let mut script = Vec::new();
    generate(options.shell, &mut Cli::command(), "counterfoil", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(0)
}
