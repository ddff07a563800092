//! `counterfoil codes`: what a model makes of images, as arrays for other programs.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use counterfoil::experiment::{
    actions::codes::{Codes, Part},
    run_dir::check_target,
};
use serde_json::json;

use super::shared::OfModel;
use crate::{output, progress};

pub(super) const EXAMPLES: &str = "Examples:
  counterfoil codes digits
  counterfoil codes digits --part train --count 2000 --out-file codes.safetensors
  counterfoil codes digits --images --json

For each variable: z.NAME and u.NAME, its latents and its noise, label.NAME as recorded and read.NAME as the model reads it, in
the label's own units. In Python: safetensors.numpy.load_file(\"codes.safetensors\")[\"z.thickness\"].";

/// Flags of `codes`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    model: OfModel,
    /// Which part of the data
    #[arg(long, value_enum, default_value_t = Choice::Test)]
    part: Choice,
    /// How many images of it; all when left out
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// Write the images, too
    #[arg(long)]
    images: bool,
    /// Where to write the arrays
    #[arg(long, value_name = "FILE.safetensors", default_value = "codes.safetensors")]
    out_file: PathBuf,
}

/// [`Part`] as it is typed.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Choice {
    Train,
    Validation,
    Test,
}

impl From<Choice> for Part {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Train => Self::Train,
            Choice::Validation => Self::Validation,
            Choice::Test => Self::Test,
        }
    }
}

pub(super) fn run(options: &Options) -> anyhow::Result<u8> {
    let run = options.model.open()?;
    check_target(&options.out_file)?;
    let mut reporter = progress::reporter(options.model.json());
    let asked = (options.part.into(), options.count);
    let codes = Codes::of(&run, options.model.device(), asked, options.images, reporter.as_mut())?;
    codes.write(&options.out_file)?;
    let arrays = codes.arrays();
    if options.model.json() {
        output::json(&json!({ "file": options.out_file, "arrays": arrays }))?;
        return Ok(0);
    }
    let row = |array: &counterfoil::experiment::actions::codes::Array| {
        let shape: Vec<String> = array.shape.iter().map(ToString::to_string).collect();
        vec![array.name.clone(), shape.join(" x ")]
    };
    output::table(&["array", "shape"], &arrays.iter().map(row).collect::<Vec<_>>())?;
    output::line(&format!("written  {}", options.out_file.display()))?;
    Ok(0)
}
