//! Effects: verdicts with their certificates, and formulas on the joint distribution that a case gives.

use super::{
    Finding,
    query::{Available, Case, FromRegimes, Triple},
};
use crate::oracle::{agree, all, completions};
use counterfoil_graph::{
    NodeSet, Query,
    estimand::{JointTable, Symbol, Table},
    identification::{Hedge, NotIdentified, NotIdentifiedFrom, Regime, identify, identify_from},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize, Serialize, PartialEq)]
struct Verdict {
    identifiable: bool,
}

#[derive(Deserialize)]
struct Expected {
    identifiable: bool,
    hedge: Option<Sets>,
}

#[derive(Deserialize)]
struct Sets {
    #[serde(rename = "F")]
    f: Vec<String>,
    #[serde(rename = "F_prime")]
    f_prime: Vec<String>,
}

/// The hedge that the case shows is not compared with the one that is found, but it has to be one.
pub(super) fn identified(case: &Case, query: &Triple) -> Result<Finding, String> {
    let query = case.effect(query)?;
    let expected: Expected = case.expected()?;
    let refusal = refusal(case, &query)?;
    if let (Some(hedge), Some(shown)) = (&refusal, &expected.hedge) {
        let reduced = hedge.reduced.clone();
        let shown = Hedge { f: case.set(&shown.f)?, f_prime: case.set(&shown.f_prime)?, reduced };
        if !shown.verify(&case.graph, &query) {
            let found = json!({
                "F": case.graph.names(&hedge.f), "F_prime": case.graph.names(&hedge.f_prime)
            });
            return Ok(Finding::Wrong(json!({
                "identifiable": false, "hedge": found, "error": "the expected hedge is none"
            })));
        }
    }
    let verdict = |identifiable| Verdict { identifiable };
    Finding::of(&verdict(expected.identifiable), &verdict(refusal.is_none()))
}

/// The hedge, verified, where there is no formula.
fn refusal(case: &Case, query: &Query) -> Result<Option<Hedge>, String> {
    match identify(&case.graph, query) {
        Ok(_) => Ok(None),
        Err(NotIdentified::Hedge(hedge)) if hedge.verify(&case.graph, query) => Ok(Some(*hedge)),
        Err(NotIdentified::Hedge(hedge)) => Err(format!("{} is no hedge", hedge.text(&case.graph))),
        Err(error) => Err(error.to_string()),
    }
}

pub(super) fn identified_from(case: &Case, query: &FromRegimes) -> Result<Finding, String> {
    let graph = &case.graph;
    let effect = case.effect(&query.effect)?;
    let regimes: Vec<Regime> = query
        .available
        .iter()
        .map(|available| regime(case, available, query.selection_node.as_deref()))
        .collect::<Result<_, _>>()?;
    let identifiable = match identify_from(graph, &effect, &regimes) {
        Ok(_) => true,
        Err(NotIdentifiedFrom::Thicket(thicket)) if thicket.verify(graph, &effect, &regimes) => {
            false
        }
        Err(NotIdentifiedFrom::Exhausted(closure)) if closure.verify(graph, &effect, &regimes) => {
            false
        }
        Err(NotIdentifiedFrom::Thicket(_) | NotIdentifiedFrom::Exhausted(_)) => {
            return Err("the certificate of the refusal does not hold".to_owned());
        }
        Err(error) => return Err(error.to_string()),
    };
    Finding::of(&case.expected()?, &Verdict { identifiable })
}

/// The population that is asked about.
const TARGET: &str = "target";

fn regime(case: &Case, available: &Available, selection: Option<&str>) -> Result<Regime, String> {
    let regime = Regime {
        do_: case.set(&available.do_)?,
        observed: case.set(&available.observed)?,
        ..Regime::default()
    };
    match available.domain.as_deref() {
        None | Some(TARGET) => Ok(regime),
        Some(other) => {
            regime.in_population(other, &case.graph, selection).map_err(|error| error.to_string())
        }
    }
}

#[derive(Deserialize)]
struct Numbers {
    identifiable: bool,
    observational_joint: Joint,
    effects: Vec<Cells>,
}

#[derive(Deserialize)]
struct Joint {
    order: Vec<String>,
    p: Vec<f64>,
}

/// The distribution of the outcomes, row-major in the order of the query, for one action in one group.
#[derive(Deserialize)]
struct Cells {
    #[serde(rename = "do")]
    do_: BTreeMap<String, usize>,
    #[serde(default)]
    given: BTreeMap<String, usize>,
    p: Vec<f64>,
}

/// Tables are of binary variables.
const VALUES: usize = 2;

/// The formula sees the joint distribution and nothing of the model behind it.
pub(super) fn numeric(case: &Case, query: &Triple) -> Result<Finding, String> {
    let expected: Numbers = case.expected()?;
    let question = case.effect(query)?;
    let estimand = match identify(&case.graph, &question) {
        Ok(estimand) => estimand,
        Err(_) if !expected.identifiable => {
            return refusal(case, &question).map(|_| Finding::Right);
        }
        Err(error) => {
            return Ok(Finding::Wrong(json!({ "identifiable": false, "why": error.to_string() })));
        }
    };
    if !expected.identifiable {
        return Ok(Finding::Wrong(
            json!({ "identifiable": true, "estimand": estimand.to_string() }),
        ));
    }
    let Joint { order, p } = expected.observational_joint;
    let variables: Vec<(usize, usize)> =
        order.iter().map(|name| Ok((case.node(name)?, VALUES))).collect::<Result<_, String>>()?;
    let joint = JointTable::new(&variables, p).map_err(|error| error.to_string())?;
    let found = estimand.eval_table(&joint).map_err(|error| format!("{estimand}: {error}"))?;
    let outcomes: Vec<usize> =
        query.y.iter().map(|name| case.node(name)).collect::<Result<_, _>>()?;
    if expected.effects.is_empty() {
        return Err("`expected.effects` is empty: there is nothing to compare with".to_owned());
    }
    for cells in &expected.effects {
        let known = setting(case, cells, &question)?;
        if let Some(wrong) = compared(&found, &known, &outcomes, &cells.p)? {
            let Cells { do_, given, .. } = cells;
            let got = json!({ "estimand": estimand.to_string(), "do": do_, "given": given });
            return Ok(Finding::Wrong(merged(got, wrong)));
        }
    }
    Ok(Finding::Right)
}

fn merged(mut first: Value, second: Value) -> Value {
    if let (Some(fields), Value::Object(more)) = (first.as_object_mut(), second) {
        fields.extend(more);
    }
    first
}

/// The values of interventions and condition, which have to be those of the query.
fn setting(case: &Case, cells: &Cells, query: &Query) -> Result<Vec<(Symbol, usize)>, String> {
    let mut known = Vec::new();
    for (values, of, place) in
        [(&cells.do_, &query.do_, "do"), (&cells.given, &query.given, "given")]
    {
        let mut named = NodeSet::new();
        for (name, &value) in values {
            let node = case.node(name)?;
            named.insert(node);
            known.push((Symbol::of(node), value));
        }
        if named != *of {
            return Err(format!(
                "`{place}` of an expected effect holds other variables than the query"
            ));
        }
    }
    Ok(known)
}

/// The first difference of the formula from the distribution `p` of the outcomes, whatever the values of variables that
/// the formula should not depend on.
fn compared(
    found: &Table,
    known: &[(Symbol, usize)],
    outcomes: &[usize],
    p: &[f64],
) -> Result<Option<Value>, String> {
    let cells = all(&vec![VALUES; outcomes.len()]);
    if cells.len() != p.len() {
        return Err(format!("an expected effect has {} cells for {}", p.len(), cells.len()));
    }
    for (cell, &expected) in cells.into_iter().zip(p) {
        let mut values = known.to_vec();
        values.extend(outcomes.iter().map(|&node| Symbol::of(node)).zip(cell.iter().copied()));
        for values in completions(found.symbols(), &values, |_| VALUES) {
            let value = *found.at(&values).ok_or("the estimand's table lacks a cell")?;
            if !agree(value, expected) {
                return Ok(Some(json!({ "cell": cell, "p": value, "not": expected })));
            }
        }
    }
    Ok(None)
}
