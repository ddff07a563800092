//! What an intervention may do to a variable of a linear model.

use super::{Equation, LinearModel};
use crate::ScmError;
use counterfoil_graph::{Admg, Edge, MixedGraph};

/// An intervention on one variable of a [`LinearModel`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum LinearAction {
    /// `do(v = value)`: a hard intervention.
    Set(f64),
    /// Everything as it was, and so much more.
    Shift(f64),
    /// A rule: `intercept + weights . inputs`, without error.
    Policy {
        /// Positions of the variables that the rule reads.
        inputs: Vec<usize>,
        /// One weight for each.
        weights: Vec<f64>,
        /// What is added.
        intercept: f64,
    },
    /// A soft intervention: another equation with an error of its own, independent of all others.
    Mechanism {
        /// Positions of the new parents.
        parents: Vec<usize>,
        /// The new equation, with one weight for each of these.
        equation: Equation,
    },
}

impl LinearModel {
    /// The model after an intervention on each of the given variables; the later one acts on the result of the earlier.
    /// Setting a variable, steering it or giving it a new equation cuts the edges into it, bidirected ones too.
    ///
    /// # Errors
    /// [`ScmError::TableVariable`], [`ScmError::ParentCount`], [`ScmError::BadParameter`], and [`ScmError::Graph`] for
    /// an equation that closes a cycle or reads a variable twice.
    pub fn intervene(
        &self,
        actions: impl IntoIterator<Item = (usize, LinearAction)>,
    ) -> Result<Self, ScmError> {
        let n = self.len();
        let mut equations = self.equations.clone();
        // The new parents of replaced variables.
        let mut replaced: Vec<Option<Vec<usize>>> = vec![None; n];
        for (index, action) in actions {
            let equation = equations.get_mut(index).ok_or(ScmError::TableVariable { index })?;
            let (parents, new) = match action {
                LinearAction::Shift(by) => {
                    equation.intercept += by;
                    continue;
                }
                LinearAction::Set(value) => (vec![], Equation::new(value, vec![], 0.0)),
                LinearAction::Policy { inputs, weights, intercept } => {
                    (inputs, Equation::new(intercept, weights, 0.0))
                }
                LinearAction::Mechanism { parents, equation } => (parents, equation),
            };
            if let Some(&index) = parents.iter().find(|&&parent| parent >= n) {
                return Err(ScmError::TableVariable { index });
            }
            let (expected, found) = (new.weights.len(), parents.len());
            if expected != found {
                let variable = self.graph.name(index).to_owned();
                return Err(ScmError::ParentCount { variable, expected, found });
            }
            // Weights stand in the graph's order of parents.
            let mut pairs: Vec<(usize, f64)> =
                parents.into_iter().zip(new.weights.iter().copied()).collect();
            pairs.sort_by_key(|&(parent, _)| parent);
            let (parents, weights) = pairs.into_iter().unzip();
            *equation = Equation { weights, ..new };
            replaced[index] = Some(parents);
        }
        let stays = |node: usize| replaced[node].is_none();
        let kept = self.graph.directed_edges().filter(|&(_, to)| stays(to));
        let new = replaced
            .iter()
            .enumerate()
            .flat_map(|(to, parents)| parents.iter().flatten().map(move |&parent| (parent, to)));
        let bidirected: Vec<(usize, usize)> =
            self.graph.bidirected_edges().filter(|&(a, b)| stays(a) && stays(b)).collect();
        let edges: Vec<Edge> = kept
            .chain(new)
            .map(|(from, to)| Edge::directed(from, to))
            .chain(bidirected.iter().map(|&(a, b)| Edge::bidirected(a, b)))
            .collect();
        let graph = Admg::try_from(MixedGraph::new(self.graph.variables().cloned(), edges)?)?;
        let covariances: Vec<(usize, usize, f64)> =
            bidirected.into_iter().map(|(a, b)| (a, b, self.errors.get(a, b))).collect();
        Self::new(graph, equations, &covariances)
    }
}
