//! The variational bound: its weights, and the terms of it that train a learned variance.
//!
//! With a fixed variance the bound is a weighted squared error, [`vlb_weight`]. With a learned one (Nichol and Dhariwal
//! 2021, section 3.1) each pixel has a Kullback-Leibler divergence, [`gaussian_kl`], and at the last step the negative
//! log likelihood of a pixel's brightness, [`discretised_nll`]. The hybrid loss is the simple one plus [`HYBRID`] times
//! the bound, in which the predicted *mean must be detached*: the bound then trains the variance alone.

use crate::{DiffusionError, Level, Prediction, variance::Posterior};
use counterfoil_random::normal;

/// Weight of the bound in the hybrid loss (Nichol and Dhariwal 2021, equation 16), the bound being a mean over steps
/// in nats or bits.
pub const HYBRID: f64 = 0.001;

/// The weight of the squared error in the variational bound of the step from one level to a cleaner one, with the
/// small fixed variance: `(snr' - snr) / 2` of the image error (Kingma et al. 2021, equation 14), in nats.
///
/// ```
/// use counterfoil_diffusion::{DiscreteSchedule, Prediction, training::vlb_weight};
/// let schedule = DiscreteSchedule::linear(1000)?;
/// let weight = vlb_weight(schedule.level(1)?, schedule.level(0)?, Prediction::Eps)?;
/// assert!((weight - 0.59967).abs() < 1e-5);
/// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
/// ```
///
/// # Errors
/// [`DiffusionError::WrongDirection`] unless `to` is cleaner, [`DiffusionError::InfiniteWeight`] for a step to the image
/// itself, whose term is [`discretised_nll`], and those of [`Prediction::weights`].
pub fn vlb_weight(from: Level, to: Level, prediction: Prediction) -> Result<f64, DiffusionError> {
    Posterior::between(from, to)?;
    let weight = if prediction == Prediction::Eps {
        // (snr' - snr) / 2 of the image error is (snr'/snr - 1) / 2 of the noise error.
        0.5 * (2.0 * (to.lambda() - from.lambda())).exp_m1()
    } else {
        // From pure noise that ratio is infinite, and the difference is not.
        let (a, b) = prediction.weights(from)?;
        let image = from.sigma() / (from.alpha() * b - from.sigma() * a);
        0.5 * (to.snr() - from.snr()) * image * image
    };
    if weight.is_finite() {
        Ok(weight)
    } else {
        let (weight, log_snr) = ("variational", to.log_snr());
        Err(DiffusionError::InfiniteWeight { weight, prediction, log_snr })
    }
}

/// `KL(N(mean, exp(ln_variance)) || N(model_mean, exp(model_ln_variance)))` of one number, in nats.
pub fn gaussian_kl(mean: f64, ln_variance: f64, model_mean: f64, model_ln_variance: f64) -> f64 {
    let ratio = ln_variance - model_ln_variance;
    let square = (mean - model_mean).powi(2);
    // Equal means are no distance apart however small the variance, whose inverse may be too large for a number.
    let distance = if square == 0.0 { 0.0 } else { square * (-model_ln_variance).exp() };
    // e^r - 1 - r without cancellation near r = 0.
    0.5 * (ratio.exp_m1() - ratio + distance)
}

/// `-ln p` of an 8-bit brightness `x` in `[-1, 1]` under a normal distribution: the mass of the bin of width 2/255
/// around it, the outermost bins reaching to infinity (Ho et al. 2020, equation 13), in nats.
///
/// The normal distribution function is exact here; the published code approximates it by a hyperbolic tangent, which is
/// off by up to 2e-4. Probabilities below 1e-12 count as 1e-12, as they do there.
pub fn discretised_nll(x: f64, mean: f64, ln_variance: f64) -> f64 {
    let scale = (-0.5 * ln_variance).exp();
    let half = 1.0 / 255.0;
    let (low, high) = ((x - mean - half) * scale, (x - mean + half) * scale);
    let mass = if x < -0.999 {
        normal::below(high)
    } else if x > 0.999 {
        normal::below(-low)
    } else if low > 0.0 {
        // Tails, not their complements: the difference of two numbers near 1 would have no digits.
        normal::below(-low) - normal::below(-high)
    } else {
        normal::below(high) - normal::below(low)
    };
    -mass.max(1e-12).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Float class: 1e-12. The masses of all 256 bins add up to 1, and a divergence is that of its definition.
    #[test]
    fn likelihoods_are_likelihoods() {
        for (mean, ln_variance) in [(0.1, -4.0), (-0.95, -2.0), (0.4, 1.0)] {
            let bins = (0..256).map(|i| f64::from(i) / 127.5 - 1.0);
            let whole: f64 = bins.map(|x| (-discretised_nll(x, mean, ln_variance)).exp()).sum();
            // Bins that count as 1e-12 add up to at most 256e-12.
            assert!((whole - 1.0).abs() < 1e-9, "{whole}");
        }
        assert_eq!(gaussian_kl(0.3, -2.0, 0.3, -2.0), 0.0);
        // A variance whose inverse overflows: infinitely far from a wider one, not apart from itself.
        assert_eq!(gaussian_kl(0.0, 0.0, 0.0, -800.0), f64::INFINITY);
        assert_eq!(gaussian_kl(0.5, -800.0, 0.5, -800.0), 0.0);
        assert_eq!(gaussian_kl(0.5, -800.0, 0.6, -800.0), f64::INFINITY);
        let (m, v, n, w) = (0.2_f64, 0.5_f64, -0.4_f64, 1.5_f64);
        let exact = 0.5 * ((w / v).ln() + (v + (m - n).powi(2)) / w - 1.0);
        assert!((gaussian_kl(m, v.ln(), n, w.ln()) - exact).abs() < 1e-14);
    }
}
