//! `counterfoil counterfactual`: images of a run beside the images that would have been.

use std::path::PathBuf;

use clap::Args;
use counterfoil::experiment::{
    actions::imagine::{Imagination, Options as Asked, parse_intervention},
    run_dir::check_target,
};

use super::shared::OfModel;
use crate::{output, progress};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil counterfactual digits --do thickness=2.5 --count 8
  counterfoil counterfactual digits --do thickness=4 --do intensity=120 --out-file grid.png
  counterfoil counterfactual digits --do thickness+=1 --do 'intensity*=0.8'
  counterfoil counterfactual digits --do thickness=2.5 --ranges
  counterfoil counterfactual morphomnist --do intensity=200 --image seven.png
  counterfoil counterfactual digits-confounded --do thickness=4 --confounding 0.5

Columns: factual | counterfactual, and the truth where the world can render it. Values are in the label's own units;
--do may be repeated to change several variables at once. `=` cuts a variable from its causes; `+=`, `-=` and `*=` leave
them in force and move what they make of it. Where the graph file declares hidden causes, a warning says which
effects data cannot tell, and --confounding shows answers of other models that fit them as well.";

/// Flags of `counterfactual`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    model: OfModel,
    /// Set a variable, or move it with +=, -= or *=, in its label's own units (repeatable)
    #[arg(long = "do", value_name = "VARIABLE=VALUE", required = true)]
    set: Vec<String>,
    /// How many test images
    #[arg(long, default_value_t = 8, value_name = "N")]
    count: usize,
    /// A PNG of the size and channels of the model's images instead of test images
    #[arg(long, value_name = "FILE.png", conflicts_with = "count")]
    image: Option<PathBuf>,
    /// The class of the image, for a model that looks at classes
    #[arg(long, value_name = "N", requires = "image")]
    class: Option<usize>,
    /// Where data cannot tell the effect, show beside the model's answer those of models that fit them as well, whose noise
    /// correlates with its cause by this much one way and the other
    #[arg(long, value_name = "R", value_parser = correlation)]
    confounding: Option<f64>,
    /// Say in which range each answer lies with probability 0.9, over 59 abductions of each image
    #[arg(long)]
    ranges: bool,
    /// Where to write the grid; by default into the run's folder `counterfactuals`
    #[arg(long, value_name = "FILE.png")]
    out_file: Option<PathBuf>,
}

/// A correlation inside (0, 1).
fn correlation(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value < 1.0 => Ok(value),
        _ => Err("it must be a number between 0 and 1, ends excluded".to_owned()),
    }
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let run = options.model.open()?;
    // Mistakes are told before a model is loaded.
    let intervention = parse_intervention(run.config()?.graph(), &options.set)?;
    options.out_file.as_deref().map_or(Ok(()), check_target)?;
    let mut reporter = progress::reporter(options.model.json());
    let imagination = Imagination::open(run, options.model.device(), reporter.as_mut())?;
    let subjects = match &options.image {
        Some(file) => imagination.picture(file, options.class)?,
        None => imagination.held_out(options.count)?,
    };
    let title: Vec<String> = options.set.iter().map(|text| file_name(text)).collect();
    let imagined = imagination.imagine(
        &subjects,
        &[intervention],
        Asked { truth: true, confounding: options.confounding, ranges: options.ranges },
    )?;
    let file = imagination.keep(
        &imagined,
        &format!("do-{}", title.join("-")),
        options.out_file.as_deref(),
    )?;
    output::imagined(&imagination, &imagined, &file, options.model.json())?;
    Ok(0)
}

/// A change as a part of a file name: `thickness-2.5`, `thickness-plus-1`, `thickness-times-0.8`.
fn file_name(text: &str) -> String {
    let words = [("+=", "-plus-"), ("-=", "-minus-"), ("*=", "-times-"), ("=", "-"), ("/", "-")];
    words.iter().fold(text.to_owned(), |text, (sign, word)| text.replace(sign, word))
}
