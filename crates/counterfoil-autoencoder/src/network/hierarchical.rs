//! A hierarchical variational autoencoder as decoder: stochastic maps at every resolution hold what the labels do not say.
//!
//! The mean of a Gaussian likelihood must be blurred where the latents do not say everything. Here an image has latents h of
//! its own, first a vector, then maps from the lowest resolution to that of the image; each layer sees all before it and
//! the causal latents y:
//!
//! ```text
//! prior       p(h_l | h_<l, y)            what a layer may be under these labels
//! posterior   q(h_l | h_<l, y, x)         what it is in this image
//! likelihood  p(x | h, y)                 a mean and a scale for each pixel
//! ```
//!
//! all of them diagonal Gaussians (De Sousa Ribeiro, Xia, Monteiro, Pawlowski, Glocker 2023, section 3, with the
//! *conditional* prior; networks after Child 2021, smaller and with our residual blocks).
//!
//! Abduction takes the mean of each posterior and keeps its *noise* under the prior, `(h_l - mean) / scale`, like the noise
//! of the pixels after it. Prediction gives the same noise to priors and likelihood under other labels. So each layer is a
//! mechanism `h_l = mean(h_<l, y) + scale(h_<l, y) noise_l`, as those of the labels are, and nothing set gives the image
//! back whatever the networks are. (The published code mixes posterior and counterfactual prior where its prior is
//! conditional, and keeps h where it is not.)

mod bottom_up;
mod stochastic;

use self::bottom_up::BottomUp;
use self::stochastic::Stochastic;
use super::diagonal::Diagonal;
use super::one_pass::{ImageNoise, OnePass};
use super::residual::{Embedding, Residual, Upsample, Widths};
use crate::{Architecture, draws::Draws};
use counterfoil_tensor::layers::{Conv2d, GroupNorm, Linear};
use counterfoil_tensor::{Scope, Weights};
use tch::{Kind, Tensor};

/// Channels of a stochastic map, half of those published.
const CHANNELS: i64 = 8;

/// One stochastic map and what follows from it.
#[derive(Clone, Debug)]
struct Rung {
    layer: Stochastic,
    enter: Conv2d,
    residual: Residual,
}

/// The rungs of one resolution, and the way to the next.
#[derive(Clone, Debug)]
struct Level {
    rungs: Vec<Rung>,
    up: Option<Upsample>,
}

/// A bottom-up encoder and a top-down decoder with stochastic layers between them. Causal latents and the first, global
/// latent vector enter every block of the decoder by its adaptive norm.
#[derive(Clone, Debug)]
pub struct Hierarchical {
    bottom_up: BottomUp,
    style: Stochastic,
    latent: Linear,
    dense: Linear,
    lowest: [i64; 3],
    /// From the lowest resolution to that of the image.
    levels: Vec<Level>,
    norm: GroupNorm,
    out: Conv2d,
    hidden: i64,
}

/// A place in a top-down pass where a stochastic layer takes its value.
struct Site<'a> {
    layer: &'a Stochastic,
    weights: &'a Weights,
    /// What is known before it.
    state: &'a Tensor,
    /// Which of the encoder's activations belong to it.
    activation: usize,
}

impl Site<'_> {
    fn prior(&self) -> Diagonal {
        self.layer.prior(self.weights, self.state)
    }

    fn posterior(&self, activations: &[Tensor]) -> Diagonal {
        self.layer.posterior(self.weights, self.state, &activations[self.activation])
    }
}

/// Flat noise `[n, hidden]`, read site by site.
struct Tape<'a> {
    flat: &'a Tensor,
    at: i64,
}

impl Tape<'_> {
    /// The next noise, of the shape of a prior.
    fn next(&mut self, prior: &Diagonal) -> Tensor {
        let shape = prior.mean.size();
        let width = shape[1..].iter().product();
        let part = self.flat.narrow(1, self.at, width).reshape(shape);
        self.at += width;
        part
    }
}

impl Hierarchical {
    /// Declares the decoder of an architecture.
    pub fn new(mut scope: Scope<'_>, a: &Architecture) -> Self {
        let (base, width, groups) = (a.channels, 4 * a.channels, a.groups);
        let [channels, height, across] = a.image;
        let bottom_up = BottomUp::new(scope.sub("bottom_up"), a);
        let mut c = base * a.multipliers.last().copied().unwrap_or(1);
        let factor = 1 << (a.multipliers.len() - 1);
        let lowest = [c, height / factor, across / factor];
        let features: i64 = lowest.iter().product();
        // As many global numbers as a map of the lowest resolution has in a 2x2 corner.
        let (labels, global) = (a.blocks.width(), 4 * CHANNELS);
        let style = Stochastic::dense(scope.sub("style"), [labels, features, global], width);
        let latent = Linear::new(scope.sub("latent"), labels + global, width);
        let dense = Linear::new(scope.sub("dense"), labels + global, features);
        let (mut levels, mut hidden) = (Vec::new(), global);
        for (level, multiplier) in a.multipliers.iter().enumerate().rev() {
            let mut part = scope.sub("top_down");
            let mut part = part.sub(level);
            let (outputs, pixels) = (multiplier * base, (height >> level) * (across >> level));
            let mut rungs = Vec::new();
            for index in 0..=a.res_blocks {
                let mut part = part.sub(index);
                let widths = Widths { added: width, scaling: None };
                rungs.push(Rung {
                    layer: Stochastic::map(part.sub("layer"), [c, outputs, CHANNELS], groups),
                    enter: Conv2d::new(part.sub("enter"), CHANNELS, c, 1, 1),
                    residual: Residual::new(part.sub("residual"), [c, outputs], widths, groups),
                });
                hidden += CHANNELS * pixels;
                c = outputs;
            }
            let up = (level > 0).then(|| Upsample::new(part.sub("upsample"), c));
            levels.push(Level { rungs, up });
        }
        let norm = GroupNorm::new(scope.sub("norm"), groups, c);
        let out = Conv2d::zeroed(scope.sub("out"), c, 2 * channels, 3);
        Self { bottom_up, style, latent, dense, lowest, levels, norm, out, hidden }
    }

    /// Runs down the hierarchy, `value` saying what each layer takes, to the likelihood of the pixels.
    fn top_down(
        &self,
        weights: &Weights,
        latents: &Tensor,
        mut value: impl FnMut(&Site<'_>) -> Tensor,
    ) -> Diagonal {
        let mut at = |layer: &Stochastic, state: &Tensor, activation: usize| {
            value(&Site { layer, weights, state, activation })
        };
        let style = at(&self.style, latents, self.levels.len());
        let known = Tensor::cat(&[latents, &style], 1);
        let added = self.latent.forward(weights, &known).silu();
        let embedding = Embedding { added, scaling: None };
        let [c, height, across] = self.lowest;
        let mut h = self.dense.forward(weights, &known).view([-1, c, height, across]);
        for (index, level) in self.levels.iter().enumerate() {
            let resolution = self.levels.len() - 1 - index;
            for rung in &level.rungs {
                let map = at(&rung.layer, &h, resolution);
                let entered = &h + rung.enter.forward(weights, &map);
                h = rung.residual.forward(weights, &entered, &embedding);
            }
            if let Some(up) = &level.up {
                h = up.forward(weights, &h);
            }
        }
        let h = self.norm.forward(weights, &h).silu();
        Diagonal::new(&self.out.forward(weights, &h))
    }
}

impl OnePass for Hierarchical {
    fn hidden(&self) -> i64 {
        self.hidden
    }

    fn abduct(&self, weights: &Weights, images: &Tensor, latents: &Tensor) -> ImageNoise {
        let activations = self.bottom_up.forward(weights, images, latents);
        let mut found = Vec::new();
        let likelihood = self.top_down(weights, latents, |site| {
            let map = site.posterior(&activations).mean;
            found.push(site.prior().noise_of(&map).flatten(1, -1));
            map
        });
        ImageNoise { hidden: Tensor::cat(&found, 1), pixels: likelihood.noise_of(images) }
    }

    fn predict(&self, weights: &Weights, latents: &Tensor, noise: &ImageNoise) -> Tensor {
        let mut tape = Tape { flat: &noise.hidden, at: 0 };
        let likelihood = self.top_down(weights, latents, |site| {
            let prior = site.prior();
            prior.at(&tape.next(&prior))
        });
        likelihood.at(&noise.pixels)
    }

    /// The two parts of the negative evidence bound, in nats a dimension of the image, so that their weights mean the
    /// same at every size.
    fn terms(
        &self,
        weights: &Weights,
        images: &Tensor,
        latents: &Tensor,
        draws: &Draws<'_>,
    ) -> Vec<(&'static str, Tensor)> {
        let noise = draws.normal("train-hierarchy", &[self.hidden]);
        let mut tape = Tape { flat: &noise, at: 0 };
        let activations = self.bottom_up.forward(weights, images, latents);
        let mut divergences = Vec::new();
        let likelihood = self.top_down(weights, latents, |site| {
            let (prior, posterior) = (site.prior(), site.posterior(&activations));
            divergences.push(posterior.divergence(&prior).sum(Kind::Float));
            posterior.at(&tape.next(&prior))
        });
        let divergence = Tensor::stack(&divergences, 0).sum(Kind::Float);
        vec![
            ("nll", likelihood.surprise(images).mean(Kind::Float)),
            ("hierarchy", divergence / images.numel().max(1) as f64),
        ]
    }
}
