//! What is known besides observations of the target: experiments, other populations, incomplete and selected samples.

use crate::{Admg, MixedGraph, NodeSet, QueryError, query};

/// A distribution that is given: `P(observed | do(do_))`, in the target or in another population.
///
/// ```
/// use counterfoil_graph::{admg, identification::Regime};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let graph = admg! { S -> Z -> X -> Y; Z -> Y }?;
/// // Observations of the target, and a trial of X in a population with another distribution of Z.
/// let observations = Regime::observing(&graph, ["X", "Y", "Z"])?;
/// let trial = Regime::observing(&graph, ["Y", "Z"])?
///     .after(&graph, ["X"])?
///     .in_population("trial", &graph, ["S"])?;
/// assert_eq!(trial.text(&graph), "P(Z, Y | do(X)) in trial, which differs by S");
/// # assert_eq!(observations.text(&graph), "P(Z, X, Y)");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regime {
    /// The name of the population, `None` for the target. Regimes of one name are one population, and the same selection
    /// nodes must bear on them: a formula knows a distribution by this name and by what is set.
    pub population: Option<String>,
    /// What was set from outside. All values of these variables were tried.
    pub do_: NodeSet,
    /// What was measured. Members of `do_` are ignored here: what is set is known.
    pub observed: NodeSet,
    /// The selection nodes of the graph on whose values the distribution is conditioned.
    ///
    /// A selection node that is a root with arrows to some variables says that their mechanisms in this population may
    /// differ from the target's (a selection diagram: Pearl and Bareinboim 2011). One that has causes says that only
    /// some cases came into the sample, depending on these causes (selection bias: Bareinboim and Tian 2015).
    pub selection: NodeSet,
}

impl Regime {
    /// Observations of the target: the joint distribution of the variables called `names`.
    ///
    /// # Errors
    /// [`QueryError::Graph`] for an unknown name.
    pub fn observing<S: AsRef<str>>(
        graph: &MixedGraph,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, QueryError> {
        Ok(Self { observed: graph.set_of(names)?, ..Self::default() })
    }

    /// The same measurements after the variables called `names` were set.
    ///
    /// # Errors
    /// [`QueryError::Graph`] for an unknown name.
    pub fn after<S: AsRef<str>>(
        mut self,
        graph: &MixedGraph,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, QueryError> {
        self.do_.union_with(&graph.set_of(names)?);
        Ok(self)
    }

    /// The same in another population, or in a selected sample: see [`Regime::selection`].
    ///
    /// # Errors
    /// [`QueryError::Graph`] for an unknown name.
    pub fn in_population<S: AsRef<str>>(
        mut self,
        population: impl Into<String>,
        graph: &MixedGraph,
        selection: impl IntoIterator<Item = S>,
    ) -> Result<Self, QueryError> {
        self.population = Some(population.into());
        self.selection.union_with(&graph.set_of(selection)?);
        Ok(self)
    }

    /// The regime in text with the names of `graph`.
    pub fn text(&self, graph: &MixedGraph) -> String {
        let list = |set: &NodeSet| graph.names(set).join(", ");
        let measured = list(&(&self.observed - &self.do_));
        let unless_empty = |set: &NodeSet, text: &dyn Fn(String) -> String| {
            if set.is_empty() { String::new() } else { text(list(set)) }
        };
        let done = unless_empty(&self.do_, &|names| format!(" | do({names})"));
        let place = self.population.as_ref().map_or(String::new(), |name| format!(" in {name}"));
        let differs = unless_empty(&self.selection, &|names| format!(", which differs by {names}"));
        format!("P({measured}{done}){place}{differs}")
    }
}

/// The regimes in the form in which algorithms read them: checked, and with what can be known of selection nodes.
#[derive(Clone, Debug)]
pub(super) struct Regimes {
    pub(super) list: Vec<Regime>,
    /// Selection nodes that switch mechanisms: constants in every population.
    pub(super) switches: NodeSet,
    /// Selection nodes that let cases into a sample.
    pub(super) selectors: NodeSet,
}

impl Regimes {
    /// # Errors
    /// [`QueryError::OutOfRange`], [`QueryError::Overlap`] when a selection node is also measured, set or asked for,
    /// [`QueryError::Population`], [`QueryError::Nameless`].
    pub(super) fn new(
        graph: &Admg,
        asked: &crate::Query,
        regimes: &[Regime],
    ) -> Result<Self, QueryError> {
        let mut list: Vec<Regime> = Vec::with_capacity(regimes.len());
        let mut selection = NodeSet::new();
        for regime in regimes {
            for set in [&regime.do_, &regime.observed, &regime.selection] {
                query::within(graph, set)?;
            }
            if regime.population.as_ref().is_some_and(|name| name.trim().is_empty()) {
                return Err(QueryError::Nameless);
            }
            selection.union_with(&regime.selection);
            let other = |known: &Regime| {
                known.population == regime.population && known.selection != regime.selection
            };
            if list.iter().any(other) {
                let name = regime.population.as_ref().map(|name| format!("`{name}`"));
                let population = name.unwrap_or_else(|| "the target".to_owned());
                return Err(QueryError::Population { population });
            }
            list.push(Regime { observed: &regime.observed - &regime.do_, ..regime.clone() });
        }
        let nodes = (&selection, "the selection nodes");
        for regime in &list {
            query::disjoint(graph, nodes, (&regime.observed, "what is measured"))?;
            query::disjoint(graph, nodes, (&regime.do_, "what is set"))?;
        }
        for set in [&asked.y, &asked.do_, &asked.given] {
            query::disjoint(graph, nodes, (set, "the query"))?;
        }
        let is_switch =
            |node: &usize| graph.parents(*node).is_empty() && graph.spouses(*node).is_empty();
        let switches: NodeSet = selection.iter().filter(is_switch).collect();
        let selectors = &selection - &switches;
        Ok(Self { list, switches, selectors })
    }

    /// `true` when each regime measures or sets every variable of the graph, and none is a selected sample: the
    /// setting in which the search by districts is complete.
    pub(super) fn are_complete(&self, graph: &Admg) -> bool {
        let variables = &graph.nodes() - &self.switches;
        self.selectors.is_empty()
            && self.list.iter().all(|r| variables.is_subset(&(&r.do_ | &r.observed)))
    }
}
