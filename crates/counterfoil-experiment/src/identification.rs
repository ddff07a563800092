//! Whether data can tell what a trained model is asked.
//!
//! A graph file may declare hidden common causes. The model has no block for them and answers all the same, so each
//! question is first put to the graph: is the effect of what is set on each of its descendants a function of what was
//! observed (Shpitser and Pearl 2006), and is the mechanism that training found the causal one? The answer carries the
//! formula, or the hedge that proves that there is none. Where the mechanism takes a hidden common cause for an effect, the
//! model's answer is one of many that all data fit; [`Confounded`](counterfoil_autoencoder::counterfactual::Confounded)
//! bounds them.
//!
//! This is about effects. What an image would have been takes more than any graph: that noise enters a mechanism by
//! addition (or an increasing map), which the model assumes of every variable.

use counterfoil_graph::{
    Admg, CausalGraph as _, Dag, NodeSet, Query,
    identification::{NotIdentified, identify},
};
use serde::{Deserialize, Serialize};

use crate::{
    error::{ExperimentError, Result},
    evaluate::draw::graph_error,
};

/// What the declared graph says of an effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identification {
    /// The effect, `P(intensity | do(thickness))`.
    pub query: String,
    /// Whether it is a function of the distribution of the labels.
    pub identifiable: bool,
    /// The formula, when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimand: Option<String>,
    /// Why there is none, when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hedge: Option<String>,
    /// `(cause, effect)` pairs on the way whose hidden common cause the model's mechanism takes for a part of the effect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mistaken: Vec<(String, String)>,
}

impl Identification {
    /// One sentence where the model's answer is not to be taken for the effect.
    pub fn warning(&self) -> Option<String> {
        let pairs: Vec<String> =
            self.mistaken.iter().map(|(cause, effect)| format!("{cause} -> {effect}")).collect();
        let holds = format!(
            "the mechanism of {} holds what hidden common causes do",
            pairs.join(" and of ")
        );
        match (&self.hedge, &self.estimand) {
            (Some(hedge), _) => Some(format!(
                "{} is not identifiable: {hedge}; the answer is one of many that all data fit (--confounding 0.5 \
                 gives their range for a correlation of noise and cause of up to 0.5)",
                self.query
            )),
            (None, Some(estimand)) if !self.mistaken.is_empty() => Some(format!(
                "{} is identifiable as {estimand}, but the model does not answer by it: {holds}",
                self.query
            )),
            _ => None,
        }
    }
}

/// What the graph says of the effects of setting `targets` (variables of `declared`), one entry a labelled descendant.
///
/// # Errors
/// When the graph contradicts itself, which a checked one does not.
pub fn identifications(declared: &Dag, targets: &[&str]) -> Result<Vec<Identification>> {
    let graph = Admg::from(declared);
    let set = graph.set_of(targets).map_err(graph_error)?;
    let moved: NodeSet = graph.descendants(set.iter());
    let outcomes = moved.iter().filter(|&node| !set.contains(node));
    let of = |outcome: usize| {
        let query = Query::effect(set.clone(), [outcome]);
        let answer = match identify(&graph, &query) {
            Ok(estimand) => Ok(estimand.to_string()),
            Err(NotIdentified::Hedge(hedge)) => Err(hedge.text(&graph).to_string()),
            Err(error) => {
                let reason = error.to_string();
                return Err(ExperimentError::Syntax { origin: "the causal graph".into(), reason });
            }
        };
        let names = |(cause, effect): (usize, usize)| {
            (graph.name(cause).to_owned(), graph.name(effect).to_owned())
        };
        let mistaken = mistaken(&graph, &set, outcome).into_iter().map(names).collect();
        Ok(Identification {
            query: query.text(&graph),
            identifiable: answer.is_ok(),
            estimand: answer.as_ref().ok().cloned(),
            hedge: answer.err(),
            mistaken,
        })
    };
    outcomes.map(of).collect()
}

/// `(parent, child)` pairs between `set` and `outcome` where the parent changes and goes with the child's noise: a hidden
/// common cause ties the child to the parent or to one of its ancestors.
fn mistaken(graph: &Admg, set: &NodeSet, outcome: usize) -> Vec<(usize, usize)> {
    let mutilated = graph.mutilated(set.iter());
    let moved = mutilated.descendants_of(set.iter());
    let on_the_way = |&node: &usize| moved.contains(node) && !set.contains(node);
    let mut pairs = Vec::new();
    for child in mutilated.ancestors_of([outcome]).iter().filter(on_the_way) {
        for &parent in graph.parents(child).iter().filter(|&&parent| moved.contains(parent)) {
            let above = graph.ancestors([parent]);
            if graph.spouses(child).iter().any(|&other| above.contains(other)) {
                pairs.push((parent, child));
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(graph, set, outcome) -> (identifiable, mistaken pairs)`, by hand.
    #[test]
    fn the_graph_decides_what_data_can_tell() {
        let plain = "x; y; x -> y";
        let bow = "x; y; x -> y; u [role=latent]; u -> x; u -> y";
        let front_door = "x; m; y; x -> m; m -> y; u [role=latent]; u -> x; u -> y";
        let behind = "a; x; y; a -> x; x -> y; u [role=latent]; u -> a; u -> y";
        let fork = "x; y; z; x -> y; x -> z; u [role=latent]; u -> y; u -> z";
        let beside = "x; w; y; x -> y; w -> y; u [role=latent]; u -> w; u -> y";
        let cases = [
            (plain, "x", "y", true, vec![]),
            (bow, "x", "y", false, vec![("x", "y")]),
            (front_door, "x", "m", true, vec![]),
            (front_door, "x", "y", true, vec![("m", "y")]),
            (front_door, "m", "y", true, vec![("m", "y")]),
            // The hidden cause reaches x through a: adjusting for a helps, the mechanism does not.
            (behind, "x", "y", true, vec![("x", "y")]),
            // A common cause of two effects is no cause of what is set.
            (fork, "x", "y", true, vec![]),
            // What goes with the noise does not change.
            (beside, "x", "y", true, vec![]),
        ];
        for (text, set, outcome, identifiable, mistaken) in cases {
            let declared = Dag::from_dot(&format!("digraph {{ {text} }}")).unwrap();
            let found = identifications(&declared, &[set]).unwrap();
            let start = format!("P({outcome} ");
            let found = found.iter().find(|one| one.query.starts_with(&start)).unwrap();
            assert_eq!(found.identifiable, identifiable, "{text}: {found:?}");
            assert_eq!(found.estimand.is_some(), identifiable, "{text}");
            assert_eq!(found.hedge.is_some(), !identifiable, "{text}");
            let pairs: Vec<(&str, &str)> =
                found.mistaken.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            assert_eq!(pairs, mistaken, "{text}");
            assert_eq!(found.warning().is_some(), !mistaken.is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_unlabelled_is_not_asked_for() {
        let text = "digraph { x; y; x -> y; style [role=unlabelled] }";
        let found = identifications(&Dag::from_dot(text).unwrap(), &["x"]).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].query, "P(y | do(x))");
        assert!(identifications(&Dag::from_dot(text).unwrap(), &["y"]).unwrap().is_empty());
    }
}
