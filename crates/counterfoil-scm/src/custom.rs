//! Mechanisms made of closures, for assignments that the named ones do not cover.

use crate::{Mechanism, ScmError};
use counterfoil_random::Stream;

/// A mechanism of three closures: draw the noise, assign, invert.
///
/// ```
/// use counterfoil_scm::{Custom, Mechanism, ScmError};
///
/// // Multiplicative noise: value = parent * exp(noise), for positive parents.
/// let growth = Custom::new(
///     |stream| stream.normal(),
///     |parents, noise| parents[0] * noise.exp(),
///     |parents, value| match (value / parents[0]).ln() {
///         noise if noise.is_finite() => Ok(noise),
///         _ => Err(ScmError::OutsideSupport { value, low: 0.0, high: f64::INFINITY }),
///     },
/// );
/// assert_eq!(growth.abduct(&[2.0], 2.0)?, 0.0);
/// assert!(growth.abduct(&[2.0], -1.0).is_err());
/// # Ok::<(), ScmError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Custom<D, F, A> {
    draw_noise: D,
    forward: F,
    abduct: A,
    central: f64,
}

impl<D, F, A> Custom<D, F, A>
where
    D: Fn(&mut Stream) -> f64 + Send + Sync,
    F: Fn(&[f64], f64) -> f64 + Send + Sync,
    A: Fn(&[f64], f64) -> Result<f64, ScmError> + Send + Sync,
{
    /// A mechanism that draws, assigns and inverts as the closures say; they must agree as [`Mechanism`] asks. The middle of
    /// its noise is 0.
    pub fn new(draw_noise: D, forward: F, abduct: A) -> Self {
        Self { draw_noise, forward, abduct, central: 0.0 }
    }

    /// The same with this for the middle of its noise.
    #[must_use]
    pub fn with_central_noise(self, central: f64) -> Self {
        Self { central, ..self }
    }
}

impl<D, F, A> Mechanism for Custom<D, F, A>
where
    D: Fn(&mut Stream) -> f64 + Send + Sync,
    F: Fn(&[f64], f64) -> f64 + Send + Sync,
    A: Fn(&[f64], f64) -> Result<f64, ScmError> + Send + Sync,
{
    fn draw_noise(&self, stream: &mut Stream) -> f64 {
        (self.draw_noise)(stream)
    }

    fn forward(&self, parents: &[f64], noise: f64) -> f64 {
        (self.forward)(parents, noise)
    }

    fn abduct(&self, parents: &[f64], value: f64) -> Result<f64, ScmError> {
        (self.abduct)(parents, value)
    }

    fn central_noise(&self) -> f64 {
        self.central
    }
}
