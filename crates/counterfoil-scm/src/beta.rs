//! Beta-distributed variables whose noise is known: the quantile function turns a uniform number into the value.

use crate::{Mechanism, ScmError, noise::positive};
use counterfoil_random::{Stream, beta};

/// `value = Q(noise; c m, c (1 - m))` with `m = mean(parents)`, `c` the concentration, Q the quantile function of the
/// Beta distribution and noise uniform on `(0, 1)`: a variable on `(0, 1)` with mean `m` and variance
/// `m (1 - m) / (c + 1)`.
///
/// Drawing by the inverse of the distribution function makes the noise recoverable, `noise = I(value; c m, c (1 - m))`,
/// as far as the value tells it: to the share of all draws that one unit in the last place of the value stands for. With
/// `c = 5` and means from 0.2 to 0.8, where the density stays below 5, that is 1e-12.
///
/// A shape below 1 crowds the values at its end of the interval, and machine numbers run out there: the share
/// `I(2^-53; c (1 - m), c m)` of all draws lies above `1 - 2^-53` and becomes this one value, and the share
/// `I(2^-1022; c m, c (1 - m))` becomes `2^-1022`. What was drawn there cannot be told apart afterwards, and abduction
/// gives the share's inner end. That is nothing for shapes from 1 on; at the mean 0.99 with `c = 5` it is 17.6 % of all
/// draws, so that no counterfactual is exact for these.
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

/// The least and the greatest mean: at 0 and 1 there is no such distribution.
const MEANS: [f64; 2] = [1e-3, 1.0 - 1e-3];

impl<F: Fn(&[f64]) -> f64 + Send + Sync> Beta<F> {
    /// The mean as a function of the parents, and the sum of both shapes. A mean below 0.001 counts as 0.001 and one
    /// above 0.999 as 0.999: whether one occurs shows only when parents are drawn, and then values must come of it.
    ///
    /// # Errors
    /// [`ScmError::BadParameter`] unless the concentration is positive and finite.
    pub fn new(mean: F, concentration: f64) -> Result<Self, ScmError> {
        positive("the concentration of a Beta mechanism", concentration)?;
        Ok(Self { mean, concentration })
    }

    fn shapes(&self, parents: &[f64]) -> [f64; 2] {
        let mean = (self.mean)(parents).clamp(MEANS[0], MEANS[1]);
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

        /// Float: the density is at most 5, which the accuracy of I, some 1e-13, outweighs.
        #[test]
        fn from_shapes_of_one_on_the_noise_is_exact(mean in 0.2..=0.8f64, noise in 1e-12..=1.0 - 1e-12) {
            let light = Beta::new(move |_: &[f64]| mean, 5.0).unwrap();
            let back = light.abduct(&[], light.forward(&[], noise)).unwrap();
            prop_assert!((back - noise).abs() < 1e-12, "{back} != {noise}");
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

    /// Float: the share is `x^b / (b B(a, b))` for the tiny x of 2^-53, worked out with the logarithms of Gamma functions.
    #[test]
    fn what_lies_beyond_the_last_number_is_one_value() {
        let light = Beta::new(|_: &[f64]| 0.99, 5.0).unwrap();
        let last = 1.0 - f64::EPSILON / 2.0;
        let end = light.abduct(&[], last).unwrap();
        assert!((1.0 - end - 0.176_407_477).abs() < 1e-9, "{end}");
        for noise in [end + 1e-6, 0.9, 0.99] {
            assert_eq!(light.forward(&[], noise), last);
        }
        assert!(light.forward(&[], end - 0.01) < last);
    }

    #[test]
    fn a_mean_at_the_end_counts_as_the_nearest_there_is() {
        let value = |mean: f64| Beta::new(move |_: &[f64]| mean, 5.0).unwrap().forward(&[], 0.3);
        assert_eq!([value(-1.0), value(0.0)], [value(0.001); 2]);
        assert_eq!([value(1.0), value(7.0)], [value(0.999); 2]);
    }

    #[test]
    fn the_ends_are_no_values() {
        let light = Beta::new(|_: &[f64]| 0.5, 5.0).unwrap();
        assert!(light.abduct(&[], 0.0).is_err() && light.abduct(&[], 1.0).is_err());
        assert!(light.abduct(&[], f64::NAN).is_err());
        assert!(Beta::new(|_: &[f64]| 0.5, 0.0).is_err());
    }
}
