//! The noise-aware predictor: what a noisy image still says of its labels.
//!
//! Its gradient by the noisy image tells a sampler which way a label lies: anti-causal guidance (Diff-SCM, Sanchez and
//! Tsaftaris 2022, section 3.2), from the effect, the image, to its causes. It is trained beside a denoiser on the same
//! noisy images and shares no parameter with it.

use super::encoder::Gaussian;
use super::residual::{Downsample, Embedding, Residual, Widths};
use crate::Architecture;
use counterfoil_tensor::layers::{Conv2d, Linear, sinusoid};
use counterfoil_tensor::{Scope, Weights};
use tch::{Kind, Tensor};

/// Channels are multiples of this: the groups of a norm.
pub(crate) const GROUPS: i64 = 8;
/// Width of the dense layer between the lowest resolution and the scalars.
const HIDDEN: i64 = 128;
/// The least variance of a scalar, a standard deviation of 0.01: a label that an image gives away entirely must not
/// make the gradient unbounded.
const FLOOR: f64 = 1e-4;

/// The downward half of a UNet, as the classifiers of Dhariwal and Nichol (2021, section 4) are, with a dense head in place
/// of attention pooling: labels may be places, so the head sees where things are. No norm stands between the residual
/// stream and the head, for brightness is a label too.
///
/// Labels are the scalars of their codes ([`Blocks::scalars`](crate::Blocks::scalars)), each a Gaussian whose mean is read
/// off the image and whose variance is learned for each noise level. So the scale of `ln p(label | x_t)` is right at every level:
/// where noise hides a label its variance is that of the label, and the gradient vanishes.
#[derive(Clone, Debug)]
pub struct Predictor {
    time: [Linear; 2],
    stem: Conv2d,
    stages: Vec<(Option<Downsample>, Residual)>,
    hidden: Linear,
    mean: Linear,
    log_variance: Linear,
    channels: i64,
}

impl Predictor {
    /// Declares a predictor with these channels: the first at full resolution, each further one halving it.
    pub fn new(mut scope: Scope<'_>, a: &Architecture, channels: &[i64]) -> Self {
        let [of_image, mut height, mut width] = a.image;
        let first = channels.first().copied().unwrap_or(GROUPS);
        let embedded = 4 * first;
        let time = {
            let mut time = scope.sub("time");
            [
                Linear::new(time.sub(0), first, embedded),
                Linear::new(time.sub(1), embedded, embedded),
            ]
        };
        let stem = Conv2d::new(scope.sub("stem"), of_image, first, 3, 1);
        let widths = Widths { added: embedded, scaling: None };
        let (mut stages, mut inputs) = (Vec::new(), first);
        for (index, outputs) in channels.iter().enumerate() {
            let mut part = scope.sub(index);
            let down = (index > 0).then(|| {
                (height, width) = ((height + 1) / 2, (width + 1) / 2);
                Downsample::new(part.sub("down"), inputs)
            });
            let residual = Residual::new(part.sub("residual"), [inputs, *outputs], widths, GROUPS);
            stages.push((down, residual));
            inputs = *outputs;
        }
        let scalars = a.blocks.scalar_count();
        Self {
            time,
            stem,
            stages,
            hidden: Linear::new(scope.sub("hidden"), inputs * height * width, HIDDEN),
            mean: Linear::new(scope.sub("mean"), HIDDEN, scalars),
            // Variances of 1 at first, about those of codes.
            log_variance: Linear::zeroed(scope.sub("log_variance"), embedded, scalars),
            channels: first,
        }
    }

    /// What noisy images `[n, c, h, w]` at `times` `[n]`, as the denoiser is fed them, say of the scalars of their labels'
    /// codes, `[n, scalars]`.
    pub fn forward(&self, weights: &Weights, noisy: &Tensor, times: &Tensor) -> Gaussian {
        let [first, second] = &self.time;
        let time = first.forward(weights, &sinusoid(times, self.channels)).silu();
        let embedding = Embedding { added: second.forward(weights, &time).silu(), scaling: None };
        let mut h = self.stem.forward(weights, noisy);
        for (down, residual) in &self.stages {
            if let Some(down) = down {
                h = down.forward(weights, &h);
            }
            h = residual.forward(weights, &h, &embedding);
        }
        let hidden = self.hidden.forward(weights, &h.silu().flatten(1, -1)).silu();
        let log_variance = self.log_variance.forward(weights, &embedding.added);
        Gaussian {
            mean: self.mean.forward(weights, &hidden).to_kind(Kind::Float),
            variance: log_variance.to_kind(Kind::Float).exp() + FLOOR,
        }
    }

    /// The gradient by noisy images of `ln p(wanted | noisy)`, summed over the scalars that `counted` weighs, shaped like the
    /// images. `wanted` and `counted` are `[n, scalars]`. No graph is kept, and none leads to the weights.
    ///
    /// # Errors
    /// When libtorch cannot differentiate.
    pub fn gradient(
        &self,
        weights: &Weights,
        noisy: &Tensor,
        times: &Tensor,
        wanted: &Tensor,
        counted: &Tensor,
    ) -> Result<Tensor, tch::TchError> {
        // The caller may stand inside of `no_grad`.
        tch::with_grad(|| {
            let noisy = noisy.detach().set_requires_grad(true);
            let log = self.forward(weights, &noisy, times).log_density(wanted) * counted;
            let gradients =
                Tensor::f_run_backward(&[log.sum(Kind::Float)], &[&noisy], false, false)?;
            Ok(gradients.into_iter().next().unwrap_or_else(|| noisy.zeros_like()))
        })
    }
}
