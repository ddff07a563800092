//! Guidance in a range of noise levels only.

use super::{Guided, levels};
use crate::plan::check_setting;
use crate::{BoxError, Call, Denoiser, DiffusionError, Level, Prediction, State};

/// Guidance in an interval (Kynkaanniemi et al. 2024, "Applying guidance in a limited interval improves sample and
/// distribution quality in diffusion models"): the weight applies where `low <= sigma / alpha <= high`, and the target
/// alone elsewhere, without a call of the reference.
///
/// The bounds are noise levels, not fractions of a run, so they mean the same on every grid. Items at levels of their
/// own are guided each by its own.
///
/// ```
/// use counterfoil_diffusion::guidance::{Guided, Interval};
/// use counterfoil_diffusion::{Call, Denoiser, Level, ModelTime, Prediction, denoiser};
/// use ndarray::{Array1, array};
///
/// let fixed = |y: f64| denoiser(Prediction::V, move |_: &Array1<f64>, _| Ok(array![y]));
/// let mut network = Interval::new(Guided::new(fixed(2.0), fixed(1.0), 3.0)?, 0.2, 5.0)?;
/// let mut at = |s: f64| -> Result<Array1<f64>, Box<dyn std::error::Error + Send + Sync>> {
///     network.predict(&array![0.0], &Call::at(Level::from_sigma_ve(s)?, ModelTime::Continuous(s)))
/// };
/// assert_eq!((at(0.1)?, at(1.0)?, at(9.0)?), (array![2.0], array![4.0], array![2.0]));
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Interval<T, R> {
    guided: Guided<T, R>,
    low: f64,
    high: f64,
}

impl<T, R> Interval<T, R> {
    /// Guides where `low <= sigma / alpha <= high`; the high bound may be infinite.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] unless `0 <= low <= high`.
    pub fn new(guided: Guided<T, R>, low: f64, high: f64) -> Result<Self, DiffusionError> {
        check_setting("interval low", low, low >= 0.0 && low.is_finite(), "[0, inf)")?;
        check_setting("interval high", high, high >= low, "[low, inf]")?;
        Ok(Self { guided, low, high })
    }

    /// The weight at a level.
    fn weight(&self, level: Level) -> f64 {
        let s = level.s();
        if s >= self.low && s <= self.high { self.guided.weight } else { 1.0 }
    }
}

impl<X: State, T: Denoiser<X>, R: Denoiser<X>> Denoiser<X> for Interval<T, R> {
    fn predict(&mut self, x: &X, call: &Call<'_>) -> Result<X, BoxError> {
        let weights: Vec<f64> =
            levels(x, call)?.into_iter().map(|level| self.weight(level)).collect();
        if weights.iter().all(|&weight| weight == self.guided.weight) {
            return self.guided.predict(x, call);
        }
        if weights.iter().all(|&weight| weight == 1.0) {
            return self.guided.target.predict(x, call);
        }
        let (mut target, reference) = self.guided.both(x, call)?;
        let others: Vec<f64> = weights.iter().map(|weight| 1.0 - weight).collect();
        target.lincomb_items(&weights, &[(&others, &reference)])?;
        Ok(target)
    }

    fn prediction(&self) -> Prediction {
        self.guided.prediction
    }
}
