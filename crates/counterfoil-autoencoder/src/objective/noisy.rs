//! A batch under noise, and the terms that are measured on it: each item has a noise level of its own, and all terms see
//! the same noise.

use super::{ObjectiveConfig, Share};
use crate::draws::Draws;
use crate::network::{Predictor, unet::Condition};
use crate::{Architecture, KnownCodes, Model, ModelError};
use counterfoil_diffusion::training::{noised, target};
use counterfoil_diffusion::{DiffusionError, Level};
use counterfoil_random::Stream;
use counterfoil_tensor::{Recomputation, Weights};
use tch::{Device, Kind, Tensor};

/// The images of a batch, or what is left of them, under noise.
pub(super) struct Noisy {
    clean: Tensor,
    state: Tensor,
    eps: Tensor,
    levels: Vec<Level>,
    /// Times as networks are fed them, `[n]`.
    times: Tensor,
}

impl Noisy {
    /// Draws a noise level and noise for each item of `share`, whose images are `clean`, of the batch that `draws` are of.
    ///
    /// The levels of a batch are drawn together, so those of a share are cut out of them.
    pub(super) fn draw(
        config: &ObjectiveConfig,
        a: &Architecture,
        clean: Tensor,
        draws: &Draws<'_>,
        share: Share,
    ) -> Result<Self, ModelError> {
        let mut stream = Stream::new(draws.seed, "train-times", 0, draws.step);
        let schedule = a.schedule();
        let times = config.times.draw(&mut stream, draws.items.len(), schedule.train_steps());
        let times = &times[share.range(draws.items.len())];
        let levels = schedule.levels_at(times)?;
        let draws = draws.of(share);
        let eps = draws.normal("train-noise", &a.image_shape());
        let state = noised(&clean, &eps, &levels)?;
        let times: Vec<i64> = times.iter().map(|t| *t as i64).collect();
        let times = Tensor::from_slice(&times).to_device(draws.device);
        Ok(Self { clean, state, eps, levels, times })
    }

    /// Times as networks are fed them, `[n]`.
    pub(super) fn times(&self) -> &Tensor {
        &self.times
    }

    /// The denoising loss of a decoder under `condition`, and what is left to do for its gradient where the decoder's pass is
    /// `checkpointed`.
    pub(super) fn denoise(
        &self,
        config: &ObjectiveConfig,
        model: &Model,
        weights: &Weights,
        condition: &Condition<'_>,
        checkpointed: bool,
    ) -> Result<(Tensor, Option<Recomputation>), ModelError> {
        let a = model.architecture();
        let wanted = target(a.prediction(), &self.clean, &self.eps, &self.levels)?;
        let (predicted, recomputation) = if checkpointed {
            model.denoise_checkpointed(weights, &self.state, condition)
        } else {
            (model.denoise(weights, &self.state, condition), None)
        };
        let error = (predicted - wanted).square().mean_dim([1i64, 2, 3].as_slice(), false, None);
        let weighed = error * self.level_weights(config, a, self.clean.device())?;
        Ok((weighed.mean(Kind::Float), recomputation))
    }

    /// `-ln p(label | x_t)` of the scalars of all known labels of `share`, their mean, up to the constant of a Gaussian; 0
    /// where the batch knows none.
    ///
    /// `known` and `codes` are those of the batch, and so is the number that the sum over the share is divided by.
    pub(super) fn surprise(
        &self,
        predictor: &Predictor,
        weights: &Weights,
        a: &Architecture,
        known: &KnownCodes,
        codes: &Tensor,
        share: Share,
    ) -> Tensor {
        let read = predictor.forward(weights, &self.state, &self.times);
        let surprise = -read.log_density(&a.blocks().scalars(&share.rows(codes)));
        match known.mask() {
            None => share.of_items(surprise.mean(Kind::Float), codes.size()[0] as usize),
            Some(mask) => {
                let mask = a.blocks().scalars(mask);
                let known = mask.sum(Kind::Float).clamp_min(1.0);
                (surprise * share.rows(&mask)).sum(Kind::Float) / known
            }
        }
    }

    fn level_weights(
        &self,
        config: &ObjectiveConfig,
        a: &Architecture,
        device: Device,
    ) -> Result<Tensor, DiffusionError> {
        let weigh = |level: &Level| -> Result<f32, DiffusionError> {
            Ok(config.loss_weight.at(*level, a.prediction())? as f32)
        };
        let weights = self.levels.iter().map(weigh).collect::<Result<Vec<f32>, _>>()?;
        Ok(Tensor::from_slice(&weights).to_device(device))
    }
}
