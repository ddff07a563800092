//! Texts that come from elsewhere: names of samplers, schedulers of diffusers, recorded runs, settings. Whatever they hold,
//! they are read or refused in one line, and what is read has a plan or says why not.

use crate::damaged;
use counterfoil_diffusion::analytic::Mixture;
use counterfoil_diffusion::compat::{Inputs, Record, SchedulerConfig};
use counterfoil_diffusion::{Choice, ContinuousSchedule, Grid, Prediction, Respacing, Spacing};
use proptest::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

/// A text with faults.
fn damaged(text: &'static str) -> impl Strategy<Value = String> {
    damaged::damaged(text.trim_end(), "[-a-c{}\\[\\]:_,\" 0-9.]")
}

fn one_line(error: &dyn std::error::Error) -> Result<(), TestCaseError> {
    prop_assert_eq!(error.to_string().lines().count(), 1, "{}", error);
    Ok(())
}

/// What the text says is what it says again once it is written.
fn same<T: DeserializeOwned + Serialize>(text: &str) -> Result<Option<T>, TestCaseError> {
    let Ok(read) = serde_json::from_str::<T>(text) else { return Ok(None) };
    let written = serde_json::to_string(&read).unwrap();
    let again: T = serde_json::from_str(&written).unwrap();
    prop_assert_eq!(serde_json::to_string(&again).unwrap(), written);
    Ok(Some(read))
}

const GRID: &str = r#"{"levels":[{"ln_alpha":-0.51,"ln_sigma":-0.22},{"ln_alpha":0.0}],"times":[{"index":9},{"index":0}]}"#;

#[test]
fn the_grid_without_faults_is_read() {
    assert_eq!(same::<Grid>(GRID).unwrap().unwrap().steps(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_name_is_read_or_refused(text in "[-a-z0-9,. ]{0,24}") {
        if let Err(error) = text.parse::<Choice>() {
            one_line(&error)?;
        }
        if let Err(error) = text.parse::<Respacing>() {
            one_line(&error)?;
        }
    }

    /// Numbers of steps that no machine holds among them.
    #[test]
    fn any_scheduler_has_a_plan_or_says_why_not(
        text in prop_oneof![
            damaged(include_str!("../../fuzz/seeds/scheduler_config/dpm.json")),
            damaged(include_str!("../../fuzz/seeds/scheduler_config/ddim.json")),
            damaged(include_str!("../../fuzz/seeds/scheduler_config/flow.json")),
            any::<usize>().prop_map(|n| format!("{{\"_class_name\":\"DDIMScheduler\",\"num_train_timesteps\":{n}}}")),
        ],
        steps in prop_oneof![0usize..40, any::<usize>()],
    ) {
        match SchedulerConfig::from_json(&text) {
            Err(error) => one_line(&error)?,
            Ok(config) => {
                if let Err(error) = config.recipe(steps, 0.5, Prediction::Eps) {
                    one_line(&error)?;
                }
            }
        }
    }

    #[test]
    fn any_record_is_compared_or_refused(text in damaged(include_str!("../../fuzz/seeds/record/ddim.json"))) {
        let inputs = r#"{ "models": { "normal": { "weights": [1.0], "means": [[0.0]], "stds": [[1.0]] } },
            "x_start": { "normal": [[0.5]] }, "x0_for_inversion": { "normal": [[0.5]] } }"#;
        let inputs: Inputs = serde_json::from_str(inputs).unwrap();
        if let Ok(record) = serde_json::from_str::<Record>(&text)
            && let Err(said) = record.compare(&inputs)
        {
            prop_assert_eq!(said.lines().count(), 1, "{}", said);
        }
    }

    #[test]
    fn any_setting_is_refused_or_reads_back(
        mixture in damaged(include_str!("../../fuzz/seeds/settings/mixture.json")),
        spacing in damaged(include_str!("../../fuzz/seeds/settings/karras.json")),
        grid in damaged(GRID),
        path in damaged(r#"{"path":{"vp":{"beta_min":0.1,"beta_max":20.0}},"cleanest":0.001,"noisiest":1.0}"#),
    ) {
        same::<Mixture>(&mixture)?;
        same::<Spacing>(&spacing)?;
        same::<Grid>(&grid)?;
        same::<ContinuousSchedule>(&path)?;
    }
}
