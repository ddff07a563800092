//! Adaptive steps: the error follows the tolerance, and every run ends.

use crate::mixture::level_of_s;
use counterfoil_diffusion::{
    Adaptive, BoxError, Call, Denoiser, DiffusionError, Level, ModelTime, Prediction, SampleError,
    State, analytic::Mixture, denoiser,
};
use ndarray::{Array2, array};
use proptest::prelude::*;

fn mixture() -> Mixture {
    let means = vec![vec![0.9, -0.4], vec![-0.7, 0.6], vec![0.1, -0.9]];
    let stds = vec![vec![0.3, 0.25], vec![0.2, 0.4], vec![0.25, 0.2]];
    Mixture::new(vec![0.5, 0.3, 0.2], means, stds).unwrap()
}

fn points() -> Array2<f64> {
    array![[0.6, -1.2], [-0.45, 0.8], [0.1, 0.2], [1.7, 0.3]]
}

fn label(level: Level) -> ModelTime {
    ModelTime::Continuous(level.lambda())
}

/// Float class: the root mean square distance to the exact flow falls with the tolerance and stays within 2 times it, for
/// every prediction, at a cost that grows as the root of one over the tolerance (10 for two decades; below 14).
#[test]
fn the_error_follows_the_tolerance() {
    let (from, to) = (level_of_s(80.0), level_of_s(0.02));
    let exact = mixture().flow(points(), from, to).unwrap();
    for prediction in [Prediction::Eps, Prediction::X0, Prediction::V] {
        let (mut last, mut costs) = (f64::INFINITY, Vec::new());
        for tolerance in [1e-2, 1e-3, 1e-4, 1e-5] {
            let solver = Adaptive {
                relative: tolerance,
                absolute: tolerance,
                jump: false,
                ..Adaptive::default()
            };
            let mixture = mixture();
            let mut network = mixture.network(prediction);
            let found = solver.run(points(), from, to, label, &mut network).unwrap();
            let error = found.state.rms_difference(&exact).unwrap();
            println!(
                "{prediction} {tolerance:.0e}: error {error:.1e}, {} evaluations, {} kept, {} refused",
                found.evaluations, found.accepted, found.rejected
            );
            assert_eq!(found.evaluations, 2 * found.accepted + found.rejected);
            assert!(error < 0.6 * last && error < 2.0 * tolerance, "{tolerance}: {error}");
            last = error;
            costs.push(found.evaluations as f64);
        }
        assert!(costs[3] / costs[1] < 14.0, "{costs:?}");
    }
}

/// Exact: the calls are counted, labelled, and within the run; the jump is one call at the last level. A refused step calls
/// once more, at its middle.
#[test]
fn calls_are_counted_and_labelled() {
    let mixture = mixture();
    let (from, to) = (level_of_s(50.0), level_of_s(0.05));
    let mut levels = Vec::new();
    let mut network = denoiser(Prediction::V, |x: &Array2<f64>, call: &Call<'_>| {
        assert_eq!(call.time, label(call.level));
        assert!(call.reaches.lambda() > call.level.lambda() && call.of == call.step + 1);
        levels.push(call.level);
        Ok(mixture.predict(Prediction::V, x, call.level)?)
    });
    let solver = Adaptive { first: 3.0, relative: 1e-3, absolute: 1e-3, ..Adaptive::default() };
    let found = solver.run(points(), from, to, label, &mut network).unwrap();
    assert!(found.rejected > 0);
    assert_eq!(found.evaluations, 2 * found.accepted + found.rejected + 1);
    assert_eq!((levels.len(), levels[0]), (found.evaluations, from));
    assert_eq!(levels[levels.len() - 1], to);
    let exact = mixture.flow(points(), from, Level::CLEAN).unwrap();
    assert!(found.state.rms_difference(&exact).unwrap() < 0.02);
    // Nothing to do but the jump.
    let found = solver.run(points(), to, to, label, &mut mixture.network(Prediction::V)).unwrap();
    assert_eq!((found.evaluations, found.accepted), (1, 0));
}

/// Exact: a network without a smooth answer, or with none, ends in a typed error, and settings are checked.
#[test]
fn a_run_that_cannot_go_on_says_so() {
    let (from, to) = (level_of_s(80.0), level_of_s(0.02));
    let solver = Adaptive { relative: 1e-3, absolute: 1e-3, ..Adaptive::default() };
    let mut sign = 1e6;
    let mut wild = denoiser(Prediction::V, |x: &Array2<f64>, _| {
        sign = -sign;
        Ok(x * sign)
    });
    let refused = solver.run(points(), from, to, label, &mut wild).unwrap_err();
    assert!(matches!(refused, SampleError::Diffusion(DiffusionError::StepTooSmall { .. })));
    assert!(refused.to_string().ends_with("loosen the tolerances or lower the floor"));
    let mut none = denoiser(Prediction::V, |x: &Array2<f64>, _| Ok(x * f64::NAN));
    assert!(solver.run(points(), from, to, label, &mut none).is_err());
    let mut tiny = Adaptive { floor: 1e-300, ..solver };
    assert!(tiny.run(points(), from, to, label, &mut none).is_err());
    tiny.floor = 0.0;
    assert!(tiny.run(points(), from, to, label, &mut none).is_err());
    let exact = Adaptive { relative: 0.0, absolute: 0.0, ..solver };
    assert!(exact.run(points(), from, to, label, &mut none).is_err());
    for (from, to) in [
        (to, from),
        (from, Level::CLEAN),
        (Level::from_alpha_bar(0.0).unwrap(), to),
        (Level::from_sigma_ve(80.0).unwrap(), to),
    ] {
        assert!(solver.run(points(), from, to, label, &mut none).is_err());
    }
    let mut calls = 0;
    let mut failing = denoiser(Prediction::V, |x: &Array2<f64>, _| {
        calls += 1;
        if calls == 6 { Err("out of memory".into()) } else { Ok(x * 0.0) }
    });
    let refused = solver.run(points(), from, to, label, &mut failing).unwrap_err();
    assert_eq!(refused.to_string(), "the denoiser failed at step 2: out of memory");
}

/// A linear network of any strength.
fn linear(gain: f64) -> impl Denoiser<Array2<f64>> {
    let answer =
        move |x: &Array2<f64>, _: &Call<'_>| -> Result<Array2<f64>, BoxError> { Ok(x * gain) };
    denoiser(Prediction::Eps, answer)
}

proptest! {
    /// Every run ends, with a finite state or an error, whatever the network's strength and the tolerance.
    #[test]
    fn every_run_ends(gain in -30.0f64..30.0, tolerance in -6.0f64..0.0, first in 0.01f64..100.0) {
        let tolerance = 10f64.powf(tolerance);
        let solver = Adaptive {
            relative: tolerance, absolute: tolerance, first, floor: 1e-3, ..Adaptive::default()
        };
        let (from, to) = (level_of_s(80.0), level_of_s(0.02));
        if let Ok(found) = solver.run(points(), from, to, label, &mut linear(gain)) {
            prop_assert!(found.state.iter().all(|x| x.is_finite()));
            prop_assert!(found.accepted <= 8300);
        }
    }
}
