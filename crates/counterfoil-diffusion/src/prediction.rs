//! What a network predicts, and the linear maps between the choices.

use crate::{DiffusionError, Level, State};
use serde::{Deserialize, Serialize};

/// What the network's output is, at a level `x = alpha x0 + sigma eps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Prediction {
    /// The noise `eps` (Ho et al. 2020).
    Eps,
    /// The image `x0`.
    X0,
    /// The velocity `v = alpha eps - sigma x0` (Salimans and Ho 2022).
    V,
}

impl std::fmt::Display for Prediction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Eps => "eps",
            Self::X0 => "x0",
            Self::V => "v",
        })
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
    /// The quantity `to` as a mix of the state and of this output, at `level`.
    ///
    /// With `D = alpha^2 + sigma^2`: `x0 = (x - sigma eps) / alpha = (alpha x - sigma v) / D`,
    /// `eps = (x - alpha x0) / sigma = (sigma x + alpha v) / D`.
    ///
    /// # Errors
    /// [`DiffusionError::EpsAtZeroSignal`] and [`DiffusionError::X0AtZeroNoise`] where the output does not
    /// determine the quantity.
    pub fn mix(self, to: Self, level: Level) -> Result<Mix, DiffusionError> {
        if self == to {
            return Ok(Mix::OUTPUT);
        }
        let (alpha, sigma, power) = (level.alpha(), level.sigma(), level.power());
        let (state, output) = match (self, to) {
            (Self::Eps, _) if level.is_pure_noise() => return Err(DiffusionError::EpsAtZeroSignal),
            (Self::X0, _) if level.is_clean() => return Err(DiffusionError::X0AtZeroNoise),
            (Self::Eps, Self::X0) => (1.0 / alpha, -level.s()),
            (Self::Eps, _) => (-level.s(), power / alpha),
            (Self::X0, Self::Eps) => (1.0 / sigma, -level.lambda().exp()),
            (Self::X0, _) => (level.lambda().exp(), -power / sigma),
            (Self::V, Self::X0) => (alpha / power, -sigma / power),
            (Self::V, _) => (sigma / power, alpha / power),
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

    const ALL: [Prediction; 3] = [Prediction::Eps, Prediction::X0, Prediction::V];

    /// Float class: 1e-13. Each of the nine maps against the definition of the quantities, in three scalings.
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
        for to in [eps, v] {
            assert_eq!(x0.mix(to, clean), Err(DiffusionError::X0AtZeroNoise));
            assert!(x0.mix(to, noise).is_ok());
        }
        for to in [x0, v] {
            assert_eq!(eps.mix(to, noise), Err(DiffusionError::EpsAtZeroSignal));
            assert!(eps.mix(to, clean).is_ok());
        }
        for to in ALL {
            assert!(v.mix(to, clean).is_ok() && v.mix(to, noise).is_ok());
        }
        assert_eq!(v.mix(x0, noise).unwrap(), Mix { state: 0.0, output: -1.0 });
        assert_eq!(v.mix(x0, clean).unwrap(), Mix { state: 1.0, output: 0.0 });
    }
}
