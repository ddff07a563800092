//! Judges of generated images: intensity measured directly, thickness and identity read by a network that cannot see
//! brightness.
//!
//! The network sees each image divided by its own intensity, so that it cannot read thickness off brightness (the two
//! are correlated at 0.9 in the data, and a judge that uses the correlation would call a wrong image right). It is
//! trained on the training part alone; its error on real held-out images stands beside every figure.

use crate::ModelError;
use counterfoil_random::Stream;
use counterfoil_tensor::image::shifted;
use counterfoil_tensor::layers::{BatchNorm, Conv2d, Linear};
use counterfoil_tensor::{
    AdamW, AdamWConfig, Ema, LayoutBuilder, Mode, ParameterStore, Precision, Scope, Weights, noise,
};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

/// How a judge is trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OracleConfig {
    /// Steps of the optimiser.
    pub steps: u64,
    /// Images a step.
    pub batch: usize,
    /// Learning rate at the beginning; it falls to 0 along a cosine.
    pub learning_rate: f64,
    /// Arithmetic of the network.
    pub precision: Precision,
}

impl Default for OracleConfig {
    fn default() -> Self {
        Self { steps: 1000, batch: 128, learning_rate: 3e-3, precision: Precision::F32 }
    }
}

/// The grey level of the strokes of each image, `[n, 1, h, w]` in `[-1, 1]` -> n values in 0..=255: the median of the
/// pixels above half of the image's maximum (0 for an image without any light).
///
/// # Errors
/// When libtorch cannot copy the tensor to the CPU.
pub fn intensity(images: &Tensor) -> Result<Vec<f64>, ModelError> {
    let grey = (images.detach().to_device(Device::Cpu).to_kind(Kind::Float) + 1.0) * 127.5;
    let count = grey.size().iter().skip(1).product::<i64>().max(1) as usize;
    let values = Vec::<f32>::try_from(grey.contiguous().view([-1]))?;
    Ok(values.chunks_exact(count).map(median_of_bright).collect())
}

fn median_of_bright(pixels: &[f32]) -> f64 {
    let maximum = pixels.iter().copied().fold(0.0f32, f32::max);
    let mut bright: Vec<f32> = pixels.iter().copied().filter(|p| *p > 0.5 * maximum).collect();
    if bright.is_empty() {
        return 0.0;
    }
    bright.sort_unstable_by(f32::total_cmp);
    let middle = bright.len() / 2;
    match bright.len() % 2 {
        1 => f64::from(bright[middle]),
        _ => f64::midpoint(f64::from(bright[middle - 1]), f64::from(bright[middle])),
    }
}

/// Images divided by their own intensity, `[n, 1, h, w]` -> the same shape with strokes at 1 and background at 0,
/// clamped to `[0, 1.2]`.
///
/// # Errors
/// Those of [`intensity`].
pub fn without_brightness(images: &Tensor) -> Result<Tensor, ModelError> {
    let levels: Vec<f32> =
        intensity(images)?.iter().map(|i| (i / 255.0).max(0.05) as f32).collect();
    let scale = Tensor::from_slice(&levels).view([-1, 1, 1, 1]).to_device(images.device());
    Ok(((images + 1.0) / 2.0 / scale).clamp(0.0, 1.2))
}

/// What the judge's network sees of one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The regressed attribute, in label units.
    pub value: f64,
    /// The recognised class.
    pub class: usize,
}

/// Convolutions with batch norm; channel means and maxima feed the regressor, all features the classifier.
#[derive(Clone, Debug)]
struct Network {
    stages: Vec<(Conv2d, BatchNorm)>,
    hidden: Linear,
    value: Linear,
    class: Linear,
}

/// `(channels, stride)` of the stages.
const STAGES: [(i64, i64); 5] = [(16, 1), (32, 2), (48, 1), (64, 2), (96, 1)];

impl Network {
    fn new(mut scope: Scope<'_>, [channels, height, width]: [i64; 3], classes: i64) -> Self {
        let (mut inputs, mut h, mut w) = (channels, height, width);
        let mut stages = Vec::new();
        for (index, (outputs, stride)) in STAGES.into_iter().enumerate() {
            let mut part = scope.sub(index);
            let conv = Conv2d::new(part.sub("conv"), inputs, outputs, 3, stride);
            stages.push((conv, BatchNorm::new(part.sub("norm"), outputs)));
            inputs = outputs;
            (h, w) = ((h + stride - 1) / stride, (w + stride - 1) / stride);
        }
        Self {
            stages,
            hidden: Linear::new(scope.sub("hidden"), 2 * inputs, 64),
            value: Linear::new(scope.sub("value"), 64, 1),
            class: Linear::new(scope.sub("class"), inputs * h * w, classes.max(1)),
        }
    }

    /// `[n, c, h, w]` -> standardised values `[n]` and class scores `[n, classes]`.
    fn forward(&self, weights: &Weights, x: &Tensor) -> (Tensor, Tensor) {
        let mut h = x.shallow_clone();
        for (conv, norm) in &self.stages {
            h = norm.forward(weights, &conv.forward(weights, &h)).relu();
        }
        let flat = h.flatten(2, -1);
        let statistics = Tensor::cat(&[flat.mean_dim(2, false, None), flat.amax(2, false)], 1);
        let hidden = self.hidden.forward(weights, &statistics).relu();
        let value = self.value.forward(weights, &hidden).to_kind(Kind::Float).squeeze_dim(1);
        let class = self.class.forward(weights, &h.flatten(1, -1)).to_kind(Kind::Float);
        (value, class)
    }
}

/// A trained judge of one continuous attribute and the class.
#[derive(Debug)]
pub struct Oracle {
    network: Network,
    store: ParameterStore,
    centre: f64,
    spread: f64,
    precision: Precision,
}

/// What a judge is trained on.
#[derive(Debug)]
pub struct OracleData<'a> {
    /// `[n, c, h, w]` in `[-1, 1]`.
    pub images: &'a Tensor,
    /// The attribute of each image, in label units.
    pub values: &'a [f64],
    /// The class of each image; empty when there are none.
    pub classes: &'a [u8],
    /// The number of classes.
    pub class_count: usize,
}

impl Oracle {
    /// Trains a judge: mean squared error of the standardised value plus cross-entropy of the class, on images without
    /// brightness, shifted by up to two pixels and with a little noise. `report(step)` is called after each step.
    ///
    /// # Errors
    /// When there are no images, or fewer values than images.
    pub fn train(
        data: &OracleData<'_>,
        config: OracleConfig,
        seed: u64,
        report: &mut dyn FnMut(u64),
    ) -> Result<Self, ModelError> {
        let size = data.images.size();
        let n = size.first().copied().unwrap_or(0) as usize;
        let fits = size.len() == 4 && n > 0 && data.values.len() == n;
        let classed = data.classes.is_empty() || data.classes.len() == n;
        if !(fits && classed) || config.batch == 0 || config.steps == 0 {
            let what = "attribute oracle".to_owned();
            let reason =
                "it needs at least one image, a value for each, one step and one image a step";
            return Err(ModelError::Fit { what, reason: reason.to_owned() });
        }
        let centre = data.values.iter().sum::<f64>() / n as f64;
        let variance = data.values.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / n as f64;
        let spread = variance.sqrt().max(1e-6);
        let images = without_brightness(data.images)?;
        let values: Vec<f32> = data.values.iter().map(|v| ((v - centre) / spread) as f32).collect();
        let values = Tensor::from_slice(&values).to_device(images.device());
        let classes: Vec<i64> = data.classes.iter().map(|c| i64::from(*c)).collect();
        let classes = Tensor::from_slice(&classes).to_device(images.device());

        let mut builder = LayoutBuilder::new();
        let shape = [size[1], size[2], size[3]];
        let network = Network::new(builder.root(), shape, data.class_count as i64);
        let store = ParameterStore::initialise(&builder.finish(), seed, images.device());
        let decay = AdamWConfig { weight_decay: 1e-2, ..AdamWConfig::default() };
        let mut optimiser = AdamW::new(&store, decay);
        let mut average = Ema::new(&store);
        for step in 0..config.steps {
            let mut stream = Stream::new(seed, "oracle-batch", 0, step);
            let chosen: Vec<i64> = (0..config.batch).map(|_| stream.below(n) as i64).collect();
            let index = Tensor::from_slice(&chosen).to_device(images.device());
            let x = augment(&images.index_select(0, &index), &mut stream, seed, step)?;
            let weights = store.bind(config.precision, Mode::Train);
            let (value, scores) = network.forward(&weights, &x);
            let mut loss = value.mse_loss(&values.index_select(0, &index), tch::Reduction::Mean);
            if !data.classes.is_empty() {
                loss += scores.cross_entropy_for_logits(&classes.index_select(0, &index));
            }
            loss.backward();
            let progress = step as f64 / config.steps as f64;
            let rate = config.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
            optimiser.step(&store, rate);
            average.update(&store, Ema::warm_decay(0.99, step));
            report(step + 1);
        }
        let store = average.store().detached_copy();
        Ok(Self { network, store, centre, spread, precision: config.precision })
    }

    /// Reads images `[n, 1, h, w]` in `[-1, 1]`.
    ///
    /// # Errors
    /// Those of [`intensity`].
    pub fn read(&self, images: &Tensor) -> Result<Vec<Reading>, ModelError> {
        let weights = self.store.bind(self.precision, Mode::Evaluate);
        let mut readings = Vec::new();
        let n = images.size().first().copied().unwrap_or(0);
        for start in (0..n).step_by(256) {
            let part = without_brightness(&images.narrow(0, start, (n - start).min(256)))?;
            let (value, scores) = tch::no_grad(|| self.network.forward(&weights, &part));
            let values = Vec::<f32>::try_from(value)?;
            let classes = Vec::<i64>::try_from(scores.argmax(1, false))?;
            readings.extend(values.iter().zip(classes).map(|(v, class)| Reading {
                value: self.centre + self.spread * f64::from(*v),
                class: class as usize,
            }));
        }
        Ok(readings)
    }
}

/// Largest shift of an image in training, in pixels.
const SHIFT: i64 = 2;

/// Shifts each image by up to two pixels of its own and adds noise of random size, as generated images are never
/// perfectly clean.
fn augment(x: &Tensor, stream: &mut Stream, seed: u64, step: u64) -> Result<Tensor, ModelError> {
    let size = x.size();
    let mut place = || stream.below(2 * SHIFT as usize + 1) as i64 - SHIFT;
    let shifts: Vec<(i64, i64)> = (0..size[0]).map(|_| (place(), place())).collect();
    let items: Vec<u64> = (0..size[0] as u64).collect();
    let fuzz = noise::normal(seed, "oracle-noise", &items, step, &size[1..], x.device());
    Ok((shifted(x, &shifts, 0.0)? + fuzz * (0.05 * stream.uniform())).clamp(0.0, 1.2))
}
