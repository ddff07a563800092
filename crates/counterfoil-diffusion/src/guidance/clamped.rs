//! Predictions whose clean image stays where images are.

use super::levels;
use crate::plan::check_setting;
use crate::{BoxError, Call, Denoiser, DiffusionError, Level, Mix, Prediction, State};

/// A denoiser whose prediction, read as x0, is clamped to `[-bound, bound]` and turned back into what it was (the "clipping"
/// of Ho et al. 2020 and of most published samplers).
///
/// With a prediction of the noise it keeps early steps from multiplying errors by `sigma / alpha`, which is 157 at the end
/// of the linear schedule. It bends the flow wherever it acts, so inversions under it undo less. As an adaptor it holds for
/// every sampler; an item without noise, at which the noise cannot be told, is left alone.
///
/// ```
/// use counterfoil_diffusion::{Call, Denoiser, Level, ModelTime, Prediction, denoiser, guidance::Clamped};
/// use ndarray::{Array1, array};
///
/// let far = denoiser(Prediction::X0, |_: &Array1<f64>, _| Ok(array![-3.0, 0.5]));
/// let mut network = Clamped::new(far, 1.0)?;
/// let call = Call::at(Level::from_alpha_bar(0.5)?, ModelTime::Index(10));
/// assert_eq!(network.predict(&array![0.0, 0.0], &call)?, array![-1.0, 0.5]);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Clamped<D> {
    inner: D,
    bound: f64,
}

impl<D> Clamped<D> {
    /// Clamps to `[-bound, bound]`; an infinite bound changes nothing.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] unless the bound is positive.
    pub fn new(inner: D, bound: f64) -> Result<Self, DiffusionError> {
        check_setting("clamp", bound, bound > 0.0, "(0, inf]")?;
        Ok(Self { inner, bound })
    }
}

impl<X: State, D: Denoiser<X>> Denoiser<X> for Clamped<D> {
    fn predict(&mut self, x: &X, call: &Call<'_>) -> Result<X, BoxError> {
        let mut output = self.inner.predict(x, call)?;
        let levels = levels(x, call)?;
        let clean = levels.iter().filter(|level| level.is_clean()).count();
        if self.bound.is_infinite() || clean == levels.len() {
            return Ok(output);
        }
        let given = self.inner.prediction();
        let left_alone = (clean > 0).then(|| output.duplicate()).transpose()?;
        let mix = |from: Prediction, to: Prediction, output: &mut X| {
            let mixes = levels.iter().map(|level: &Level| {
                if level.is_clean() { Ok(Mix::OUTPUT) } else { from.mix(to, *level) }
            });
            let mixes = mixes.collect::<Result<Vec<Mix>, DiffusionError>>()?;
            let of_state: Vec<f64> = mixes.iter().map(|mix| mix.state).collect();
            let of_output: Vec<f64> = mixes.iter().map(|mix| mix.output).collect();
            output.lincomb_items(&of_output, &[(&of_state, x)])
        };
        mix(given, Prediction::X0, &mut output)?;
        output.clamp_to(self.bound)?;
        mix(Prediction::X0, given, &mut output)?;
        if let Some(raw) = left_alone {
            let share = |of_clean: f64| -> Vec<f64> {
                let of = |level: &Level| if level.is_clean() { of_clean } else { 1.0 - of_clean };
                levels.iter().map(of).collect()
            };
            output.lincomb_items(&share(0.0), &[(&share(1.0), &raw)])?;
        }
        Ok(output)
    }

    fn prediction(&self) -> Prediction {
        self.inner.prediction()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ModelTime, denoiser};
    use ndarray::{Array1, Array2, array};

    /// Exact up to rounding: whatever is predicted, the clean image is clamped, and where it lies inside nothing changes.
    #[test]
    fn the_clean_image_is_clamped_in_every_prediction() {
        let x: Array1<f64> = array![0.3, -0.9, 2.0];
        let clean: Array1<f64> = array![-4.0, 0.2, 1.5];
        for alpha_bar in [0.9, 0.5, 4e-5] {
            let level = Level::from_alpha_bar(alpha_bar).unwrap();
            let call = Call::at(level, ModelTime::Index(3));
            for given in [Prediction::Eps, Prediction::V, Prediction::X0] {
                let of = |clean: &Array1<f64>| {
                    Prediction::X0.convert(given, &x, clean.clone(), level).unwrap()
                };
                let output = of(&clean);
                let network = denoiser(given, |_: &Array1<f64>, _| Ok(output.clone()));
                let found = Clamped::new(network, 1.0).unwrap().predict(&x, &call).unwrap();
                let expected = of(&array![-1.0, 0.2, 1.0]);
                let error = (&found - &expected).mapv(f64::abs).sum();
                assert!(error < 1e-9, "{given:?} at {alpha_bar}: {found} for {expected}");
            }
        }
        let free = denoiser(Prediction::Eps, |_: &Array1<f64>, _| Ok(array![9.0]));
        let call = Call::at(Level::from_alpha_bar(0.5).unwrap(), ModelTime::Index(3));
        let found =
            Clamped::new(free, f64::INFINITY).unwrap().predict(&array![0.0], &call).unwrap();
        assert_eq!(found, array![9.0]);
    }

    /// Exact: of items at levels of their own, the one without noise is left alone and the others are clamped as alone.
    #[test]
    fn items_are_clamped_each_at_its_level() {
        let levels = [Level::CLEAN, Level::from_alpha_bar(0.5).unwrap(), Level::CLEAN];
        let times = [0usize, 10, 0].map(ModelTime::Index);
        let call = Call {
            per_item: Some(&levels),
            item_times: Some(&times),
            ..Call::at(levels[1], times[1])
        };
        let far = denoiser(Prediction::X0, |x: &Array2<f64>, _| Ok(x + 3.0));
        let found = Clamped::new(far, 1.0).unwrap().predict(&Array2::zeros((3, 2)), &call).unwrap();
        assert_eq!(found, array![[3.0, 3.0], [1.0, 1.0], [3.0, 3.0]]);
    }

    #[test]
    fn a_bound_below_zero_is_refused() {
        let network = || denoiser(Prediction::X0, |x: &Array1<f64>, _| Ok(x.clone()));
        assert!(
            Clamped::new(network(), 0.0).is_err() && Clamped::new(network(), f64::NAN).is_err()
        );
    }
}
