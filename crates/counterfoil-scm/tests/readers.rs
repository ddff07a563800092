//! Models and questions that come from files: whatever these hold, they are read or refused in one line.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

#[path = "../../counterfoil-graph/tests/suite/damaged.rs"]
mod damaged;

use counterfoil_scm::{
    cases,
    discrete::{CptModel, FunctionalModel},
};
use proptest::prelude::*;

const TABLES: &str = include_str!("../fuzz/seeds/models/tables.json");
const FUNCTIONS: &str = include_str!("../fuzz/seeds/models/functions.json");

/// A text with faults.
fn damaged(text: &'static str) -> impl Strategy<Value = String> {
    damaged::damaged(text.trim_end(), "[-XYUV{}\\[\\]:,\" 0-9.]")
}

/// Float: sums of some dozen rounded products.
fn sums_to_one(model: &CptModel) -> Result<(), TestCaseError> {
    if !model.is_empty() {
        let values = 0..model.cardinality(0);
        let sum: f64 = values.map(|value| model.probability(&[(0, value)]).unwrap()).sum();
        prop_assert!((sum - 1.0).abs() < 1e-6, "{}", sum);
    }
    Ok(())
}

#[test]
fn the_seeds_of_the_fuzzers_are_read() {
    CptModel::from_json(TABLES).unwrap();
    FunctionalModel::from_json(FUNCTIONS).unwrap();
    for text in [
        include_str!("../fuzz/seeds/cases/structure.json"),
        include_str!("../fuzz/seeds/cases/effects.json"),
    ] {
        assert_eq!(cases::read(text).unwrap().len(), 3);
    }
}

/// Tables that no machine holds are refused before they are made.
#[test]
fn sizes_that_are_only_claimed_take_no_room() {
    for size in ["18446744073709551615", "9223372036854775807", "4294967296", "0"] {
        let tables = TABLES.replace("\"cardinality\":3", &format!("\"cardinality\":{size}"));
        assert!(CptModel::from_json(&tables).is_err(), "{size}");
        let claimed = format!("\"table\":[0,1],\"cardinality\":{size}");
        let functions = FUNCTIONS.replace("\"table\":[0,1]", &claimed);
        assert_ne!(functions, FUNCTIONS);
        assert!(FunctionalModel::from_json(&functions).is_err(), "{size}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_model_is_read_or_refused(tables in damaged(TABLES), functions in damaged(FUNCTIONS)) {
        match CptModel::from_json(&tables) {
            Ok(model) => sums_to_one(&model)?,
            Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1, "{}", error),
        }
        match FunctionalModel::from_json(&functions) {
            Ok(model) => sums_to_one(model.to_cpt())?,
            Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1, "{}", error),
        }
    }

    #[test]
    fn any_question_is_answered_or_refused(
        text in prop_oneof![
            damaged(include_str!("../fuzz/seeds/cases/structure.json")),
            damaged(include_str!("../fuzz/seeds/cases/effects.json")),
        ],
    ) {
        for case in cases::read(&text).unwrap_or_default() {
            let _ = cases::check(&case);
        }
    }
}
