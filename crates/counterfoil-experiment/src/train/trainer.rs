//! One training run in memory: what a step does, what a validation measures, and what has to be kept of both.

use std::time::{Duration, Instant};

use counterfoil_autoencoder::{Batch, Loss, Model, Objective, ToRead};
use counterfoil_random::Stream;
use counterfoil_tensor::{
    AdamW, AdamWConfig, Ema, Mode, ParameterStore, Precision, clip_gradient_norms_apart,
};
use tch::{Device, Tensor};

use super::{order::Order, schedule::learning_rate};
use crate::{
    checkpoint::{Checkpoint, LossState, State, StateTensors},
    config::{Config, TrainingSection},
    data::Data,
    error::{ExperimentError, Result},
    ranks::{self, Ranks},
    run_dir::Cpu,
    statistics,
};

/// Images of each pass that makes the running statistics of averaged weights before they are validated.
const PASS: usize = 32;

/// The name of the loss as a whole among its terms.
pub const LOSS: &str = "loss";

/// Training that diverges.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Divergence {
    /// The step that showed it, counted from 1. One with numbers that are not finite has changed no weight.
    pub(super) step: u64,
    /// What it showed.
    pub(super) what: String,
}

/// Model, averaged weights, optimiser and the way through the data.
#[derive(Debug)]
pub(super) struct Trainer<'a> {
    ranks: &'a dyn Ranks,
    config: &'a Config,
    data: &'a Data,
    device: Device,
    precision: Precision,
    model: Model,
    objective: Objective,
    weights: ParameterStore,
    ema: Ema,
    optimiser: AdamW,
    order: Order,
    /// Of images that the encoder alone sees.
    reading: Option<Order>,
    step: u64,
    loss: LossState,
    rollbacks: u64,
    waited: Duration,
}

impl<'a> Trainer<'a> {
    /// A run that has taken no step.
    pub(super) fn new(
        ranks: &'a dyn Ranks,
        config: &'a Config,
        data: &'a Data,
        device: Device,
    ) -> Result<Self> {
        let seed = config.experiment().seed;
        let TrainingSection {
            steps,
            batch,
            labelled_share,
            read_images,
            weight_decay,
            checkpoint_activations,
            ..
        } = *config.training();
        let dataset = data.dataset();
        let shape = dataset.images().image_shape();
        let model = Model::new(&config.architecture(shape, dataset.class_count())?);
        let weights = model.initialise(seed, device);
        let mut optimiser =
            AdamW::new(&weights, AdamWConfig { weight_decay, ..AdamWConfig::default() });
        if model.trained_apart().contains(&Model::MECHANISMS) {
            let rate = config.training().mechanism_rate;
            optimiser = optimiser.with_rate(&weights, Model::MECHANISMS, rate);
        }
        let train = &data.split().train;
        let has_label = |item| data.has_label(item);
        Ok(Self {
            objective: Objective::new(&config.sections().objective, steps, seed)?
                .checkpointed(checkpoint_activations),
            ema: Ema::new(&weights),
            order: Order::balanced(train, has_label, labelled_share, batch, seed),
            reading: Order::labelled(train, has_label, read_images, seed),
            step: 0,
            loss: LossState::default(),
            rollbacks: 0,
            waited: Duration::ZERO,
            ranks,
            config,
            data,
            device,
            precision: Cpu::here().precision(config.training().precision, device),
            model,
            weights,
            optimiser,
        })
    }

    /// Continues where `checkpoint` stands.
    pub(super) fn restore(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        let state = checkpoint.state();
        self.weights.load_state(&checkpoint.weights()?)?;
        self.ema.store_mut().load_state(&checkpoint.ema()?)?;
        self.optimiser.load_state(&checkpoint.optimiser()?, state.step)?;
        if state.data != self.order.position(state.step) {
            return Err(ExperimentError::Checkpoint {
                path: checkpoint.path().to_owned(),
                reason: "stands elsewhere in the data than its step says; start a new run".into(),
            });
        }
        (self.step, self.loss) = (state.step, state.loss.clone());
        self.rollbacks = state.rollbacks;
        Ok(())
    }

    /// Goes back to a checkpoint, or to the beginning where there is none, and goes on with a lower learning rate.
    ///
    /// Nothing of it has to be kept: a run that is killed and resumed from the same checkpoint diverges in the same step and
    /// goes back again.
    pub(super) fn roll_back(&mut self, to: Option<&Checkpoint>) -> Result<()> {
        let (rollbacks, waited) = (self.rollbacks + 1, self.waited);
        *self = Self::new(self.ranks, self.config, self.data, self.device)?;
        if let Some(checkpoint) = to {
            self.restore(checkpoint)?;
        }
        (self.rollbacks, self.waited) = (rollbacks, waited);
        Ok(())
    }

    /// How long the steps of this session waited for their images and labels.
    pub(super) fn waited(&self) -> Duration {
        self.waited
    }

    /// How often training has gone back.
    pub(super) fn rollbacks(&self) -> u64 {
        self.rollbacks
    }

    /// The learning rate of a step, counted from 0.
    pub(super) fn rate(&self, step: u64) -> f64 {
        let training = self.config.training();
        let lowered =
            training.rollback_rate.powi(i32::try_from(self.rollbacks).unwrap_or(i32::MAX));
        learning_rate(training, step) * lowered
    }

    /// Whether the mean of the loss since the last entry is far above that of the first.
    pub(super) fn exploded(&self) -> Option<Divergence> {
        let first = self.loss.first?;
        let (_, loss) = self.loss.means().find(|(name, _)| *name == LOSS)?;
        (loss > limit(first, self.config.training().explosion)).then(|| Divergence {
            step: self.step,
            what: format!("the loss has come to {loss:.4} from the {first:.4} that it began with"),
        })
    }

    /// Everything that [`Trainer::restore`] needs.
    pub(super) fn state(&self) -> (State, StateTensors) {
        let (position, seed) = (self.order.position(self.step), self.config.experiment().seed);
        let state = State::new(self.step, position, seed, self.loss.clone(), self.config.hash());
        let state = State { rollbacks: self.rollbacks, ..state };
        let tensors = StateTensors {
            weights: self.weights.state(),
            ema: self.ema.store().state(),
            optimiser: self.optimiser.state(),
        };
        (state, tensors)
    }

    /// Steps taken.
    pub(super) fn steps(&self) -> u64 {
        self.step
    }

    /// The numbers that it computes in.
    pub(super) fn precision(&self) -> Precision {
        self.precision
    }

    /// What the loss has been.
    pub(super) fn loss_mut(&mut self) -> &mut LossState {
        &mut self.loss
    }

    /// Takes one step: loss, gradient, clipping, AdamW, average. Nothing is changed when a number is not finite.
    ///
    /// Each rank computes its share of loss and gradient; what is done with their sums is done by all alike.
    pub(super) fn step(&mut self) -> Result<Result<(), Divergence>> {
        let training = self.config.training();
        let begun = Instant::now();
        let mut batch = self.data.batch(&self.order.batch(self.step), self.device)?;
        batch.more_labels = self.more_labels();
        batch.to_read = self.further_images()?;
        self.waited += begun.elapsed();
        let weights = self.weights.bind(self.precision, Mode::Train);
        let share = ranks::share(self.ranks);
        let loss = self.objective.share_of_loss(&self.model, &weights, &batch, share, self.step)?;
        let mut values = values(&loss)?;
        loss.backward()?;
        ranks::agree_on_gradient(self.ranks, &self.weights, &mut values)?;
        let apart = self.model.trained_apart();
        let norms = clip_gradient_norms_apart(&self.weights, &apart, training.clip);
        values.extend(apart.into_iter().map(norm_name).chain(["gradient_norm"]).zip(norms));
        if let Some((term, _)) = values.iter().rev().find(|(_, value)| !value.is_finite()) {
            let what = format!("{term} is not finite");
            return Ok(Err(Divergence { step: self.step + 1, what }));
        }
        self.optimiser.step(&self.weights, self.rate(self.step));
        self.ema.update(&self.weights, Ema::warm_decay(training.ema_decay, self.step));
        self.step += 1;
        self.loss.add(&values);
        Ok(Ok(()))
    }

    /// Labels of images drawn anew at every step, for the mechanisms.
    fn more_labels(&self) -> Option<Tensor> {
        let count = self.config.sections().objective.mechanism_labels;
        let items = &self.data.split().train;
        let mut stream =
            Stream::new(self.config.experiment().seed, "train-mechanisms", 0, self.step);
        let drawn: Vec<usize> = (0..count).map(|_| items[stream.below(items.len())]).collect();
        (count > 0).then(|| self.data.shown_labels(&drawn, self.device))
    }

    /// Images with labels, for the encoder.
    fn further_images(&mut self) -> Result<Option<ToRead>> {
        let Some(order) = &mut self.reading else { return Ok(None) };
        let Batch { images, labels, items, .. } =
            self.data.batch(&order.batch(self.step), self.device)?;
        Ok(Some(ToRead { images, labels, items }))
    }

    /// Fails when ranks have come to hold different weights.
    pub(super) fn expect_same_weights(&self) -> Result<()> {
        ranks::expect_same(self.ranks, &self.weights, self.step)
    }

    /// The loss and its terms on the first images of the validation part, with the averaged weights.
    ///
    /// The noise is keyed by the steps after the last, which training never takes, and so is the same every time; the
    /// terms have the weights of the end of training. Running statistics are made anew: with those of the trained weights
    /// averaged ones seem to overfit.
    pub(super) fn validate(&self) -> Result<Vec<(String, f64)>> {
        let training = self.config.training();
        let items = &self.data.split().validation;
        let items = &items[..items.len().min(training.validation_images)];
        // In a copy, for what training keeps does not depend on when it is validated.
        let averaged = self.ema.store().detached_copy();
        statistics::refresh(
            &self.model,
            &averaged,
            self.data,
            self.config.experiment().seed,
            PASS,
        )?;
        let weights = averaged.bind(self.precision, Mode::Evaluate);
        let mut sums = LossState::default();
        // Ranks deal the chunks among them.
        let (first, every) = (self.ranks.rank(), self.ranks.count());
        for (number, chunk) in items.chunks(training.batch).enumerate().skip(first).step_by(every) {
            let batch = self.data.batch(chunk, self.device)?;
            let step = training.steps + number as u64;
            let loss = tch::no_grad(|| self.objective.loss(&self.model, &weights, &batch, step))?;
            // A mean over a smaller last batch counts for as many images as it has.
            let share = chunk.len() as f64 / items.len() as f64;
            let weighted: Vec<_> = values(&loss)?.iter().map(|(n, v)| (*n, v * share)).collect();
            sums.add(&weighted);
        }
        ranks::added(self.ranks, sums.sums)
    }
}

/// The loss above which training that began with `first` has exploded: `explosion` times as much. Of a loss that began at 0 or
/// below it, as it can with the surprise of mechanisms, a multiple says nothing: it may rise by `explosion - 1` times its
/// size, which counts as 1 at least.
fn limit(first: f64, explosion: f64) -> f64 {
    if first > 0.0 {
        return explosion * first;
    }
    first + (explosion - 1.0) * first.abs().max(1.0)
}

/// What the gradient norm of a part that is trained apart is called.
fn norm_name(prefix: &str) -> &'static str {
    if prefix == Model::MECHANISMS { "mechanism_gradient_norm" } else { "predictor_gradient_norm" }
}

/// The loss and its terms as numbers, fetched from the device at once.
fn values(loss: &Loss) -> Result<Vec<(&'static str, f64)>> {
    let names = [LOSS].into_iter().chain(loss.terms.iter().map(|(name, _)| *name));
    let scalars: Vec<Tensor> = std::iter::once(loss.total.detach())
        .chain(loss.terms.iter().map(|(_, value)| value.shallow_clone()))
        .map(|scalar| scalar.to_kind(tch::Kind::Float).reshape([1]))
        .collect();
    let numbers = Vec::<f32>::try_from(Tensor::cat(&scalars, 0).to_device(Device::Cpu))?;
    Ok(names.zip(numbers.into_iter().map(f64::from)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: numbers that are sums of few powers of 2.
    #[test]
    fn a_loss_explodes_from_wherever_it_began() {
        assert_eq!(limit(2.0, 10.0), 20.0);
        assert_eq!(limit(1.0, 10.0), 10.0);
        assert_eq!(limit(0.5, 10.0), 5.0);
        // Below 0 ten times as much would be less than before.
        assert_eq!(limit(0.0, 10.0), 9.0);
        assert_eq!(limit(-0.5, 10.0), 8.5);
        assert_eq!(limit(-4.0, 10.0), 32.0);
        assert_eq!(limit(0.5, f64::INFINITY), f64::INFINITY);
        assert_eq!(limit(-4.0, f64::INFINITY), f64::INFINITY);
    }
}
