//! Agreement with stored reference values (`tests/golden/diffusion.json`, where their origin is told).

use crate::mixture::{Mixture, distance, level_of_s, uniform_grid};
use approx::assert_relative_eq;
use counterfoil_diffusion::training::LossWeight;
use counterfoil_diffusion::{
    Ddim, Ddpm, DiscreteSchedule, DpmSolver2M, End, Level, NoNoise, Prediction, Respacing, Sampler,
    Spacing,
};
use ndarray::Array2;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

/// The part of the golden file under a path of keys.
pub(crate) fn golden<T: DeserializeOwned>(path: &[&str]) -> T {
    let file: Value = serde_json::from_str(include_str!("../golden/diffusion.json")).unwrap();
    let part = path.iter().fold(&file, |value, key| &value[key]);
    serde_json::from_value(part.clone()).unwrap()
}

/// A batch of points from its rows.
pub(crate) fn batch(rows: &[Vec<f64>]) -> Array2<f64> {
    let numbers = rows.iter().flatten().copied().collect();
    Array2::from_shape_vec((rows.len(), rows[0].len()), numbers).unwrap()
}

fn linear() -> DiscreteSchedule {
    DiscreteSchedule::linear(1000).unwrap()
}

/// Float class: 1e-13 relative, a thousand roundings of one half ulp each.
#[test]
fn schedules_agree() {
    let indices: Vec<usize> = golden(&["indices"]);
    for (name, schedule) in
        [("linear", linear()), ("cosine", DiscreteSchedule::cosine(1000).unwrap())]
    {
        let betas: Vec<f64> = golden(&["schedules", name, "betas"]);
        let alpha_bars: Vec<f64> = golden(&["schedules", name, "alphas_cumprod"]);
        for (k, &i) in indices.iter().enumerate() {
            // The cosine betas are differences of neighbouring squares, good to 1e-16 / beta.
            assert_relative_eq!(schedule.betas()[i], betas[k], max_relative = 1e-11);
            let level = schedule.level(i).unwrap();
            assert_relative_eq!(level.alpha_bar(), alpha_bars[k], max_relative = 1e-12);
            let noise = 1.0 - alpha_bars[k];
            assert_relative_eq!(
                level.sigma().powi(2),
                noise,
                epsilon = 1e-15,
                max_relative = 1e-12
            );
        }
    }
}

/// Exact, but for ties.
#[test]
fn labels_agree() {
    let tables: BTreeMap<String, BTreeMap<String, Vec<usize>>> = golden(&["timesteps"]);
    let mut compared = 0;
    for (steps, lists) in tables {
        let steps: usize = steps.parse().unwrap();
        for (name, expected) in lists {
            let spacing = match name.as_str() {
                "leading" => Spacing::Leading { offset: 0 },
                "trailing" => Spacing::Trailing,
                // One step from label 0, as numpy's linspace would have it, could not generate anything.
                "linspace" if steps == 1 => continue,
                "linspace" => Spacing::Linspace,
                // The list that a floating-point range gives, with one label too many.
                "trailing_diffusers_differs" => {
                    assert_ne!(Spacing::Trailing.labels(1000, steps).unwrap().unwrap(), expected);
                    continue;
                }
                other => panic!("unknown list {other}"),
            };
            let found = spacing.labels(1000, steps).unwrap().unwrap();
            assert_eq!(found.len(), expected.len());
            for (i, (found, expected)) in found.into_iter().zip(expected).enumerate() {
                // A half exactly between two labels goes to the even one. The stored list was rounded in floating
                // point, where 999 * 30 / 60 is a little less than 499.5.
                let tie =
                    name == "linspace" && (999 * 2 * (steps - 1 - i)).is_multiple_of(steps - 1);
                let same = found == expected || tie && found == expected + 1 && found % 2 == 0;
                assert!(same, "{name} {steps}, label {i}: {found}, not {expected}");
            }
            compared += 1;
        }
    }
    assert!(compared > 20);
}

/// Exact.
#[test]
fn respacings_agree() {
    let lists: BTreeMap<String, Vec<usize>> = golden(&["respacing"]);
    for (spec, mut expected) in lists {
        expected.reverse();
        let respacing: Respacing = spec.parse().unwrap();
        assert_eq!(respacing.labels(1000).unwrap(), expected, "{spec}");
        assert_eq!(respacing.to_string(), spec);
    }
}

/// Float class: 1e-11 relative; the reference forms `1 - alpha_bar`, which near the data keeps 12 digits.
#[test]
fn posterior_and_loss_tables_agree() {
    let labels: Vec<usize> = (0..1000).rev().collect();
    let grid = linear().grid_at(&labels, End::Zero).unwrap();
    let plan = Ddpm::default().plan(&grid, Prediction::X0).unwrap();
    let indices: Vec<usize> = golden(&["indices"]);
    let table = |name: &str| golden::<Vec<f64>>(&["ddpm_tables", name]);
    let check = |name: &str, value: &dyn Fn(usize) -> f64| {
        for (&i, expected) in indices.iter().zip(table(name)) {
            assert_relative_eq!(value(i), expected, max_relative = 1e-11);
        }
    };
    check("posterior_variance", &|i| plan.stages()[999 - i].noise.powi(2));
    check("posterior_mean_coef1", &|i| plan.stages()[999 - i].history[0]);
    check("posterior_mean_coef2", &|i| plan.stages()[999 - i].state);
    let level = |i| linear().level(i).unwrap();
    check("snr", &|i| level(i).snr());
    let weight =
        |i, prediction| LossWeight::MinSnr { gamma: 5.0 }.at(level(i), prediction).unwrap();
    check("min_snr_gamma5_weight_eps", &|i| weight(i, Prediction::Eps));
    check("min_snr_gamma5_weight_v", &|i| weight(i, Prediction::V));
    check("min_snr_gamma5_weight_x0", &|i| weight(i, Prediction::X0));
}

/// The network of the tests itself. Float class: 1e-11.
#[test]
fn the_mixture_agrees() {
    #[derive(Deserialize)]
    struct Probe {
        model: String,
        abar: f64,
        x: Vec<f64>,
        eps: Vec<f64>,
        x0: Vec<f64>,
    }
    for probe in golden::<Vec<Probe>>(&["model_probes"]) {
        let mixture: Mixture = golden(&["models", &probe.model]);
        let (x, level) = (batch(&[probe.x]), Level::from_alpha_bar(probe.abar).unwrap());
        let close = |prediction, expected: Vec<f64>| {
            let found = mixture.predict(prediction, &x, level);
            assert!(distance(&found, &batch(&[expected])) < 1e-11);
        };
        close(Prediction::Eps, probe.eps);
        close(Prediction::X0, probe.x0);
    }
}

/// The exact flow of the tests, down the levels and up again from the data. Float class: 2e-9, the accuracy that
/// the stored reference claims being 5e-10.
#[test]
fn the_flow_agrees() {
    for model in ["gmm1d", "gmm4d"] {
        let mixture: Mixture = golden(&["models", model]);
        let levels: Vec<f64> = golden(&["flow", "levels_s"]);
        let scaled: Vec<Vec<Vec<f64>>> = golden(&["flow", "xbar", model]);
        let start: Vec<Vec<f64>> = golden(&["flow", "start_xbar", model]);
        let start_level = level_of_s(golden(&["flow", "s_start"]));
        let start = batch(&start) * start_level.alpha();
        for (s, expected) in levels.into_iter().zip(scaled).filter(|(s, _)| *s > 0.0) {
            let found = mixture.flow(start.clone(), start_level, level_of_s(s));
            let expected = batch(&expected) * level_of_s(s).alpha();
            let error = distance(&found, &expected);
            assert!(error < 2e-9, "{model} at s = {s}: {error:e}");
        }
        let image: Vec<Vec<f64>> = golden(&["flow", "encode_x0", model, "x0"]);
        let noise: Vec<Vec<f64>> = golden(&["flow", "encode_x0", model, "x_T_vp"]);
        let found = mixture.flow(batch(&image), Level::CLEAN, start_level);
        assert!(distance(&found, &batch(&noise)) < 2e-9);
    }
}

/// The errors themselves, not only their slope. Float class: 1e-8, which is far below the errors compared.
#[test]
fn errors_of_known_order_agree() {
    let counts: Vec<usize> = golden(&["orders", "n"]);
    for model in ["gmm1d", "gmm4d"] {
        let mixture: Mixture = golden(&["models", model]);
        let start: Vec<Vec<f64>> = golden(&["x_start", model]);
        let start = batch(&start);
        let exact = mixture.flow(start.clone(), level_of_s(80.0), level_of_s(0.05));
        let samplers: [(&str, &dyn Sampler); 2] =
            [("ddim", &Ddim::default()), ("dpm-solver-2m", &DpmSolver2M::default())];
        for (name, sampler) in samplers {
            let errors: Vec<f64> = golden(&["orders", model, name]);
            for (&steps, expected) in counts.iter().zip(errors).take(4) {
                let grid = uniform_grid(80.0, 0.05, steps);
                let plan = sampler.plan(&grid, Prediction::Eps).unwrap();
                let mut network = mixture.network(Prediction::Eps);
                let found = plan.run(start.clone(), &mut network, &mut NoNoise).unwrap();
                let error = distance(&found, &exact);
                assert!((error - expected).abs() < 1e-8, "{name} {model} {steps}: {error:e}");
            }
        }
    }
}
