//! Effects in every graph of a class that data cannot tell apart.

use counterfoil::graph::{
    MixedGraph, Mpdag, Pag,
    formats::Class,
    identification::{NotIdentifiedInClass, identify_in_mpdag, identify_in_pag},
};
use serde_json::json;

use super::Options;
use crate::{failure, output};

pub(super) fn run(options: &Options, class: Class, graph: MixedGraph) -> anyhow::Result<()> {
    let of = &options.graph;
    if options.steps {
        return Err(failure::bad_input(format!(
            "{}: --steps shows derivations in a DAG or ADMG, and this is a class of graphs: leave it out",
            of.file.display()
        )));
    }
    let query = options.query(&graph)?;
    let left = query.text(&graph);
    let answer = match class {
        Class::Pdag => {
            let class = Mpdag::try_from(graph).map_err(|error| of.at_fault(error))?;
            identify_in_mpdag(&class, &query)
        }
        Class::Pag => {
            let class = Pag::try_from(graph).map_err(|error| of.at_fault(error))?;
            identify_in_pag(&class, &query)
        }
        Class::Mag | Class::Admg => {
            return Err(of.at_fault(
                "is a maximal ancestral graph: write its class as a pag to identify what holds in all of it",
            ));
        }
    };
    if let Err(NotIdentifiedInClass::Query(error)) = &answer {
        return Err(of.at_fault(error));
    }
    let reason = answer.as_ref().err().map(ToString::to_string);
    if of.json {
        let estimand = answer.as_ref().ok();
        return output::json(&json!({
            "query": left,
            "identifiable": answer.is_ok(),
            "estimand": estimand.map(ToString::to_string),
            "latex": estimand.map(|estimand| estimand.latex().to_string()),
            "reason": reason,
        }));
    }
    output::line(&match answer {
        Ok(estimand) => options.shown(&left, &estimand),
        Err(reason) => format!("{left} is not identifiable in this class: {reason}"),
    })
}
