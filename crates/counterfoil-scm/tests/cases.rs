//! The grader of known cases passes what is right, and nothing else: every case with one detail of its expected answer
//! changed fails. Verdicts are exact, numbers are compared by the grader's own tolerance.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use counterfoil_scm::cases::{check, read};
use serde_json::{Value, json};

fn cases() -> Vec<Value> {
    read(include_str!("../../counterfoil-graph/tests/goldens/causal_cases.json")).unwrap()
}

#[test]
fn all_known_cases_pass() {
    for case in cases() {
        assert_eq!(check(&case), Ok(()), "{}", case["id"]);
    }
}

/// Copies of an expected answer with one thing changed that the grader compares.
fn changed(expected: &Value) -> Vec<(String, Value)> {
    let mut copies = Vec::new();
    let mut change = |key: &str, value: Value| {
        let mut copy = expected.clone();
        copy[key] = value;
        copies.push((key.to_owned(), copy));
    };
    for (key, value) in expected.as_object().unwrap() {
        match (key.as_str(), value) {
            ("hedge", hedge) => {
                change(key, json!({ "F": hedge["F_prime"], "F_prime": hedge["F_prime"] }));
            }
            ("effects", Value::Array(effects)) => {
                let mut other = effects.clone();
                let p = &mut other[0]["p"][0];
                *p = json!(p.as_f64().unwrap() + 1e-6);
                change(key, json!(other));
            }
            // What only serves to compute, says where an answer is from, or is another tool's.
            ("model" | "scm" | "observational_joint" | "data" | "closed_form", _) => {}
            (name, _) if name.starts_with("example_") || name.ends_with("_caveat") => {}
            ("cfid_status" | "self_check_max_abs_error", _) => {}
            (_, Value::Bool(known)) => change(key, json!(!known)),
            ("value", Value::Number(known)) => change(key, json!(known.as_f64().unwrap() + 1e-6)),
            (_, Value::Number(known)) => change(key, json!(known.as_u64().unwrap() + 1)),
            ("status", status) => {
                change(key, json!(if status == "zero" { "one" } else { "zero" }));
            }
            (_, Value::Array(members)) if !members.is_empty() => {
                change(key, json!(members[1..]));
            }
            (_, Value::Array(_)) => change(key, json!([["no such thing", "nor this"]])),
            ("o_set", Value::Null) => change(key, json!([])),
            other => panic!("{other:?} is no field that this test knows"),
        }
    }
    copies
}

#[test]
fn every_changed_answer_fails() {
    let mut changes = 0;
    for case in cases() {
        for (key, expected) in changed(&case["expected"]) {
            let mut other = case.clone();
            other["expected"] = expected;
            assert!(check(&other).is_err(), "{} passes with another `{key}`", case["id"]);
            changes += 1;
        }
    }
    assert!(changes > 300, "{changes}");
}

/// The formula of an effect may see the joint distribution alone.
#[test]
fn effects_do_not_see_the_model() {
    for mut case in cases() {
        if case["query"]["type"] == "numeric_effect" {
            case["expected"].as_object_mut().unwrap().remove("model");
            assert_eq!(check(&case), Ok(()), "{}", case["id"]);
            let p = &mut case["expected"]["observational_joint"]["p"];
            let n = p.as_array().unwrap().len();
            *p = json!(vec![1.0 / n as f64; n]);
            assert!(check(&case).is_err(), "{} passes with another joint", case["id"]);
        }
    }
}

#[test]
fn what_cannot_be_read_has_failed() {
    let case = &cases()[0];
    let with = |key: &str, value: Value| {
        let mut case = case.clone();
        case[key] = value;
        check(&case).unwrap_err().got["error"].as_str().unwrap().to_owned()
    };
    let told = with("query", json!({ "type": "telepathy" }));
    assert!(told.contains("unknown variant `telepathy`"), "{told}");
    let told = with("query", json!({ "type": "separation", "x": ["Nobody"], "y": ["Wet"] }));
    assert!(told.contains("Nobody"), "{told}");
    let told = with("graph", json!({ "nodes": ["A"], "directed": [["A", "A"]] }));
    assert!(!told.is_empty());
    let told = with("expected", json!({}));
    assert!(told.contains("separated"), "{told}");
    assert!(check(&json!(7)).is_err());
    assert!(read("{}").is_err() && read("[").is_err());
}
