//! The preconditioning of EDM networks: what they are fed, so that samplers may use them like any other.

use crate::{BoxError, Call, Denoiser, DiffusionError, Level, ModelTime, Prediction, State};

/// The four scalings of Karras et al. 2022, table 1, column EDM, at `s = sigma / alpha`.
///
/// The denoised image is `c_skip xbar + c_out F(c_in xbar, c_noise)` with `xbar = x / alpha`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scalings {
    /// Weight of the state in the image, `sd^2 / (s^2 + sd^2)`.
    pub skip: f64,
    /// Weight of the output in the image, `s sd / sqrt(s^2 + sd^2)`.
    pub out: f64,
    /// Scale of the input, `1 / sqrt(s^2 + sd^2)`.
    pub input: f64,
    /// What the network is told about the level, `ln(s) / 4`; infinite at both ends.
    pub noise: f64,
}

impl Scalings {
    /// The scalings at a level for data of standard deviation `sigma_data`.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] for a `sigma_data` that is not positive and finite.
    pub fn at(level: Level, sigma_data: f64) -> Result<Self, DiffusionError> {
        // Checks sigma_data.
        Prediction::Edm { sigma_data }.weights(level)?;
        let (alpha, sigma) = (level.alpha(), level.sigma());
        // In terms of alpha and sigma, so that nothing is infinite where no signal is left.
        let q = sigma.hypot(alpha * sigma_data);
        let share = alpha * sigma_data / q;
        Ok(Self {
            skip: share * share,
            out: sigma_data * sigma / q,
            input: alpha / q,
            noise: -0.25 * level.lambda(),
        })
    }
}

/// A network of the EDM kind as a [`Denoiser`]: scales its input, replaces the label by `ln(s) / 4`, and announces
/// its raw output as [`Prediction::Edm`].
///
/// Only the input side is done here. The output side, `c_skip` and `c_out`, is a linear map like that of `eps` or
/// `v`, so the plan does it: the output reaches the sampler unspoilt, and still determines the noise at
/// `sigma = 0`, which a denoised image does not. Items at levels of their own are scaled each by its own; their labels the
/// network must take from [`Call::item_times`], a call having only one.
///
/// ```
/// use counterfoil_diffusion::{Call, Denoiser, Level, ModelTime, Prediction, Preconditioned};
/// use ndarray::{Array1, array};
///
/// // A network that hands back its input: at s = sigma_data the input is xbar / (sqrt(2) sigma_data).
/// let raw = |x: &Array1<f64>, call: &Call<'_>| {
///     assert!((call.time.value() - 0.5_f64.ln() / 4.0).abs() < 1e-15);
///     Ok(x.clone())
/// };
/// let mut network = Preconditioned::new(0.5, raw)?;
/// let call = Call::at(Level::from_sigma_ve(0.5)?, ModelTime::Index(0));
/// assert!((network.predict(&array![1.0], &call)?[0] - 2_f64.sqrt()).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Preconditioned<F> {
    sigma_data: f64,
    network: F,
}

impl<F> Preconditioned<F> {
    /// Wraps a raw network `(scaled input, call) -> output`, trained on data of standard deviation `sigma_data`.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] for a `sigma_data` that is not positive and finite.
    pub fn new(sigma_data: f64, network: F) -> Result<Self, DiffusionError> {
        Scalings::at(Level::CLEAN, sigma_data)?;
        Ok(Self { sigma_data, network })
    }
}

impl<X, F> Denoiser<X> for Preconditioned<F>
where
    X: State,
    F: FnMut(&X, &Call<'_>) -> Result<X, BoxError>,
{
    fn predict(&mut self, x: &X, call: &Call<'_>) -> Result<X, BoxError> {
        let mut scaled = x.zeroed()?;
        // The input is c_in xbar = x / q; items at levels of their own have a q each.
        let scale = |level: Level| level.sigma().hypot(level.alpha() * self.sigma_data).recip();
        match call.per_item {
            Some(levels) => {
                let scales: Vec<f64> = levels.iter().map(|&level| scale(level)).collect();
                scaled.lincomb_items(&vec![0.0; scales.len()], &[(&scales, x)])?;
            }
            None => scaled.lincomb(0.0, &[(scale(call.level), x)])?,
        }
        let label = |level: Level| {
            let noise = Scalings::at(level, self.sigma_data)?.noise;
            if noise.is_finite() {
                return Ok(ModelTime::Continuous(noise));
            }
            let (name, domain) = ("sigma / alpha of an EDM network", "(0, inf)");
            Err(DiffusionError::LevelOutOfRange { name, value: level.s(), domain })
        };
        let time = label(call.level)?;
        let labels = call.per_item.map(|levels| levels.iter().map(|&level| label(level)).collect());
        let labels: Option<Vec<ModelTime>> = labels.transpose()?;
        (self.network)(&scaled, &Call { time, item_times: labels.as_deref(), ..*call })
    }

    fn prediction(&self) -> Prediction {
        Prediction::Edm { sigma_data: self.sigma_data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// Float class: 1e-14. The plan's reading of the output is the published formula, in all scalings of the levels.
    #[test]
    fn the_image_is_skip_and_out() {
        for level in [Level::from_sigma_ve(3.0), Level::from_flow(0.4), Level::from_alpha_bar(0.2)]
        {
            let level = level.unwrap();
            let scalings = Scalings::at(level, 0.7).unwrap();
            let mix = Prediction::Edm { sigma_data: 0.7 }.mix(Prediction::X0, level).unwrap();
            assert!((mix.state * level.alpha() - scalings.skip).abs() < 1e-14);
            assert!((mix.output - scalings.out).abs() < 1e-14);
        }
    }

    /// Exact: a level whose label would be infinite is refused, not fed to the network.
    #[test]
    fn infinite_labels_are_refused() {
        let mut network =
            Preconditioned::new(0.5, |x: &ndarray::Array1<f64>, _: &Call<'_>| Ok(x.clone()))
                .unwrap();
        for level in [Level::CLEAN, Level::from_flow(1.0).unwrap()] {
            let call = Call::at(level, ModelTime::Index(0));
            assert!(network.predict(&array![1.0], &call).is_err());
        }
        assert!(Preconditioned::new(f64::NAN, ()).is_err());
    }
}
