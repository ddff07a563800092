//! Images as the encoder reads them against their labels: those of a batch, and further ones that it alone sees.
//!
//! The decoder is most of a step, so a batch is small; where few images have labels, the few among them say little of how to
//! read one. Reading costs little: the same step can afford several times as many images for the encoder.

use super::Objective;
use crate::draws::Draws;
use crate::{KnownCodes, Model, ModelError, error::expect_shape, model::Encoded};
use counterfoil_tensor::Weights;
use tch::{Kind, Tensor};

/// Images that are read and held against their labels, and that no decoder draws.
#[derive(Debug)]
pub struct ToRead {
    /// `[m, c, h, w]` in `[-1, 1]`.
    pub images: Tensor,
    /// `[m, labelled variables]` in the labels' own units, NaN where training may not see one.
    pub labels: Tensor,
    /// The items' numbers in the data set: the keys of their noise.
    pub items: Vec<u64>,
}

/// Images as the encoder reads them, beside what is known of their labels.
pub(super) struct Reading {
    pub(super) known: KnownCodes,
    pub(super) encoded: Encoded,
    /// The labels' codes, and what was read where a label is unknown.
    pub(super) codes: Tensor,
}

impl Reading {
    /// How far labelled blocks are from their codes: 0 where a label is unknown, which must not count in a mean.
    pub(super) fn surprise(&self, model: &Model, weights: &Weights) -> Tensor {
        let labelled = |x: &Tensor| model.architecture().blocks().gather(x, true);
        model.label_surprise(weights, &labelled(&self.encoded.z), &labelled(&self.codes))
    }

    /// Which entries of the surprise are of known labels; absent when all are.
    pub(super) fn mask(&self, model: &Model) -> Option<Tensor> {
        self.known.mask().map(|mask| model.architecture().blocks().gather(mask, true))
    }
}

impl Objective {
    /// Reads images whose labels may be unknown.
    pub(super) fn read(
        &self,
        model: &Model,
        weights: &Weights,
        [images, labels]: [&Tensor; 2],
        draws: &Draws<'_>,
    ) -> Result<Reading, ModelError> {
        let a = model.architecture();
        let n = images.size().first().copied().unwrap_or(0);
        let columns = a.blocks().labelled().count() as i64;
        expect_shape("the label batch", &labels.size(), &[n, columns])?;
        expect_shape("the list of items", &[draws.items.len() as i64], &[n])?;
        let known = KnownCodes::new(a, labels);
        let shown = draws.shifted(images, self.config.reader_shift)?;
        let encoded = model.encode_labelled(weights, images, &shown, Some(&known))?;
        let codes = known.or_read(&encoded.z);
        Ok(Reading { known, encoded, codes })
    }

    /// How far what is read off further images is from the codes of their labels, a mean over those that are known.
    pub(super) fn further_reading(
        &self,
        model: &Model,
        weights: &Weights,
        more: &ToRead,
        step: u64,
    ) -> Result<Tensor, ModelError> {
        let device = more.images.device();
        let draws = Draws { seed: self.seed, items: &more.items, step, device };
        let reading = self.read(model, weights, [&more.images, &more.labels], &draws)?;
        Ok(mean_of_known(reading.surprise(model, weights), reading.mask(model).as_ref()))
    }
}

/// The mean of an error over the labels that are known, whose `mask` is 1; over all where there is none. 0 where no label is
/// known.
pub(super) fn mean_of_known(error: Tensor, mask: Option<&Tensor>) -> Tensor {
    match mask {
        None => error.mean(Kind::Float),
        Some(mask) => (error * mask).sum(Kind::Float) / mask.sum(Kind::Float).clamp_min(1.0),
    }
}
