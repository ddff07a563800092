//! Counterfactuals: statuses with their certificates, and values in the model that a case gives.

use super::{
    Finding,
    query::{Case, Events},
};
use crate::{
    discrete::{FunctionalModel, facts},
    oracle::{agree, formula_error, truth},
};
use counterfoil_graph::{Variable, counterfactual::Answer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize, Serialize, PartialEq)]
struct Status {
    status: String,
}

pub(super) fn status(case: &Case, query: &Events) -> Result<Finding, String> {
    let status = match answered(case, query)? {
        Answer::Identified(_) => "identifiable",
        Answer::NotIdentified(_) => "non_identifiable",
        Answer::Zero => "zero",
        Answer::One => "one",
        Answer::UndefinedCondition => "undefined",
        other => return Err(format!("cases have no name for {}", other.status())),
    };
    Finding::of(&case.expected()?, &Status { status: status.to_owned() })
}

/// The answer; a conflict is verified.
fn answered(case: &Case, query: &Events) -> Result<Answer, String> {
    let question = case.question(query)?;
    let answer = question.identify(&case.graph).map_err(|error| error.to_string())?;
    match &answer {
        Answer::NotIdentified(conflict)
            if !conflict.verify(&case.graph, &question.event, &question.given) =>
        {
            Err(format!("the conflict is none: {}", conflict.text(&case.graph)))
        }
        _ => Ok(answer),
    }
}

#[derive(Deserialize)]
struct Number {
    value: f64,
    scm: Value,
}

/// The model answers by its noise; a formula is evaluated on its interventional distributions.
pub(super) fn numeric(case: &Case, query: &Events) -> Result<Finding, String> {
    let Number { value: expected, scm } = case.expected()?;
    let model = FunctionalModel::from_json(&scm.to_string())
        .and_then(|model| model.in_order(case.graph.variables().map(Variable::name)))
        .map_err(|error| error.to_string())?;
    let question = case.question(query)?;
    let modelled = truth(&model, &facts(&question.event), &facts(&question.given))
        .map_err(|error| error.to_string())?;
    let differs = |value: f64| !agree(value, expected);
    if differs(modelled) {
        return Ok(Finding::Wrong(json!({ "model": modelled })));
    }
    let wrong = match answered(case, query)? {
        Answer::Identified(formula) => formula_error(&formula, &model, &model, expected).err(),
        Answer::Zero if differs(0.0) => Some("called zero".to_owned()),
        Answer::One if differs(1.0) => Some("called one".to_owned()),
        Answer::UndefinedCondition => Some("called undefined".to_owned()),
        _ => None,
    };
    Ok(match wrong {
        None => Finding::Right,
        Some(reason) => Finding::Wrong(json!({ "model": modelled, "error": reason })),
    })
}
