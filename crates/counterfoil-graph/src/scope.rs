//! What questions about an effect have in common: its two ends, and what a set that answers them may and must hold.

use crate::{NodeSet, QueryError, View, query};

/// The exposures and outcomes of an effect in a graph, and the bounds of the sets that are looked for.
#[derive(Clone, Debug)]
pub(crate) struct Scope<'g> {
    pub(crate) view: View<'g>,
    pub(crate) x: NodeSet,
    pub(crate) y: NodeSet,
    /// Observed nodes outside `x` and `y`, or fewer.
    pub(crate) allowed: NodeSet,
    pub(crate) required: NodeSet,
}

/// How a set leaves the bounds.
pub(crate) enum Misfit {
    NotAllowed(usize, String),
    Missing(usize, String),
}

impl<'g> Scope<'g> {
    /// # Errors
    /// [`QueryError::OutOfRange`], [`QueryError::Empty`], [`QueryError::Overlap`], [`QueryError::OutOfView`],
    /// [`QueryError::Hidden`].
    pub(crate) fn of(view: View<'g>, x: &NodeSet, y: &NodeSet) -> Result<Self, QueryError> {
        let graph = view.graph();
        for (set, what) in [(x, "the set of exposures"), (y, "the set of outcomes")] {
            query::within(graph, set)?;
            if set.is_empty() {
                return Err(QueryError::Empty { what });
            }
        }
        query::disjoint(graph, (x, "the exposures"), (y, "the outcomes"))?;
        let present = view.nodes();
        if let Some(node) = x.iter().chain(y).find(|&node| !present.contains(node)) {
            return Err(QueryError::OutOfView { name: graph.name(node).to_owned() });
        }
        let mut allowed: NodeSet =
            (0..graph.len()).filter(|&i| graph.variable(i).is_labelled()).collect();
        allowed.intersect_with(&present);
        if let Some(node) = x.iter().chain(y).find(|&node| !allowed.contains(node)) {
            return Err(QueryError::Hidden { name: graph.name(node).to_owned() });
        }
        allowed.difference_with(x);
        allowed.difference_with(y);
        Ok(Self { view, x: x.clone(), y: y.clone(), allowed, required: NodeSet::new() })
    }

    /// Checks that `z` is a set of nodes of the graph outside of `x` and `y`, and that what is required is of the graph.
    pub(crate) fn check(&self, z: &NodeSet, role: &'static str) -> Result<(), QueryError> {
        let graph = self.view.graph();
        query::within(graph, z)?;
        query::within(graph, &self.required)?;
        query::disjoint(graph, (z, role), (&self.x, "the exposures"))?;
        query::disjoint(graph, (z, role), (&self.y, "the outcomes"))
    }

    /// The first node by which `z` leaves the bounds.
    pub(crate) fn misfit(&self, z: &NodeSet) -> Option<Misfit> {
        let name = |node: usize| self.view.graph().name(node).to_owned();
        let outside = || z.iter().find(|&node| !self.allowed.contains(node));
        let missing = || self.required.iter().find(|&node| !z.contains(node));
        outside()
            .map(|node| Misfit::NotAllowed(node, name(node)))
            .or_else(|| missing().map(|node| Misfit::Missing(node, name(node))))
    }

    /// Names joined by arrows.
    pub(crate) fn arrows(&self, path: &[usize]) -> String {
        let names: Vec<&str> = path.iter().map(|&node| self.view.graph().name(node)).collect();
        names.join(" -> ")
    }
}
