//! Training helpers: noising, targets, loss weights and draws of labels.

use counterfoil_diffusion::precondition::Scalings;
use counterfoil_diffusion::training::{LossWeight, TimeSampling, noised, target};
use counterfoil_diffusion::{DiscreteSchedule, Level, Prediction};
use counterfoil_random::Stream;
use ndarray::{Array3, array};

const ALL: [Prediction; 5] = [
    Prediction::Eps,
    Prediction::X0,
    Prediction::V,
    Prediction::Flow,
    Prediction::Edm { sigma_data: 0.5 },
];

/// Float class: 1e-14. Noising and each target, item by item, against the definition; and the target converts back
/// into the image and the noise.
#[test]
fn targets_are_what_the_conversions_undo() {
    let x0 = Array3::from_shape_fn((3, 2, 5), |(i, j, k)| (i + 2 * j + 3 * k) as f64 / 10.0 - 0.7);
    let eps = x0.mapv(|x| (7.0 * x).sin());
    let schedule = DiscreteSchedule::cosine(1000).unwrap();
    let levels = schedule.levels_at(&[0, 500, 999]).unwrap();
    let x = noised(&x0, &eps, &levels).unwrap();
    for prediction in ALL {
        let output = target(prediction, &x0, &eps, &levels).unwrap();
        for (i, &level) in levels.iter().enumerate() {
            let item = |a: &Array3<f64>| a.index_axis(ndarray::Axis(0), i).to_owned();
            let (alpha, sigma) = (level.alpha(), level.sigma());
            let expected = item(&x0) * alpha + item(&eps) * sigma;
            assert!((&item(&x) - &expected).iter().all(|d| d.abs() < 1e-14));
            for (to, wanted) in [
                (Prediction::X0, item(&x0)),
                (Prediction::Eps, item(&eps)),
                (Prediction::V, item(&eps) * alpha - item(&x0) * sigma),
                (Prediction::Flow, item(&eps) - item(&x0)),
            ] {
                let found = prediction.convert(to, &item(&x), item(&output), level).unwrap();
                // Dividing by alpha or sigma magnifies the rounding of x.
                let bound = 2e-14 / alpha.min(sigma);
                assert!((found - wanted).iter().all(|d| d.abs() < bound), "{prediction} to {to}");
            }
        }
    }
    assert!(noised(&x0, &eps, &levels[..2]).is_err());
    assert!(schedule.levels_at(&[0, 1000]).is_err());
}

/// Exact: the weights are finite at both ends, and in terms of the same quantity they agree at every level.
#[test]
fn min_snr_weights_agree_between_predictions() {
    let weight = LossWeight::MinSnr { gamma: 5.0 };
    for log_snr in [f64::NEG_INFINITY, -20.0, -1.0, 0.0, 5f64.ln(), 3.0, 20.0, f64::INFINITY] {
        let level = Level::from_log_snr(log_snr).unwrap();
        let at = |prediction| weight.at(level, prediction).unwrap();
        let all = ALL.map(at);
        assert!(all.iter().all(|w| w.is_finite() && *w >= 0.0), "{log_snr}: {all:?}");
        if log_snr.is_finite() {
            // |eps error|^2 = snr |x0 error|^2 and |v error|^2 = (snr + 1) |x0 error|^2.
            let snr = level.snr();
            assert!((all[0] * snr / all[1] - 1.0).abs() < 1e-12);
            assert!((all[2] * (snr + 1.0) / all[1] - 1.0).abs() < 1e-12);
            // u error = (alpha + sigma) / sigma x0 error; F error = x0 error / c_out.
            let root = snr.sqrt() + 1.0;
            assert!((all[3] * root * root / all[1] - 1.0).abs() < 1e-12);
            let out = Scalings::at(level, 0.5).unwrap().out;
            assert!((all[4] / (out * out) / all[1] - 1.0).abs() < 1e-12);
        }
        assert_eq!(LossWeight::Simple.at(level, Prediction::V).unwrap(), 1.0);
    }
    let refused = LossWeight::MinSnr { gamma: 0.0 }.at(Level::CLEAN, Prediction::V).unwrap_err();
    assert_eq!(refused.to_string(), "gamma = 0 is outside (0, inf)");
}

/// Exact for the strata; Monte-Carlo class for uniformity: 4 standard errors of each bin.
#[test]
fn labels_are_uniform() {
    let (t, items, rounds) = (1000, 64, 2000);
    for sampling in [TimeSampling::Uniform, TimeSampling::Stratified] {
        let mut counts = [0u32; 10];
        for round in 0..rounds {
            let labels = sampling.draw(&mut Stream::new(1, "labels", 0, round), items, t);
            assert_eq!(labels.len(), items);
            for label in &labels {
                counts[label / 100] += 1;
            }
            if sampling == TimeSampling::Stratified {
                let mut sorted = labels.clone();
                sorted.sort_unstable();
                for (part, label) in sorted.into_iter().enumerate() {
                    assert!((part * t / items..=(part + 1) * t / items).contains(&label));
                }
            }
        }
        let expected = (items as f64 * rounds as f64) / 10.0;
        for count in counts {
            let error = 4.0 * (expected * 0.9).sqrt();
            assert!((f64::from(count) - expected).abs() < error, "{sampling:?}: {counts:?}");
        }
    }
    let mut stream = Stream::new(1, "labels", 0, 0);
    // More items than labels, and none of either.
    assert!(TimeSampling::Stratified.draw(&mut stream, 50, 7).iter().all(|&label| label < 7));
    assert!(TimeSampling::Stratified.draw(&mut stream, 0, 7).is_empty());
    assert_eq!(TimeSampling::Uniform.draw(&mut stream, 2, 1), [0, 0]);
}

/// Exact: what the settings look like in a file.
#[test]
fn settings_have_plain_names() {
    let weight: LossWeight = serde_json::from_str(r#"{"min-snr": {"gamma": 5}}"#).unwrap();
    assert_eq!(weight, LossWeight::MinSnr { gamma: 5.0 });
    assert_eq!(serde_json::to_string(&LossWeight::Simple).unwrap(), r#""simple""#);
    let time: TimeSampling = serde_json::from_str(r#""stratified""#).unwrap();
    assert_eq!(time, TimeSampling::Stratified);
    let predictions: Vec<Prediction> =
        serde_json::from_str(r#"["eps", "x0", "v", "flow", {"edm": {"sigma_data": 0.5}}]"#)
            .unwrap();
    assert_eq!(predictions, ALL);
    let x = array![1.0];
    assert!(target(Prediction::V, &x, &x, &[]).is_err());
}
