//! `counterfoil solvers`: what a counterfactual costs by each method between image and noise.

use std::path::PathBuf;

use clap::Args;
use counterfoil::{
    diffusion::inversion::Method,
    experiment::{
        actions::perform::{price, prices_svg},
        evaluate::solvers::Asked,
        run_dir::write_atomic,
    },
};
use serde_json::json;

use super::shared::OfModel;
use crate::{
    interrupt,
    output::{self, maybe, number},
    progress,
};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil solvers digits
  counterfoil solvers digits --methods ddim,leapfrog,coupled-rk4 --steps 10,20,50,100,250 --images 128 --svg solvers.svg
  counterfoil solvers digits --methods adams-bashforth --steps 5,10,20 --json

The same held-out images and interventions are answered by every method, and one set of judges measures all answers. Steps
count one way; a method may call the network several times a step, and the table says how often it did.";

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
        value_parser = method,
        default_value = "ddim,leapfrog,dpm-solver-2m,adams-bashforth,coupled-rk4"
    )]
    methods: Vec<Method>,
    /// Steps one way (separate by commas)
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "10,20,50")]
    steps: Vec<usize>,
    /// Held-out images
    #[arg(long, value_name = "N", default_value_t = 128)]
    images: usize,
    /// Draw the composition error against the calls into this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// A method by the name that configs give it.
fn method(name: &str) -> Result<Method, String> {
    serde_json::from_value(json!(name)).map_err(|error| error.to_string())
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let run = options.model.open()?;
    let mut reporter = progress::reporter(options.model.json());
    let flag = interrupt::listen();
    let asked = Asked {
        methods: options.methods.clone(),
        steps: options.steps.clone(),
        images: options.images,
    };
    let priced = price(&run, options.model.device(), &asked, reporter.as_mut(), flag)?;
    if let Some(file) = &options.svg {
        write_atomic(file, prices_svg(&priced)?.as_bytes())?;
    }
    if options.model.json() {
        output::json(&json!({ "solvers": priced }))?;
        return Ok(0);
    }
    // The first intervention's effect on what it sets, and on whatever else it has a share of.
    let Some(first) = priced.first() else { return Ok(0) };
    let effects: Vec<(&String, &String)> = first
        .effectiveness
        .iter()
        .flat_map(|(deed, shares)| shares.keys().map(move |name| (deed, name)))
        .collect();
    let mut header = vec!["method".to_owned(), "calls".to_owned(), "composition".to_owned()];
    header.extend(effects.iter().map(|(deed, name)| format!("do({deed}): {name}")));
    header.extend(["slope".to_owned(), "kept".to_owned(), "image".to_owned(), "s".to_owned()]);
    let rows = priced.iter().map(|price| {
        let share = |deed: &String, name: &String| {
            maybe(price.effectiveness.get(deed).and_then(|shares| shares.get(name)).copied())
        };
        let least = price.identity_kept.values().copied().reduce(f64::min);
        let name = serde_json::to_value(price.solver.method).unwrap_or_default();
        let mut row = vec![
            name.as_str().unwrap_or_default().to_owned(),
            price.evaluations.to_string(),
            number(price.composition),
        ];
        row.extend(effects.iter().map(|(deed, name)| share(deed, name)));
        row.extend([
            maybe(price.abduction_slope),
            maybe(least),
            maybe(price.image_error),
            number(price.seconds.round()),
        ]);
        row
    });
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    output::table(&header, &rows.collect::<Vec<_>>())?;
    Ok(0)
}
