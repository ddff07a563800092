//! Separators asked of views, with the question checked first.

use super::{Bounds, MinimalSeparators, Separators, minimal, minimum, nearest};
use crate::{NodeSet, QueryError, View, query, separation::Workspace};

impl View<'_> {
    /// A minimal separator of `x` and `y` within the bounds, or `None` where there is none within them.
    ///
    /// `FINDMINSEP` of van der Zander and Liskiewicz (2020), `O(n + m)`.
    ///
    /// # Errors
    /// [`QueryError::Empty`] for an empty `x` or `y`, [`QueryError::Overlap`] among `x`, `y` and what is required,
    /// [`QueryError::Bounds`] for something required that is not allowed, [`QueryError::OutOfRange`],
    /// [`QueryError::OutOfView`].
    pub fn minimal_separator(
        &self,
        x: &NodeSet,
        y: &NodeSet,
        bounds: &Bounds,
        workspace: &mut Workspace,
    ) -> Result<Option<NodeSet>, QueryError> {
        self.check_separator(x, y, bounds)?;
        Ok(if self.is_whole() {
            minimal(self.graph(), x, y, bounds, workspace)
        } else {
            minimal(self, x, y, bounds, workspace)
        })
    }

    /// The separator of `x` and `y` within the bounds that is nearest to `x`, or `None` where there is none within them;
    /// see [`nearest`].
    ///
    /// # Errors
    /// As [`View::minimal_separator`].
    pub fn nearest_separator(
        &self,
        x: &NodeSet,
        y: &NodeSet,
        bounds: &Bounds,
        workspace: &mut Workspace,
    ) -> Result<Option<NodeSet>, QueryError> {
        self.check_separator(x, y, bounds)?;
        Ok(nearest(self, x, y, bounds, workspace))
    }

    /// A cheapest separator of `x` and `y` within the bounds and the cost of its members that are not required, or `None`
    /// where there is none of finite cost; see [`minimum`]. An infinite cost forbids a node.
    ///
    /// # Errors
    /// As [`View::minimal_separator`], and [`QueryError::Cost`] for a cost that is negative or not a number.
    pub fn minimum_separator(
        &self,
        x: &NodeSet,
        y: &NodeSet,
        bounds: &Bounds,
        cost: impl Fn(usize) -> f64,
    ) -> Result<Option<(NodeSet, f64)>, QueryError> {
        self.check_separator(x, y, bounds)?;
        let usable = |node: &usize| cost(*node) >= 0.0;
        if let Some(node) = self.nodes().iter().find(|node| !usable(node)) {
            let name = self.graph().name(node).to_owned();
            return Err(QueryError::Cost { name, cost: cost(node).to_string() });
        }
        Ok(minimum(self, x, y, bounds, cost, &mut Workspace::default()))
    }

    /// All minimal separators of `x` and `y` within the bounds, each once, as they are asked for. None where there are
    /// none; the one nearest to `x` comes first. Delay `O(n (n + m))`, see [`MinimalSeparators`].
    ///
    /// # Errors
    /// As [`View::minimal_separator`].
    pub fn minimal_separators(
        &self,
        x: &NodeSet,
        y: &NodeSet,
        bounds: &Bounds,
    ) -> Result<MinimalSeparators, QueryError> {
        self.check_separator(x, y, bounds)?;
        Ok(MinimalSeparators::new(self, x, y, bounds))
    }

    /// All separators of `x` and `y` within the bounds, each once, as they are asked for. Delay `O(n (n + m))`, see
    /// [`Separators`].
    ///
    /// # Errors
    /// As [`View::minimal_separator`].
    pub fn separators(
        &self,
        x: &NodeSet,
        y: &NodeSet,
        bounds: &Bounds,
    ) -> Result<Separators<'_, Self>, QueryError> {
        self.check_separator(x, y, bounds)?;
        Ok(Separators::new(self, x, y, bounds))
    }

    pub(super) fn check_separator(
        &self,
        x: &NodeSet,
        y: &NodeSet,
        bounds: &Bounds,
    ) -> Result<(), QueryError> {
        let include = bounds.required();
        for set in [x, y, include] {
            query::in_view(self, set)?;
        }
        for (set, what) in [(x, "the first set"), (y, "the second set")] {
            if set.is_empty() {
                return Err(QueryError::Empty { what });
            }
        }
        let required = (include, "what is required");
        let [x, y] = [(x, "the first set"), (y, "the second set")];
        query::disjoint(self.graph(), x, y)?;
        query::disjoint(self.graph(), x, required)?;
        query::disjoint(self.graph(), y, required)?;
        if let Some(allowed) = bounds.allowed() {
            query::within(self.graph(), allowed)?;
        }
        match include.iter().find(|&node| !bounds.allows(node)) {
            Some(node) => Err(QueryError::Bounds { name: self.graph().name(node).to_owned() }),
            None => Ok(()),
        }
    }
}
