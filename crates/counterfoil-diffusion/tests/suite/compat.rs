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

/// Where a run of the scheduler ends that begins at 1 and whose network predicts 0.3 of its state as noise.
fn ends(text: &str, steps: usize) -> (Vec<f64>, f64) {
    let config = SchedulerConfig::from_json(text).unwrap();
    let recipe = config.recipe(steps, 0.0, Prediction::Eps).unwrap();
    let mut network = denoiser(Prediction::Eps, |x: &Array1<f64>, _| Ok(x * 0.3));
    (recipe.labels(), recipe.plan.run(array![1.0], &mut network, &mut NoNoise).unwrap()[0])
}

/// Float class: 5e-5, the tables of diffusers being in single precision. Labels and ends of runs of diffusers 0.42.1 with these
/// options: the ends that `set_alpha_to_one` chooses, and Karras levels over the whole table at whole labels.
#[test]
fn ends_and_karras_levels_are_those_of_diffusers() {
    let stable = r#"{"_class_name": "DDIMScheduler", "set_alpha_to_one": false, "steps_offset": 1, "clip_sample": false,
        "beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}"#;
    let inverse = r#"{"_class_name": "DDIMInverseScheduler", "clip_sample": false}"#;
    let karras = r#"{"_class_name": "DPMSolverMultistepScheduler", "use_karras_sigmas": true}"#;
    for (text, steps, labels, end) in [
        (stable, 5, vec![801.0, 601.0, 401.0, 201.0, 1.0], 2.872_914_506_855_509),
        (inverse, 5, vec![0.0, 200.0, 400.0, 600.0, 800.0], 0.186_988_447_043_346_83),
        (karras, 6, vec![999.0, 880.0, 711.0, 434.0, 77.0, 0.0], 14.283_123_535_586_427),
    ] {
        let (found, at) = ends(text, steps);
        assert_eq!(found, labels);
        assert!((at / end - 1.0).abs() < 5e-5, "{at} for {end}");
    }
    for class in ["DPMSolverSinglestep", "UniPCMultistep"] {
        let text = format!(
            r#"{{"_class_name": "{class}Scheduler", "use_karras_sigmas": true, "beta_schedule": "squaredcos_cap_v2"}}"#
        );
        let config = SchedulerConfig::from_json(&text).unwrap();
        let recipe = config.recipe(6, 0.0, Prediction::Eps).unwrap();
        assert_eq!(recipe.labels(), [999.0, 999.0, 998.0, 993.0, 837.0, 0.0], "{class}");
        let last = recipe.levels[5].s();
        assert!((last / 0.006_427_108_775_824_308 - 1.0).abs() < 1e-3, "{class}: {last}");
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
    for (class, option) in [
        ("DDIM", r#""set_alpha_to_one": false"#),
        ("PNDM", r#""set_alpha_to_one": true"#),
        ("PNDM", r#""timestep_spacing": "linspace""#),
        ("DEISMultistep", r#""use_karras_sigmas": true"#),
        (
            "DPMSolverMultistep",
            r#""use_karras_sigmas": true, "beta_schedule": "squaredcos_cap_v2""#,
        ),
        ("DPMSolverSinglestep", r#""algorithm_type": "sde-dpmsolver++""#),
        ("HeunDiscrete", r#""clip_sample": true"#),
        ("UniPCMultistep", r#""rescale_betas_zero_snr": true"#),
        ("FlowMatchEulerDiscrete", r#""shift_terminal": 0.1"#),
        ("FlowMatchEulerDiscrete", r#""use_karras_sigmas": true"#),
    ] {
        let text = format!(r#"{{"_class_name": "{class}Scheduler", {option}}}"#);
        let name = option.split('"').nth(1).unwrap();
        assert!(refused(&text, 10).contains(name), "{text}");
    }
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
