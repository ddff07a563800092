//! The Morpho-MNIST label model: its published moments, exact abduction, and what it refuses.

use counterfoil_graph::Dag;
use counterfoil_random::Stream;
use counterfoil_scm::{Intervention, morphomnist};
use proptest::prelude::*;

/// Mean T, sd T, mean I, sd I and correlation of some (thickness, intensity, weight) triples.
fn moments(points: &[(f64, f64, f64)]) -> [f64; 5] {
    let mass: f64 = points.iter().map(|(_, _, w)| w).sum();
    let mean = |f: &dyn Fn(f64, f64) -> f64| {
        points.iter().map(|&(t, i, w)| w * f(t, i)).sum::<f64>() / mass
    };
    let (t0, i0) = (mean(&|t, _| t), mean(&|_, i| i));
    let sd_t = mean(&|t, _| (t - t0).powi(2)).sqrt();
    let sd_i = mean(&|_, i| (i - i0).powi(2)).sqrt();
    let covariance = mean(&|t, i| (t - t0) * (i - i0));
    [t0, sd_t, i0, sd_i, covariance / (sd_t * sd_i)]
}

/// The moments by quadrature over the densities of Gamma(10, rate 5) and N(0, 1): the trapezoidal rule, which
/// for smooth functions that vanish at both ends is far more exact than the figures below.
fn by_quadrature() -> [f64; 5] {
    let scm = morphomnist::model();
    let grid: Vec<(f64, f64, f64)> = (1..1600)
        .flat_map(|k| (-80..=80).map(move |m| (f64::from(k) * 0.01, f64::from(m) * 0.1)))
        .map(|(g, u)| {
            let values = scm.predict(&[g, u], &Intervention::none());
            (values[0], values[1], g.powi(9) * (-5.0 * g).exp() * (-0.5 * u * u).exp())
        })
        .collect();
    moments(&grid)
}

/// The figures that are quoted for the model stem from a sample as large as the 60,000 published labels: Monte-Carlo
/// class with three of its standard errors (sd of I / sqrt(60,000) = 0.2 for its mean), plus half a unit of the last digit.
#[test]
fn the_model_has_the_quoted_moments() {
    let exact = by_quadrature();
    let quoted = [2.50, 0.633, 157.9, 48.4, 0.908];
    let tolerance = [0.013, 0.008, 0.64, 0.3, 0.0025];
    for m in 0..5 {
        assert!((exact[m] - quoted[m]).abs() <= tolerance[m], "moment {m}: {}", exact[m]);
    }
    // Known in closed form: mean 0.5 + 10/5 and variance 10/25. Float class.
    assert!((exact[0] - 2.5).abs() < 1e-9 && (exact[1] - 0.4_f64.sqrt()).abs() < 1e-9);
}

/// Monte-Carlo: 64 batches of 4,000 samples; each moment within 4.5 standard errors of quadrature, the error
/// being estimated from the spread of the batches, plus the bias of a moment of 4,000 (below 1/2,000 of its sd).
#[test]
fn samples_have_the_moments_of_the_model() {
    let scm = morphomnist::model();
    let (batches, size) = (64_u64, 4_000_u64);
    let batch = |b: u64| {
        let pairs: Vec<_> = (0..size)
            .map(|k| scm.sample(&mut Stream::new(11, "test-labels", b * size + k, 0)).values)
            .map(|values| (values[0], values[1], 1.0))
            .collect();
        moments(&pairs)
    };
    let all: Vec<[f64; 5]> = (0..batches).map(batch).collect();
    for (m, expected) in by_quadrature().into_iter().enumerate() {
        let mean = all.iter().map(|x| x[m]).sum::<f64>() / batches as f64;
        let variance =
            all.iter().map(|x| (x[m] - mean).powi(2)).sum::<f64>() / (batches - 1) as f64;
        let se = (variance / batches as f64).sqrt();
        let bias = expected / 2_000.0 / (size as f64).sqrt();
        assert!(
            (mean - expected).abs() <= 4.5 * se + bias,
            "moment {m}: {mean} for {expected}, standard error {se}"
        );
    }
}

proptest! {
    /// Float. Thickness: the sum 0.5 + g is rounded once. Intensity: three roundings of at most 255, amplified by
    /// the slope of the logit, and a few roundings of the logit itself, all divided by 0.5.
    #[test]
    fn the_noise_is_recovered(g in 1e-3..7.5f64, u in -6.0..6.0f64) {
        let scm = morphomnist::model();
        let values = scm.predict(&[g, u], &Intervention::none());
        let noise = scm.abduct(&values).unwrap();
        prop_assert!((noise[0] - g).abs() <= f64::EPSILON * values[0]);
        let (t, i) = (values[0], values[1]);
        let slope = 191.0 / ((i - 64.0) * (255.0 - i));
        let logit = morphomnist::intensity_logit(t).abs() + 0.5 * u.abs();
        let bound = (3.0 * 255.0 * slope + 8.0 * (1.0 + logit)) * f64::EPSILON / 0.5;
        prop_assert!((noise[1] - u).abs() <= bound, "{} for {u}, bound {bound}", noise[1]);
    }

    /// The formula of the counterfactual, written out. Float class, with the bound of the abduction above and a
    /// derivative of the sigmoid of at most 191/4.
    #[test]
    fn a_counterfactual_keeps_the_residual(t in 1.0..4.0f64, u in -3.0..3.0f64, to in 1.0..4.0f64) {
        let scm = morphomnist::model();
        let intensity = |t: f64| 64.0 + 191.0 / (1.0 + (-(2.0 * (t - 2.5) + 0.5 * u)).exp());
        let action = Intervention::none().set(scm.dag(), "thickness", to).unwrap();
        let world = scm.counterfactual(&[t, intensity(t)], &action).unwrap();
        prop_assert_eq!(world[0], to);
        prop_assert!((world[1] - intensity(to)).abs() < 1e-9, "{} for {}", world[1], intensity(to));
        // Brightness has no effect on thickness.
        let action = Intervention::none().set(scm.dag(), "intensity", 200.0).unwrap();
        prop_assert_eq!(scm.counterfactual(&[t, intensity(t)], &action).unwrap(), [t, 200.0]);
    }
}

#[test]
fn values_outside_the_support_are_refused() {
    let scm = morphomnist::model();
    let check = |values: &[f64], expected: &str| {
        assert_eq!(scm.abduct(values).unwrap_err().to_string(), expected);
    };
    let mend = "correct the value or set the variable by an intervention";
    for intensity in [64.0, 255.0, 0.0, 255.5] {
        check(
            &[2.5, intensity],
            &format!(
                "cannot abduct the noise of `intensity`: the value {intensity} lies outside the mechanism's support, the numbers above 64 and below 255: {mend}"
            ),
        );
    }
    for thickness in [0.5, 0.0, -1.0, f64::NAN, f64::INFINITY] {
        check(
            &[thickness, 150.0],
            &format!(
                "cannot abduct the noise of `thickness`: the value {thickness} lies outside the mechanism's support, the finite numbers above 0.5: {mend}"
            ),
        );
    }
    check(&[2.5], "there are 1 values for 2 variables: give one for each, in the graph's order");

    // A fully bright stroke has no noise, but none is needed for what the intervention leaves or sets.
    let set = |name, value| Intervention::none().set(scm.dag(), name, value).unwrap();
    assert_eq!(scm.counterfactual(&[2.5, 255.0], &set("intensity", 100.0)).unwrap(), [2.5, 100.0]);
    assert_eq!(scm.counterfactual(&[2.5, 255.0], &set("thickness", 2.5)).unwrap(), [2.5, 255.0]);
    assert!(scm.counterfactual(&[2.5, 255.0], &set("thickness", 3.0)).is_err());
}

/// The published graph files declare the model's own variables, beside what the model does not name.
#[test]
fn the_graph_files_agree_with_the_model() {
    for text in [
        include_str!("../../../experiments/graphs/digits.dot"),
        include_str!("../../../experiments/graphs/morphomnist.dot"),
    ] {
        let dag = Dag::from_dot(text).unwrap();
        assert_eq!(dag.labelled_part(), morphomnist::graph());
        let style = dag.variable(dag.index_of("style").unwrap());
        assert!(!style.is_labelled());
        assert_eq!(style.width(), Some(32));
    }
    assert_eq!(morphomnist::model().dag(), &morphomnist::graph());
}
