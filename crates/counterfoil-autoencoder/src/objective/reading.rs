//! Further labelled images that the encoder alone sees.
//!
//! The decoder is most of a step, so a batch is small; where few images have labels, the few among them say little of how to
//! read one. Reading costs little: the same step can afford several times as many images for the encoder.

use super::Objective;
use crate::draws::Draws;
use crate::{KnownCodes, Model, ModelError, error::expect_shape};
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

impl Objective {
    /// How far what is read off further images is from the codes of their labels, a mean over those that are known.
    pub(super) fn reading(
        &self,
        model: &Model,
        weights: &Weights,
        more: &ToRead,
        step: u64,
    ) -> Result<Tensor, ModelError> {
        let a = model.architecture();
        let m = more.images.size().first().copied().unwrap_or(0);
        let columns = a.blocks().labelled().count() as i64;
        expect_shape("the labels of images to read", &more.labels.size(), &[m, columns])?;
        expect_shape("the list of images to read", &[more.items.len() as i64], &[m])?;
        let known = KnownCodes::new(a, &more.labels);
        let device = more.images.device();
        let draws = Draws { seed: self.seed, items: &more.items, step, device };
        let shown = draws.shifted(&more.images, self.config.reader_shift)?;
        let z = model.encode_labelled(weights, &more.images, &shown, Some(&known))?.z;
        let labelled = |x: &Tensor| a.blocks().gather(x, true);
        let codes = labelled(&known.or_read(&z));
        let error = model.label_surprise(weights, &labelled(&z), &codes);
        Ok(mean_of_known(error, known.mask().map(labelled)))
    }
}

/// The mean of an error over the labels that are known, whose `mask` is 1; over all where there is none. 0 where no label is
/// known.
pub(super) fn mean_of_known(error: Tensor, mask: Option<Tensor>) -> Tensor {
    match mask {
        None => error.mean(Kind::Float),
        Some(mask) => (error * &mask).sum(Kind::Float) / mask.sum(Kind::Float).clamp_min(1.0),
    }
}
