//! What models without abduction score on the label model of synthetic Morpho-MNIST.
//!
//! No image is involved: thickness and intensity are drawn from the model, the references are computed by two
//! routes, and the figures are the yardsticks that stand beside those of a trained model. Comparison class:
//! Monte-Carlo, 4,000 label pairs.

use counterfoil_metrics::{
    abduction::{
        Episodes, SPREAD, errors_ignoring_exogenous, errors_redrawing_exogenous, intensity,
        log_likelihood, slope,
    },
    bootstrap::Bootstrap,
    comparison::{Comparison, compare},
    deviation::absolute,
    drift::redraw_error,
    statistics::{mean, quantile},
};
use counterfoil_random::Stream;

const N: usize = 4000;

struct Labels {
    thickness: Vec<f64>,
    exogenous: Vec<f64>,
    intensity: Vec<f64>,
    /// Uniform between the 5th and the 95th percentile of thickness.
    wanted: Vec<f64>,
}

fn labels() -> Labels {
    let mut s = Stream::new(1, "morphomnist-test", 0, 0);
    let thickness: Vec<f64> = (0..N).map(|_| 0.5 + s.gamma(10.0, 5.0)).collect();
    let exogenous: Vec<f64> = (0..N).map(|_| SPREAD * s.normal()).collect();
    let [low, high] = [0.05, 0.95].map(|p| quantile(&thickness, p).expect("thickness is drawn"));
    Labels {
        intensity: thickness.iter().zip(&exogenous).map(|(&t, &e)| intensity(t, e)).collect(),
        wanted: (0..N).map(|_| s.uniform_in(low, high)).collect(),
        thickness,
        exogenous,
    }
}

/// Few rounds: the intervals are not what is tested here.
fn bootstrap() -> Bootstrap {
    Bootstrap { rounds: 50, ..Bootstrap::new(1) }
}

fn share(comparison: &Comparison) -> f64 {
    comparison.share.expect("leaving the image errs").estimate
}

/// Ignoring the noise costs 0.26 of leaving the image as it is, redrawing it 0.35 (in a published pilot on real
/// labels); a single fresh draw per image agrees with the expectation.
#[test]
fn intensity_without_abduction() {
    let l = labels();
    let truth: Vec<f64> =
        l.wanted.iter().zip(&l.exogenous).map(|(&t, &e)| intensity(t, e)).collect();
    let left = absolute(&l.intensity, &truth).unwrap();
    let against_left = |errors: &[f64]| share(&compare(errors, &left, &bootstrap()).unwrap());
    let ignoring = against_left(&errors_ignoring_exogenous(&l.wanted, &truth, intensity).unwrap());
    let population = &l.exogenous[..1000];
    let redrawing = against_left(
        &errors_redrawing_exogenous(&l.wanted, &truth, population, intensity).unwrap(),
    );
    let mut s = Stream::new(1, "morphomnist-fresh", 0, 0);
    let fresh: Vec<f64> = l.wanted.iter().map(|&t| intensity(t, SPREAD * s.normal())).collect();
    let drawn = against_left(&absolute(&fresh, &truth).unwrap());
    assert!((ignoring - 0.26).abs() < 0.02, "{ignoring}");
    assert!((redrawing - 0.35).abs() < 0.03, "{redrawing}");
    // Both shares have a standard error near 0.35 / sqrt(4000) = 0.006.
    assert!((drawn - redrawing).abs() < 0.025, "{drawn} {redrawing}");

    let slope_of = |resulting: &[f64]| {
        let Labels { thickness, intensity, wanted, .. } = &l;
        slope(&Episodes { thickness, intensity, wanted, resulting }, &bootstrap()).unwrap().line
    };
    let (right, redrawn) = (slope_of(&truth), slope_of(&fresh));
    assert!((right.slope - 1.0).abs() < 1e-9, "{right:?}");
    assert!(redrawn.slope.abs() < 4.0 * redrawn.slope_error, "{redrawn:?}");
}

/// Redrawing thickness given the new intensity moves it by 0.32 pixels on average.
#[test]
fn thickness_redrawn_given_intensity() {
    let l = labels();
    let mut s = Stream::new(1, "morphomnist-intensity", 0, 0);
    let moved: Vec<f64> = l.thickness[..1000]
        .iter()
        .map(|&t| {
            let wanted = intensity(t, s.uniform_in(-1.25, 1.25));
            redraw_error(&l.thickness, t, log_likelihood(wanted).unwrap()).unwrap()
        })
        .collect();
    let moved = mean(&moved).unwrap();
    assert!((moved - 0.32).abs() < 0.02, "{moved}");
}
