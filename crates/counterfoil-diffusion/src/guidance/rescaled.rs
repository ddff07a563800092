//! Guidance whose result keeps the spread of the target, so that strong weights do not overexpose.

use super::{Guided, combine};
use crate::plan::check_setting;
use crate::{BoxError, Call, Denoiser, DiffusionError, Prediction, State};

/// Rescaled guidance (Lin et al. 2024, "Common diffusion noise schedules and sample steps are flawed", section 3.4):
/// `share g std(c) / std(g) + (1 - share) g`, with `g` the guided output, `c` the target's, and the standard deviation
/// that of all numbers of one item. As published it applies to the network's output, so unlike [`Guided`] it depends
/// on what the network predicts. An item whose guided output is constant is left as it is.
///
/// Two standard deviations a call, which wait for an accelerator.
///
/// ```
/// use counterfoil_diffusion::guidance::{Guided, Rescaled};
/// use counterfoil_diffusion::{Call, Denoiser, Level, ModelTime, Prediction, denoiser};
/// use ndarray::{Array2, array};
///
/// let fixed = |y: f64| denoiser(Prediction::V, move |_: &Array2<f64>, _| Ok(array![[y, -y]]));
/// // 1 + 3 (2 - 1) = 4 has the spread of the target, 2, again.
/// let mut network = Rescaled::new(Guided::new(fixed(2.0), fixed(1.0), 3.0)?, 1.0)?;
/// let call = Call::at(Level::from_alpha_bar(0.5)?, ModelTime::Index(10));
/// assert_eq!(network.predict(&array![[0.0, 0.0]], &call)?, array![[2.0, -2.0]]);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Rescaled<T, R> {
    guided: Guided<T, R>,
    share: f64,
}

impl<T, R> Rescaled<T, R> {
    /// Rescales this share of the guided output, 0 (none) to 1; 0.7 is published.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`].
    pub fn new(guided: Guided<T, R>, share: f64) -> Result<Self, DiffusionError> {
        check_setting("rescaled share", share, (0.0..=1.0).contains(&share), "[0, 1]")?;
        Ok(Self { guided, share })
    }
}

impl<X: State, T: Denoiser<X>, R: Denoiser<X>> Denoiser<X> for Rescaled<T, R> {
    fn predict(&mut self, x: &X, call: &Call<'_>) -> Result<X, BoxError> {
        if self.share == 0.0 || self.guided.weight == 1.0 {
            return self.guided.predict(x, call);
        }
        let (target, reference) = self.guided.both(x, call)?;
        let wanted = target.std_items()?;
        let mut guided = combine(target, &reference, self.guided.weight)?;
        let scale = |(found, wanted): (f64, f64)| {
            if found > 0.0 { self.share * wanted / found + (1.0 - self.share) } else { 1.0 }
        };
        let scales: Vec<f64> = guided.std_items()?.into_iter().zip(wanted).map(scale).collect();
        guided.lincomb_items(&scales, &[])?;
        Ok(guided)
    }

    fn prediction(&self) -> Prediction {
        self.guided.prediction
    }
}
