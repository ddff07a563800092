//! Mechanisms with additive noise: a function of the parents, plus scaled noise.

use crate::{
    Mechanism, Noise, ScmError,
    noise::{finite, positive},
};
use counterfoil_random::Stream;

/// A variable without parents: `value = shift + scale * noise`.
///
/// ```
/// use counterfoil_scm::{Mechanism, Noise, Root};
///
/// let thickness = Root::new(0.5, 1.0, Noise::Gamma { shape: 10.0, rate: 5.0 })?;
/// assert_eq!(thickness.abduct(&[], 2.5)?, 2.0);
/// assert!(thickness.abduct(&[], 0.5).is_err()); // Gamma noise is positive
/// # Ok::<(), counterfoil_scm::ScmError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Root {
    shift: f64,
    scale: f64,
    noise: Noise,
}

impl Root {
    /// Noise of the given distribution, scaled and shifted.
    ///
    /// # Errors
    /// [`ScmError::BadParameter`] unless `shift` is finite, and `scale` and the noise's parameters are positive.
    pub fn new(shift: f64, scale: f64, noise: Noise) -> Result<Self, ScmError> {
        finite("the shift of a root", shift)?;
        positive("the scale of a root", scale)?;
        noise.check()?;
        Ok(Self { shift, scale, noise })
    }
}

impl Mechanism for Root {
    fn draw_noise(&self, stream: &mut Stream) -> f64 {
        self.noise.draw(stream)
    }

    fn forward(&self, _: &[f64], noise: f64) -> f64 {
        self.shift + self.scale * noise
    }

    fn abduct(&self, _: &[f64], value: f64) -> Result<f64, ScmError> {
        noise_behind(value, self.shift, self.scale, self.noise)
    }

    fn central_noise(&self) -> f64 {
        self.noise.mean()
    }

    fn parent_count(&self) -> Option<usize> {
        Some(0)
    }
}

/// `value = intercept + weights . parents + sd * noise` with standard normal noise (Wright 1921).
#[derive(Clone, Debug, PartialEq)]
pub struct LinearGaussian {
    intercept: f64,
    weights: Vec<f64>,
    sd: f64,
}

impl LinearGaussian {
    /// One weight per parent, in the graph's order; `sd` is the standard deviation of the noise.
    ///
    /// # Errors
    /// [`ScmError::BadParameter`] unless `sd` is positive and everything is finite.
    pub fn new(intercept: f64, weights: Vec<f64>, sd: f64) -> Result<Self, ScmError> {
        finite("the intercept of a linear mechanism", intercept)?;
        for &weight in &weights {
            finite("a weight of a linear mechanism", weight)?;
        }
        positive("the standard deviation of a linear mechanism", sd)?;
        Ok(Self { intercept, weights, sd })
    }

    fn location(&self, parents: &[f64]) -> f64 {
        self.intercept + self.weights.iter().zip(parents).map(|(w, x)| w * x).sum::<f64>()
    }
}

impl Mechanism for LinearGaussian {
    fn draw_noise(&self, stream: &mut Stream) -> f64 {
        stream.normal()
    }

    fn forward(&self, parents: &[f64], noise: f64) -> f64 {
        self.location(parents) + self.sd * noise
    }

    fn abduct(&self, parents: &[f64], value: f64) -> Result<f64, ScmError> {
        noise_behind(value, self.location(parents), self.sd, Noise::Normal)
    }

    fn parent_count(&self) -> Option<usize> {
        Some(self.weights.len())
    }
}

/// `value = location(parents) + scale * noise` with any function of the parents (Hoyer et al. 2009).
///
/// ```
/// use counterfoil_scm::{Additive, Mechanism, Noise};
///
/// let squared = Additive::new(|parents| parents[0] * parents[0], 0.5, Noise::Normal)?;
/// assert_eq!(squared.forward(&[3.0], 2.0), 10.0);
/// assert_eq!(squared.abduct(&[3.0], 10.0)?, 2.0);
/// # Ok::<(), counterfoil_scm::ScmError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Additive<F> {
    location: F,
    scale: f64,
    noise: Noise,
}

impl<F: Fn(&[f64]) -> f64 + Send + Sync> Additive<F> {
    /// Noise of the given distribution, times `scale`, around a function of the parents.
    ///
    /// # Errors
    /// [`ScmError::BadParameter`] unless `scale` and the parameters of the noise are positive and finite.
    pub fn new(location: F, scale: f64, noise: Noise) -> Result<Self, ScmError> {
        positive("the scale of additive noise", scale)?;
        noise.check()?;
        Ok(Self { location, scale, noise })
    }
}

impl<F: Fn(&[f64]) -> f64 + Send + Sync> Mechanism for Additive<F> {
    fn draw_noise(&self, stream: &mut Stream) -> f64 {
        self.noise.draw(stream)
    }

    fn forward(&self, parents: &[f64], noise: f64) -> f64 {
        (self.location)(parents) + self.scale * noise
    }

    fn abduct(&self, parents: &[f64], value: f64) -> Result<f64, ScmError> {
        noise_behind(value, (self.location)(parents), self.scale, self.noise)
    }

    fn central_noise(&self) -> f64 {
        self.noise.mean()
    }
}

/// Solves `value = location + scale * noise`, refusing values outside the support. A value at a bound is the noise at
/// that bound: what was there before it was rounded is lost.
fn noise_behind(value: f64, location: f64, scale: f64, noise: Noise) -> Result<f64, ScmError> {
    let (lowest, highest) = noise.bounds();
    // Compared as values and not as noise: rounding is monotone, so what `forward` returns lies between the bounds or at
    // one of them. It is refused only where that has a chance below 2^-52.
    let (low, high) = (location + scale * lowest, location + scale * highest);
    let strictly_inside = low < value && value < high;
    let at_low = value == low && noise.reaches_low((low.next_up() - low) / scale);
    let at_high = value == high && noise.reaches_high();
    if strictly_inside || at_low || at_high {
        Ok(((value - location) / scale).clamp(lowest, highest))
    } else {
        Err(ScmError::OutsideSupport { value, low, high })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact. Of Gamma(0.1, rate 1) about one number in forty lies below the rounding of 0.5; of Gamma(10, rate 5) none
    /// ever does, and its bound stays outside.
    #[test]
    fn what_is_rounded_to_the_bound_is_recognised() {
        let root = |shape, rate| Root::new(0.5, 1.0, Noise::Gamma { shape, rate }).unwrap();
        let crowded = root(0.1, 1.0);
        let mut stream = Stream::new(1, "rounded noise", 0, 0);
        let mut rounded = 0;
        for _ in 0..2000 {
            let value = crowded.forward(&[], crowded.draw_noise(&mut stream));
            let noise = crowded.abduct(&[], value).unwrap();
            assert_eq!(crowded.forward(&[], noise), value);
            rounded += usize::from(value == 0.5);
        }
        assert!((20..100).contains(&rounded), "{rounded}");
        assert!(crowded.abduct(&[], 0.5f64.next_down()).is_err());
        assert!(crowded.abduct(&[], f64::INFINITY).is_err());
        assert!(root(10.0, 5.0).abduct(&[], 0.5).is_err());
    }
}
