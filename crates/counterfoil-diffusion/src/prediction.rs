//! What a network predicts, and the linear maps between the choices.

use crate::{DiffusionError, Level, State, plan::check_setting};
use serde::{Deserialize, Serialize};

/// What the network's output is, at a level `x = alpha x0 + sigma eps`.
///
/// Each is a combination `a x0 + b eps` whose weights depend on the level alone ([`Prediction::weights`]), so any of
/// them gives any other by a linear map ([`Prediction::mix`]), in every scaling of the levels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Prediction {
    /// The noise `eps` (Ho et al. 2020).
    Eps,
    /// The image `x0`.
    X0,
    /// The velocity `v = alpha eps - sigma x0` (Salimans and Ho 2022).
    V,
    /// The flow velocity `u = eps - x0`, the slope of the straight path from image to noise (Lipman et al. 2023; Liu
    /// et al. 2023). Some models output `x0 - eps`: negate those. Defined on any level, not only on flow levels.
    Flow,
    /// The raw output `F` of an EDM network, `x0 = c_skip x / alpha + c_out F` (Karras et al. 2022, table 1):
    /// `F = (sigma x0 - alpha sigma_data^2 eps) / (sigma_data q)` with `q^2 = sigma^2 + alpha^2 sigma_data^2`, which is
    /// `-v` of the data divided by `sigma_data`.
    ///
    /// It is a prediction of its own rather than `x0` because, unlike `x0`, it still determines the noise at
    /// `sigma = 0`. What such a network must be *fed* is the business of [`crate::Preconditioned`].
    #[serde(rename_all = "snake_case")]
    Edm {
        /// Standard deviation of the data; published 0.5. A property of the model, not of the schedule.
        sigma_data: f64,
    },
}

impl std::fmt::Display for Prediction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Eps => f.write_str("eps"),
            Self::X0 => f.write_str("x0"),
            Self::V => f.write_str("v"),
            Self::Flow => f.write_str("flow"),
            Self::Edm { sigma_data } => write!(f, "edm({sigma_data})"),
        }
    }
}

/// A quantity as a mix of the state and of the network's output: `state * x + output * f(x)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mix {
    /// Weight of the state.
    pub state: f64,
    /// Weight of the output.
    pub output: f64,
}

impl Mix {
    /// The output itself.
    pub const OUTPUT: Self = Self { state: 0.0, output: 1.0 };

    /// `weight * self + other_weight * other`.
    #[must_use]
    pub fn blend(self, weight: f64, other: Self, other_weight: f64) -> Self {
        Self {
            state: weight * self.state + other_weight * other.state,
            output: weight * self.output + other_weight * other.output,
        }
    }
}

impl Prediction {
    /// The quantity as `a x0 + b eps`: the weights `(a, b)` at a level, which are also the training target.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] for a `sigma_data` that is not positive and finite.
    pub fn weights(self, level: Level) -> Result<(f64, f64), DiffusionError> {
        let (alpha, sigma) = (level.alpha(), level.sigma());
        Ok(match self {
            Self::Eps => (0.0, 1.0),
            Self::X0 => (1.0, 0.0),
            Self::V => (-sigma, alpha),
            Self::Flow => (-1.0, 1.0),
            Self::Edm { sigma_data } => {
                let fits = sigma_data > 0.0 && sigma_data.is_finite();
                check_setting("sigma_data", sigma_data, fits, "(0, inf)")?;
                let q = sigma.hypot(alpha * sigma_data);
                (sigma / sigma_data / q, -alpha * sigma_data / q)
            }
        })
    }

    /// The quantity `to` as a mix of the state and of this output, at `level`.
    ///
    /// With `D = alpha^2 + sigma^2`: `x0 = (x - sigma eps) / alpha = (alpha x - sigma v) / D`,
    /// `eps = (x - alpha x0) / sigma = (sigma x + alpha v) / D`; and with `f = a x0 + b eps` and
    /// `det = alpha b - sigma a` in general `x0 = (b x - sigma f) / det`, `eps = (alpha f - a x) / det`.
    ///
    /// # Errors
    /// [`DiffusionError::EpsAtZeroSignal`] and [`DiffusionError::X0AtZeroNoise`] where the output does not
    /// determine the quantity; those of [`Prediction::weights`].
    pub fn mix(self, to: Self, level: Level) -> Result<Mix, DiffusionError> {
        let (from, into) = (self.weights(level)?, to.weights(level)?);
        if self == to {
            return Ok(Mix::OUTPUT);
        }
        let (alpha, sigma, power) = (level.alpha(), level.sigma(), level.power());
        let (state, output) = match (self, to) {
            (Self::Eps, _) if level.is_pure_noise() => return Err(DiffusionError::EpsAtZeroSignal),
            (Self::X0, _) if level.is_clean() => return Err(DiffusionError::X0AtZeroNoise),
            (Self::Eps, Self::X0) => (1.0 / alpha, -level.s()),
            (Self::Eps, Self::V) => (-level.s(), power / alpha),
            (Self::X0, Self::Eps) => (1.0 / sigma, -level.lambda().exp()),
            (Self::X0, Self::V) => (level.lambda().exp(), -power / sigma),
            (Self::V, Self::X0) => (alpha / power, -sigma / power),
            (Self::V, Self::Eps) => (sigma / power, alpha / power),
            // The general solution; the cases above are the same with their ratios taken in logarithms.
            _ => {
                let det = alpha * from.1 - sigma * from.0;
                ((into.0 * from.1 - into.1 * from.0) / det, (into.1 * alpha - into.0 * sigma) / det)
            }
        };
        Ok(Mix { state, output })
    }

    /// Turns an output into the quantity `to`, given the state `x` at which the network was called.
    ///
    /// # Errors
    /// Those of [`Prediction::mix`], and a shape or type mismatch.
    pub fn convert<X: State>(
        self,
        to: Self,
        x: &X,
        mut output: X,
        level: Level,
    ) -> Result<X, DiffusionError> {
        let mix = self.mix(to, level)?;
        output.lincomb(mix.output, &[(mix.state, x)])?;
        Ok(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Prediction; 6] = [
        Prediction::Eps,
        Prediction::X0,
        Prediction::V,
        Prediction::Flow,
        Prediction::Edm { sigma_data: 0.5 },
        Prediction::Edm { sigma_data: 1.0 },
    ];

    /// Float class: 1e-13. Each of the maps against the definition of the quantities, in three scalings.
    #[test]
    fn every_map_is_the_definition() {
        let (x0, eps) = (0.7, -1.3);
        for level in [
            Level::from_alpha_bar(0.3).unwrap(),
            Level::from_sigma_ve(2.5).unwrap(),
            Level::from_flow(0.2).unwrap(),
        ] {
            let (alpha, sigma) = (level.alpha(), level.sigma());
            let x = alpha * x0 + sigma * eps;
            let value = |of| match of {
                Prediction::Eps => eps,
                Prediction::X0 => x0,
                Prediction::V => alpha * eps - sigma * x0,
                Prediction::Flow => eps - x0,
                Prediction::Edm { sigma_data } => {
                    // Karras et al. 2022, table 1, solved for F.
                    let (s, d) = (sigma / alpha, sigma_data);
                    let (skip, out) = (d * d / (s * s + d * d), s * d / s.hypot(d));
                    (x0 - skip * x / alpha) / out
                }
            };
            for from in ALL {
                for to in ALL {
                    let mix = from.mix(to, level).unwrap();
                    let found = mix.state * x + mix.output * value(from);
                    assert!((found - value(to)).abs() < 1e-13, "{from} to {to} at {level:?}");
                }
            }
        }
    }

    /// Exact: what each output does not determine at the two ends.
    #[test]
    fn the_ends_are_defined_where_they_can_be() {
        let (clean, noise) = (Level::CLEAN, Level::from_alpha_bar(0.0).unwrap());
        let (x0, eps, v) = (Prediction::X0, Prediction::Eps, Prediction::V);
        let others = &ALL[2..];
        for &to in [eps].iter().chain(others) {
            assert_eq!(x0.mix(to, clean), Err(DiffusionError::X0AtZeroNoise));
            assert!(x0.mix(to, noise).is_ok());
        }
        for &to in [x0].iter().chain(others) {
            assert_eq!(eps.mix(to, noise), Err(DiffusionError::EpsAtZeroSignal));
            assert!(eps.mix(to, clean).is_ok());
        }
        for to in ALL {
            for &from in others {
                for end in [clean, noise] {
                    let mix = from.mix(to, end).unwrap();
                    assert!(mix.state.is_finite() && mix.output.is_finite(), "{from} to {to}");
                }
            }
        }
        assert_eq!(v.mix(x0, noise).unwrap(), Mix { state: 0.0, output: -1.0 });
        assert_eq!(v.mix(x0, clean).unwrap(), Mix { state: 1.0, output: 0.0 });
        let refused = Prediction::Edm { sigma_data: 0.0 }.mix(x0, noise).unwrap_err();
        assert_eq!(refused.to_string(), "sigma_data = 0 is outside (0, inf)");
    }
}
