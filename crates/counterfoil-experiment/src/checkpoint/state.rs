//! What a checkpoint holds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::train::Position;

/// The layout of `state.json`; grows when a key changes meaning.
pub(super) const SCHEMA: u32 = 1;

/// Tensors by name, as an archive holds them.
pub type NamedTensors = Vec<(String, Tensor)>;

/// The part of a training state that is not tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The layout of this file.
    pub schema: u32,
    /// Optimiser steps taken.
    pub step: u64,
    /// Where the next batch begins. The random streams are keyed by seed, item and step and so have no state of their own.
    pub data: Position,
    /// The experiment's seed.
    pub seed: u64,
    /// What the loss has been.
    pub loss: LossState,
    /// How often training has gone back to a checkpoint; each time lowers the learning rate.
    #[serde(default)]
    pub rollbacks: u64,
    /// Hash of the config that the state belongs to.
    pub config: String,
    /// blake3 of each tensor file, by file name; filled in when the checkpoint is written.
    pub files: BTreeMap<String, String>,
}

impl State {
    /// A state whose files are not written yet.
    pub fn new(step: u64, data: Position, seed: u64, loss: LossState, config: &str) -> Self {
        let (schema, config) = (SCHEMA, config.to_owned());
        Self { schema, step, data, seed, loss, rollbacks: 0, config, files: BTreeMap::new() }
    }
}

/// What the loss has been, as far as later steps or entries depend on it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LossState {
    /// Steps since the last entry of the training loss.
    pub pending: u64,
    /// Sums over those steps, by term, in the order of the terms.
    pub sums: Vec<(String, f64)>,
    /// The checkpoint with the lowest validation loss so far.
    pub best: Option<Best>,
    /// The loss in the first entry.
    #[serde(default)]
    pub first: Option<f64>,
}

impl LossState {
    /// Adds the terms of one step.
    pub(crate) fn add(&mut self, values: &[(&str, f64)]) {
        self.pending += 1;
        for (name, value) in values {
            match self.sums.iter_mut().find(|(n, _)| n == name) {
                Some((_, sum)) => *sum += value,
                None => self.sums.push(((*name).to_owned(), *value)),
            }
        }
    }

    /// The means over the steps since the last entry, by term.
    pub(crate) fn means(&self) -> impl Iterator<Item = (&str, f64)> {
        self.sums.iter().map(|(name, sum)| (name.as_str(), sum / self.pending.max(1) as f64))
    }

    /// The means, which are an entry now.
    pub(crate) fn take_means(&mut self) -> Vec<(String, f64)> {
        let means = self.means().map(|(name, mean)| (name.to_owned(), mean)).collect();
        (self.pending, self.sums) = (0, Vec::new());
        means
    }
}

/// A checkpoint and its validation loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Its step.
    pub step: u64,
    /// Its validation loss, with the averaged weights.
    pub validation_loss: f64,
}

/// The tensors of a training state.
#[derive(Debug)]
pub struct StateTensors {
    /// Parameters and buffers of the trained model.
    pub weights: NamedTensors,
    /// The averaged parameters and their buffers.
    pub ema: NamedTensors,
    /// The moments of the optimiser.
    pub optimiser: NamedTensors,
}
