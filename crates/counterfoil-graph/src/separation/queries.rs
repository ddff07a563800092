//! Separation asked of graphs and views, with the question checked first.

use super::{Path, Workspace, ball, open_path};
use crate::{Admg, Dag, NodeSet, QueryError, View, query};

impl View<'_> {
    /// `true` when every path between `x` and `y` is blocked by `z` in this view: m-separation (Richardson 2003).
    ///
    /// `O(n + m)`, and no allocation once the workspace has served a graph of this size.
    ///
    /// # Errors
    /// [`QueryError::Empty`] for an empty `x` or `y`, [`QueryError::Overlap`], [`QueryError::OutOfRange`],
    /// [`QueryError::OutOfView`].
    pub fn m_separated(
        &self,
        x: &NodeSet,
        y: &NodeSet,
        z: &NodeSet,
        workspace: &mut Workspace,
    ) -> Result<bool, QueryError> {
        self.check_separation(x, y, z)?;
        Ok(if self.is_whole() {
            ball::separated(self.graph(), x, y, z, workspace)
        } else {
            ball::separated(self, x, y, z, workspace)
        })
    }

    /// A shortest path between `x` and `y` that is open given `z`, or `None` where [`View::m_separated`] holds.
    /// `O(n + m)`.
    ///
    /// # Errors
    /// As [`View::m_separated`].
    pub fn open_path(
        &self,
        x: &NodeSet,
        y: &NodeSet,
        z: &NodeSet,
        workspace: &mut Workspace,
    ) -> Result<Option<Path>, QueryError> {
        self.check_separation(x, y, z)?;
        Ok(open_path(self, x, y, z, workspace))
    }

    pub(crate) fn check_separation(
        &self,
        x: &NodeSet,
        y: &NodeSet,
        z: &NodeSet,
    ) -> Result<(), QueryError> {
        for set in [x, y, z] {
            query::in_view(self, set)?;
        }
        for (set, what) in [(x, "the first set"), (y, "the second set")] {
            if set.is_empty() {
                return Err(QueryError::Empty { what });
            }
        }
        let [x, y, z] = [(x, "the first set"), (y, "the second set"), (z, "the condition")];
        query::disjoint(self.graph(), x, y)?;
        query::disjoint(self.graph(), x, z)?;
        query::disjoint(self.graph(), y, z)
    }
}

impl Admg {
    /// `true` when every path between `x` and `y` is blocked by `z`: m-separation (Richardson 2003). `O(n + m)`; for
    /// many queries see [`View::m_separated`], which takes its memory along.
    ///
    /// # Errors
    /// As [`View::m_separated`].
    pub fn separated(&self, x: &NodeSet, y: &NodeSet, z: &NodeSet) -> Result<bool, QueryError> {
        self.view().m_separated(x, y, z, &mut Workspace::default())
    }

    /// A shortest path between `x` and `y` that is open given `z`, or `None` where they are separated. `O(n + m)`.
    ///
    /// # Errors
    /// As [`View::m_separated`].
    pub fn open_path(
        &self,
        x: &NodeSet,
        y: &NodeSet,
        z: &NodeSet,
    ) -> Result<Option<Path>, QueryError> {
        self.view().open_path(x, y, z, &mut Workspace::default())
    }
}

impl Dag {
    /// `true` when every path between `x` and `y` is blocked by `z`: d-separation (Pearl 1988). `O(n + m)`.
    ///
    /// A variable that is declared latent is a node like any other here.
    ///
    /// # Errors
    /// As [`View::m_separated`].
    pub fn separated(&self, x: &NodeSet, y: &NodeSet, z: &NodeSet) -> Result<bool, QueryError> {
        self.view().m_separated(x, y, z, &mut Workspace::default())
    }

    /// A shortest path between `x` and `y` that is open given `z`, or `None` where they are separated. `O(n + m)`.
    ///
    /// # Errors
    /// As [`View::m_separated`].
    pub fn open_path(
        &self,
        x: &NodeSet,
        y: &NodeSet,
        z: &NodeSet,
    ) -> Result<Option<Path>, QueryError> {
        self.view().open_path(x, y, z, &mut Workspace::default())
    }
}
