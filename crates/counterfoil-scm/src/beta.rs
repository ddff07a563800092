//! Beta-distributed variables whose noise is known: the quantile function turns a uniform number into the value.

use crate::{Mechanism, ScmError, noise::positive};
use counterfoil_random::Stream;

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
        quantile(noise, a, b)
    }

    fn abduct(&self, parents: &[f64], value: f64) -> Result<f64, ScmError> {
        if !(0.0 < value && value < 1.0) {
            return Err(ScmError::OutsideSupport { value, low: 0.0, high: 1.0 });
        }
        let [a, b] = self.shapes(parents);
        Ok(distribution(value, a, b))
    }

    fn central_noise(&self) -> f64 {
        0.5
    }
}

/// The regularised incomplete beta function I(x; a, b), by its continued fraction (Abramowitz and Stegun 26.5.8) on the
/// side where it converges fast.
pub(crate) fn distribution(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let log_front = a * x.ln() + b * (-x).ln_1p() - log_beta(a, b);
    if x < (a + 1.0) / (a + b + 2.0) {
        log_front.exp() * fraction(x, a, b) / a
    } else {
        1.0 - log_front.exp() * fraction(1.0 - x, b, a) / b
    }
}

/// The value of the continued fraction by Lentz's method (1976).
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    let away_from_zero = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let mut c = 1.0;
    let mut d = away_from_zero(1.0 - (a + b) * x / (a + 1.0)).recip();
    let mut value = d;
    for step in 1..500 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = away_from_zero(1.0 + term * d).recip();
            c = away_from_zero(1.0 + term / c);
            change = c * d;
            value *= change;
        }
        if (change - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

/// The x with I(x; a, b) = p: Newton's steps, kept within a bracket that bisection narrows.
fn quantile(p: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    let mut x = a / (a + b);
    for _ in 0..200 {
        let error = distribution(x, a, b) - p;
        if error > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let log_density = (a - 1.0) * x.ln() + (b - 1.0) * (-x).ln_1p() - log_beta(a, b);
        let newton = x - error / log_density.exp();
        let next = if low < newton && newton < high { newton } else { f64::midpoint(low, high) };
        if (next - x).abs() <= f64::EPSILON * x || next <= low || next >= high {
            return next.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0);
        }
        x = next;
    }
    x
}

fn log_beta(a: f64, b: f64) -> f64 {
    log_gamma(a) + log_gamma(b) - log_gamma(a + b)
}

/// ln Gamma(x) for positive x: Stirling's series after raising the argument above 10 (error below 1e-15 there).
fn log_gamma(x: f64) -> f64 {
    let (mut x, mut raised) = (x, 1.0);
    while x < 10.0 {
        raised *= x;
        x += 1.0;
    }
    let r = (x * x).recip();
    let series =
        (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r * (1.0 / 1680.0 - r / 1188.0)))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - f64::ln(raised)
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

        /// Float: whole shapes have a finite sum, I(x; a, b) = P(at least a successes of a + b - 1).
        #[test]
        fn whole_shapes_count_successes(x in 0.0..1.0f64, a in 1u32..7, b in 1u32..7) {
            let n = a + b - 1;
            let choose = |k: u32| (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product::<f64>();
            let term = |k: u32| choose(k) * x.powi(k as i32) * (1.0 - x).powi((n - k) as i32);
            let expected: f64 = (a..=n).map(term).sum();
            prop_assert!((distribution(x, f64::from(a), f64::from(b)) - expected).abs() < 1e-13);
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
