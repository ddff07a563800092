//! Did the counterfactual keep the exogenous noise of its image? The abduction slope, and models that have none.
//!
//! Under do(thickness) a right counterfactual propagates the *factual* exogenous noise of intensity: an image
//! that was brighter than its thickness suggests stays so. Read that noise off the counterfactual images and
//! regress it on the factual noise: slope 1 is abduction, slope 0 is a model that ignores the noise or draws it
//! afresh. The label model is that of synthetic Morpho-MNIST (Castro et al. 2019; Pawlowski, Castro and Glocker,
//! *Deep structural causal models for tractable counterfactual inference*, 2020, section 4),
//!
//! `I = 64 + 191 sigmoid(2 (T - 2.5) + e)`, `e ~ N(0, 1/2^2)`;
//!
//! for any other model, hand its exogenous values to [`slope_of`].
//!
//! ```
//! use counterfoil_metrics::{abduction::{Episodes, intensity, slope}, bootstrap::Bootstrap};
//!
//! let exogenous = [-0.6, -0.1, 0.2, 0.7];
//! let (thickness, wanted) = ([2.0, 2.4, 3.1, 2.8], [3.0, 1.8, 2.2, 2.5]);
//! let values = |t: [f64; 4]| -> Vec<f64> { t.iter().zip(exogenous).map(|(t, e)| intensity(*t, e)).collect() };
//! let (factual, resulting) = (values(thickness), values(wanted));
//! let episodes = Episodes { thickness: &thickness, intensity: &factual, wanted: &wanted, resulting: &resulting };
//! assert!((slope(&episodes, &Bootstrap::new(1))?.line.slope - 1.0).abs() < 1e-9);
//! # Ok::<(), counterfoil_metrics::MetricsError>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::{
    bootstrap::{Bootstrap, Interval, pick},
    check,
    error::{MetricsError, Result},
    line::{Line, least_squares},
    statistics::average,
};

/// Darkest intensity of the label model, in grey levels (the limit of thin strokes).
pub const FLOOR: f64 = 64.0;
/// Grey levels between the darkest and the brightest intensity.
pub const SPAN: f64 = 191.0;
/// Rise of the logit per pixel of thickness.
pub const GAIN: f64 = 2.0;
/// Thickness in pixels at which the logit is zero.
pub const CENTRE: f64 = 2.5;
/// Standard deviation of the exogenous logit.
pub const SPREAD: f64 = 0.5;
/// Measured intensities are clamped to this range before the logit, which would blow up at the ends.
pub const CLAMP: [f64; 2] = [66.0, 253.0];
/// Wanted thicknesses, in pixels, for which the slope is taken: elsewhere the sigmoid is too flat to read.
pub const WINDOW: [f64; 2] = [1.6, 3.2];

/// Intensity, in grey levels, of a stroke of `thickness` pixels with exogenous logit `exogenous`.
pub fn intensity(thickness: f64, exogenous: f64) -> f64 {
    FLOOR + SPAN / (1.0 + (-(GAIN * (thickness - CENTRE) + exogenous)).exp())
}

/// The exogenous logit that gives `intensity` at `thickness`: the inverse of [`intensity`].
///
/// # Errors
/// When `intensity` is not strictly between 64 and 255.
pub fn exogenous(thickness: f64, intensity: f64) -> Result<f64> {
    let level = (intensity - FLOOR) / SPAN;
    if level > 0.0 && level < 1.0 {
        Ok((level / (1.0 - level)).ln() - GAIN * (thickness - CENTRE))
    } else {
        let domain = "the open interval (64, 255) of the label model";
        Err(MetricsError::Domain { name: "intensity", value: intensity, domain })
    }
}

/// The log-likelihood `ln p(intensity | thickness)` as a function of thickness, up to a constant.
///
/// The Jacobian of the logit depends on the intensity alone, so only the normal density of the exogenous value is
/// left. Made for [`redraw_error`](crate::drift::redraw_error).
///
/// # Errors
/// When `intensity` is not strictly between 64 and 255.
pub fn log_likelihood(intensity: f64) -> Result<impl Fn(f64) -> f64> {
    let at_centre = exogenous(CENTRE, intensity)?;
    Ok(move |thickness: f64| -0.5 * ((at_centre - GAIN * (thickness - CENTRE)) / SPREAD).powi(2))
}

/// Images under do(thickness), one value per image in each series.
#[derive(Clone, Copy, Debug)]
pub struct Episodes<'a> {
    /// Factual thickness, pixels.
    pub thickness: &'a [f64],
    /// Factual intensity, grey levels.
    pub intensity: &'a [f64],
    /// Thickness asked for, pixels.
    pub wanted: &'a [f64],
    /// Intensity measured on the counterfactual image, grey levels.
    pub resulting: &'a [f64],
}

impl Episodes<'_> {
    /// Factual and counterfactual exogenous values of the images whose wanted thickness lies in [`WINDOW`].
    ///
    /// Only the measured intensity is clamped to [`CLAMP`]; the factual one is a label and must be in range.
    ///
    /// # Errors
    /// When the lengths differ, nothing is given, a value is not finite, or a factual intensity inside the
    /// window lies outside (64, 255).
    pub fn exogenous(&self) -> Result<(Vec<f64>, Vec<f64>)> {
        check::paired("thickness", self.thickness, "intensity", self.intensity, 1)?;
        check::paired("thickness", self.thickness, "wanted", self.wanted, 1)?;
        check::paired("thickness", self.thickness, "resulting", self.resulting, 1)?;
        let inside = |&i: &usize| (WINDOW[0]..=WINDOW[1]).contains(&self.wanted[i]);
        let images = (0..self.wanted.len()).filter(inside);
        let pairs = images.map(|i| {
            let resulting = self.resulting[i].clamp(CLAMP[0], CLAMP[1]);
            Ok((
                exogenous(self.thickness[i], self.intensity[i])?,
                exogenous(self.wanted[i], resulting)?,
            ))
        });
        Ok(pairs.collect::<Result<Vec<_>>>()?.into_iter().unzip())
    }
}

/// The abduction slope with two measures of its uncertainty.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Slope {
    /// Least-squares line of the counterfactual on the factual exogenous value.
    pub line: Line,
    /// Bootstrap interval of the slope over images.
    pub interval: Interval,
}

/// Abduction slope of images under do(thickness).
///
/// Least-squares slope of `logit((I_cf - 64) / 191) - 2 (T* - 2.5)` on `logit((I - 64) / 191) - 2 (T - 2.5)` over
/// the images with `T*` in [`WINDOW`], `I_cf` clamped to [`CLAMP`].
///
/// # Errors
/// As [`Episodes::exogenous`] and [`slope_of`].
pub fn slope(episodes: &Episodes<'_>, bootstrap: &Bootstrap) -> Result<Slope> {
    let (factual, counterfactual) = episodes.exogenous()?;
    slope_of(&factual, &counterfactual, bootstrap)
}

/// Slope of counterfactual on factual exogenous values, for any structural model.
///
/// # Errors
/// When the lengths differ, fewer than three images are given, a value is not finite, all factual values are
/// equal, or the bootstrap is ill set.
pub fn slope_of(factual: &[f64], counterfactual: &[f64], bootstrap: &Bootstrap) -> Result<Slope> {
    let line = least_squares(factual, counterfactual)?;
    let interval = bootstrap.interval(factual.len(), |images| {
        Ok(least_squares(&pick(factual, images), &pick(counterfactual, images))?.slope)
    })?;
    Ok(Slope { line, interval })
}

/// Error of a model that sets the exogenous value to zero: `|f(x*, 0) - truth|` of each image.
///
/// `parents` is the counterfactual parent value (here the wanted thickness), `truth` the true counterfactual
/// value, and `mechanism(parent, exogenous)` the true mechanism, such as [`intensity`].
///
/// # Errors
/// When the lengths differ, nothing is given, or a value is not finite.
pub fn errors_ignoring_exogenous(
    parents: &[f64],
    truth: &[f64],
    mechanism: impl Fn(f64, f64) -> f64,
) -> Result<Vec<f64>> {
    errors_redrawing_exogenous(parents, truth, &[0.0], mechanism)
}

/// Expected error of a model that draws the exogenous value afresh: the mean over `population` of
/// `|f(x*, e) - truth|`, for each image.
///
/// `population` holds exogenous values of the training part; averaging over all of them instead of drawing one
/// leaves no noise in the reference. Costs `O(images * population)`.
///
/// # Errors
/// When the lengths differ, a series is empty, or a value is not finite.
pub fn errors_redrawing_exogenous(
    parents: &[f64],
    truth: &[f64],
    population: &[f64],
    mechanism: impl Fn(f64, f64) -> f64,
) -> Result<Vec<f64>> {
    check::paired("parents", parents, "truth", truth, 1)?;
    check::series("population", population, 1)?;
    let expected = |(&parent, &truth): (&f64, &f64)| {
        let errors: Vec<f64> =
            population.iter().map(|&e| (mechanism(parent, e) - truth).abs()).collect();
        average(&errors)
    };
    Ok(parents.iter().zip(truth).map(expected).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use proptest::prelude::*;

    /// `n` images of the label model with wanted thicknesses spread over and beyond the window.
    struct World {
        thickness: Vec<f64>,
        exogenous: Vec<f64>,
        intensity: Vec<f64>,
        wanted: Vec<f64>,
    }

    fn world(n: usize) -> World {
        let mut s = Stream::new(9, "abduction-test", 0, 0);
        let thickness: Vec<f64> = (0..n).map(|_| 0.5 + s.gamma(10.0, 5.0)).collect();
        let exogenous: Vec<f64> = (0..n).map(|_| 0.5 * s.normal()).collect();
        let intensity = thickness.iter().zip(&exogenous).map(|(&t, &e)| intensity(t, e)).collect();
        let wanted = (0..n).map(|_| s.uniform_in(1.5, 3.6)).collect();
        World { thickness, exogenous, intensity, wanted }
    }

    impl World {
        fn slope(&self, resulting: &[f64]) -> Slope {
            let World { thickness, intensity, wanted, .. } = self;
            let episodes = Episodes { thickness, intensity, wanted, resulting };
            slope(&episodes, &Bootstrap { rounds: 200, ..Bootstrap::new(1) }).unwrap()
        }
        fn resulting(&self, kept: impl Fn(usize) -> f64) -> Vec<f64> {
            self.wanted.iter().enumerate().map(|(i, &t)| intensity(t, kept(i))).collect()
        }
    }

    /// Float class: logit and sigmoid lose a few ulps near the ends.
    #[test]
    fn the_slope_is_the_part_of_the_noise_that_is_kept() {
        let w = world(300);
        for kept in [1.0, 0.75, 0.0, -0.5] {
            let s = w.slope(&w.resulting(|i| kept * w.exogenous[i] + 0.1));
            assert_relative_eq!(s.line.slope, kept, epsilon = 1e-9);
            assert_relative_eq!(s.line.intercept, 0.1, epsilon = 1e-9);
        }
    }

    /// Monte-Carlo: within four of its own standard errors.
    #[test]
    fn a_model_that_draws_afresh_has_slope_zero() {
        let w = world(400);
        let mut s = Stream::new(9, "afresh", 0, 0);
        let fresh: Vec<f64> = (0..400).map(|_| 0.5 * s.normal()).collect();
        let s = w.slope(&w.resulting(|i| fresh[i]));
        assert!(s.line.slope.abs() < 4.0 * s.line.slope_error, "{s:?}");
        assert!(s.interval.low < 0.0 && 0.0 < s.interval.high);
    }

    #[test]
    fn only_wanted_values_inside_the_window_count() {
        let w = world(300);
        let mut resulting = w.resulting(|i| w.exogenous[i]);
        for (value, wanted) in resulting.iter_mut().zip(&w.wanted) {
            if !(1.6..=3.2).contains(wanted) {
                *value = 0.0;
            }
        }
        let s = w.slope(&resulting);
        assert_relative_eq!(s.line.slope, 1.0, epsilon = 1e-9);
        let inside = w.wanted.iter().filter(|t| (1.6..=3.2).contains(*t)).count();
        assert!(s.line.count == inside && inside < 300);
    }

    #[test]
    fn measured_ends_are_clamped_and_factual_ends_refused() {
        let (t, wanted) = ([2.5; 3], [2.5; 3]);
        let episodes = |intensity, resulting| {
            Episodes { thickness: &t, intensity, wanted: &wanted, resulting }.exogenous()
        };
        let logit = |i: f64| ((i - 64.0) / (255.0 - i)).ln();
        let (_, counterfactual) = episodes(&[100.0, 150.0, 200.0], &[0.0, 159.5, 255.0]).unwrap();
        assert_relative_eq!(counterfactual[0], logit(66.0), epsilon = 1e-12);
        assert_relative_eq!(counterfactual[1], 0.0, epsilon = 1e-12);
        assert_relative_eq!(counterfactual[2], logit(253.0), epsilon = 1e-12);
        let error = episodes(&[100.0, 255.0, 200.0], &[100.0; 3]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`intensity` is 255, outside the open interval (64, 255) of the label model"
        );
    }

    /// Monte-Carlo: redrawing errs by the mean difference of two normals, ignoring by that of one, where the
    /// sigmoid is replaced by the identity: 2 s / sqrt(pi) and s sqrt(2 / pi).
    #[test]
    fn models_without_abduction_err_as_the_normal_law_says() {
        let n = 3000;
        let mut s = Stream::new(2, "references", 0, 0);
        let (truth, population): (Vec<f64>, Vec<f64>) =
            (0..n).map(|_| (0.5 * s.normal(), 0.5 * s.normal())).unzip();
        let identity = |_: f64, e: f64| e;
        let parents = vec![0.0; n];
        let pi = std::f64::consts::PI;
        let ignoring = average(&errors_ignoring_exogenous(&parents, &truth, identity).unwrap());
        let redrawing =
            average(&errors_redrawing_exogenous(&parents, &truth, &population, identity).unwrap());
        // Standard errors: 0.3 / sqrt(n) = 0.0055 and less.
        assert!((ignoring - 0.5 * (2.0 / pi).sqrt()).abs() < 0.022, "{ignoring}");
        assert!((redrawing - 1.0 / pi.sqrt()).abs() < 0.022, "{redrawing}");
    }

    proptest! {
        #[test]
        fn intensity_and_exogenous_are_inverse(t in 0.8..5.0f64, e in -1.5..1.5f64) {
            let level = intensity(t, e);
            prop_assert!(level > 64.0 && level < 255.0);
            assert_relative_eq!(exogenous(t, level).unwrap(), e, epsilon = 1e-9);
            let log = log_likelihood(level).unwrap();
            assert_relative_eq!(log(t), -2.0 * e * e, epsilon = 1e-9);
        }
    }
}
