//! The two languages of statements in braces, dagitty's and Graphviz's, read by one machine.

mod edge_style;
mod machine;
mod writer;

pub(super) use edge_style::{EdgeStyle, style_attributes};
pub(super) use machine::read;
pub(super) use writer::{write_dagitty, write_dot};

use super::DotOptions;

/// Which of the two languages a text is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Dagitty,
    Dot(DotOptions),
}
