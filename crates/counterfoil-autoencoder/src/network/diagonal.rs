//! Diagonal Gaussians whose scale is learned and cannot vanish: what hierarchical latents and pixels are drawn from.

use tch::{Kind, Tensor};

/// The least logarithm of a scale. Of pixels in `[-1, 1]` it is 2.3 grey levels of 255: an image is not drawn finer, and a
/// black background does not outweigh everything else.
pub const LEAST_LOG_SCALE: f64 = -4.0;

/// Independent normal variables, `[n, c, ..]` each, in single precision.
#[derive(Debug)]
pub struct Diagonal {
    /// The means.
    pub mean: Tensor,
    /// The logarithms of the standard deviations, above [`LEAST_LOG_SCALE`].
    pub log_scale: Tensor,
}

impl Diagonal {
    /// From what a network says, `[n, 2c, ..]`: the means, then the scales, whose floor is a smooth one, so that a gradient
    /// leads back from it. Zeros are nearly a standard normal, of scale 1.02.
    pub fn new(parameters: &Tensor) -> Self {
        let parts = parameters.to_kind(Kind::Float).chunk(2, 1);
        let log_scale = (&parts[1] - LEAST_LOG_SCALE).softplus() + LEAST_LOG_SCALE;
        Self { mean: parts[0].shallow_clone(), log_scale }
    }

    /// The values of standard normal noise.
    pub fn at(&self, noise: &Tensor) -> Tensor {
        self.mean.addcmul(&self.log_scale.exp(), noise)
    }

    /// The noise of values: what [`Diagonal::at`] makes them of.
    pub fn noise_of(&self, values: &Tensor) -> Tensor {
        (values - &self.mean) * (-&self.log_scale).exp()
    }

    /// `-ln p(values)`, above what it is at the mean of the least scale, so that it is never negative.
    pub fn surprise(&self, values: &Tensor) -> Tensor {
        self.noise_of(values).square() * 0.5 + (&self.log_scale - LEAST_LOG_SCALE)
    }

    /// `KL(self || prior)` of each variable.
    pub fn divergence(&self, prior: &Self) -> Tensor {
        let narrower = &prior.log_scale - &self.log_scale;
        let variance = (&narrower * -2.0).exp();
        (variance + prior.noise_of(&self.mean).square() - 1.0) * 0.5 + narrower
    }
}
