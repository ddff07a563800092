//! The runs of other libraries, reproduced: every golden trajectory from its inputs alone.

use counterfoil_diffusion::{
    ItemPlans, NoNoise, Plan, Prediction,
    compat::{Class, Inputs, Record, SchedulerConfig},
    denoiser,
};
use ndarray::{Array1, array};
use serde_json::Value;

/// Float class: 1e-11 on values of order 1, after up to 50 steps; states in the exploding scale reach 200, so 1e-10 there.
const TOLERANCE: f64 = 1e-10;

fn file() -> (Inputs, Vec<Record>) {
    let text = include_str!("../golden/trajectories.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let records = serde_json::from_value(file["trajectories"].clone()).unwrap();
    (serde_json::from_value(file).unwrap(), records)
}

#[test]
fn every_trajectory_is_reproduced() {
    let (inputs, records) = file();
    let mut samplers = std::collections::BTreeSet::new();
    for record in &records {
        for deviation in record.compare(&inputs).unwrap() {
            let label = format!("{} on {} in {} steps", record.sampler, record.model, record.n);
            assert!(deviation.error < TOLERANCE, "{label}: {deviation:?}");
        }
        samplers.insert(record.sampler.clone());
    }
    assert_eq!(samplers.len(), 28);
}

/// The comparison sees every option: a record that was made with another one differs.
#[test]
fn other_options_differ() {
    let (inputs, records) = file();
    let differs = |record: &Record| match record.compare(&inputs) {
        Ok(deviations) => deviations.iter().any(|deviation| deviation.error > 1e-6),
        Err(_) => true,
    };
    for record in &records {
        let changes: [fn(&mut Record); 3] = [
            |record| record.n += 1,
            |record| record.init.beta_end = Some(0.021),
            |record| record.init.num_train_timesteps = Some(900),
        ];
        for change in changes {
            let mut other = record.clone();
            change(&mut other);
            // Flow levels have no betas.
            let idle =
                Class::from_name(&other.scheduler) == Class::FlowEuler && other.n == record.n;
            assert!(idle || differs(&other), "{} in {} steps", record.sampler, other.n);
        }
    }
}

#[test]
fn what_diffusers_cannot_do_is_refused() {
    let refused = |text: &str, steps| {
        let config = SchedulerConfig::from_json(text).unwrap();
        config.recipe(steps, 0.0, Prediction::V).unwrap_err().to_string()
    };
    let trailing = r#"{"_class_name": "DDIMScheduler", "timestep_spacing": "trailing"}"#;
    assert!(refused(trailing, 61).contains("one label too many"));
    let unknown = r#"{"_class_name": "DDPMScheduler", "beta_schedule": "bezier"}"#;
    assert!(refused(unknown, 10).contains("beta_schedule"));
    let option = r#"{"_class_name": "UniPCMultistepScheduler", "thresholding": true}"#;
    assert!(refused(option, 10).contains("thresholding"));
    let class = r#"{"_class_name": "GuessworkScheduler"}"#;
    assert!(refused(class, 10).contains("_class_name"));
    let sde = r#"{"_class_name": "DPMSolverMultistepScheduler", "solver_order": 3, "algorithm_type": "sde-dpmsolver++"}"#;
    assert!(refused(sde, 10).contains("wrong sign"));
    for class in ["DDIM", "PNDM", "UniPCMultistep", "FlowMatchEulerDiscrete"] {
        let text = format!(r#"{{"_class_name": "{class}Scheduler"}}"#);
        assert!(refused(&text, 0).contains("at least one step"), "{class}");
    }
    assert!(refused(r#"{"_class_name": "PNDMScheduler"}"#, 3).contains("at least 4 steps"));
}

/// Float class: 1e-14, by hand. From alpha 0.6 to 0.8 the image (2 + 0.8) / 0.6 is clamped to 1 and the noise is the
/// network's -1, not the 1.75 that the clamped image leaves; whatever the network predicts, and for items with plans of
/// their own. The step to the image knows no noise, and the plan survives JSON.
#[test]
fn ddim_clamps_the_image_and_keeps_the_noise() {
    let text = r#"{"_class_name": "DDIMScheduler", "num_train_timesteps": 2, "trained_betas": [0.36, 0.4375]}"#;
    let config = SchedulerConfig::from_json(text).unwrap();
    for prediction in [Prediction::Eps, Prediction::X0, Prediction::V] {
        let mut network = denoiser(prediction, |x: &Array1<f64>, call| {
            let noise = array![-1.0];
            Ok(Prediction::Eps.convert(prediction, x, noise, call.level)?)
        });
        let plan = config.recipe(2, 0.0, prediction).unwrap().plan;
        let mut run = plan.start(array![2.0]).unwrap();
        let mut state = || {
            run.step(&mut network, &mut NoNoise).unwrap().unwrap();
            run.state()[0]
        };
        let (one, two) = (state(), state());
        assert!((one - (0.8 - 0.6)).abs() < 1e-14, "{prediction}: {one}");
        assert!((two - 1.0).abs() < 1e-14, "{prediction}: {two}");
        let lanes = ItemPlans::staggered(&plan, 1, 0).unwrap();
        let items = lanes.run(array![2.0], &mut network, &mut NoNoise).unwrap();
        assert!((items[0] - two).abs() < 1e-14);
        let written = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&written).unwrap(), plan);
        // Half of the noise is drawn and half of its variance is kept.
        let drawn = config.recipe(2, 0.5, prediction).unwrap().plan;
        let first = &drawn.stages()[0];
        let kept = (0.36 - first.noise * first.noise).sqrt();
        let at = |output: f64| first.history[0] + first.state * 2.0 + first.output * output;
        let output = match prediction {
            Prediction::Eps => -1.0,
            Prediction::X0 => 2.8 / 0.6,
            _ => -0.6 - 0.8 * 2.8 / 0.6,
        };
        assert!(first.noise > 0.1 && (at(output) - (0.8 - kept)).abs() < 1e-14);
    }
}
