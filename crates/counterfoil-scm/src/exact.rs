//! A mechanism without noise of its own: a law that the parents determine.

use crate::{Mechanism, ScmError, noise::finite};
use counterfoil_random::Stream;

/// `value = law(parents) + residual`, where the residual is always drawn as 0.
///
/// A residual other than 0 is only ever abducted, from labels that were measured or rounded; it is then kept under
/// intervention like any other noise.
///
/// ```
/// use counterfoil_scm::{Exact, Mechanism};
///
/// let area = Exact::new(|parents| parents[0] * parents[1]);
/// assert_eq!(area.forward(&[2.0, 3.0], 0.0), 6.0);
/// assert_eq!(area.abduct(&[2.0, 3.0], 6.5)?, 0.5);
/// # Ok::<(), counterfoil_scm::ScmError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Exact<F> {
    law: F,
}

impl<F: Fn(&[f64]) -> f64 + Send + Sync> Exact<F> {
    /// The law of the parents.
    pub fn new(law: F) -> Self {
        Self { law }
    }
}

impl<F: Fn(&[f64]) -> f64 + Send + Sync> Mechanism for Exact<F> {
    fn draw_noise(&self, _: &mut Stream) -> f64 {
        0.0
    }

    fn forward(&self, parents: &[f64], noise: f64) -> f64 {
        (self.law)(parents) + noise
    }

    fn abduct(&self, parents: &[f64], value: f64) -> Result<f64, ScmError> {
        finite("the value of an exact mechanism", value)?;
        Ok(value - (self.law)(parents))
    }
}
