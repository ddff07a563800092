//! Beta-distributed variables whose noise is known: the quantile function turns a uniform number into the value.

use crate::{Mechanism, ScmError, noise::positive};
use counterfoil_random::{Stream, beta};

/// `value = Q(noise; c m, c (1 - m))` with `m = mean(parents)`, `c` the concentration, Q the quantile function of the
/// Beta distribution and noise uniform on `(0, 1)`: a variable on `(0, 1)` with mean `m` and variance
/// `m (1 - m) / (c + 1)`.
///
/// Drawing by the inverse of the distribution function makes the noise recoverable, `noise = I(value; c m, c (1 - m))`,
/// so counterfactuals are exact (up to 1e-12 in the noise).
///
/// ```
/// use counterfoil_scm::{Beta, Mechanism};
///
/// // Beta(1, 4) has the distribution function 1 - (1 - x)^4.
/// let light = Beta::new(|_| 0.2, 5.0)?;
/// let value = light.forward(&[], 0.5);
/// assert!((value - (1.0 - 0.5f64.powf(0.25))).abs() < 1e-12);
/// assert!((light.abduct(&[], value)? - 0.5).abs() < 1e-12);
/// # Ok::<(), counterfoil_scm::ScmError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Beta<F> {
    mean: F,
    concentration: f64,
}

impl<F: Fn(&[f64]) -> f64 + Send + Sync> Beta<F> {
    /// The mean as a function of the parents, which must lie strictly between 0 and 1, and the sum of both shapes.
    ///
    /// # Errors
    /// [`ScmError::BadParameter`] unless the concentration is positive and finite.
    pub fn new(mean: F, concentration: f64) -> Result<Self, ScmError> {
        positive("the concentration of a Beta mechanism", concentration)?;
        Ok(Self { mean, concentration })
    }

    fn shapes(&self, parents: &[f64]) -> [f64; 2] {
        let mean = (self.mean)(parents).clamp(1e-3, 1.0 - 1e-3);
        [self.concentration * mean, self.concentration * (1.0 - mean)]
    }
}

impl<F: Fn(&[f64]) -> f64 + Send + Sync> Mechanism for Beta<F> {
    /// Uniform on `(0, 1)`: a draw of 0, which no value has, becomes the smallest positive one.
    fn draw_noise(&self, stream: &mut Stream) -> f64 {
        stream.uniform().max(f64::EPSILON)
    }

    fn forward(&self, parents: &[f64], noise: f64) -> f64 {
        let [a, b] = self.shapes(parents);
        // A number of the machine beside the ends, which are no values.
        beta::quantile(noise, a, b).clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0)
    }

    fn abduct(&self, parents: &[f64], value: f64) -> Result<f64, ScmError> {
        if !(0.0 < value && value < 1.0) {
            return Err(ScmError::OutsideSupport { value, low: 0.0, high: 1.0 });
        }
        let [a, b] = self.shapes(parents);
        Ok(beta::below(value, a, b))
    }

    fn central_noise(&self) -> f64 {
        0.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Float: Newton ends within a few units in the last place of x; where the density is at most 1e3 that is 1e-12
        /// of the noise.
        #[test]
        fn the_noise_comes_back(mean in 0.15..0.85f64, noise in 1e-9..0.999_999f64) {
            let light = Beta::new(move |_: &[f64]| mean, 5.0).unwrap();
            let value = light.forward(&[], noise);
            prop_assert!(0.0 < value && value < 1.0);
            let back = light.abduct(&[], value).unwrap();
            prop_assert!((back - noise).abs() < 1e-11, "{back} != {noise}");
        }

        #[test]
        fn the_quantile_rises(mean in 0.05..0.95f64, p in 0.001..0.998f64) {
            let light = Beta::new(move |_: &[f64]| mean, 5.0).unwrap();
            prop_assert!(light.forward(&[], p) < light.forward(&[], p + 0.001));
        }
    }

    /// Monte-Carlo: mean and variance within 5 standard errors (the fourth central moment of this Beta is below 0.01).
    #[test]
    fn draws_have_the_moments_of_the_distribution() {
        let light = Beta::new(|_: &[f64]| 0.3, 5.0).unwrap();
        let mut stream = Stream::new(1, "beta", 0, 0);
        let n = 20_000;
        let xs: Vec<f64> = (0..n)
            .map(|_| {
                let noise = light.draw_noise(&mut stream);
                light.forward(&[], noise)
            })
            .collect();
        let mean = xs.iter().sum::<f64>() / f64::from(n);
        let variance = xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n);
        let expected = 0.3 * 0.7 / 6.0;
        assert!((mean - 0.3).abs() < 5.0 * (expected / f64::from(n)).sqrt(), "{mean}");
        assert!((variance - expected).abs() < 5.0 * (0.01 / f64::from(n)).sqrt(), "{variance}");
    }

    #[test]
    fn the_ends_are_no_values() {
        let light = Beta::new(|_: &[f64]| 0.5, 5.0).unwrap();
        assert!(light.abduct(&[], 0.0).is_err() && light.abduct(&[], 1.0).is_err());
        assert!(light.abduct(&[], f64::NAN).is_err());
        assert!(Beta::new(|_: &[f64]| 0.5, 0.0).is_err());
    }
}
