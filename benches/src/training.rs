//! Whole training steps of a model on images of noise, one after the other, each timed.

use counterfoil_autoencoder::{Batch, Model, ModelError, Objective};
use counterfoil_tensor::{AdamW, AdamWConfig, Ema, Mode, Precision, clip_gradient_norm, noise};
use std::time::Instant;
use tch::Device;

/// Steps that are taken before the clock is looked at.
const WARM: usize = 2;

/// What steps are taken.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    /// Images a step.
    pub batch: usize,
    /// Steps that are timed.
    pub count: usize,
    /// The arithmetic of products.
    pub precision: Precision,
    /// Label vectors that mechanisms are fitted to beside those of the images.
    pub more_labels: usize,
}

/// Seconds of each step: noise, forward, backward, clipping, AdamW, moving average.
///
/// # Errors
/// When the objective or libtorch refuses.
pub fn seconds(model: &Model, objective: &Objective, steps: Steps) -> Result<Vec<f64>, ModelError> {
    let store = model.initialise(0, Device::Cpu);
    let mut optimiser = AdamW::new(&store, AdamWConfig::default());
    let mut average = Ema::new(&store);
    let rows = |n: usize| (0..n as u64).collect::<Vec<u64>>();
    let items = rows(steps.batch);
    let shape = model.architecture().image_shape();
    let labels = [model.architecture().blocks().labelled().count() as i64];
    let drawn = |name: &str, items: &[u64], step, shape: &[i64]| {
        noise::normal(1, name, items, step, shape, Device::Cpu)
    };
    let more = rows(steps.more_labels);
    let mut times = Vec::new();
    for step in 0..(steps.count + WARM) as u64 {
        let images = drawn("bench-image", &items, step, &shape).tanh();
        let more_labels =
            (!more.is_empty()).then(|| drawn("bench-more-labels", &more, step, &labels));
        let labels = drawn("bench-label", &items, step, &labels);
        let start = Instant::now();
        let batch = Batch { more_labels, ..Batch::new(images, labels, items.clone()) };
        let weights = store.bind(steps.precision, Mode::Train);
        objective.loss(model, &weights, &batch, step)?.backward()?;
        clip_gradient_norm(&store, 1.0);
        optimiser.step(&store, 1e-4);
        average.update(&store, 0.999);
        if step >= WARM as u64 {
            times.push(start.elapsed().as_secs_f64());
        }
    }
    Ok(times)
}
