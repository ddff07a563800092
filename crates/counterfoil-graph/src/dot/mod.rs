//! Causal graphs as DOT text: the part of the Graphviz language that a named DAG needs.
//!
//! One line per variable with its attributes, one per edge:
//!
//! ```text
//! // Thicker strokes are drawn brighter.
//! digraph {
//!     thickness [unit="px", low=1.0, high=5.8, domain_above=0.0];
//!     intensity [unit="grey level", low=64.0, high=255.0, domain_low=0.0, domain_high=255.0];
//!     style [role="unlabelled", width=32];
//!     thickness -> intensity;
//! }
//! ```
//!
//! | attribute | of | meaning |
//! |---|---|---|
//! | `role` | every variable | `labelled` (the default), `unlabelled` or `latent` |
//! | `width` | every variable | latent dimensions in a model that gives each variable a block |
//! | `kind` | labelled | `continuous` (the default), `circular` or `categorical` |
//! | `unit` | labelled | any text |
//! | `low`, `high` | continuous | declared range, mapped to `[-1, 1]` |
//! | `domain_low`, `domain_high` | continuous | hard bounds that the value may reach |
//! | `domain_above`, `domain_below` | continuous | hard bounds that it may not reach |
//! | `period` | circular | length of one turn (required) |
//! | `low` | circular | where the turn begins (0) |
//! | `categories` | categorical | number of categories (required) |
//!
//! Every variable must be declared by a statement of its own, anywhere in the file, so that a misspelt edge is
//! an error and not a new variable. The lexical part is Graphviz's: identifiers, numerals, quoted strings, `//`,
//! `/* */` and `#` comments, optional separators, several attribute lists, chains `a -> b -> c`. Deviations: in a
//! quoted string `\\` is one backslash, so that every name can be written, and `a.5`, which Graphviz takes for the
//! two names `a` and `.5`, is refused. Refused too, each with its place in the text, because the meaning of a causal
//! graph would otherwise be guessed: undirected edges, attributes of edges (Graphviz's `dir=both` and `style=dashed`
//! are used for hidden causes), subgraphs, defaults, ports, HTML. For a reader that takes these see
//! [`formats`](crate::formats); the two share their tokens and have a grammar each.

mod parser;
mod reader;
mod stream;
mod tokens;
mod writer;

pub(crate) use parser::Declaration;
pub(crate) use reader::{ATTRIBUTES, variable};
pub(crate) use stream::Stream;
pub(crate) use tokens::Language;
pub(crate) use writer::{Value, attributes, in_quotes, pair, quoted};

use crate::{Dag, GraphError};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use std::{fmt, str::FromStr};

impl Dag {
    /// Reads a graph from DOT text, in which every variable is declared with its unit, kind and range.
    ///
    /// Linear in the length of the text.
    ///
    /// # Errors
    /// [`GraphError::At`], which gives line and column of the first error, around [`GraphError::Syntax`], an
    /// error of [`Dag::new`] or one of [`Variable`](crate::Variable)'s constructors.
    ///
    /// ```
    /// use counterfoil_graph::Dag;
    ///
    /// let error = Dag::from_dot("digraph {\n  dose; effect;\n  dose -> efect;\n}").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "line 3, column 11: the edge dose -> efect names `efect`, which is not declared: did you mean `effect`?"
    /// );
    /// ```
    pub fn from_dot(text: &str) -> Result<Self, GraphError> {
        reader::read(text)
    }

    /// Writes the graph as DOT text, which [`Dag::from_dot`] reads back to an equal graph and Graphviz can draw.
    pub fn to_dot(&self) -> String {
        writer::write(self)
    }
}

/// Reads DOT text, as [`Dag::from_dot`].
impl FromStr for Dag {
    type Err = GraphError;

    fn from_str(text: &str) -> Result<Self, GraphError> {
        Self::from_dot(text)
    }
}

/// Writes DOT text, as [`Dag::to_dot`].
impl fmt::Display for Dag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_dot())
    }
}

/// As one string of DOT text, so that a saved model carries its graph in readable form.
impl Serialize for Dag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_dot())
    }
}

/// From a string of DOT text, with all checks of [`Dag::from_dot`].
impl<'de> Deserialize<'de> for Dag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_dot(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
