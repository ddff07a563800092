//! The shifts of flow times that large images need, and the grid that they make.

use super::Spacing;
use crate::{DiffusionError, plan::check_setting};
use serde::{Deserialize, Serialize};

/// A map of flow times `[0, 1]` onto themselves that moves them towards the noise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "snake_case")]
#[non_exhaustive]
pub enum Shift {
    /// `s` itself.
    #[default]
    None,
    /// `k s / (1 + (k - 1) s)` (Esser et al. 2024, section 5.3.2); the published `k` is 3.
    Constant(f64),
    /// `e^mu / (e^mu + (1/s - 1)^pow)` (Flux); with `pow = 1` the constant shift with `k = e^mu`. `mu` is linear in
    /// the number of image tokens, see [`Shift::mu`].
    Dynamic {
        /// Logarithm of the factor.
        mu: f64,
        /// Exponent; published 1.
        pow: f64,
    },
}

impl Shift {
    /// The `mu` of an image of `tokens` tokens, on the line through `(few, low)` and `(many, high)`; Flux has
    /// `(256, 0.5)` and `(4096, 1.15)`.
    pub fn mu(tokens: f64, (few, low): (f64, f64), (many, high): (f64, f64)) -> f64 {
        low + (high - low) / (many - few) * (tokens - few)
    }

    /// Refuses parameters that are no shift.
    fn check(self) -> Result<(), DiffusionError> {
        match self {
            Self::None => Ok(()),
            Self::Constant(k) => check_setting("shift", k, k > 0.0 && k.is_finite(), "(0, inf)"),
            Self::Dynamic { mu, pow } => {
                check_setting("mu", mu, mu.abs() <= 100.0, "[-100, 100]")?;
                check_setting("pow", pow, pow > 0.0 && pow.is_finite(), "(0, inf)")
            }
        }
    }

    /// The shifted time. 0 and 1 stay where they are.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] for a time outside `[0, 1]` or parameters that are no shift.
    pub fn apply(self, s: f64) -> Result<f64, DiffusionError> {
        self.map(s, |shift| match shift {
            Self::None => s,
            Self::Constant(k) => k * s / (1.0 + (k - 1.0) * s),
            Self::Dynamic { mu, pow } => mu.exp() / (mu.exp() + (1.0 / s - 1.0).powf(pow)),
        })
    }

    /// The time that [`Shift::apply`] moves to `s`.
    ///
    /// # Errors
    /// As [`Shift::apply`].
    pub fn undo(self, s: f64) -> Result<f64, DiffusionError> {
        self.map(s, |shift| match shift {
            Self::None => s,
            Self::Constant(k) => s / (k - (k - 1.0) * s),
            Self::Dynamic { mu, pow } => {
                1.0 / (1.0 + (mu.exp() * (1.0 / s - 1.0)).powf(pow.recip()))
            }
        })
    }

    /// A map between the fixed ends, which it must not round.
    fn map(self, s: f64, inside: impl Fn(Self) -> f64) -> Result<f64, DiffusionError> {
        self.check()?;
        check_setting("flow time", s, (0.0..=1.0).contains(&s), "[0, 1]")?;
        Ok(if s == 0.0 || s == 1.0 { s } else { inside(self).clamp(0.0, 1.0) })
    }
}

impl Spacing {
    /// The `count` visited flow times from `start` towards `stop`, which comes after them and is not among them.
    ///
    /// `stop` is meant after the shift. (Diffusers shifts a `sigma_min` that was read from shifted times once more:
    /// with `k = 3` its last time is 0.0089 where 0.0030 is meant.)
    pub(crate) fn flow_times(
        self,
        start: f64,
        stop: f64,
        count: usize,
    ) -> Result<Vec<f64>, DiffusionError> {
        let Self::Flow { shift, terminal } = self else {
            let schedule = "flow times";
            return Err(DiffusionError::SpacingUnsupported { spacing: self.name(), schedule });
        };
        let (from, to) = (shift.undo(start)?, shift.undo(stop)?);
        let place = |i: usize| shift.apply(from + (to - from) * (i as f64 / count as f64));
        let mut times = (0..count).map(place).collect::<Result<Vec<_>, _>>()?;
        if let Some(terminal) = terminal {
            let fits = terminal > stop && terminal < start;
            check_setting("terminal", terminal, fits, "the flow times between end and start")?;
            if count == 1 {
                // The one visited time would have to be both the start and the terminal.
                let (what, needed) = ("a flow grid with a terminal", 2);
                return Err(DiffusionError::TooFewLabels { what, given: 1, needed });
            }
            let (first, last) = (times[0], times[count - 1]);
            let scale = (first - terminal) / (first - last);
            for time in &mut times {
                *time = first - (first - *time) * scale;
            }
            times[count - 1] = terminal;
        }
        Ok(times)
    }
}
