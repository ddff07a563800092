//! `counterfoil resume`: go on with a run from its latest checkpoint.

use clap::Args;
use counterfoil::experiment::actions::perform;

use super::shared::{Common, performed_json, tell_performed};
use crate::{interrupt, output, team::Team};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil resume digits
  counterfoil resume runs/digits/20261123T205800Z-2d15fc8-s0-1a2b3c4d

On the CPU and with the same number of threads the run ends with the bits of one that was never stopped.";

/// Flags of `resume`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The run
    #[arg(value_name = "RUN")]
    run: String,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    Team::gather()?.work(|team| go_on(options, team))
}

fn go_on(options: &Options, team: &Team) -> anyhow::Result<u8> {
    let run = options.common.open(&options.run)?;
    let mut reporter = team.reporter(options.common.json);
    let performed =
        perform::resume_among(team.ranks(), run, reporter.as_mut(), interrupt::listen())?;
    if !team.leads() {
        // Rank 0 tells of it.
    } else if options.common.json {
        output::json(&performed_json(&performed))?;
    } else {
        tell_performed(&performed)?;
    }
    Ok(performed.exit_status())
}
