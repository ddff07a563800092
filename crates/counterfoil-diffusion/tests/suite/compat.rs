//! The runs of other libraries, reproduced: every golden trajectory from its inputs alone.

use counterfoil_diffusion::{
    Prediction,
    compat::{Class, Inputs, Record, SchedulerConfig},
};
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
