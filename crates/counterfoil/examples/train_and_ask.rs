//! From a config to a counterfactual in one program: `cargo run -p counterfoil --example train_and_ask [FOLDER]`.
//!
//! A small model of the linear world is trained for some seconds, asked what images would have been had `a` been 1.5, and its
//! answer is read and held against the truth, which the world knows. Needs libtorch: `eval "$(cargo xtask setup)"` first.
#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use counterfoil::{
    experiment::{actions::imagine::Options, run_dir::Origin},
    prelude::*,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// The causal graph: a causes b and c, b causes c; `style` is all else.
const GRAPH: &str = "digraph {
    a [unit=sd, low=-3, high=3]; b [unit=sd, low=-3, high=3]; c [unit=sd, low=-3, high=3];
    style [role=unlabelled, width=4];
    a -> b; a -> c; b -> c;
}";
/// Keys that are not here have their defaults; docs/configuration.md lists all.
const CONFIG: &str = "
    graph = 'linear.dot'
    experiment = { name = 'linear', seed = 1 }
    data = { kind = 'gaussian', side = 16, count = 1280, split = [1024, 128, 128] }
    model = { size = 'tiny', channels = 8, encoder = [16, 32, 64], block_width = 4, reader = [], mechanism = 'additive' }
    training = { steps = 220, batch = 32, warmup_steps = 10, ema_decay = 0.95, learning_rate = 3e-3, threads = 1 }
    counterfactual = { steps = 8 }
    evaluation = { images = 32, tenfold_images = 8 }
";
/// Test images that are asked about.
const ASKED: usize = 16;

fn main() -> Result<(), ExperimentError> {
    let default = std::env::temp_dir().join("counterfoil-train-and-ask");
    let folder = std::env::args().nth(1).map_or(default, PathBuf::from);
    train_and_ask(&folder).map(|_| ())
}

/// Writes everything below `folder`; returns the mean error of `a` in the answers, and in the images left as they are.
pub(crate) fn train_and_ask(folder: &Path) -> Result<[f64; 2], ExperimentError> {
    fs_err::create_dir_all(folder)?;
    fs_err::write(folder.join("linear.dot"), GRAPH)?;
    fs_err::write(folder.join("linear.toml"), CONFIG)?;
    let config = Config::load(&folder.join("linear.toml"), None, &[])?;
    let data = Data::load(&config)?;
    let run = RunDir::create(&folder.join("runs"), &config, &data, Origin::default())?;
    train(&run, &config, &data, &mut Silent, &AtomicBool::new(false))?;
    println!("trained: {}", run.path().display());

    // Abduct, act, predict for test images; each column has what the encoder reads and what is true.
    let imagination = Imagination::open(run, None, &mut Silent)?;
    let action = imagination.intervention(&["a=1.5".to_owned()])?;
    let beside_truth = Options { truth: true, ..Options::default() };
    let imagined = imagination.imagine(&imagination.held_out(ASKED)?, &[action], beside_truth)?;
    println!(
        "read off the images, mean absolute error against the truth under {}:",
        imagined.columns[1]
    );
    let error = |column: usize, label: usize| {
        let gap = |row: &counterfoil::experiment::actions::imagine::Row| {
            let truth = row.cells[1].truth.as_ref().map_or(f64::NAN, |truth| truth[label]);
            (row.cells[column].read[label] - truth).abs()
        };
        imagined.rows.iter().map(gap).sum::<f64>() / ASKED as f64
    };
    for (label, name) in imagination.labels().iter().enumerate() {
        println!(
            "  {name}: {:.2} in the answers, {:.2} in the images as they are",
            error(1, label),
            error(0, label)
        );
    }
    let file = folder.join("answers.png");
    imagined.picture.write(&file)?;
    println!("factual, answer, truth, one row an image: {}", file.display());
    Ok([error(1, 0), error(0, 0)])
}
