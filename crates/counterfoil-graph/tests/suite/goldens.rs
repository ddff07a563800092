//! The cases with known answers, read from their file.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use counterfoil_graph::{Admg, NodeSet, Variable};
use serde_json::Value;

/// All cases of the given type.
pub(crate) fn cases(kind: &str) -> Vec<Value> {
    let text = include_str!("../goldens/causal_cases.json");
    let all: Vec<Value> = serde_json::from_str(text).unwrap();
    let cases: Vec<Value> = all.into_iter().filter(|case| case["query"]["type"] == kind).collect();
    assert!(!cases.is_empty(), "there are no cases of type {kind}");
    cases
}

/// The strings of a JSON array; none where there is no array.
pub(crate) fn strings(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().map(|v| v.as_str().unwrap()).collect()
}

/// The nodes that a JSON array names.
pub(crate) fn set(graph: &Admg, value: &Value) -> NodeSet {
    graph.set_of(strings(value)).unwrap()
}

fn borrow(edges: &[(String, String)]) -> Vec<(&str, &str)> {
    edges.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect()
}

/// The graph of a case.
pub(crate) fn graph(case: &Value) -> Admg {
    let pairs = |key: &str| -> Vec<(String, String)> {
        let edges = case["graph"][key].as_array().unwrap();
        edges
            .iter()
            .map(|edge| {
                let ends = strings(edge);
                (ends[0].to_owned(), ends[1].to_owned())
            })
            .collect()
    };
    let (directed, bidirected) = (pairs("directed"), pairs("bidirected"));
    let names = strings(&case["graph"]["nodes"]);
    let variables = names.into_iter().map(|name| Variable::continuous(name).unwrap());
    Admg::new(variables, &borrow(&directed), &borrow(&bidirected)).unwrap()
}
