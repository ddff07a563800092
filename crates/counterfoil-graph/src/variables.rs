//! The named variables of a graph in the order of their declaration, apart from how they are connected.

use crate::{GraphError, Variable, suggest};
use indexmap::IndexMap;

/// Variables by position and by name. Every graph type of this crate owns one of these and keeps its structure
/// in terms of positions alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Variables(IndexMap<String, Variable>);

impl Variables {
    /// Appends a variable and returns its position.
    pub(crate) fn add(&mut self, variable: Variable) -> Result<usize, GraphError> {
        if self.0.contains_key(variable.name()) {
            return Err(GraphError::DuplicateVariable { name: variable.name().to_owned() });
        }
        Ok(self.0.insert_full(variable.name().to_owned(), variable).0)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, index: usize) -> &Variable {
        &self.0[index]
    }

    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &Variable> {
        self.0.values()
    }

    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.0.get_index_of(name)
    }

    /// The declared name that `name` most resembles.
    pub(crate) fn nearest(&self, name: &str) -> Option<String> {
        suggest::nearest(name, self.0.keys().map(String::as_str)).map(str::to_owned)
    }

    pub(crate) fn index_of(&self, name: &str) -> Result<usize, GraphError> {
        self.find(name).ok_or_else(|| GraphError::UnknownVariable {
            name: name.to_owned(),
            suggestion: self.nearest(name),
            names: self.0.keys().cloned().collect(),
        })
    }
}
