//! The network behind every judge and its training: convolutions, a head, averaged weights.

use super::OracleConfig;
use crate::ModelError;
use counterfoil_random::Stream;
use counterfoil_tensor::layers::{BatchNorm, Conv2d, Linear};
use counterfoil_tensor::{
    AdamW, AdamWConfig, Ema, LayoutBuilder, Mode, ParameterStore, Precision, Scope, Weights,
};
use tch::{Kind, Tensor};

/// What a network is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Head {
    /// So many numbers that do not depend on where things are: from the mean and the maximum of each channel.
    Values(i64),
    /// So many numbers that may be places: from all features where they are, at an eighth of the resolution.
    Places(i64),
    /// Scores of so many classes, from all features where they are.
    Classes(i64),
}

/// Convolutions with batch norm and a head.
#[derive(Clone, Debug)]
struct Network {
    stages: Vec<(Conv2d, BatchNorm)>,
    /// The dense layer between channel statistics, or all features, and a value.
    hidden: Option<Linear>,
    out: Linear,
    head: Head,
}

/// `(channels, stride)` of the stages.
const STAGES: [(i64, i64); 5] = [(16, 1), (32, 2), (48, 1), (64, 2), (96, 1)];
/// The same for a scene, which is larger and whose places survive the halving.
const SCENE_STAGES: [(i64, i64); 5] = [(24, 2), (32, 1), (48, 2), (64, 2), (64, 1)];
/// Width of the dense layer.
const HIDDEN: i64 = 64;
/// The same for a scene.
const SCENE_HIDDEN: i64 = 128;

impl Network {
    fn new(mut scope: Scope<'_>, [channels, height, width]: [i64; 3], head: Head) -> Self {
        let (mut inputs, mut h, mut w) = (channels, height, width);
        let mut stages = Vec::new();
        let layout = if matches!(head, Head::Places(_)) { SCENE_STAGES } else { STAGES };
        for (index, (outputs, stride)) in layout.into_iter().enumerate() {
            let mut part = scope.sub(index);
            let conv = Conv2d::new(part.sub("conv"), inputs, outputs, 3, stride);
            stages.push((conv, BatchNorm::new(part.sub("norm"), outputs)));
            inputs = outputs;
            (h, w) = ((h + stride - 1) / stride, (w + stride - 1) / stride);
        }
        let (hidden, out) = match head {
            Head::Values(count) => {
                let hidden = Linear::new(scope.sub("hidden"), 2 * inputs, HIDDEN);
                (Some(hidden), Linear::new(scope.sub("value"), HIDDEN, count))
            }
            Head::Places(count) => {
                let hidden = Linear::new(scope.sub("hidden"), inputs * h * w, SCENE_HIDDEN);
                (Some(hidden), Linear::new(scope.sub("value"), SCENE_HIDDEN, count))
            }
            Head::Classes(count) => {
                (None, Linear::new(scope.sub("class"), inputs * h * w, count.max(1)))
            }
        };
        Self { stages, hidden, out, head }
    }

    /// `[n, c, h, w] -> [n, features]`: what the outputs are read from.
    fn features(&self, weights: &Weights, x: &Tensor) -> Tensor {
        let mut h = x.shallow_clone();
        for (conv, norm) in &self.stages {
            h = norm.forward(weights, &conv.forward(weights, &h)).relu();
        }
        match &self.hidden {
            None => h.flatten(1, -1),
            Some(hidden) if matches!(self.head, Head::Places(_)) => {
                hidden.forward(weights, &h.flatten(1, -1)).relu()
            }
            Some(hidden) => {
                let flat = h.flatten(2, -1);
                let parts = [flat.mean_dim(2, false, None), flat.amax(2, false)];
                hidden.forward(weights, &Tensor::cat(&parts, 1)).relu()
            }
        }
    }

    /// `[n, c, h, w] -> [n, outputs]`.
    fn forward(&self, weights: &Weights, x: &Tensor) -> Tensor {
        self.out.forward(weights, &self.features(weights, x)).to_kind(Kind::Float)
    }
}

/// What a judge sees of images `[n, c, h, w]` in `[-1, 1]`.
pub(super) type View = fn(&Tensor) -> Result<Tensor, ModelError>;

/// Varies a batch of what a judge sees, with the stream and the number of the step.
pub(super) type Vary<'a> = dyn Fn(&Tensor, &mut Stream, u64) -> Result<Tensor, ModelError> + 'a;

/// A trained network.
#[derive(Debug)]
pub(super) struct Judge {
    network: Network,
    view: View,
    store: ParameterStore,
    precision: Precision,
}

/// How one judge learns.
pub(super) struct Lesson<'a> {
    /// `[n, c, h, w]` in `[-1, 1]`.
    pub(super) images: &'a Tensor,
    pub(super) head: Head,
    /// What is seen of the images.
    pub(super) view: View,
    /// Variants of a batch of what is seen that keep what is judged.
    pub(super) vary: &'a Vary<'a>,
    /// The loss of outputs for the images at these places.
    pub(super) loss: &'a dyn Fn(&Tensor, &Tensor) -> Tensor,
}

impl Judge {
    /// Trains on what the view shows of the images; `report(step)` is called after each step.
    pub(super) fn train(
        lesson: &Lesson<'_>,
        config: OracleConfig,
        seed: u64,
        report: &mut dyn FnMut(u64),
    ) -> Result<Self, ModelError> {
        let size = lesson.images.size();
        let n = size.first().copied().unwrap_or(0) as usize;
        if size.len() != 4 || n == 0 || config.batch == 0 || config.steps == 0 {
            let reason =
                "it needs at least one image, a label for each, one step and one image a step";
            let what = "attribute oracle".to_owned();
            return Err(ModelError::Fit { what, reason: reason.to_owned() });
        }
        let images = (lesson.view)(lesson.images)?;
        let mut builder = LayoutBuilder::new();
        let network = Network::new(builder.root(), [size[1], size[2], size[3]], lesson.head);
        let store = ParameterStore::initialise(&builder.finish(), seed, images.device());
        let decay = AdamWConfig { weight_decay: 1e-2, ..AdamWConfig::default() };
        let mut optimiser = AdamW::new(&store, decay);
        let mut average = Ema::new(&store);
        for step in 0..config.steps {
            let mut stream = Stream::new(seed, "oracle-batch", 0, step);
            let chosen: Vec<i64> = (0..config.batch).map(|_| stream.below(n) as i64).collect();
            let index = Tensor::from_slice(&chosen).to_device(images.device());
            let x = (lesson.vary)(&images.index_select(0, &index), &mut stream, step)?;
            let weights = store.bind(config.precision, Mode::Train);
            (lesson.loss)(&network.forward(&weights, &x), &index).backward();
            let progress = step as f64 / config.steps as f64;
            let rate = config.learning_rate * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos());
            optimiser.step(&store, rate);
            average.update(&store, Ema::warm_decay(0.99, step));
            report(step + 1);
        }
        let store = average.store().detached_copy();
        Ok(Self { network, view: lesson.view, store, precision: config.precision })
    }

    /// The outputs for images `[n, c, h, w]` in `[-1, 1]`, `[n, outputs]`.
    pub(super) fn read(&self, images: &Tensor) -> Result<Tensor, ModelError> {
        self.see(images, Network::forward)
    }

    /// What the outputs are read from, `[n, features]`.
    pub(super) fn features(&self, images: &Tensor) -> Result<Tensor, ModelError> {
        self.see(images, Network::features)
    }

    fn see(
        &self,
        images: &Tensor,
        what: fn(&Network, &Weights, &Tensor) -> Tensor,
    ) -> Result<Tensor, ModelError> {
        let weights = self.store.bind(self.precision, Mode::Evaluate);
        let n = images.size().first().copied().unwrap_or(0);
        let mut outputs = Vec::new();
        for start in (0..n).step_by(256) {
            let part = (self.view)(&images.narrow(0, start, (n - start).min(256)))?;
            outputs.push(tch::no_grad(|| what(&self.network, &weights, &part)));
        }
        Ok(Tensor::f_cat(&outputs, 0)?)
    }
}
