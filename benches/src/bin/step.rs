//! Times one training step or one denoising step of a benchmark size, as `torch_baseline.py` does for PyTorch, and
//! prints one JSON object a measurement.
//!
//! ```text
//! step train small bf16 12
//! step sample small f32 20
//! ```
//!
//! A processor without instructions for bfloat16 computes in f32 instead, as runs do there; the answer says so.

use counterfoil_autoencoder::network::unet::Condition;
use counterfoil_autoencoder::{
    Architecture, Code, Mechanism, Model, ModelConfig, Objective, ObjectiveConfig, Size,
};
use counterfoil_benches::training::{self, Steps};
use counterfoil_experiment::run_dir::Cpu;
use counterfoil_graph::Dag;
use counterfoil_tensor::{Mode, Precision, noise};
use std::time::Instant;
use tch::{Device, Kind, Tensor};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let word = |i: usize, default: &str| words.get(i).map_or(default, String::as_str).to_owned();
    let (what, size, precision) = (word(0, "train"), word(1, "small"), word(2, "f32"));
    let steps: usize = word(3, "12").parse()?;
    let asked = if precision == "bf16" { Precision::Bf16 } else { Precision::F32 };
    let precision = Cpu::here().precision(asked, Device::Cpu);
    let (name, image, batch, dag) = match size.as_str() {
        "small" => (Size::Small, [1, 28, 28], 64, pair()?),
        "digits" => (Size::Digits, [1, 28, 28], 64, pair()?),
        "morphomnist" => (Size::Morphomnist, [1, 28, 28], 16, pair()?),
        "pendulum" => (Size::Pendulum, [3, 96, 96], 16, pendulum()?),
        other => {
            return Err(
                format!("unknown size `{other}`: small, digits, morphomnist or pendulum").into()
            );
        }
    };
    let config = ModelConfig {
        size: name,
        mechanism: Mechanism::Additive,
        mechanism_depth: 1,
        code: Code::Exogenous,
        reader: Vec::new(),
        residual_code: false,
        ..ModelConfig::default()
    };
    let architecture = Architecture::check(&config, &dag, image, 0)?;
    let model = Model::new(&architecture);
    let mut times = match what.as_str() {
        "train" => {
            let objective = Objective::new(&ObjectiveConfig::default(), 1000, 0)?;
            let steps = Steps { batch, count: steps, precision, more_labels: 0 };
            training::seconds(&model, &objective, steps)?
        }
        "sample" => sample(&model, image, precision, steps),
        other => return Err(format!("unknown measurement `{other}`: train or sample").into()),
    };
    times.sort_by(f64::total_cmp);
    let median = times[times.len() / 2];
    let precision = if precision == Precision::Bf16 { "bf16" } else { "f32" };
    #[expect(clippy::print_stdout, reason = "printing the measurement is what this program does")]
    {
        println!(
            r#"{{"what": "{what}", "size": "{size}", "precision": "{precision}", "step_s": {median}}}"#
        );
    }
    Ok(())
}

fn pair() -> Result<Dag, Failure> {
    let text = "digraph { thickness [low=1, high=6]; intensity [low=64, high=255]; thickness -> intensity }";
    Ok(Dag::from_dot(text)?)
}

fn pendulum() -> Result<Dag, Failure> {
    let text = "digraph { angle [low=-40, high=43]; light [low=60, high=147]; length [low=3, high=12];
        position [low=2, high=19]; angle -> length; angle -> position; light -> length; light -> position }";
    Ok(Dag::from_dot(text)?)
}

/// Seconds of each evaluation of the UNet for 16 images.
fn sample(model: &Model, image: [usize; 3], precision: Precision, steps: usize) -> Vec<f64> {
    let store = model.initialise(0, Device::Cpu);
    let weights = store.bind(precision, Mode::Evaluate);
    let items: Vec<u64> = (0..16).collect();
    let x = noise::normal(1, "bench-state", &items, 0, &image.map(|n| n as i64), Device::Cpu);
    let width = model.architecture().blocks().width();
    let latents = noise::normal(1, "bench-latent", &items, 0, &[width], Device::Cpu);
    let times = Tensor::full([16], 500.0, (Kind::Float, Device::Cpu));
    let condition = Condition { times: &times, latents: &latents, mean: None, classes: None };
    let mut measured = Vec::new();
    for step in 0..steps + 2 {
        let start = Instant::now();
        let _output = tch::no_grad(|| model.denoise(&weights, &x, &condition));
        if step >= 2 {
            measured.push(start.elapsed().as_secs_f64());
        }
    }
    measured
}
