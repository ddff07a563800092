//! `counterfoil reproduce`: run a run again and compare figures and weights.

use clap::Args;
use counterfoil::experiment::actions::{
    apart::{PICTURES_WITHIN, WEIGHTS_WITHIN},
    outcome::Tolerance,
    reproduce::{Elsewhere, Repetition},
};

use super::{compare::differences, expected::kept, shared::Common};
use crate::{failure, interrupt, output, progress};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil reproduce digits
  counterfoil reproduce digits --json

On the processor, threads, device and libtorch of the run, figures, pictures and weights must be the same to the bit.
Elsewhere figures are compared within the bounds of experiments/expected/NAME.json where it has the run's config and data, and
within a share of their value where it has not or has no bound for them; weights and pictures within wide bounds of their own.

Exit status 1 when a run is not reproduced. Runs that the clock stopped are refused.";

/// Flags of `reproduce`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The run
    #[arg(value_name = "RUN")]
    run: String,
    /// How far off a figure without a measured bound may be on another machine, as a share of it
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    within: f64,
    #[command(flatten)]
    common: Common,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let run = options.common.open(&options.run)?;
    let manifest = run.manifest()?;
    let repetition = Repetition::check(run)?;
    // Read before the run is repeated, so that a damaged file costs no hours, and only where it counts.
    let elsewhere = match repetition.tolerance()? {
        Tolerance::Exact => Elsewhere::share(options.within),
        Tolerance::Bounds => Elsewhere::of(&manifest, &kept(&manifest.experiment), options.within)?,
    };
    let mut reporter = progress::reporter(options.common.json);
    for difference in repetition.differences() {
        let (then, now) = (difference.first.as_deref(), difference.second.as_deref());
        reporter.note(&format!(
            "{} was {} and is {}: the outcome may differ",
            difference.key,
            then.unwrap_or("unknown"),
            now.unwrap_or("unknown")
        ));
    }
    let flag = interrupt::listen();
    let (performed, reproduction) =
        repetition.start(&options.common.out, &elsewhere, reporter.as_mut(), flag)?;
    let Some(reproduction) = reproduction else {
        return Ok(performed.exit_status());
    };
    if options.common.json {
        output::json(&reproduction)?;
    } else {
        for (number, run) in reproduction.runs.iter().enumerate() {
            output::line(&format!("{}  {run}", number + 1))?;
        }
        differences("environment", &reproduction.differences)?;
        differences("weights", &reproduction.weights)?;
        differences("pictures", &reproduction.pictures)?;
        if let Some(apart) = reproduction.apart {
            for (what, by, most) in [
                ("weights", apart.weights, WEIGHTS_WITHIN),
                ("pictures", apart.pictures, PICTURES_WITHIN),
            ] {
                let by = output::maybe(by);
                output::line(&format!(
                    "{what}: {by} apart, up to {} is allowed",
                    output::number(most)
                ))?;
            }
        }
        let (compared, how) = (reproduction.compared, &reproduction.agreement);
        let off = reproduction.figures.len();
        if off == 0 {
            output::line(&format!("figures: all {compared} are {how}"))?;
        } else {
            output::line(&format!("figures: {off} of {compared} are not {how}"))?;
            output::figures(&reproduction.figures, 2)?;
        }
    }
    Ok(if reproduction.same { 0 } else { failure::FAILED })
}
