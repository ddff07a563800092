//! A model of a world of your own, trained and asked: `cargo run -p counterfoil --example train_on_own_world [FOLDER]`.
//!
//! A meter and a lamp: the meter's level sets how bright the lamp is. The world is some lines (`own_world` of counterfoil-data
//! says more of them); config, run directory, checkpoints, evaluation, report and questions are those of every experiment.
//! Needs libtorch: `eval "$(cargo xtask setup)"` first.
#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use counterfoil::{
    data::{DataError, Exogenous},
    experiment::{actions::imagine::Options, run_dir::Origin},
    prelude::*,
    scm::{Additive, LinearGaussian, Noise},
};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

const GRAPH: &str = "digraph {
    level [low=0, high=16]; lamp [low=20, high=220];
    style [role=unlabelled, width=4];
    level -> lamp;
}";
/// `kind = 'own'`: the images are handed over below.
const CONFIG: &str = "
    graph = 'meter.dot'
    experiment = { name = 'meter', seed = 1 }
    data = { kind = 'own', split = [1024, 128, 128] }
    model = { size = 'tiny', channels = 8, encoder = [16, 32, 64], block_width = 4, reader = [], mechanism = 'additive' }
    training = { steps = 150, batch = 32, warmup_steps = 10, ema_decay = 0.95, learning_rate = 3e-3, threads = 1 }
    counterfactual = { steps = 8 }
    evaluation = { images = 16, tenfold_images = 4, oracle = { steps = 100 } }
";
/// Pixels of a side.
const SIDE: usize = 16;
/// Test images that are asked about.
const ASKED: usize = 16;

struct Meter(Scm);

impl Meter {
    fn new() -> Result<Self, DataError> {
        let mechanisms: Vec<Box<dyn Mechanism>> = vec![
            Box::new(LinearGaussian::new(8.0, vec![], 3.0)?),
            Box::new(Additive::new(|causes| 40.0 + 10.0 * causes[0], 12.0, Noise::Normal)?),
        ];
        let graph = Dag::from_dot(GRAPH)?.labelled_part();
        Ok(Self(Scm::new(graph, mechanisms)?))
    }
}

impl World for Meter {
    fn name(&self) -> &'static str {
        "meter"
    }

    fn scm(&self) -> &Scm {
        &self.0
    }

    fn image_shape(&self) -> [usize; 3] {
        [1, SIDE, SIDE]
    }

    fn draw(&self, seed: u64, index: u64) -> Exogenous {
        let noise = self.0.draw_noise(&mut Stream::new(seed, "meter-labels", index, 0));
        // What labels do not say: where the lamp hangs.
        let style = vec![Stream::new(seed, "meter-style", index, 0).uniform_in(4.0, 12.0)];
        Exogenous { noise, style, class: None }
    }

    fn render(&self, values: &[f64], exogenous: &Exogenous, pixels: &mut [u8]) {
        let ([level, lamp], [height]) = (values, &*exogenous.style) else { return };
        for (k, pixel) in pixels.iter_mut().enumerate() {
            let (x, y) = ((k % SIDE) as f64 + 0.5, (k / SIDE) as f64 + 0.5);
            let column =
                if x < 4.0 { (level - (SIDE as f64 - y) + 0.5).clamp(0.0, 1.0) } else { 0.0 };
            let glow = (4.0 - (x - 11.0).hypot(y - height)).clamp(0.0, 1.0);
            *pixel = (200.0 * column + lamp * glow).clamp(0.0, 255.0) as u8;
        }
    }
}

fn main() -> Result<(), ExperimentError> {
    let default = std::env::temp_dir().join("counterfoil-train-on-own-world");
    let folder = std::env::args().nth(1).map_or(default, PathBuf::from);
    train_and_ask(&folder).map(|_| ())
}

/// Writes everything below `folder`; returns the mean error of the level in the answers, and in the images left as they are.
pub(crate) fn train_and_ask(folder: &Path) -> Result<[f64; 2], ExperimentError> {
    fs_err::create_dir_all(folder)?;
    fs_err::write(folder.join("meter.dot"), GRAPH)?;
    fs_err::write(folder.join("meter.toml"), CONFIG)?;
    let config = Config::load(&folder.join("meter.toml"), None, &[])?;
    let data = || Data::of(&config, generate(Meter::new()?, 1280, 7)?);
    let plan = perform::Plan::of(config.clone(), data()?, Origin::default())?;
    let done = plan.start(&folder.join("runs"), &mut Silent, &AtomicBool::new(false))?;
    println!("report: {}", done.report.unwrap_or_default().display());

    let imagination = Imagination::of(done.run, data()?, None, &mut Silent)?;
    let full = imagination.intervention(&["level=13".to_owned()])?;
    let beside_truth = Options { truth: true, ..Options::default() };
    let imagined = imagination.imagine(&imagination.held_out(ASKED)?, &[full], beside_truth)?;
    let file = folder.join("answers.png");
    imagined.picture.write(&file)?;
    println!("as it is, with a full meter, the truth, one row an image: {}", file.display());
    let error = |column: usize| {
        let gap = imagined.rows.iter().map(|row| (row.cells[column].read[0] - 13.0).abs());
        gap.sum::<f64>() / ASKED as f64
    };
    Ok([error(1), error(0)])
}
