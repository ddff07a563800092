//! The distributions that exogenous noise comes from.

use crate::ScmError;
use counterfoil_random::Stream;

/// The distribution of one exogenous variable.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Noise {
    /// Standard normal.
    Normal,
    /// Uniform on `[0, 1)`.
    Uniform,
    /// Gamma with mean `shape / rate`, on the positive numbers.
    Gamma {
        /// Shape, positive.
        shape: f64,
        /// Rate (inverse scale), positive.
        rate: f64,
    },
}

impl Noise {
    /// One draw.
    pub fn draw(self, stream: &mut Stream) -> f64 {
        match self {
            Self::Normal => stream.normal(),
            Self::Uniform => stream.uniform(),
            Self::Gamma { shape, rate } => stream.gamma(shape, rate),
        }
    }

    /// The mean.
    pub(crate) fn mean(self) -> f64 {
        match self {
            Self::Normal => 0.0,
            Self::Uniform => 0.5,
            Self::Gamma { shape, rate } => shape / rate,
        }
    }

    /// The bounds `(low, high)` of the values, infinite where there are none.
    pub(crate) fn bounds(self) -> (f64, f64) {
        match self {
            Self::Normal => (f64::NEG_INFINITY, f64::INFINITY),
            Self::Uniform => (0.0, 1.0),
            Self::Gamma { .. } => (0.0, f64::INFINITY),
        }
    }

    /// Whether values at the lower bound occur, when noise of less than `step` is rounded away there. For the Gamma
    /// distribution that is a matter of chance: noise of a small shape crowds at 0, and that of a large one never comes
    /// near. The probability of noise below a small x is about `(rate x)^shape`.
    pub(crate) fn reaches_low(self, step: f64) -> bool {
        match self {
            Self::Normal => false,
            Self::Uniform => true,
            Self::Gamma { shape, rate } => (rate * step).powf(shape) >= f64::EPSILON,
        }
    }

    /// Whether values at the upper bound occur. For the uniform distribution they do: a draw just below 1 may be
    /// rounded to 1 once it is scaled and shifted, and must still be recognised.
    pub(crate) fn reaches_high(self) -> bool {
        self == Self::Uniform
    }

    pub(crate) fn check(self) -> Result<(), ScmError> {
        match self {
            Self::Gamma { shape, rate } => {
                positive("the shape of the Gamma noise", shape)?;
                positive("the rate of the Gamma noise", rate)
            }
            Self::Normal | Self::Uniform => Ok(()),
        }
    }
}

/// Refuses a parameter that is not positive and finite.
pub(crate) fn positive(parameter: &'static str, value: f64) -> Result<(), ScmError> {
    if value > 0.0 && value.is_finite() {
        Ok(())
    } else {
        Err(ScmError::BadParameter { parameter, value, expected: "a positive finite number" })
    }
}

/// Refuses a parameter that is not finite.
pub(crate) fn finite(parameter: &'static str, value: f64) -> Result<(), ScmError> {
    if value.is_finite() {
        Ok(())
    } else {
        Err(ScmError::BadParameter { parameter, value, expected: "a finite number" })
    }
}
