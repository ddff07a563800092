//! Times a training step, a denoising call or the counterfactuals of 16 images of a benchmark size, as `torch/step.py` does
//! for PyTorch, and prints one JSON object a measurement.
//!
//! ```text
//! step train small bf16 12
//! step sample small f32 20
//! step counterfactual small bf16 1
//! ```
//!
//! A processor without instructions for bfloat16 computes in f32 instead, as runs do there; the answer says so.

use counterfoil_autoencoder::network::unet::Condition;
use counterfoil_autoencoder::{
    Architecture, Calibration, Code, Counterfactuals, Mechanism, Model, ModelConfig, Objective,
    ObjectiveConfig, Procedure, Size,
};
use counterfoil_benches::training::{self, Steps};
use counterfoil_experiment::run_dir::Cpu;
use counterfoil_graph::{Dag, Intervention};
use counterfoil_tensor::{Mode, Precision, noise};
use std::time::Instant;
use tch::{Device, Kind, Tensor};

type Failure = Box<dyn std::error::Error>;

/// Images of a denoising call, and of a pass of counterfactuals.
const IMAGES: usize = 16;
/// Calls that are made before the clock is looked at.
const WARM: usize = 2;

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
        "sample" => sample(&model, precision, steps),
        "counterfactual" => counterfactual(&model, precision, steps)?,
        other => {
            return Err(
                format!("unknown measurement `{other}`: train, sample or counterfactual").into()
            );
        }
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

/// One standard normal row of a shape for each of the images, keyed by name.
fn drawn(name: &str, shape: &[i64]) -> Tensor {
    let items: Vec<u64> = (0..IMAGES as u64).collect();
    noise::normal(1, name, &items, 0, shape, Device::Cpu)
}

/// Seconds of each evaluation of the UNet.
fn sample(model: &Model, precision: Precision, calls: usize) -> Vec<f64> {
    let store = model.initialise(0, Device::Cpu);
    let weights = store.bind(precision, Mode::Evaluate);
    let x = drawn("bench-state", &model.architecture().image_shape());
    let latents = drawn("bench-latent", &[model.architecture().blocks().width()]);
    let times = Tensor::full([IMAGES as i64], 500.0, (Kind::Float, Device::Cpu));
    let condition = Condition { times: &times, latents: &latents, mean: None, classes: None };
    let mut measured = Vec::new();
    for call in 0..calls + WARM {
        let start = Instant::now();
        let _output = tch::no_grad(|| model.denoise(&weights, &x, &condition));
        if call >= WARM {
            measured.push(start.elapsed().as_secs_f64());
        }
    }
    measured
}

/// Seconds to abduct the images, set the first variable and draw the counterfactuals, each time, by the procedure that runs have
/// by default.
fn counterfactual(model: &Model, precision: Precision, times: usize) -> Result<Vec<f64>, Failure> {
    let store = model.initialise(0, Device::Cpu);
    let weights = store.bind(precision, Mode::Evaluate);
    let calibration = Calibration::ideal(model.architecture());
    let counterfactuals =
        Counterfactuals::new(model, &weights, &calibration, Procedure::default())?;
    let dag = model.architecture().dag();
    let first = dag.variable(0);
    let (low, high) = first.range();
    let intervention = Intervention::none().set(dag, first.name(), 0.25 * low + 0.75 * high)?;
    let interventions = vec![intervention; IMAGES];
    let images = drawn("bench-image", &model.architecture().image_shape()).tanh();
    (0..times)
        .map(|_| {
            let start = Instant::now();
            let abduction = counterfactuals.abduct(&images, None)?;
            let _drawn = counterfactuals.imagine(&abduction, &interventions)?;
            Ok(start.elapsed().as_secs_f64())
        })
        .collect()
}
