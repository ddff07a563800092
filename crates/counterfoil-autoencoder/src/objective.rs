//! What training minimises: the denoising loss and separately weighted terms that make the latents causal.
//!
//! For an image `x` with labels `y`, code `u` and latents `z` the loss is
//!
//! ```text
//! denoise + predictor_weight * predictor + label_weight * label + warm_up * (u_weight * u + unlabelled_weight * unlabelled) + independence_weight * independence
//! ```
//!
//! (CausalDiffAE, section 4, with its KL of z split into the label term and the rest; `predictor` where the model has one,
//! on the noisy images of `denoise`). Every term is a mean over items
//! and, outside `parity`, over dimensions, so that a weight means the same whatever the width of a block.
//!
//! A corrective decoder adds `mean`, the squared error of its mean image, and denoises what that leaves of the image; its
//! remainder does not train the mean. For `denoise` stands `reconstruct`, a mean squared error, where the decoder is direct, and `nll + warm_up *
//! hierarchy_weight * hierarchy` where it is hierarchical: how unlikely the image is, and the KL of the decoder's own
//! latents, both by dimension of the image.

mod config;
mod independence;
mod noisy;
mod reading;
mod share;

pub use self::config::ObjectiveConfig;
use self::noisy::Noisy;
pub use self::reading::ToRead;
use self::reading::{Reading, mean_of_known};
pub use self::share::Share;
use crate::draws::Draws;
use crate::network::unet::Condition;
use crate::{Architecture, Block, Code, KnownCodes, Model, ModelError, codes, likelihood};
use counterfoil_tensor::{Recomputation, Weights};
use tch::{Kind, Tensor};

/// Images and what is known of them.
#[derive(Debug)]
pub struct Batch {
    /// `[n, c, h, w]` in `[-1, 1]`.
    pub images: Tensor,
    /// `[n, labelled variables]` in the labels' own units, in the graph's order; NaN where training may not see one.
    pub labels: Tensor,
    /// Labels of other training images, as `labels`, that mechanisms are fitted to as well: a batch of images is too small
    /// to tell a mechanism from its noise.
    pub more_labels: Option<Tensor>,
    /// Other training images, which the encoder reads as well.
    pub to_read: Option<ToRead>,
    /// `[n]` integers, when the decoder is conditioned on classes.
    pub classes: Option<Tensor>,
    /// The items' numbers in the data set: the keys of their noise.
    pub items: Vec<u64>,
}

impl Batch {
    /// Images with labels, and nothing else that is known.
    pub fn new(images: Tensor, labels: Tensor, items: Vec<u64>) -> Self {
        Self { images, labels, more_labels: None, to_read: None, classes: None, items }
    }
}

/// The loss of one batch.
#[derive(Debug)]
pub struct Loss {
    /// What training minimises, a scalar; [`Loss::backward`] differentiates it.
    pub total: Tensor,
    /// Each term by name, unweighted and detached.
    pub terms: Vec<(&'static str, Tensor)>,
    /// What its gradient takes besides, where the decoder's pass kept little.
    recomputation: Option<Recomputation>,
}

impl Loss {
    /// Adds the gradient of the total to that of the parameters.
    ///
    /// # Errors
    /// When libtorch refuses an operation.
    pub fn backward(self) -> Result<(), ModelError> {
        match self.recomputation {
            None => Ok(self.total.f_backward()?),
            Some(recomputation) => Ok(recomputation.backward(&self.total)?),
        }
    }
}

/// The checked objective of one run.
#[derive(Clone, Debug)]
pub struct Objective {
    config: ObjectiveConfig,
    planned_steps: u64,
    seed: u64,
    checkpointed: bool,
}

impl Objective {
    /// Checks the settings. `planned_steps` sets the pace of the warm-up and `seed` keys every draw.
    ///
    /// # Errors
    /// When a probability or weight is out of range; the key is named.
    pub fn new(
        config: &ObjectiveConfig,
        planned_steps: u64,
        seed: u64,
    ) -> Result<Self, ModelError> {
        config.check()?;
        Ok(Self { config: *config, planned_steps, seed, checkpointed: false })
    }

    /// The same objective with a gradient that takes less memory and more time: the UNet's stages are computed a second time
    /// instead of being kept. Loss and gradient stay what they are.
    #[must_use]
    pub fn checkpointed(mut self, checkpointed: bool) -> Self {
        self.checkpointed = checkpointed;
        self
    }

    /// The factor of the KL terms at `step`, from 0 to 1.
    pub fn warm_up(&self, step: u64) -> f64 {
        self.risen(self.config.warm_up, step)
    }

    /// A factor that rises from 0 to 1 over a share of each cycle of the planned steps; after them it stays where it is.
    fn risen(&self, share: f64, step: u64) -> f64 {
        let cycle = self.planned_steps as f64 / self.config.cycles as f64;
        let length = share * cycle;
        if length <= 0.0 {
            return 1.0;
        }
        let begun = (step as f64 / cycle).floor().min(self.config.cycles as f64 - 1.0);
        ((step as f64 - begun * cycle) / length).min(1.0)
    }

    /// The loss of `batch` at `step`. All noise is keyed by the run's seed, the item and the step, so the loss is a
    /// function of its arguments.
    ///
    /// # Errors
    /// When shapes do not fit the model.
    pub fn loss(
        &self,
        model: &Model,
        weights: &Weights,
        batch: &Batch,
        step: u64,
    ) -> Result<Loss, ModelError> {
        self.share_of_loss(model, weights, batch, Share::WHOLE, step)
    }

    /// What one of several processes does of [`Objective::loss`]: total, terms and gradients of all shares add up to those
    /// of the whole.
    ///
    /// The decoder, which is most of the work, sees the items of the share only. The encoder sees the whole batch in every
    /// process, because the statistics of its batch normalisation are those of the batch.
    ///
    /// # Errors
    /// As [`Objective::loss`].
    pub fn share_of_loss(
        &self,
        model: &Model,
        weights: &Weights,
        batch: &Batch,
        share: Share,
        step: u64,
    ) -> Result<Loss, ModelError> {
        let a = model.architecture();
        share.check(batch.items.len())?;
        let device = batch.images.device();
        let draws = Draws { seed: self.seed, items: &batch.items, step, device };
        let reading = self.read(model, weights, [&batch.images, &batch.labels], &draws)?;
        let Reading { known, encoded, codes } = &reading;

        let seen = self.decoder_latents(a, &encoded.z, &encoded.variance, known, &draws);
        let null = model.null(weights, &seen);
        let (latents, kept) = self.drop(a, seen, &null, &draws);

        let (mut terms, mut recomputation) = (Vec::new(), None);
        let own = |x: &Tensor| share.rows(x);
        let decoded = |mean: Tensor| share.of_items(mean, batch.items.len());
        let (images, latents) = (own(&batch.images), own(&latents));
        if let Some(decoder) = model.one_pass() {
            let draws = draws.of(share);
            let of_decoder = decoder.terms(weights, &images, &latents, &draws);
            terms.extend(of_decoder.into_iter().map(|(name, mean)| (name, decoded(mean))));
        } else {
            let c = &self.config;
            let mean = model.mean_image(weights, &latents);
            if let Some(mean) = &mean {
                let error = (mean - &images).square().mean(Kind::Float);
                terms.push(("mean", decoded(error)));
            }
            let mean = mean.map(|mean| mean.detach());
            let clean = model.remainder(&images, mean.as_ref());
            let classes = batch.classes.as_ref().map(own);
            let noisy = Noisy::draw(c, a, clean, &draws, share)?;
            let condition = Condition {
                times: noisy.times(),
                latents: &latents,
                mean: mean.as_ref(),
                classes: classes.as_ref(),
            };
            let checkpointed = self.checkpointed && weights.trains();
            let (denoise, left) = noisy.denoise(c, model, weights, &condition, checkpointed)?;
            terms.push(("denoise", decoded(denoise)));
            recomputation = left;
            if let Some(predictor) = model.predictor() {
                let surprise = noisy.surprise(predictor, weights, a, known, codes, share);
                terms.push(("predictor", surprise));
            }
        }
        let reduce = |x: Tensor| self.reduce(&x, kept.as_ref());
        let has_labelled = a.blocks().labelled().next().is_some();
        let labelled = |x: &Tensor| a.blocks().gather(x, true);
        if has_labelled {
            let error = reading.surprise(model, weights);
            let label = match reading.mask(model) {
                Some(mask) if !self.config.parity => mean_of_known(error, Some(&mask)),
                Some(mask) => reduce(error * mask),
                None => reduce(error),
            };
            terms.push(("label", share.of_common(label)));
            if let Some(more) = &batch.to_read {
                let further = self.further_reading(model, weights, more, step)?;
                terms.push(("reading", share.of_common(further)));
            }
            let u = match a.code {
                Code::Exogenous => {
                    kl_to_standard(&labelled(&encoded.u), &labelled(&encoded.variance))
                }
                // What is read off the image is not bent to please the mechanisms.
                Code::Causal => {
                    let of = if self.config.fit_mechanisms_to_labels {
                        codes.shallow_clone()
                    } else {
                        encoded.z.detach()
                    };
                    likelihood::surprise(model, weights, &of)
                }
            };
            let u = match &batch.more_labels {
                Some(more) if a.code == Code::Causal => {
                    likelihood::mean_with_more(model, weights, &u, more)?
                }
                _ => reduce(u),
            };
            terms.push(("u", share.of_common(u)));
        }
        if a.blocks().unlabelled().next().is_some() {
            let mean = a.blocks().gather(&encoded.u, false);
            let variance = a.blocks().gather(&encoded.variance, false);
            if self.config.independence_weight > 0.0 && has_labelled {
                let independence = independence::correlation(&mean, &labelled(codes));
                terms.push(("independence", share.of_common(independence)));
            }
            let unlabelled = reduce(kl_to_standard(&mean, &variance));
            terms.push(("unlabelled", share.of_common(unlabelled)));
        }
        let total = terms
            .iter()
            .map(|(name, value)| value * self.weight(name, step))
            .reduce(|sum, term| sum + term)
            .unwrap_or_else(|| Tensor::zeros([], (Kind::Float, device)));
        let terms = terms.into_iter().map(|(name, value)| (name, value.detach())).collect();
        Ok(Loss { total, terms, recomputation })
    }

    /// The weight of a term at `step`.
    pub fn weight(&self, term: &str, step: u64) -> f64 {
        let c = &self.config;
        match term {
            "label" if c.parity => c.label_weight * self.warm_up(step),
            "label" | "reading" => c.label_weight,
            "u" => c.u_weight * self.warm_up(step),
            "unlabelled" => {
                c.unlabelled_weight * self.risen(c.unlabelled_warm_up.unwrap_or(c.warm_up), step)
            }
            "independence" => c.independence_weight,
            "hierarchy" => c.hierarchy_weight * self.warm_up(step),
            "predictor" => c.predictor_weight,
            _ => 1.0,
        }
    }

    /// What the decoder is given before anything is dropped: the latents with a share of the code's noise, and for
    /// some items the labels' own codes.
    fn decoder_latents(
        &self,
        a: &Architecture,
        z: &Tensor,
        variance: &Tensor,
        known: &KnownCodes,
        draws: &Draws<'_>,
    ) -> Tensor {
        let codes = known.or_taught(z);
        let noise = draws.normal("train-latent", &[a.blocks().width()]);
        let taught = (self.config.teach_labels > 0.0)
            .then(|| draws.mask("train-teach", 1.0 - self.config.teach_labels));
        let block = |b: &Block| {
            let (mut mean, noise) = (b.of(z), b.of(&noise));
            if !b.labelled {
                return mean + b.of(variance).sqrt() * a.unlabelled_noise.sqrt() * noise;
            }
            // In the causal code the variance head of a labelled block is not trained: its prior's 1 stands for it.
            let spread = match a.code {
                Code::Exogenous => b.of(variance).sqrt() * a.labelled_noise.sqrt(),
                Code::Causal => Tensor::from(a.labelled_noise.sqrt() as f32).to_device(z.device()),
            };
            if let Some(encoded) = &taught {
                mean = encoded * &mean + (1.0 - encoded) * b.of(&codes);
            }
            if !self.config.decoder_shapes_labels {
                mean = mean.detach();
            }
            mean + spread * noise
        };
        Tensor::cat(&a.blocks().iter().map(block).collect::<Vec<_>>(), 1)
    }

    /// Replaces blocks of what the decoder sees by null blocks. Returns the joint mask too where the published code masks the
    /// KLs.
    fn drop(
        &self,
        a: &Architecture,
        z: Tensor,
        null: &Tensor,
        draws: &Draws<'_>,
    ) -> (Tensor, Option<Tensor>) {
        let c = &self.config;
        if c.parity {
            let kept = draws.mask("train-drop-labelled", 1.0 - c.drop_labelled);
            return (z * &kept + (1.0 - &kept) * null, Some(kept));
        }
        if c.drop_labelled == 0.0 && c.drop_each == 0.0 && c.drop_unlabelled == 0.0 {
            return (z, None);
        }
        let each = (c.drop_each > 0.0)
            .then(|| draws.masks("train-drop-each", 1.0 - c.drop_each, a.blocks().iter().len()));
        let labelled = draws.mask("train-drop-labelled", 1.0 - c.drop_labelled);
        let unlabelled = draws.mask("train-drop-unlabelled", 1.0 - c.drop_unlabelled);
        let block = |b: &Block| {
            let kept = match &each {
                Some(each) if b.labelled => &labelled * each.narrow(1, b.variable as i64, 1),
                _ if b.labelled => labelled.shallow_clone(),
                _ => unlabelled.shallow_clone(),
            };
            b.of(&z) * &kept + (1.0 - kept) * b.of(null)
        };
        (Tensor::cat(&a.blocks().iter().map(block).collect::<Vec<_>>(), 1), None)
    }

    /// A `[n, dims]` term to a scalar: mean over items and dimensions; in parity the sum over dimensions, averaged
    /// over kept items and 0 when none is kept.
    fn reduce(&self, term: &Tensor, kept: Option<&Tensor>) -> Tensor {
        if !self.config.parity {
            return term.mean(Kind::Float);
        }
        let items = term.sum_dim_intlist([1i64].as_slice(), true, Kind::Float);
        match kept {
            None => items.mean(Kind::Float),
            Some(kept) => (items * kept).sum(Kind::Float) / kept.sum(Kind::Float).clamp_min(1.0),
        }
    }
}

/// `KL(N(mean, variance) || N(0, 1))` per dimension.
pub fn kl_to_standard(mean: &Tensor, variance: &Tensor) -> Tensor {
    (variance + mean.square() - 1.0 - variance.log()) * 0.5
}

/// The code of each label, `[n, labelled variables] -> [n, d]`: what a labelled block should hold. Unlabelled blocks
/// hold 0.
///
/// A continuous label is standardised by its declared range and repeated; a circular one is its cosine in the first
/// half of the block and its sine in the second; a categorical one is one-hot over equal parts (what remains is 0).
pub fn label_codes(a: &Architecture, labels: &Tensor) -> Tensor {
    codes::of_labels(a.dag(), a.blocks(), labels)
}
