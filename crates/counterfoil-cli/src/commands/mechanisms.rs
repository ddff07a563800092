//! `counterfoil mechanisms`: families of mechanisms on the labels of an experiment, without images.

use clap::Args;
use counterfoil::{
    autoencoder::tabular::Family,
    diffusion::inversion::Method,
    experiment::{
        actions::mechanisms::{Asked, Comparison, Outcome, compare},
        config::Config,
    },
};

use super::shared::{Source, named, seed};
use crate::{
    interrupt,
    output::{self, maybe},
    progress,
};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil mechanisms circuit
  counterfoil mechanisms gaussian --families additive,dcm --inversion ddim
  counterfoil mechanisms digits --steps 500 --rows 1000 --seed 3 --json

Each family is fitted to the training labels and asked what held-out rows would have been with each variable set to several
values. Errors are shares of leaving the value alone: 0 is right, 1 no better than doing nothing. `noise` is the rank
correlation of abducted and true noise, `spread` the distance of values drawn under the intervention from the true ones, as
a share of doing nothing. Where the data do not know their label model only the log-likelihood is left.";

/// Flags of `mechanisms`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    source: Source,
    /// The families to compare: additive, affine, spline, dcm (separate by commas)
    #[arg(
        long,
        value_name = "NAME",
        value_delimiter = ',',
        value_parser = named::<Family>,
        default_value = "additive,affine,spline,dcm"
    )]
    families: Vec<Family>,
    /// Seed of the fits; the experiment's own without it
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    /// Steps of the optimiser, instead of each family's own
    #[arg(long, value_name = "N")]
    steps: Option<u64>,
    /// Training rows to fit to, at most
    #[arg(long, value_name = "N")]
    rows: Option<usize>,
    /// The sampler of dcm, backwards and forwards: ddim as published, leapfrog to come back exactly
    #[arg(long, value_name = "METHOD", value_parser = named::<Method>)]
    inversion: Option<Method>,
    /// Answer with one JSON document on stdout and nothing else there
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let source = &options.source;
    let config = Config::load(&source.file()?, source.preset.as_deref(), &source.set)?;
    let asked = Asked {
        families: options.families.clone(),
        seed: options.seed.unwrap_or(config.experiment().seed),
        steps: options.steps,
        rows: options.rows,
        inversion: options.inversion,
    };
    let mut reporter = progress::reporter(options.json);
    let found = compare(&config, &asked, reporter.as_mut(), interrupt::listen())?;
    if options.json {
        output::json(&found)?;
        return Ok(0);
    }
    tell(&found)?;
    Ok(0)
}

/// One row a figure, one column a family.
fn tell(found: &Comparison) -> anyhow::Result<()> {
    output::line(&format!(
        "{}: {} rows fitted, {} asked about, seed {}",
        found.data, found.rows, found.tested, found.seed
    ))?;
    if !found.exact {
        output::line(
            "the label model of these data is not known: a log-likelihood is all there is",
        )?;
    }
    let mut header = vec!["figure"];
    header.extend(found.families.iter().map(|outcome| outcome.family.name()));
    let row = |name: String, of: &dyn Fn(&Outcome) -> Option<f64>| {
        let cells = found.families.iter().map(|outcome| maybe(of(outcome).map(short)));
        std::iter::once(name).chain(cells).collect::<Vec<String>>()
    };
    let mut rows = Vec::new();
    if let Some(first) = found.families.first() {
        for (k, effect) in first.effects.iter().enumerate() {
            let name = format!("do({}): {}", effect.set, effect.measured);
            rows.push(row(name, &|o| o.effects.get(k).map(|e| e.share)));
        }
        if found.exact {
            rows.push(row("mean of these".into(), &|o| o.mean_share));
        }
        for name in first.noise.keys() {
            let of = |o: &Outcome| o.noise.get(name).map(|noise| noise.correlation);
            rows.push(row(format!("noise of {name}"), &of));
        }
        for (k, effect) in first.effects.iter().enumerate() {
            let of = |o: &Outcome| {
                let effect = o.effects.get(k)?;
                Some(effect.distance? / effect.distance_as_is?)
            };
            rows.push(row(format!("spread do({}): {}", effect.set, effect.measured), &of));
        }
    }
    rows.push(row("log-likelihood".into(), &|o| o.log_likelihood));
    rows.push(row("seconds".into(), &|o| Some(o.seconds)));
    output::table(&header, &rows)
}

/// Four decimals: no figure here is known better.
fn short(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
