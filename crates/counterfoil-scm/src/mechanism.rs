//! How a variable gets its value: a function of its parents and of its own exogenous noise, invertible in the
//! noise.

use crate::ScmError;
use counterfoil_random::Stream;

/// The assignment `value = f(parents, noise)` of one variable (Pearl 2009, section 1.4), with `f` invertible in
/// the noise, so that counterfactuals are exact.
///
/// Parents come in the graph's order, that is ascending by position. For all values of the parents,
/// `abduct(parents, forward(parents, noise))` is `noise` up to rounding.
pub trait Mechanism: Send + Sync {
    /// Draws the exogenous noise.
    fn draw_noise(&self, stream: &mut Stream) -> f64;

    /// The value that the parents and the noise bring about.
    fn forward(&self, parents: &[f64], noise: f64) -> f64;

    /// The noise that brought about `value`.
    ///
    /// # Errors
    /// [`ScmError::OutsideSupport`] when no noise brings it about.
    fn abduct(&self, parents: &[f64], value: f64) -> Result<f64, ScmError>;

    /// The middle of the noise's distribution: what a model assumes that knows the mechanism and nothing of the item.
    fn central_noise(&self) -> f64 {
        0.0
    }

    /// The number of parents that the mechanism reads, when it reads a fixed number.
    fn parent_count(&self) -> Option<usize> {
        None
    }
}
