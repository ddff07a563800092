//! The grader: cases with known answers, one of them wrong, one unknown, two of one name.

use serde_json::{Value, json};

use crate::bench::Bench;

fn chain(id: &str, separated: bool) -> Value {
    json!({
        "id": id,
        "graph": { "nodes": ["A", "B", "C"], "directed": [["A", "B"], ["B", "C"]], "bidirected": [] },
        "query": { "type": "separation", "x": ["A"], "y": ["C"], "z": ["B"] },
        "expected": { "separated": separated },
    })
}

#[test]
fn cases_are_counted_by_position() {
    let bench = Bench::new();
    let mut odd = chain("odd", true);
    odd["query"]["type"] = json!("telepathy");
    let cases = [chain("same", true), chain("same", false), odd];
    bench.write("cases.json", json!(cases).to_string());
    let told = bench.fail(&["graph", "check", "cases.json"]);
    assert!(told.contains("case 2 \"same\" (\"separation\")"), "{told}");
    assert!(told.ends_with("1 passed, 2 failed\n"), "{told}");
    let document: Value =
        serde_json::from_str(&bench.fail(&["graph", "check", "cases.json", "--json"])).unwrap();
    assert_eq!((&document["passed"], &document["failed"]), (&json!(1), &json!(2)));
    let wrong = json!({
        "id": "same", "type": "separation",
        "expected": { "separated": false }, "got": { "separated": true },
    });
    assert_eq!(document["failures"][0], wrong);
    assert_eq!(document["failures"][1]["type"], json!("telepathy"));
    bench.write("right.json", json!([chain("only", true)]).to_string());
    assert_eq!(bench.succeed(&["graph", "check", "right.json"]), "1 passed, 0 failed\n");
    bench.write("none.json", "[]");
    bench.refuse(2, &["graph", "check", "none.json"], &["none.json", "no cases"]);
    bench.refuse(2, &["graph", "check", "missing.json"], &["missing.json"]);
}
