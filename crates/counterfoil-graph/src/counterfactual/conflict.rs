//! Why a counterfactual probability follows from no experiments: one factor of it needs a variable at two values.

use super::{
    event::{Counterfactual, Event},
    verify,
};
use crate::{Admg, MixedGraph};

/// What one end of a [`Conflict`] needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Who needs it: the variable itself in a world, or a child of it there.
    pub by: Counterfactual,
    /// The value at which the variable is needed; `None` for one that is summed over and thus differs from the other.
    pub value: Option<usize>,
}

/// The certificate that a counterfactual probability is not identified from any experiments.
///
/// The event (or its condition) makes statements that depend on two variables in worlds, the ends of the path, which
/// share hidden causes along the path, so that their joint distribution is one factor. To see that factor, one
/// experiment would have to show `variable` at both values at once. The general form of the bow `X -> Y, X <-> Y` with
/// `P(Y_x, X = x')`, of the recanting witness and of `P(Y_x, Y_x')`.
///
/// That this proves it is theorem 4 of Correa, Lee and Bareinboim (2021); [`Conflict::verify`] checks the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The variable that would need two values.
    pub variable: usize,
    /// The two values and who needs them.
    pub demands: [Demand; 2],
    /// From the first demand to the second: neighbours are joined by a bidirected edge or are one variable in two
    /// worlds.
    pub path: Vec<Counterfactual>,
    /// `true` when the factor is one of the condition's own probability, by which that of both is divided.
    pub in_condition: bool,
}

impl Conflict {
    /// Checks the certificate without what found it: that the ends need the variable at different values; that the path
    /// joins them over bidirected edges; that every node of it is an ancestor of what is stated, in its world; and that
    /// the part it belongs to is not one that cancels because it does not concern the event. Also that neither event
    /// nor condition are decided by logic alone.
    ///
    /// Compares every pair of worlds instead of merging. `O(w^2 (n + m))`.
    pub fn verify(&self, graph: &Admg, event: &Event, given: &Event) -> bool {
        verify::conflict(self, graph, event, given)
    }

    /// The certificate as a sentence.
    pub fn text(&self, graph: &MixedGraph) -> String {
        let name = graph.name(self.variable);
        let [a, b] = [&self.demands[0], &self.demands[1]].map(|demand| {
            let value = match demand.value {
                Some(value) => value.to_string(),
                None => "any value".to_owned(),
            };
            format!("{} needs {name} at {value}", demand.by.text(graph))
        });
        let path: Vec<String> = self.path.iter().map(|node| node.text(graph)).collect();
        let of = if self.in_condition { " of the condition" } else { "" };
        format!(
            "{a} and {b}, but both are in one factor{of}, joined by hidden causes along {}",
            path.join(" - ")
        )
    }
}
