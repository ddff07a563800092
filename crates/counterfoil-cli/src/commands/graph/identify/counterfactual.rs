//! Probabilities of events in one or several worlds.

use counterfoil::graph::counterfactual::{Answer, Formula, Question};
use serde_json::{Value, json};

use super::Options;
use crate::output;

pub(super) fn run(options: &Options, event: &str) -> anyhow::Result<()> {
    let of = &options.graph;
    let graph = of.admg()?;
    let question = Question::parse(&graph, event, &options.given.join(","))
        .map_err(|error| of.at_fault(error))?;
    let answer = question.identify(&graph).map_err(|error| of.at_fault(error))?;
    let left = question.text(&graph);
    let from_data = match &answer {
        Answer::Identified(formula) => Some(formula.from_observations(&graph)),
        _ => None,
    };
    if of.json {
        let conflict = match &answer {
            Answer::NotIdentified(conflict) => Some(conflict.text(&graph)),
            _ => None,
        };
        let experiments = match &answer {
            Answer::Identified(formula) => Some(told(formula)),
            _ => None,
        };
        let observations = from_data.and_then(Result::ok).map(|formula| told(&formula));
        return output::json(&json!({
            "query": left,
            "status": answer.status().to_string(),
            "conflict": conflict,
            "from_experiments": experiments,
            "from_observations": observations,
        }));
    }
    let with_values = |formula: &Formula| {
        let shown = options.shown(&left, formula.estimand());
        match values(formula) {
            known if known.is_empty() => shown,
            known => format!("{shown}  at {}", known.join(", ")),
        }
    };
    match &answer {
        Answer::Identified(formula) => {
            output::line(&with_values(formula))?;
            match from_data {
                Some(Ok(observed)) if observed.estimand() != formula.estimand() => {
                    output::line(&format!("from observations: {}", with_values(&observed)))
                }
                Some(Err(_)) => output::line(
                    "observations alone do not tell it: an experiment of the formula has to be done",
                ),
                _ => Ok(()),
            }
        }
        Answer::NotIdentified(conflict) => {
            output::line(&format!("{left} is not identifiable: {}", conflict.text(&graph)))
        }
        Answer::Zero => output::line(&format!("{left} = 0: the event cannot happen")),
        Answer::One => output::line(&format!("{left} = 1: the condition implies the event")),
        _ => output::line(&format!("{left} is undefined: the condition cannot happen")),
    }
}

fn told(formula: &Formula) -> Value {
    let estimand = formula.estimand();
    json!({
        "estimand": estimand.to_string(),
        "latex": estimand.latex().to_string(),
        "values": values(formula),
    })
}

/// Which value each symbol of the formula stands for, `x' = 0`.
fn values(formula: &Formula) -> Vec<String> {
    let estimand = formula.estimand();
    let shown = |&(symbol, value)| format!("{} = {value}", estimand.letter(symbol));
    formula.values().iter().map(shown).collect()
}
