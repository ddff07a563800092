//! `counterfoil solvers`: what a counterfactual costs by each method between image and noise.

use std::path::PathBuf;

use clap::Args;
use counterfoil::{
    diffusion::{Abduction as _, inversion::Method},
    experiment::{
        actions::weigh::{price, prices_svg},
        evaluate::solvers::{Asked, reference, sufficient},
        run_dir::{check_target, write_atomic},
    },
};
use serde_json::json;

use super::shared::{OfModel, figures, named};
use crate::{
    interrupt,
    output::{self, number},
    progress,
};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil solvers digits
  counterfoil solvers digits --methods ddim,leapfrog,coupled-rk4 --calls 20,40,100,200,500 --images 128 --svg solvers.svg
  counterfoil solvers digits --methods adams-bashforth,flow-adams --calls 20,40 --json

The same held-out images and interventions are answered by every method, and one set of judges measures all answers. A
method takes as many steps as the calls pay for. A second table holds each against the naive DDIM inversion with many
calls: the smallest number at which a figure lies within its spread, or nearer to the ideal.";

/// Flags of `solvers`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    model: OfModel,
    /// The methods to compare (separate by commas)
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        value_parser = named::<Method>,
        default_value = "ddim,leapfrog,dpm-solver-2m,coupled-rk4,adams-bashforth,flow-adams"
    )]
    methods: Vec<Method>,
    /// Network calls to abduct an image and to decode one, together (separate by commas)
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "20,40,60,100")]
    calls: Vec<usize>,
    /// Calls of the naive DDIM inversion that all methods are held against
    #[arg(long, value_name = "N", default_value_t = 500)]
    reference: usize,
    /// Held-out images
    #[arg(long, value_name = "N", default_value_t = 128)]
    images: usize,
    /// Draw the figures against the calls into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    options.svg.as_deref().map_or(Ok(()), check_target)?;
    let run = options.model.open()?;
    let mut reporter = progress::reporter(options.model.json());
    let flag = interrupt::listen();
    let asked = Asked {
        methods: options.methods.clone(),
        calls: options.calls.clone(),
        reference: options.reference,
        images: options.images,
    };
    let priced = price(&run, options.model.device(), &asked, reporter.as_mut(), flag)?;
    if let Some(file) = &options.svg {
        write_atomic(file, prices_svg(&priced)?.as_bytes())?;
    }
    if options.model.json() {
        let least = reference(&priced).map(|reference| sufficient(&priced, reference));
        output::json(&json!({ "solvers": priced, "sufficient": least }))?;
        return Ok(0);
    }
    let Some(first) = priced.first() else { return Ok(0) };
    let names: Vec<&String> = first.figures.keys().collect();
    let mut header = vec!["method", "calls"];
    header.extend(names.iter().map(|name| name.as_str()));
    header.push("s");
    let rows = priced.iter().map(|price| {
        let mut row = vec![price.solver.method.name().to_owned(), price.evaluations.to_string()];
        row.extend(figures(price, &names));
        row.push(number(price.seconds.round()));
        row
    });
    output::table(&header, &rows.collect::<Vec<_>>())?;
    let Some(reference) = reference(&priced) else { return Ok(0) };
    let least = sufficient(&priced, reference);
    output::line(&format!(
        "\nSmallest number of calls within the spread of naive DDIM at {} or better:",
        reference.evaluations
    ))?;
    let methods: Vec<&String> =
        least.values().next().map(|by| by.keys().collect()).unwrap_or_default();
    let mut header = vec!["figure"];
    header.extend(methods.iter().map(|name| name.as_str()));
    let rows = least.iter().map(|(figure, by)| {
        let calls = |name: &&String| by[*name].map_or("-".to_owned(), |calls| calls.to_string());
        let mut row = vec![figure.clone()];
        row.extend(methods.iter().map(calls));
        row
    });
    output::table(&header, &rows.collect::<Vec<_>>())?;
    Ok(0)
}
