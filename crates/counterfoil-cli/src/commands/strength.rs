//! `counterfoil strength`: what the guidance weight does to counterfactuals.

use std::path::PathBuf;

use clap::Args;
use counterfoil::experiment::{
    actions::weigh::{strengths, strengths_svg},
    run_dir::{check_target, write_atomic},
};
use serde_json::json;

use super::shared::{OfModel, figures};
use crate::{
    interrupt,
    output::{self, number},
    progress,
};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil strength digits
  counterfoil strength digits --guidance 0.5,1,1.5,2,3 --images 128 --svg strength.svg
  counterfoil strength digits --json

The same held-out images and interventions are answered at every weight, and one set of judges measures all answers. At 1
the decoder is given the latents after the intervention; above, what changes is exaggerated; at 0 nothing changes.
Of a decoder without latents (method diff-scm) the weight is that of its predictor.";

/// Flags of `strength`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    model: OfModel,
    /// The guidance weights to compare (separate by commas)
    #[arg(
        long,
        value_name = "W",
        value_delimiter = ',',
        allow_negative_numbers = true,
        default_value = "0.5,0.8,1,1.2,1.5,2,3"
    )]
    guidance: Vec<f64>,
    /// Held-out images
    #[arg(long, value_name = "N", default_value_t = 128)]
    images: usize,
    /// Draw the figures against the weight into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    options.svg.as_deref().map_or(Ok(()), check_target)?;
    let run = options.model.open()?;
    let mut reporter = progress::reporter(options.model.json());
    let flag = interrupt::listen();
    let (device, images) = (options.model.device(), options.images);
    let found = strengths(&run, device, &options.guidance, images, reporter.as_mut(), flag)?;
    if let Some(file) = &options.svg {
        write_atomic(file, strengths_svg(&found)?.as_bytes())?;
    }
    if options.model.json() {
        output::json(&json!({ "strengths": found }))?;
        return Ok(0);
    }
    let Some(first) = found.first() else { return Ok(0) };
    let names: Vec<&String> = first.answers.figures.keys().collect();
    let mut header = vec!["guidance"];
    header.extend(names.iter().map(|name| name.as_str()));
    let rows = found.iter().map(|strength| {
        let guidance = std::iter::once(number(strength.guidance));
        guidance.chain(figures(&strength.answers, &names)).collect()
    });
    output::table(&header, &rows.collect::<Vec<_>>())?;
    Ok(0)
}
