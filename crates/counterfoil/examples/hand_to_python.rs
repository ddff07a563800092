//! A trained model's codes and answers for Python: `cargo run -p counterfoil --example hand_to_python [RUNS RUN [FOLDER]]`.
//!
//! Without arguments it takes the run of the example `train_and_ask`. It writes latents, noise, labels and images of the test
//! part into a safetensors file, counterfactuals into a PNG, and a Python script that opens both. Needs libtorch:
//! `eval "$(cargo xtask setup)"` first; the script needs numpy, safetensors and Pillow.
#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use counterfoil::{
    experiment::actions::{
        codes::{Codes, Part},
        imagine::Options,
    },
    prelude::*,
};
use std::path::{Path, PathBuf};

/// What a notebook would begin with.
const SCRIPT: &str = r#"import numpy as np
from PIL import Image
from safetensors.numpy import load_file

arrays = load_file("codes.safetensors")
for name, x in arrays.items():
    print(f"{name:12} {x.shape}")

# How much of each label is in each block: R2 of a linear regression.
labels = [name.split(".", 1)[1] for name in arrays if name.startswith("label.")]
for label in labels:
    y = arrays[f"label.{label}"]
    row = []
    for block in labels:
        x = np.c_[arrays[f"z.{block}"], np.ones(len(y))]
        rest = y - x @ np.linalg.lstsq(x, y, rcond=None)[0]
        row.append(f"{1 - rest.var() / y.var():6.3f}")
    print(f"{label:12} in the blocks of {', '.join(labels)}:", *row)

print("factual and counterfactual images:", Image.open("counterfactuals.png").size)
"#;

fn main() -> Result<(), ExperimentError> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let trained = std::env::temp_dir().join("counterfoil-train-and-ask");
    let (runs, run, folder) = match arguments.as_slice() {
        [] => (trained.join("runs"), "linear", trained),
        [runs, run] => (PathBuf::from(runs), run.as_str(), PathBuf::from(".")),
        [runs, run, folder, ..] => (PathBuf::from(runs), run.as_str(), PathBuf::from(folder)),
        [_] => {
            println!("give the folder of all runs and the name of one, or nothing");
            return Ok(());
        }
    };
    hand_to_python(&RunDir::open(&runs, run)?, &folder).map(|_| ())
}

/// Writes `codes.safetensors`, `counterfactuals.png` and `look.py` into `folder`; returns the names of the arrays.
pub(crate) fn hand_to_python(run: &RunDir, folder: &Path) -> Result<Vec<String>, ExperimentError> {
    fs_err::create_dir_all(folder)?;
    let codes = Codes::of(run, None, (Part::Test, None), true, &mut Silent)?;
    codes.write(&folder.join("codes.safetensors"))?;

    // The first labelled variable, moved up and down by a quarter of its range.
    let imagination = Imagination::open(run.clone(), None, &mut Silent)?;
    let graph = imagination.graph();
    let mut actions = Vec::new();
    if let Some(variable) = graph.labelled().first().map(|v| graph.variable(*v)) {
        let (low, high) = variable.range();
        for sign in ['+', '-'] {
            let text = format!("{}{sign}={}", variable.name(), (high - low) / 4.0);
            actions.push(imagination.intervention(&[text])?);
        }
    }
    let subjects = imagination.held_out(4)?;
    let imagined = imagination.imagine(&subjects, &actions, Options::default())?;
    imagined.picture.write(&folder.join("counterfactuals.png"))?;
    println!("columns of counterfactuals.png: {}", imagined.columns.join(" | "));

    fs_err::write(folder.join("look.py"), SCRIPT)?;
    println!("cd {} && python3 look.py", folder.display());
    Ok(codes.arrays().into_iter().map(|array| array.name).collect())
}
