//! The network as samplers see it: a function of the noisy state and of one call record.

use crate::{BoxError, Level, ModelTime, Prediction};

/// Everything that a network, a cache around it or a guidance adaptor may want to know about one call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Call<'a> {
    /// Noise level of the state.
    pub level: Level,
    /// The label to feed to the network.
    pub time: ModelTime,
    /// Index of the grid step, from 0.
    pub step: usize,
    /// Index of the call within its step, for samplers that call more than once.
    pub stage: u8,
    /// Number of grid steps in the run.
    pub of: usize,
    /// Level that the update after this call reaches, so that a noise source knows the interval; `level` itself
    /// outside any run.
    pub reaches: Level,
    /// Level of each item where they differ (see [`crate::ItemPlans`]); `None` when all are at `level`.
    pub per_item: Option<&'a [Level]>,
    /// Label of each item where they differ; given exactly when `per_item` is.
    pub item_times: Option<&'a [ModelTime]>,
}

impl Call<'static> {
    /// A single call at one level, outside any run.
    pub fn at(level: Level, time: ModelTime) -> Self {
        let (per_item, item_times) = (None, None);
        Self { level, time, step: 0, stage: 0, of: 1, reaches: level, per_item, item_times }
    }
}

/// A network that predicts [`Denoiser::prediction`] from a noisy state.
///
/// Conditioning is the implementor's own: a closure that captures the latent, say (see [`denoiser`]).
pub trait Denoiser<X> {
    /// The network's output for the state `x`, of the same shape and type.
    ///
    /// # Errors
    /// Whatever the network reports.
    fn predict(&mut self, x: &X, call: &Call<'_>) -> Result<X, BoxError>;

    /// What the output is.
    fn prediction(&self) -> Prediction;
}

impl<X, D: Denoiser<X> + ?Sized> Denoiser<X> for &mut D {
    fn predict(&mut self, x: &X, call: &Call<'_>) -> Result<X, BoxError> {
        (**self).predict(x, call)
    }

    fn prediction(&self) -> Prediction {
        (**self).prediction()
    }
}

/// A denoiser made of a closure; see [`denoiser`].
#[derive(Clone, Debug)]
pub struct FromFn<F> {
    prediction: Prediction,
    function: F,
}

/// Makes a denoiser of a closure `(x, call) -> Result<output, error>`.
///
/// ```
/// use counterfoil_diffusion::{Call, Denoiser, Level, ModelTime, Prediction, denoiser};
/// use ndarray::{Array1, array};
///
/// // The exact denoiser of data that is always 0: everything is noise.
/// let mut zero = denoiser(Prediction::Eps, |x: &Array1<f64>, call| Ok(x / call.level.sigma()));
/// let call = Call::at(Level::from_alpha_bar(0.75)?, ModelTime::Index(3));
/// assert_eq!(zero.predict(&array![1.0], &call)?, array![2.0]);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn denoiser<X, F>(prediction: Prediction, function: F) -> FromFn<F>
where
    F: FnMut(&X, &Call<'_>) -> Result<X, BoxError>,
{
    FromFn { prediction, function }
}

impl<X, F> Denoiser<X> for FromFn<F>
where
    F: FnMut(&X, &Call<'_>) -> Result<X, BoxError>,
{
    fn predict(&mut self, x: &X, call: &Call<'_>) -> Result<X, BoxError> {
        (self.function)(x, call)
    }

    fn prediction(&self) -> Prediction {
        self.prediction
    }
}
