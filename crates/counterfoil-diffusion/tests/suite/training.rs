//! Training helpers: noising, targets, loss weights and draws of labels.

use crate::schedules::golden;
use approx::assert_relative_eq;
use counterfoil_diffusion::precondition::Scalings;
use counterfoil_diffusion::training::{
    Bridge, Interpolant, LossWeight, TimeSampling, noised, target, vlb_weight,
};
use counterfoil_diffusion::variance::{Bounds, Posterior};
use counterfoil_diffusion::{
    Ddpm, DiffusionError, DiscreteSchedule, End, Level, Prediction, Sampler, Scaling, Variance,
};
use counterfoil_random::Stream;
use ndarray::{Array2, Array3, array};

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

/// Float class: 1e-11 relative; the reference forms `1 - alpha_bar`, which near the data keeps 12 digits.
#[test]
fn variance_and_weight_tables_agree() {
    let schedule = DiscreteSchedule::linear(1000).unwrap();
    let labels: Vec<usize> = (0..1000).rev().collect();
    let grid = schedule.grid_at(&labels, End::Zero).unwrap();
    let steps = Posterior::along(&grid).unwrap();
    let indices: Vec<usize> = golden(&["indices"]);
    let check = |name: &str, indices: &[usize], value: &dyn Fn(usize) -> f64| {
        for (&i, expected) in indices.iter().zip(golden::<Vec<f64>>(&["tables", name])) {
            assert_relative_eq!(value(i), expected, max_relative = 1e-11);
        }
    };
    let small = |i: usize| Variance::FixedSmall.ln_variance(steps[999 - i].bounds, 0.0);
    check("posterior_variance", &indices, &|i| if i == 0 { 0.0 } else { small(i).exp() });
    check("posterior_log_variance_clipped", &indices, &small);
    check("posterior_mean_coef1", &indices, &|i| steps[999 - i].image);
    check("posterior_mean_coef2", &indices, &|i| steps[999 - i].state);
    let p2 = LossWeight::P2 { k: 1.0, gamma: 1.0 };
    let level = |i| schedule.level(i).unwrap();
    check("p2_weight_k1_gamma1_eps", &indices, &|i| p2.at(level(i), Prediction::Eps).unwrap());
    let later: Vec<usize> = golden(&["tables", "vlb_weight_eps_indices"]);
    check("vlb_weight_eps", &later, &|i| {
        vlb_weight(level(i), level(i - 1), Prediction::Eps).unwrap()
    });
    for (&beta, step) in schedule.betas().iter().rev().zip(&steps) {
        let large = Variance::FixedLarge.ln_variance(step.bounds, 0.0);
        assert_relative_eq!(large.exp(), beta, max_relative = 1e-11);
    }
}

/// Exact: a learned range spans the two fixed variances, in logarithms; a plan cannot hold what a network gives pixel
/// by pixel.
#[test]
fn learned_variances_lie_in_their_range() {
    let bounds = Bounds { ln_small: -7.0, ln_large: -5.0 };
    for (output, expected) in [(-1.0, -7.0), (0.0, -6.0), (1.0, -5.0)] {
        assert_eq!(Variance::LearnedRange.ln_variance(bounds, output), expected);
        assert_eq!(Variance::Learned.ln_variance(bounds, output), output);
    }
    // The small variance of a step to the image has no logarithm, which the end that is the other bound does not read.
    let last = Bounds { ln_small: f64::NEG_INFINITY, ln_large: -5.0 };
    for (output, expected) in [(-1.0, f64::NEG_INFINITY), (0.0, f64::NEG_INFINITY), (1.0, -5.0)] {
        assert_eq!(Variance::LearnedRange.ln_variance(last, output), expected);
    }
    let grid = DiscreteSchedule::cosine(10).unwrap().grid_at(&[9, 5, 0], End::Zero).unwrap();
    for variance in [Variance::Learned, Variance::LearnedRange] {
        assert!(variance.is_learned());
        let refused = Ddpm { variance, clip: None }.plan(&grid, Prediction::V);
        let sampler = "ddpm";
        assert_eq!(refused, Err(DiffusionError::VarianceUnavailable { sampler, variance }));
    }
    let along = Posterior::along(&grid).unwrap();
    assert_eq!(along[2].bounds.ln_small, along[1].bounds.ln_small);
    assert!(Posterior::along(&grid.mirror()).is_err());
    assert!(Posterior::between(Level::CLEAN, Level::CLEAN).is_err());
    let only = Posterior::along(&grid.lowest(1).unwrap()).unwrap();
    assert_eq!(only[0].bounds.ln_small, f64::NEG_INFINITY);
}

/// Float class: 1e-11 relative. In terms of one quantity a weight is the same whatever the network predicts, in every
/// scaling of the levels; and where it has no bound, it is refused.
#[test]
fn weights_agree_between_predictions() {
    let weights = [
        LossWeight::MinSnr { gamma: 5.0 },
        LossWeight::P2 { k: 1.0, gamma: 0.5 },
        LossWeight::Edm { sigma_data: 0.5 },
    ];
    let scalings = [Scaling::VariancePreserving, Scaling::VarianceExploding, Scaling::Flow];
    for scaling in scalings {
        for lambda in [-9.0, -2.0, -0.3, 0.0, 0.7, 3.0, 9.0] {
            let level = scaling.level(lambda).unwrap();
            let cleaner = scaling.level(lambda + 0.1).unwrap();
            let per_image = |of: &dyn Fn(Prediction) -> f64, prediction: Prediction| {
                let mix = prediction.mix(Prediction::X0, level).unwrap();
                of(prediction) / (mix.output * mix.output)
            };
            for weight in weights {
                let of = |prediction| weight.at(level, prediction).unwrap();
                for prediction in ALL {
                    let (found, image) = (per_image(&of, prediction), of(Prediction::X0));
                    assert_relative_eq!(found, image, max_relative = 1e-11);
                }
            }
            let bound = |prediction| vlb_weight(level, cleaner, prediction).unwrap();
            for prediction in ALL {
                let found = per_image(&bound, prediction);
                assert_relative_eq!(found, bound(Prediction::X0), max_relative = 1e-11);
            }
            assert_relative_eq!(
                bound(Prediction::X0),
                0.5 * (cleaner.snr() - level.snr()),
                max_relative = 1e-12
            );
        }
    }
    let edm = LossWeight::Edm { sigma_data: 0.5 };
    let raw = Prediction::Edm { sigma_data: 0.5 };
    let noise = Level::from_alpha_bar(0.0).unwrap();
    for level in [Level::CLEAN, noise, Level::from_sigma_ve(0.3).unwrap()] {
        assert_eq!(edm.at(level, raw), Ok(1.0));
    }
    let s = 0.3_f64;
    let published = (s * s + 0.25) / (s * 0.5).powi(2);
    let found = edm.at(Level::from_sigma_ve(s).unwrap(), Prediction::X0).unwrap();
    assert!((found / published - 1.0).abs() < 1e-13);
    assert!(vlb_weight(noise, Level::from_flow(0.9).unwrap(), Prediction::X0).unwrap().is_finite());
    assert!(vlb_weight(noise, Level::CLEAN, Prediction::X0).is_err());
    let infinite = edm.at(Level::CLEAN, Prediction::X0).unwrap_err();
    assert_eq!(infinite.to_string(), "the edm weight of x0 is infinite at log_snr = inf");
    assert!(LossWeight::P2 { k: 0.0, gamma: 1.0 }.at(noise, raw).is_err());
}

/// Exact: at the data the weight of a noise error is 0, and only where an error of the output is no finite error of the
/// noise is there no weight. Beside the data, where the power is too small for a number, it is 0 for every network.
#[test]
fn the_p2_weight_ends_where_the_noise_error_is_finite() {
    let p2 = LossWeight::P2 { k: 1.0, gamma: 1.0 };
    for prediction in ALL.into_iter().filter(|prediction| *prediction != Prediction::X0) {
        assert_eq!(p2.at(Level::CLEAN, prediction), Ok(0.0), "{prediction}");
    }
    assert!(matches!(
        p2.at(Level::CLEAN, Prediction::X0),
        Err(DiffusionError::InfiniteWeight { .. })
    ));
    let steep = LossWeight::P2 { k: 1.0, gamma: 10.0 };
    let faint = Level::from_log_snr(90.0).unwrap();
    assert_eq!(steep.at(faint, Prediction::X0), Ok(0.0));
}

/// Float class: 1e-8, central differences of step 1e-6. The target is the derivative of the path, the network that
/// learned it is one of the predictions, and both ends are the image and the noise.
#[test]
fn interpolants_are_followed_by_their_targets() {
    let (x0, eps) = (array![[0.7, -0.2], [0.3, 0.9]], array![[-1.1, 0.4], [2.0, -0.6]]);
    for interpolant in [Interpolant::Linear, Interpolant::Trigonometric] {
        for (a, b) in [(0.2, 0.7), (0.01, 0.99), (0.5, 0.333)] {
            let h = 1e-6;
            let ahead = interpolant.at(&x0, &eps, &[a + h, b + h]).unwrap();
            let behind = interpolant.at(&x0, &eps, &[a - h, b - h]).unwrap();
            let velocity = interpolant.velocity(&x0, &eps, &[a, b]).unwrap();
            assert!(((ahead - behind) / (2.0 * h) - &velocity).iter().all(|d| d.abs() < 1e-8));
            let (prediction, factor) = interpolant.prediction();
            let levels = [a, b].map(|time| interpolant.level(time).unwrap());
            let wanted = target(prediction, &x0, &eps, &levels).unwrap();
            assert!((velocity * factor - wanted).iter().all(|d| d.abs() < 1e-14));
        }
        let ends = interpolant.at(&x0, &eps, &[0.0, 1.0]).unwrap();
        assert_eq!((ends.row(0), ends.row(1)), (x0.row(0), eps.row(1)));
        assert!(interpolant.at(&x0, &eps, &[0.0, 1.1]).is_err());
        assert!(interpolant.velocity(&x0, &eps, &[0.5]).is_err());
    }
}

/// Float class: 1e-8 for the derivative, by central differences; exact at the ends. Monte-Carlo class, about four standard errors: the best linear
/// network of the targets between two Gaussians, which is the best of all, carries the one into the other.
#[test]
fn bridges_carry_one_data_set_into_another() {
    let (n, steps) = (4000, 100);
    let column = |purpose: &str, mean: f64, std: f64| {
        let mut stream = Stream::new(8, purpose, 0, 0);
        Array2::from_shape_fn((n, 1), |_| mean + std * stream.normal())
    };
    let (x0, x1, z) =
        (column("first", -1.0, 0.5), column("second", 2.0, 1.5), column("z", 0.0, 1.0));
    for path in [Interpolant::Linear, Interpolant::Trigonometric] {
        let bridge = Bridge { path, gamma: 0.7 };
        let all = |t: f64| vec![t; n];
        let (h, t) = (1e-6, 0.3);
        let ahead = bridge.at(&x0, &x1, &z, &all(t + h)).unwrap();
        let behind = bridge.at(&x0, &x1, &z, &all(t - h)).unwrap();
        let velocity = bridge.velocity(&x0, &x1, &z, &all(t)).unwrap();
        assert!(((ahead - behind) / (2.0 * h) - velocity).iter().all(|off| off.abs() < 1e-7));
        for (t, end) in [(0.0, &x0), (1.0, &x1)] {
            let found = bridge.at(&x0, &x1, &z, &all(t)).unwrap();
            assert!((found - end).iter().all(|off| off.abs() < 1e-15));
        }
        // One, two standard deviations of the first: midpoint steps along the regression of the target on the point.
        let mut points = [-1.5, -1.0, -0.5, 0.0];
        for step in 0..steps {
            let t = (step as f64 + 0.5) / steps as f64;
            let x = bridge.at(&x0, &x1, &z, &all(t)).unwrap();
            let v = bridge.velocity(&x0, &x1, &z, &all(t)).unwrap();
            let (mean_x, mean_v) = (x.mean().unwrap(), v.mean().unwrap());
            let slope = ((&x - mean_x) * (&v - mean_v)).sum() / (&x - mean_x).mapv(|d| d * d).sum();
            let network = |x: f64| mean_v + slope * (x - mean_x);
            let h = 1.0 / steps as f64;
            points = points.map(|x| x + h * network(x + 0.5 * h * network(x)));
        }
        for (found, expected) in points.into_iter().zip([0.5, 2.0, 3.5, 5.0]) {
            assert!((found - expected).abs() < 0.06 * (1.0 + (expected - 2.0).abs()), "{points:?}");
        }
        assert!(Bridge { path, gamma: -1.0 }.at(&x0, &x1, &z, &all(0.5)).is_err());
        assert!(bridge.at(&x0, &x1, &z, &[0.5]).is_err());
    }
}
