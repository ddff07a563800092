//! Trains a tiny model on stroke digits and draws the images that thicker strokes would have made.

use counterfoil::{experiment::actions::imagine::Options, prelude::*};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Writes everything below `folder`; the picture is `thicker.png`.
pub(crate) fn quick_start(folder: &Path) -> Result<(), ExperimentError> {
    // What causes what: thicker strokes are drawn brighter; `style` is everything else.
    let graph = "digraph {
        thickness [unit=px, low=1, high=5.8];
        intensity [unit=grey, low=64, high=255];
        style [role=unlabelled, width=8];
        thickness -> intensity;
    }";
    let config = "
        graph = 'strokes.dot'
        experiment = { name = 'strokes', seed = 1 }
        data = { kind = 'digits', count = 96, split = [64, 16, 16] }
        model = { size = 'tiny' }
        training = { steps = 8, batch = 16, warmup_steps = 2, threads = 1 }
        counterfactual = { steps = 4 }
        evaluation = { images = 8, tenfold_images = 2 }
    ";
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("strokes.dot"), graph)?;
    std::fs::write(folder.join("strokes.toml"), config)?;

    // Everything is checked before anything is written; then the run keeps what went in and what came out.
    let config = Config::load(&folder.join("strokes.toml"), None, &[])?;
    let data = Data::load(&config)?;
    let run = RunDir::create(&folder.join("runs"), &config, &data, Default::default())?;
    train(&run, &config, &data, &mut Silent, &AtomicBool::new(false))?;

    // Abduct, act, predict: the same handwriting with strokes of four pixels, beside the truth.
    let imagination = Imagination::open(run, None, &mut Silent)?;
    let thicker = imagination.intervention(&["thickness=4".to_owned()])?;
    let beside_truth = Options { truth: true, ..Options::default() };
    let imagined = imagination.imagine(&imagination.held_out(4)?, &[thicker], beside_truth)?;
    imagined.picture.write(&folder.join("thicker.png"))?;
    Ok(())
}
