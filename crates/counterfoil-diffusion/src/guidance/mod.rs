//! Guidance: denoisers made of denoisers, so that samplers never see a weight.
//!
//! [`Guided`] extrapolates from a reference to a target; [`Rescaled`], [`Interval`] and [`Projected`] wrap it and
//! temper what it does; [`Decoupled`] has a weight for each group of variables; [`Classified`] follows the gradient of
//! a classifier; [`Clamped`] keeps the predicted image in bounds. All nest, and all are deterministic functions of state and call, so the exactly reversible methods of
//! [`crate::inversion`] stay exact under them. Abduct without guidance all the same: it moves the latent.

mod clamped;
mod classifier;
mod decoupled;
mod interval;
mod projected;
mod rescaled;

pub use clamped::Clamped;
pub use classifier::Classified;
pub use decoupled::Decoupled;
pub use interval::Interval;
pub use projected::Projected;
pub use rescaled::Rescaled;

use crate::plan::check_setting;
use crate::{BoxError, Call, Denoiser, DiffusionError, Level, Prediction, State};

/// `reference + weight * (target - reference)` (Ho and Salimans 2022, in the convention where 1 is no guidance).
///
/// With a network that sees a null condition as the reference this is classifier-free guidance. Any other
/// second denoiser will do: against the *factual* latent, say, the result is pushed away from the factual image
/// towards the counterfactual one, by what the intervention changed and by nothing else. Adaptors nest.
///
/// Predictions of `eps`, `x0` and `v` are affine in one another at the same state and level, so the guided result
/// does not depend on which of them the networks give. Weight 1 calls only the target, weight 0 only the
/// reference; others call both.
///
/// ```
/// use counterfoil_diffusion::{Call, Denoiser, Guided, Level, ModelTime, Prediction, denoiser};
/// use ndarray::{Array1, array};
///
/// let constant = |value: f64| denoiser(Prediction::V, move |x: &Array1<f64>, _| Ok(x * 0.0 + value));
/// let mut guided = Guided::new(constant(0.5), constant(0.2), 2.0)?;
/// let call = Call::at(Level::from_alpha_bar(0.5)?, ModelTime::Index(10));
/// assert_eq!(guided.predict(&array![0.0], &call)?, array![0.8]);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Guided<T, R> {
    target: T,
    reference: R,
    weight: f64,
    prediction: Prediction,
}

impl<T, R> Guided<T, R> {
    /// Guides `target` away from `reference` with this weight: 0 is the reference, 1 the target, above 1 guides.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] for a non-finite weight,
    /// [`DiffusionError::PredictionMismatch`] when the two predict different quantities.
    pub fn new<X>(target: T, reference: R, weight: f64) -> Result<Self, DiffusionError>
    where
        T: Denoiser<X>,
        R: Denoiser<X>,
    {
        check_setting("guidance weight", weight, weight.is_finite(), "(-inf, inf)")?;
        let prediction = agreed(target.prediction(), reference.prediction())?;
        Ok(Self { target, reference, weight, prediction })
    }

    /// The weight.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// Both outputs of one call, for adaptors that combine them in their own way.
    fn both<X>(&mut self, x: &X, call: &Call<'_>) -> Result<(X, X), BoxError>
    where
        T: Denoiser<X>,
        R: Denoiser<X>,
    {
        Ok((self.target.predict(x, call)?, self.reference.predict(x, call)?))
    }
}

/// The prediction of two denoisers that must have the same.
fn agreed(left: Prediction, right: Prediction) -> Result<Prediction, DiffusionError> {
    if left == right { Ok(left) } else { Err(DiffusionError::PredictionMismatch { left, right }) }
}

/// The level of each item of a batch.
fn levels<X: State>(x: &X, call: &Call<'_>) -> Result<Vec<Level>, DiffusionError> {
    let batch = x.items();
    match call.per_item {
        None => Ok(vec![call.level; batch]),
        Some(levels) if levels.len() == batch => Ok(levels.to_vec()),
        Some(levels) => Err(DiffusionError::ItemMismatch { given: levels.len(), batch }),
    }
}

/// `reference + weight * (target - reference)` of two outputs of the same call.
///
/// For networks that evaluate both halves in one batch.
///
/// # Errors
/// A shape or type mismatch.
pub fn combine<X: State>(mut target: X, reference: &X, weight: f64) -> Result<X, DiffusionError> {
    target.lincomb(weight, &[(1.0 - weight, reference)])?;
    Ok(target)
}

impl<X, T, R> Denoiser<X> for Guided<T, R>
where
    X: State,
    T: Denoiser<X>,
    R: Denoiser<X>,
{
    fn predict(&mut self, x: &X, call: &Call<'_>) -> Result<X, BoxError> {
        if self.weight == 0.0 {
            return self.reference.predict(x, call);
        }
        let target = self.target.predict(x, call)?;
        if self.weight == 1.0 {
            return Ok(target);
        }
        let reference = self.reference.predict(x, call)?;
        Ok(combine(target, &reference, self.weight)?)
    }

    fn prediction(&self) -> Prediction {
        self.prediction
    }
}
