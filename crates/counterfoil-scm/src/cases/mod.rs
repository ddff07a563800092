//! A grader: questions about causal graphs with known answers, answered anew and compared.
//!
//! A case has an `id`, a `graph`, a `query` of one of 13 types and the answer `expected`:
//!
//! | `query.type` | asked of the graph crate | compared |
//! |---|---|---|
//! | `separation`, `do_rule` | whether it holds | the verdict; an open path is verified |
//! | `adjustment`, `frontdoor`, `instruments` | all sets | the families, how many there are, the optimal set |
//! | `cpdag`, `latent_projection` | the graph | its edges, the size of its class |
//! | `identify`, `gid`, `transport` | a formula | the verdict; a refusal's certificate is verified |
//! | `counterfactual` | a formula | the status; a conflict is verified |
//! | `numeric_effect` | a formula | its value at every cell of the joint distribution that the case gives |
//! | `numeric_counterfactual` | a formula | the enumeration of the model, and the formula on its experiments |
//!
//! An answer counts as right when it is what the case expects *and* what proves it holds. Hedges and formulas are never
//! compared as text: there are many right ones. A case that cannot be read, or is of an unknown type, has failed. Numbers
//! agree within [`TOLERANCE`](crate::oracle::TOLERANCE).
//!
//! ```
//! let cases = counterfoil_scm::cases::read(
//!     r#"[{"id": "chain",
//!          "graph": {"nodes": ["A", "B", "C"], "directed": [["A", "B"], ["B", "C"]], "bidirected": []},
//!          "query": {"type": "separation", "x": ["A"], "y": ["C"], "z": ["B"]},
//!          "expected": {"separated": false}}]"#,
//! )?;
//! let failure = counterfoil_scm::cases::check(&cases[0]).unwrap_err();
//! assert_eq!(failure.got["separated"], true);
//! # Ok::<(), counterfoil_scm::ScmError>(())
//! ```

mod counterfactuals;
mod effects;
mod query;
mod structure;

use crate::ScmError;
use query::{Case, Query};
use serde::Serialize;
use serde_json::{Value, json};

/// A case whose answer is not the expected one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure {
    /// What the case is called; `null` when it has no name.
    pub id: Value,
    /// The type of its query, as written.
    #[serde(rename = "type")]
    pub kind: Value,
    /// What the case expects, without models and tables.
    pub expected: Value,
    /// What was found in its place, or `{"error": ..}` when nothing was.
    pub got: Value,
}

/// The array of cases in a JSON text. What is wrong with a single one shows when it is checked.
///
/// # Errors
/// [`ScmError::Json`] with the place when the text is no JSON array.
pub fn read(text: &str) -> Result<Vec<Value>, ScmError> {
    serde_json::from_str(text).map_err(|error| crate::discrete::refusal(&error))
}

/// Answers one case.
///
/// # Errors
/// [`Failure`] when the answer differs from the expected one, cannot be proven, or the case cannot be read.
pub fn check(case: &Value) -> Result<(), Box<Failure>> {
    let failure = |got: Value| {
        Box::new(Failure {
            id: case["id"].clone(),
            kind: case["query"]["type"].clone(),
            expected: told(&case["expected"]),
            got,
        })
    };
    match answer(case) {
        Ok(Finding::Right) => Ok(()),
        Ok(Finding::Wrong(got)) => Err(failure(got)),
        Err(reason) => Err(failure(json!({ "error": reason }))),
    }
}

/// What is expected, without what is only there to compute with.
fn told(expected: &Value) -> Value {
    let mut told = expected.clone();
    if let Some(fields) = told.as_object_mut() {
        for data in ["model", "scm", "observational_joint"] {
            fields.remove(data);
        }
    }
    told
}

/// What became of a case that could be answered.
enum Finding {
    Right,
    /// What was found instead.
    Wrong(Value),
}

impl Finding {
    /// Compares two answers of one shape.
    fn of<A: PartialEq + Serialize>(expected: &A, got: &A) -> Result<Self, String> {
        if expected == got {
            return Ok(Self::Right);
        }
        serde_json::to_value(got).map(Self::Wrong).map_err(|error| error.to_string())
    }
}

fn answer(case: &Value) -> Result<Finding, String> {
    let case = Case::read(case)?;
    match &case.query {
        Query::Separation(query) => structure::separation(&case, query),
        Query::DoRule(query) => structure::rule(&case, query),
        Query::Adjustment(query) => structure::adjustment(&case, query),
        Query::Frontdoor(query) => structure::front_door(&case, query),
        Query::Instruments(query) => structure::instruments(&case, query),
        Query::Cpdag {} => structure::cpdag(&case),
        Query::LatentProjection(query) => structure::projection(&case, query),
        Query::Identify(query) => effects::identified(&case, query),
        Query::Gid(query) | Query::Transport(query) => effects::identified_from(&case, query),
        Query::NumericEffect(query) => effects::numeric(&case, query),
        Query::Counterfactual(query) => counterfactuals::status(&case, query),
        Query::NumericCounterfactual(query) => counterfactuals::numeric(&case, query),
    }
}
