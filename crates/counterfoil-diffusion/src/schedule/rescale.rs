//! Zero terminal signal-to-noise ratio: a table moved so that its last label is pure noise.

use super::DiscreteSchedule;
use crate::{DiffusionError, Level};

impl DiscreteSchedule {
    /// The same schedule with the square roots of `alpha_bar` shifted and scaled so that label 0 keeps its level and
    /// label `T - 1` holds no signal: `r'_t = (r_t - r_T) r_0 / (r_0 - r_T)` (Lin et al. 2024, algorithm 1).
    ///
    /// A network that predicts `eps` says nothing about the image at the last label, so every sampler refuses to plan
    /// such a start with [`DiffusionError::EpsAtZeroSignal`]: train it on `v`, `x0` or the flow velocity. Samplers
    /// whose coordinate is infinite there refuse too, and so do spacings in levels.
    ///
    /// ```
    /// use counterfoil_diffusion::{Ddim, DiffusionError, DiscreteSchedule, End, Prediction, Sampler, Spacing};
    /// let schedule = DiscreteSchedule::linear(1000)?.zero_terminal_snr()?;
    /// assert_eq!(schedule.level(999)?.alpha(), 0.0);
    /// let grid = schedule.grid(Spacing::Trailing, 20, End::Zero)?;
    /// assert!(Ddim::default().plan(&grid, Prediction::V).is_ok());
    /// let refused = Ddim::default().plan(&grid, Prediction::Eps);
    /// assert_eq!(refused, Err(DiffusionError::EpsAtZeroSignal));
    /// # Ok::<(), DiffusionError>(())
    /// ```
    ///
    /// # Errors
    /// [`DiffusionError::TooFewLabels`] for `T = 1`, whose only label cannot be both ends. A schedule that has been
    /// rescaled comes back as it is.
    pub fn zero_terminal_snr(&self) -> Result<Self, DiffusionError> {
        let count = self.train_steps();
        if count < 2 {
            let (what, needed) = ("a schedule of zero terminal signal", 2);
            return Err(DiffusionError::TooFewLabels { what, given: count, needed });
        }
        if self.levels[count - 1].is_pure_noise() {
            return Ok(self.clone());
        }
        let last = self.levels[count - 1].ln_alpha();
        let first = self.levels[0].ln_alpha();
        // ln(1 - r_T / r_t): the shift as a factor, so that ln alpha_bar near the data keeps its digits.
        let factor = |ln_alpha: f64| (-(last - ln_alpha).exp()).ln_1p();
        let mut levels = Vec::with_capacity(count);
        let mut betas = Vec::with_capacity(count);
        let mut before = 0.0;
        for level in &self.levels {
            let ln_alpha = level.ln_alpha() + (factor(level.ln_alpha()) - factor(first));
            levels.push(Level::from_ln_alpha_bar(2.0 * ln_alpha)?);
            betas.push(-(2.0 * (ln_alpha - before)).exp_m1());
            before = ln_alpha;
        }
        Ok(Self { betas, levels })
    }
}
