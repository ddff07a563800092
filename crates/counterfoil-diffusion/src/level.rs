//! A noise level: how much signal and how much noise a sample holds, kept in logarithms.

use crate::DiffusionError;
use serde::{Deserialize, Serialize};

/// One noise level `x = alpha * x0 + sigma * eps`, stored as `(ln alpha, ln sigma)`.
///
/// Both logarithms are kept so that neither end loses bits: `1 - alpha^2` near the data and `alpha` near the
/// noise are both tiny. Minus infinity means exactly zero. Every scaling of the field is a level:
/// variance-preserving (`alpha^2 + sigma^2 = 1`, `alpha_bar = alpha^2`), variance-exploding (`alpha = 1`) and
/// flow (`alpha = 1 - t`, `sigma = t`).
///
/// ```
/// use counterfoil_diffusion::Level;
/// let level = Level::from_alpha_bar(0.64)?;
/// assert!((level.alpha() - 0.8).abs() < 1e-15 && (level.sigma() - 0.6).abs() < 1e-15);
/// assert!((level.s() - 0.75).abs() < 1e-15);
/// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Logarithms", into = "Logarithms")]
pub struct Level {
    ln_alpha: f64,
    ln_sigma: f64,
}

impl Level {
    /// The data itself: `alpha = 1`, `sigma = 0`.
    pub const CLEAN: Self = Self { ln_alpha: 0.0, ln_sigma: f64::NEG_INFINITY };

    /// The level with these logarithms; minus infinity stands for zero.
    ///
    /// # Errors
    /// [`DiffusionError::LevelOutOfRange`] for NaN, plus infinity, or two zeros.
    pub fn from_logarithms(ln_alpha: f64, ln_sigma: f64) -> Result<Self, DiffusionError> {
        let domain = "[-inf, inf), not both -inf";
        let refuse = |name, value| DiffusionError::LevelOutOfRange { name, value, domain };
        match (ln_alpha, ln_sigma) {
            (a, _) if a.is_nan() || a == f64::INFINITY => Err(refuse("ln alpha", a)),
            (_, s) if s.is_nan() || s == f64::INFINITY => Err(refuse("ln sigma", s)),
            (f64::NEG_INFINITY, f64::NEG_INFINITY) => Err(refuse("ln alpha", ln_alpha)),
            _ => Ok(Self { ln_alpha, ln_sigma }),
        }
    }

    /// The variance-preserving level of `alpha_bar = alpha^2` in `[0, 1]` (Ho et al. 2020, section 2).
    ///
    /// # Errors
    /// [`DiffusionError::LevelOutOfRange`] outside the interval.
    pub fn from_alpha_bar(alpha_bar: f64) -> Result<Self, DiffusionError> {
        if !(0.0..=1.0).contains(&alpha_bar) {
            let (name, domain) = ("alpha_bar", "[0, 1]");
            return Err(DiffusionError::LevelOutOfRange { name, value: alpha_bar, domain });
        }
        Ok(Self { ln_alpha: 0.5 * alpha_bar.ln(), ln_sigma: 0.5 * (-alpha_bar).ln_1p() })
    }

    /// The variance-preserving level of `ln alpha_bar <= 0`: exact where `alpha_bar` itself would round to 1.
    ///
    /// # Errors
    /// [`DiffusionError::LevelOutOfRange`] for a positive number or NaN.
    pub fn from_ln_alpha_bar(ln_alpha_bar: f64) -> Result<Self, DiffusionError> {
        if ln_alpha_bar.is_nan() || ln_alpha_bar > 0.0 {
            let (name, domain) = ("ln alpha_bar", "[-inf, 0]");
            return Err(DiffusionError::LevelOutOfRange { name, value: ln_alpha_bar, domain });
        }
        Ok(Self { ln_alpha: 0.5 * ln_alpha_bar, ln_sigma: 0.5 * (-ln_alpha_bar.exp_m1()).ln() })
    }

    /// The variance-preserving level of `log_snr = 2 ln(alpha / sigma)`; both infinities are allowed.
    ///
    /// # Errors
    /// [`DiffusionError::LevelOutOfRange`] for NaN.
    pub fn from_log_snr(log_snr: f64) -> Result<Self, DiffusionError> {
        if log_snr.is_nan() {
            let (name, domain) = ("log_snr", "[-inf, inf]");
            return Err(DiffusionError::LevelOutOfRange { name, value: log_snr, domain });
        }
        // alpha^2 is the logistic function of log_snr, so its logarithm is a softplus: no cancellation at
        // either end.
        let softplus = |x: f64| x.max(0.0) + (-x.abs()).exp().ln_1p();
        Ok(Self { ln_alpha: -0.5 * softplus(-log_snr), ln_sigma: -0.5 * softplus(log_snr) })
    }

    /// The variance-exploding level `alpha = 1`, `sigma = s >= 0` (Karras et al. 2022).
    ///
    /// # Errors
    /// [`DiffusionError::LevelOutOfRange`] for a negative or non-finite number.
    pub fn from_sigma_ve(s: f64) -> Result<Self, DiffusionError> {
        if !(s >= 0.0 && s.is_finite()) {
            let (name, domain) = ("sigma", "[0, inf)");
            return Err(DiffusionError::LevelOutOfRange { name, value: s, domain });
        }
        Ok(Self { ln_alpha: 0.0, ln_sigma: s.ln() })
    }

    /// The flow level `alpha = 1 - t`, `sigma = t` for `t` in `[0, 1]` (Lipman et al. 2023).
    ///
    /// # Errors
    /// [`DiffusionError::LevelOutOfRange`] outside the interval.
    pub fn from_flow(t: f64) -> Result<Self, DiffusionError> {
        if !(0.0..=1.0).contains(&t) {
            let (name, domain) = ("flow time", "[0, 1]");
            return Err(DiffusionError::LevelOutOfRange { name, value: t, domain });
        }
        Ok(Self { ln_alpha: (-t).ln_1p(), ln_sigma: t.ln() })
    }

    /// The variance-preserving level of `u = asinh(sigma / alpha) >= 0`; the inverse of [`Level::u`].
    ///
    /// # Errors
    /// [`DiffusionError::LevelOutOfRange`] for a negative number or NaN.
    pub fn from_u(u: f64) -> Result<Self, DiffusionError> {
        if u.is_nan() || u < 0.0 {
            let (name, domain) = ("u", "[0, inf]");
            return Err(DiffusionError::LevelOutOfRange { name, value: u, domain });
        }
        // ln sinh(u), without overflow at the noise end or cancellation at the data end.
        let ln_s = u + (-(-2.0 * u).exp_m1()).ln() - std::f64::consts::LN_2;
        Self::from_log_snr(-2.0 * ln_s)
    }

    /// `ln alpha`; minus infinity where no signal is left.
    pub fn ln_alpha(self) -> f64 {
        self.ln_alpha
    }

    /// `ln sigma`; minus infinity where there is no noise.
    pub fn ln_sigma(self) -> f64 {
        self.ln_sigma
    }

    /// Scale of the signal.
    pub fn alpha(self) -> f64 {
        self.ln_alpha.exp()
    }

    /// Scale of the noise.
    pub fn sigma(self) -> f64 {
        self.ln_sigma.exp()
    }

    /// `alpha^2`, the field's `alpha_bar` when the level preserves variance.
    pub fn alpha_bar(self) -> f64 {
        (2.0 * self.ln_alpha).exp()
    }

    /// `lambda = ln(alpha / sigma)`, half the log signal-to-noise ratio (Lu et al. 2022); grows towards the data.
    pub fn lambda(self) -> f64 {
        self.ln_alpha - self.ln_sigma
    }

    /// `ln(alpha^2 / sigma^2) = 2 lambda`.
    pub fn log_snr(self) -> f64 {
        2.0 * self.lambda()
    }

    /// Signal-to-noise ratio `alpha^2 / sigma^2`.
    pub fn snr(self) -> f64 {
        self.log_snr().exp()
    }

    /// `s = sigma / alpha`, the noise level of `x / alpha` (Karras et al. 2022).
    pub fn s(self) -> f64 {
        (-self.lambda()).exp()
    }

    /// `u = asinh(s)`, the coordinate in which the probability flow of a variance-preserving level is
    /// `dx/du = eps - sigma x = alpha v`: no growth at the noise end, no singularity at the data end.
    pub fn u(self) -> f64 {
        let s = self.s();
        // asinh overflows nowhere, but s itself does at extreme levels, where asinh(s) = ln(2 s).
        if s.is_finite() { s.asinh() } else { std::f64::consts::LN_2 - self.lambda() }
    }

    /// `alpha^2 + sigma^2`; 1 for variance-preserving levels.
    pub fn power(self) -> f64 {
        (2.0 * self.ln_alpha).exp() + (2.0 * self.ln_sigma).exp()
    }

    /// Whether `sigma` is exactly zero.
    pub fn is_clean(self) -> bool {
        self.ln_sigma == f64::NEG_INFINITY
    }

    /// Whether `alpha` is exactly zero.
    pub fn is_pure_noise(self) -> bool {
        self.ln_alpha == f64::NEG_INFINITY
    }
}

/// The serialised form: JSON and TOML know no minus infinity, so an absent logarithm stands for it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Logarithms {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ln_alpha: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ln_sigma: Option<f64>,
}

impl From<Level> for Logarithms {
    fn from(level: Level) -> Self {
        let known = |x: f64| x.is_finite().then_some(x);
        Self { ln_alpha: known(level.ln_alpha), ln_sigma: known(level.ln_sigma) }
    }
}

impl TryFrom<Logarithms> for Level {
    type Error = DiffusionError;

    fn try_from(raw: Logarithms) -> Result<Self, DiffusionError> {
        let absent = f64::NEG_INFINITY;
        Self::from_logarithms(raw.ln_alpha.unwrap_or(absent), raw.ln_sigma.unwrap_or(absent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Float class: a few units in the last place, at levels where `1 - alpha_bar` or `alpha_bar` has none left.
    #[test]
    fn no_end_loses_precision() {
        for log_snr in [-1400.0, -80.0, -3.0, 0.0, 3.0, 80.0, 1400.0] {
            let level = Level::from_log_snr(log_snr).unwrap();
            assert!((level.log_snr() - log_snr).abs() <= 1e-15 * log_snr.abs());
            assert!((level.power() - 1.0).abs() < 1e-15);
        }
        let nearly_clean = Level::from_ln_alpha_bar(-1e-30).unwrap();
        assert!((nearly_clean.sigma() / 1e-15 - 1.0).abs() < 1e-14);
        // asinh(s) is ln(2 s) where s is past the largest float.
        let beyond = Level::from_log_snr(-1500.0).unwrap();
        assert!((beyond.u() - 750.0 - std::f64::consts::LN_2).abs() < 1e-12);
    }

    /// Float class: 1e-12; the flow time of s = 1000 itself is only given to 1e-13 of the signal that it leaves.
    #[test]
    fn constructors_agree() {
        for s in [1e-3, 0.4, 1.0, 7.0, 1e3] {
            let vp = Level::from_alpha_bar(1.0 / (1.0 + s * s)).unwrap();
            for level in [
                Level::from_sigma_ve(s).unwrap(),
                Level::from_flow(s / (1.0 + s)).unwrap(),
                Level::from_log_snr(-2.0 * s.ln()).unwrap(),
                Level::from_ln_alpha_bar(-(s * s).ln_1p()).unwrap(),
            ] {
                assert!((level.s() / s - 1.0).abs() < 1e-12);
                // 1 - alpha_bar cancels near the data: alpha_bar itself carries only 1e-16 of it.
                assert!((level.lambda() - vp.lambda()).abs() < 1e-9);
                assert!((level.u() - s.asinh()).abs() < 1e-12);
            }
            assert!((vp.u().tanh() - vp.sigma()).abs() < 1e-12);
            assert!((Level::from_u(s.asinh()).unwrap().s() / s - 1.0).abs() < 1e-12);
        }
        let zero = Level::from_sigma_ve(0.0).unwrap();
        assert_eq!((zero, zero.u(), zero.is_clean()), (Level::CLEAN, 0.0, true));
        assert_eq!(Level::from_u(0.0).unwrap().s(), 0.0);
        assert!((Level::from_u(900.0).unwrap().u() - 900.0).abs() < 1e-12);
        assert!(Level::from_alpha_bar(0.0).unwrap().is_pure_noise());
        assert!(Level::from_flow(1.0).unwrap().is_pure_noise());
        assert_eq!(Level::from_log_snr(f64::INFINITY).unwrap().alpha(), 1.0);
    }

    /// What is no level is refused by a sentence with the number in it.
    #[test]
    fn numbers_outside_the_domain_are_refused() {
        let inf = f64::INFINITY;
        for (level, name) in [
            (Level::from_alpha_bar(1.5), "alpha_bar = 1.5"),
            (Level::from_alpha_bar(f64::NAN), "alpha_bar = NaN"),
            (Level::from_ln_alpha_bar(0.1), "ln alpha_bar = 0.1"),
            (Level::from_log_snr(f64::NAN), "log_snr = NaN"),
            (Level::from_sigma_ve(-1.0), "sigma = -1"),
            (Level::from_u(-0.1), "u = -0.1"),
            (Level::from_sigma_ve(inf), "sigma = inf"),
            (Level::from_flow(2.0), "flow time = 2"),
            (Level::from_logarithms(inf, 0.0), "ln alpha = inf"),
            (Level::from_logarithms(0.0, inf), "ln sigma = inf"),
            (Level::from_logarithms(-inf, -inf), "ln alpha = -inf"),
        ] {
            let sentence = level.unwrap_err().to_string();
            assert!(sentence.starts_with(&format!("{name} is no noise level")), "{sentence}");
        }
    }
}
