//! The logistic link: a variable that stays between two bounds, whatever its causes do.

use crate::{Additive, Mechanism, Noise, ScmError, noise::finite};
use counterfoil_random::Stream;

/// `value = low + (high - low) * sigmoid(location(parents) + scale * noise)` with standard normal noise: the
/// logit-normal distribution (Aitchison and Shen 1980), stretched to `low < value < high`.
///
/// The bounds themselves cannot occur, and no noise can be abducted there: a value that would be rounded to one (from a
/// logit of about 37 on) becomes the nearest number inside. Near the bounds the rounding of a value is amplified: an error
/// `d` of the value becomes `d (high - low) / ((value - low) (high - value) scale)` of the noise.
#[derive(Clone, Debug)]
pub struct Logistic<F> {
    low: f64,
    high: f64,
    logit: Additive<F>,
}

impl<F: Fn(&[f64]) -> f64 + Send + Sync> Logistic<F> {
    /// The logits are `location(parents)` plus normal noise with the standard deviation `scale`.
    ///
    /// # Errors
    /// [`ScmError::BadParameter`] unless `low < high`, both finite and with a number between them, and `scale` is
    /// positive and finite.
    pub fn new(low: f64, high: f64, location: F, scale: f64) -> Result<Self, ScmError> {
        finite("the lower bound of a logistic mechanism", low)?;
        if !(low.next_up() < high && (high - low).is_finite()) {
            let parameter = "the upper bound of a logistic mechanism";
            let expected = "a finite number above the lower bound";
            return Err(ScmError::BadParameter { parameter, value: high, expected });
        }
        Ok(Self { low, high, logit: Additive::new(location, scale, Noise::Normal)? })
    }
}

impl<F: Fn(&[f64]) -> f64 + Send + Sync> Mechanism for Logistic<F> {
    fn draw_noise(&self, stream: &mut Stream) -> f64 {
        self.logit.draw_noise(stream)
    }

    fn forward(&self, parents: &[f64], noise: f64) -> f64 {
        let logit = self.logit.forward(parents, noise);
        let value = self.low + (self.high - self.low) / (1.0 + (-logit).exp());
        value.clamp(self.low.next_up(), self.high.next_down())
    }

    fn abduct(&self, parents: &[f64], value: f64) -> Result<f64, ScmError> {
        let outside = || ScmError::OutsideSupport { value, low: self.low, high: self.high };
        if !(self.low < value && value < self.high) {
            return Err(outside());
        }
        // The logit of (value - low) / (high - low), without forming 1 - p.
        let odds = (value - self.low) / (self.high - value);
        // Odds of a value next to a bound of 0 may be less than any number.
        let logit = if odds.is_normal() {
            odds.ln()
        } else {
            (value - self.low).ln() - (self.high - value).ln()
        };
        self.logit.abduct(parents, logit).map_err(|_| outside())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: sigmoid(40) is 1 in double precision, sigmoid(-40) is lost beside 64.
    #[test]
    fn a_far_logit_stays_between_the_bounds() {
        let grey = Logistic::new(64.0, 255.0, |_: &[f64]| 0.0, 1.0).unwrap();
        for (logit, expected) in [
            (40.0, 255f64.next_down()),
            (-40.0, 64f64.next_up()),
            (f64::INFINITY, 255f64.next_down()),
        ] {
            let value = grey.forward(&[], logit);
            assert_eq!(value, expected);
            assert!(grey.abduct(&[], value).unwrap().abs() > 30.0);
        }
        // Next to 0 there are smaller numbers than the odds of one in ten can be.
        let near_zero = Logistic::new(0.0, 10.0, |_: &[f64]| -800.0, 1.0).unwrap();
        let least = near_zero.forward(&[], 0.0);
        assert_eq!(least, 0f64.next_up());
        assert!((near_zero.abduct(&[], least).unwrap() - (800.0 - 746.7)).abs() < 0.1);
        assert!(Logistic::new(1.0, 1f64.next_up(), |_: &[f64]| 0.0, 1.0).is_err());
    }
}
