//! `counterfoil data`: what the data set of an experiment holds.

use std::path::PathBuf;

use clap::Args;
use counterfoil::experiment::{
    actions::facts::{contact_sheet, facts},
    config::Config,
    data::Data,
};

use super::shared::Source;
use crate::output;

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil data digits
  counterfoil data digits --set data.seed=1 --sheet digits.png
  counterfoil data morphomnist --set data.dir=../morphomnist --json";

/// Flags of `data`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    source: Source,
    /// Write the first images into one picture
    #[arg(long, value_name = "FILE.png")]
    sheet: Option<PathBuf>,
    /// How many images the picture shows
    #[arg(long, default_value_t = 100, value_name = "N")]
    count: usize,
    /// Answer with one JSON document on stdout and nothing else there
    #[arg(long)]
    json: bool,
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let source = &options.source;
    let config = Config::load(&source.file()?, source.preset.as_deref(), &source.set)?;
    let data = Data::load(&config)?;
    if let Some(file) = &options.sheet {
        contact_sheet(data.dataset(), options.count, file)?;
    }
    let facts = facts(&data);
    if options.json {
        output::json(&facts)?;
        return Ok(0);
    }
    let [channels, height, width] = facts.image_shape;
    let [train, validation, test] = facts.split;
    output::line(&format!("data     {} (blake3 {})", facts.name, facts.hash))?;
    output::line(&format!("images   {} of {channels} x {height} x {width}", facts.images))?;
    output::line(&format!("split    {train} train, {validation} validation, {test} test"))?;
    if !facts.classes.is_empty() {
        let counts: Vec<String> = facts.classes.iter().map(usize::to_string).collect();
        output::line(&format!("classes  {}", counts.join(" ")))?;
    }
    let known = match (facts.known_images, facts.known_labels) {
        (true, _) => "counterfactual labels and images",
        (false, true) => "counterfactual labels",
        (false, false) => "nothing beyond the labels",
    };
    output::line(&format!("known    {known}"))?;
    // Where every label is known a column that says so would say nothing.
    let partly = facts.labels.iter().any(|label| label.known < facts.images);
    let rows: Vec<Vec<String>> = facts
        .labels
        .iter()
        .map(|label| {
            let numbers = [label.mean, label.deviation, label.low, label.high].map(output::number);
            let unit = label.unit.clone().unwrap_or_default();
            let known = partly.then(|| label.known.to_string());
            [label.name.clone(), unit].into_iter().chain(known).chain(numbers).collect()
        })
        .collect();
    let known = partly.then_some("known");
    let header: Vec<&str> = ["label", "unit"]
        .into_iter()
        .chain(known)
        .chain(["mean", "deviation", "low", "high"])
        .collect();
    output::table(&header, &rows)?;
    if let Some(file) = &options.sheet {
        output::line(&format!("sheet    {}", file.display()))?;
    }
    Ok(0)
}
