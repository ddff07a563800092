//! One whole training step of size `small` on the CPU: `cargo bench -p counterfoil-benches --bench training_step`.
//!
//! A step is noise, forward pass, backward pass, clipping, AdamW and moving average over 64 images of 28x28, in single
//! precision and with bfloat16 products; criterion's elements per second are images per second. One denoising call of
//! the same network for 64 images stands beside it: a counterfactual takes about twice as many as its sampler has
//! steps. The program `step` measures the same for comparison with PyTorch.
#![expect(clippy::unwrap_used, reason = "a bench may fail")]

use counterfoil_autoencoder::network::unet::Condition;
use counterfoil_autoencoder::{
    Architecture, Batch, Model, ModelConfig, Objective, ObjectiveConfig,
};
use counterfoil_graph::Dag;
use counterfoil_tensor::{AdamW, AdamWConfig, Ema, Mode, Precision, clip_gradient_norm, noise};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tch::{Device, Kind, Tensor};

const ITEMS: usize = 64;
const IMAGE: [i64; 3] = [1, 28, 28];
const PRECISIONS: [(&str, Precision); 2] = [("f32", Precision::F32), ("bf16", Precision::Bf16)];

/// The model of the published experiments on digits, with the defaults of every key.
fn model() -> Model {
    let dag = Dag::from_dot(
        "digraph { thickness [low=1, high=5.8]; intensity [low=64, high=255];
                   style [role=\"unlabelled\", width=32]; thickness -> intensity }",
    )
    .unwrap();
    let config = ModelConfig { block_width: Some(16), ..ModelConfig::default() };
    Model::new(&Architecture::check(&config, &dag, IMAGE.map(|n| n as usize), 0).unwrap())
}

fn items() -> Vec<u64> {
    (0..ITEMS as u64).collect()
}

fn training(criterion: &mut Criterion) {
    let model = model();
    let objective = Objective::new(&ObjectiveConfig::default(), 1000, 0).unwrap();
    let images = noise::normal(1, "bench-image", &items(), 0, &IMAGE, Device::Cpu).tanh();
    let labels = Tensor::from_slice(&[2.5f32, 160.0]).expand([ITEMS as i64, 2], false);
    let batch = Batch::new(images, labels, items());
    let mut group = criterion.benchmark_group("training/step");
    group.throughput(Throughput::Elements(ITEMS as u64));
    group.sample_size(10);
    for (name, precision) in PRECISIONS {
        let store = model.initialise(0, Device::Cpu);
        let mut optimiser = AdamW::new(&store, AdamWConfig::default());
        let mut average = Ema::new(&store);
        let mut step = 0;
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let weights = store.bind(precision, Mode::Train);
                let loss = objective.loss(&model, &weights, &batch, step).unwrap();
                loss.total.backward();
                clip_gradient_norm(&store, 1.0);
                optimiser.step(&store, 1e-4);
                average.update(&store, 0.999);
                step += 1;
            });
        });
    }
    group.finish();
}

fn denoising(criterion: &mut Criterion) {
    let model = model();
    let store = model.initialise(0, Device::Cpu);
    let noisy = noise::normal(1, "bench-state", &items(), 0, &IMAGE, Device::Cpu);
    let width = [model.architecture().blocks().width()];
    let latents = noise::normal(1, "bench-latent", &items(), 0, &width, Device::Cpu);
    let times = Tensor::full([ITEMS as i64], 500.0, (Kind::Float, Device::Cpu));
    let condition = Condition { times: &times, latents: &latents, mean: None, classes: None };
    let mut group = criterion.benchmark_group("training/denoising-call");
    group.throughput(Throughput::Elements(ITEMS as u64));
    group.sample_size(10);
    for (name, precision) in PRECISIONS {
        let weights = store.bind(precision, Mode::Evaluate);
        group.bench_function(name, |bencher| {
            bencher.iter(|| tch::no_grad(|| model.denoise(&weights, &noisy, &condition)));
        });
    }
    group.finish();
}

criterion_group!(benches, training, denoising);
criterion_main!(benches);
