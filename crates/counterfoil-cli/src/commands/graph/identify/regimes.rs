//! Effects from several experiments and populations.

use std::path::Path;

use counterfoil::{
    experiment::actions::regimes::read_regimes,
    graph::identification::{NotIdentifiedFrom, identify_from},
};
use serde_json::json;

use super::Options;
use crate::output;

pub(super) fn run(options: &Options, file: &Path) -> anyhow::Result<()> {
    let of = &options.graph;
    let graph = of.admg()?;
    let query = options.query(&graph)?;
    let regimes = read_regimes(file, &graph)?;
    let answer = identify_from(&graph, &query, &regimes);
    if let Err(NotIdentifiedFrom::Query(error)) = &answer {
        return Err(of.at_fault(error));
    }
    let left = query.text(&graph);
    let reason = answer.as_ref().err().map(ToString::to_string);
    // What the proof speaks of, where it is about a part of the graph.
    let district = match &answer {
        Err(NotIdentifiedFrom::Thicket(thicket)) => Some(graph.names(&thicket.district)),
        _ => None,
    };
    if of.json {
        let estimand = answer.as_ref().ok();
        return output::json(&json!({
            "query": left,
            "regimes": regimes.iter().map(|regime| regime.text(&graph)).collect::<Vec<_>>(),
            "identifiable": answer.is_ok(),
            "estimand": estimand.map(ToString::to_string),
            "latex": estimand.map(|estimand| estimand.latex().to_string()),
            "reason": reason,
            "district": district,
        }));
    }
    output::line(&match answer {
        Ok(estimand) => options.shown(&left, &estimand),
        Err(reason) => match district {
            Some(names) => {
                format!("{left} is not identifiable: {reason} ({})", names.join(", "))
            }
            None => format!("{left} is not identifiable: {reason}"),
        },
    })
}
