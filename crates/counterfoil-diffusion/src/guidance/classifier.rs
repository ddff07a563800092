//! Classifier guidance: the denoiser follows the gradient of a log-probability.

use super::levels;
use crate::plan::check_setting;
use crate::{BoxError, Call, Denoiser, DiffusionError, Prediction, State};

/// Classifier guidance (Dhariwal and Nichol 2021, section 4.2, the form for deterministic samplers):
/// `eps - weight sigma gradient`, with the gradient of `ln p(label | x)` by the noisy state `x` at its level, in units
/// of one over the state.
///
/// With a classifier of a cause from its effect, as of a class from an image, this is the anti-causal guidance of
/// Diff-SCM (Sanchez and Tsaftaris 2022): the counterfactual follows the new value of the cause from the abducted
/// noise. The shift is made in whatever the network predicts. Where `sigma = 0` it vanishes and the gradient is not
/// asked for; at `alpha = 0` it is defined for `eps` networks only.
///
/// ```
/// use counterfoil_diffusion::guidance::Classified;
/// use counterfoil_diffusion::{Call, Denoiser, Level, ModelTime, Prediction, denoiser};
/// use ndarray::{Array1, array};
///
/// let network = denoiser(Prediction::Eps, |x: &Array1<f64>, call| Ok(x * call.level.sigma()));
/// // A classifier that is the surer the larger x is.
/// let gradient = |x: &Array1<f64>, _: &Call<'_>| Ok(x.mapv(|_| 0.5));
/// let mut guided = Classified::new(network, gradient, 2.0)?;
/// let call = Call::at(Level::from_alpha_bar(0.64)?, ModelTime::Index(10));
/// assert!((guided.predict(&array![1.0], &call)?[0] - (0.6 - 2.0 * 0.6 * 0.5)).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Classified<D, F> {
    denoiser: D,
    gradient: F,
    weight: f64,
}

impl<D, F> Classified<D, F> {
    /// Guides by the gradient that `gradient(x, call)` returns, shaped like the state.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] for a weight that is not finite.
    pub fn new<X>(denoiser: D, gradient: F, weight: f64) -> Result<Self, DiffusionError>
    where
        D: Denoiser<X>,
        F: FnMut(&X, &Call<'_>) -> Result<X, BoxError>,
    {
        check_setting("guidance weight", weight, weight.is_finite(), "(-inf, inf)")?;
        Ok(Self { denoiser, gradient, weight })
    }
}

impl<X, D, F> Denoiser<X> for Classified<D, F>
where
    X: State,
    D: Denoiser<X>,
    F: FnMut(&X, &Call<'_>) -> Result<X, BoxError>,
{
    fn predict(&mut self, x: &X, call: &Call<'_>) -> Result<X, BoxError> {
        let mut output = self.denoiser.predict(x, call)?;
        let prediction = self.denoiser.prediction();
        // A shift of eps moves the network's own quantity by as much as that depends on eps.
        let shifts = levels(x, call)?
            .into_iter()
            .map(|level| match level.sigma() {
                0.0 => Ok(0.0),
                sigma => Ok(-self.weight * sigma * Prediction::Eps.mix(prediction, level)?.output),
            })
            .collect::<Result<Vec<f64>, DiffusionError>>()?;
        if shifts.iter().any(|&shift| shift != 0.0) {
            let gradient = (self.gradient)(x, call)?;
            output.lincomb_items(&vec![1.0; shifts.len()], &[(&shifts, &gradient)])?;
        }
        Ok(output)
    }

    fn prediction(&self) -> Prediction {
        self.denoiser.prediction()
    }
}
