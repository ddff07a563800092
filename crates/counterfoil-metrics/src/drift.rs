//! Does a variable that the intervention does not concern stay where it was? Drift, and what a redraw would do.
//!
//! Under do(intensity) the thickness is a cause, not an effect: it must not move. A model that knows only the
//! joint distribution changes it to what is usual at the new intensity; the yardstick is therefore a model that
//! redraws the cause from its distribution given the effect, P(T | I*).

use crate::{
    bootstrap::Bootstrap,
    check,
    comparison::{Comparison, compare},
    deviation::absolute,
    error::{MetricsError, Result},
};

/// Mean change of a variable that should stay, as a share of the errors of a redraw on the same images.
///
/// `before` and `after` are measured by the same means on the factual and the counterfactual image, so that the
/// measurement's bias cancels; `redraw` is one expected change per image, see [`redraw_error`].
///
/// # Errors
/// When the lengths differ, nothing is given, a value is not finite, or the bootstrap is ill set.
pub fn drift(
    before: &[f64],
    after: &[f64],
    redraw: &[f64],
    bootstrap: &Bootstrap,
) -> Result<Comparison> {
    compare(&absolute(after, before)?, redraw, bootstrap)
}

/// Expected `|T' - factual|` when `T'` is drawn from the posterior of `population` under a likelihood.
///
/// The prior is the empirical distribution of `population` (the training part's values) and
/// `log_likelihood(T)` is `ln p(I* | T)` up to a constant, so the posterior weights are self-normalised importance
/// weights; the expectation is a sum, not a draw, so the yardstick has no noise of its own. Linear time.
///
/// ```
/// use counterfoil_metrics::drift::redraw_error;
/// // Nothing learnt from the effect: the mean distance to the population.
/// assert_eq!(redraw_error(&[1.0, 2.0, 6.0], 2.0, |_| 0.0)?, 5.0 / 3.0);
/// # Ok::<(), counterfoil_metrics::MetricsError>(())
/// ```
///
/// # Errors
/// When `population` is empty, a value or `factual` is not finite, or the likelihood vanishes (or is NaN)
/// everywhere on the population.
pub fn redraw_error(
    population: &[f64],
    factual: f64,
    log_likelihood: impl Fn(f64) -> f64,
) -> Result<f64> {
    check::series("population", population, 1)?;
    check::finite("factual", [&factual])?;
    let logs: Vec<f64> = population.iter().map(|&value| log_likelihood(value)).collect();
    // `max` skips NaN; the largest weight is then exactly 1, so the sum below cannot vanish.
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !largest.is_finite() || logs.iter().any(|l| l.is_nan()) {
        let reason = "the likelihood is zero, infinite or NaN on the population";
        return Err(MetricsError::Degenerate { figure: "a redraw", reason });
    }
    let weights = logs.iter().map(|l| (l - largest).exp());
    let (sum, total) = population
        .iter()
        .zip(weights)
        .fold((0.0, 0.0), |(sum, total), (t, w)| (sum + w * (t - factual).abs(), total + w));
    Ok(sum / total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::average;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;

    #[test]
    fn weights_worked_by_hand() {
        // Weights 1 : 3 on distances 1 and 2.
        let error = redraw_error(&[1.0, 4.0], 2.0, |t| if t > 2.0 { 3f64.ln() } else { 0.0 });
        assert_relative_eq!(error.unwrap(), 7.0 / 4.0, epsilon = 1e-12);
        // Likelihoods far below the smallest float still have a ratio.
        let error =
            redraw_error(&[1.0, 4.0], 2.0, |t| -5000.0 + if t > 2.0 { 3f64.ln() } else { 0.0 });
        assert_relative_eq!(error.unwrap(), 7.0 / 4.0, epsilon = 1e-9);
        assert!(redraw_error(&[1.0], 2.0, |_| f64::NEG_INFINITY).is_err());
        assert!(redraw_error(&[1.0, 2.0], 2.0, |t| if t > 1.5 { f64::NAN } else { 0.0 }).is_err());
        assert_eq!(
            redraw_error(&[], 2.0, |_| 0.0),
            Err(MetricsError::Empty { name: "population" })
        );
    }

    /// Monte-Carlo against a closed form: prior N(0, 1), effect = cause + N(0, s^2). The posterior given the
    /// effect is normal with variance v = s^2 / (1 + s^2), and a redraw differs from the factual cause (itself a
    /// posterior draw) by N(0, 2 v): mean absolute value sqrt(4 v / pi). With 400 images the standard error is
    /// about sd / 20 = 0.013; the population adds less.
    #[test]
    fn the_redraw_of_a_normal_pair_agrees_with_the_closed_form() {
        let mut s = Stream::new(4, "redraw-test", 0, 0);
        let sd: f64 = 0.5;
        let population: Vec<f64> = (0..4000).map(|_| s.normal()).collect();
        let errors: Vec<f64> = (0..400)
            .map(|_| {
                let cause = s.normal();
                let effect = cause + sd * s.normal();
                let log = |t: f64| -0.5 * ((effect - t) / sd).powi(2);
                redraw_error(&population, cause, log).unwrap()
            })
            .collect();
        let v = sd * sd / (1.0 + sd * sd);
        let expected = (4.0 * v / std::f64::consts::PI).sqrt();
        assert!((average(&errors) - expected).abs() < 0.05, "{} {expected}", average(&errors));
    }

    #[test]
    fn drift_is_a_comparison_with_the_redraw() {
        let d = drift(&[2.0, 3.0], &[2.1, 2.9], &[0.4, 0.4], &Bootstrap::new(1)).unwrap();
        assert_relative_eq!(d.error.estimate, 0.1, epsilon = 1e-12);
        assert_relative_eq!(d.share.unwrap().estimate, 0.25, epsilon = 1e-12);
    }
}
