//! Effects from observations.

use counterfoil::graph::{
    do_calculus::derive,
    identification::{NotIdentified, identify},
};
use serde_json::json;

use super::Options;
use crate::output;

pub(super) fn run(options: &Options) -> anyhow::Result<()> {
    let of = &options.graph;
    let graph = of.unselected()?;
    let query = options.query(&graph)?;
    let answer = match identify(&graph, &query) {
        Err(NotIdentified::Hedge(hedge)) => Err(hedge),
        Err(error) => return Err(of.at_fault(error)),
        Ok(estimand) => Ok(estimand),
    };
    let derivation = match &answer {
        Ok(_) if options.steps => {
            Some(derive(&graph, &query).map_err(|error| of.at_fault(error))?.to_string())
        }
        _ => None,
    };
    let left = query.text(&graph);
    if of.json {
        let estimand = answer.as_ref().ok();
        let hedge = answer.as_ref().err().map(
            |hedge| json!({ "F": graph.names(&hedge.f), "F_prime": graph.names(&hedge.f_prime) }),
        );
        let steps = derivation.map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
        return output::json(&json!({
            "query": left,
            "identifiable": answer.is_ok(),
            "estimand": estimand.map(ToString::to_string),
            "latex": estimand.map(|estimand| estimand.latex().to_string()),
            "hedge": hedge,
            "derivation": steps,
        }));
    }
    if let Some(derivation) = derivation {
        return output::line(&derivation);
    }
    output::line(&match answer {
        Ok(estimand) => options.shown(&left, &estimand),
        Err(hedge) => format!("{left} is not identifiable: {}", hedge.text(&graph)),
    })
}
