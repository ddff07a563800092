//! Graphs as text: dagitty's language, DOT, GML, JSON, BIF and plain statements, read and written.
//!
//! Every format reads to one type, [`Described`]: a [`MixedGraph`](crate::MixedGraph) with what the text says besides,
//! such as exposures, outcomes and hidden variables. Every error has the line and column that it belongs to. Nothing
//! here touches files.
//!
//! ```
//! use counterfoil_graph::formats::{Described, Format};
//!
//! # fn main() -> Result<(), counterfoil_graph::GraphError> {
//! let text = "dag { smoking [exposure] cancer [outcome] smoking -> tar -> cancer  smoking <-> cancer }";
//! let format = Format::detect(text).unwrap_or(Format::Dagitty);
//! let described = format.read(text)?;
//! assert_eq!(described.to_admg()?.to_string(),
//!     "smoking; cancer; tar; smoking <-> cancer; smoking -> tar; tar -> cancer");
//! assert_eq!(Format::Json.read(&Format::Json.write(&described)?)?, described);
//!
//! let error = Format::Dagitty.read("dag {\n  x -> y\n  x >- y\n}").unwrap_err();
//! assert_eq!(error.position(), Some((3, 5)));
//! # Ok(())
//! # }
//! ```
//!
//! # What each format holds
//! | format | edges | besides |
//! |---|---|---|
//! | [dagitty](Format::Dagitty) | all marks: `->`, `<->`, `--`, `@->`, `@-@`, `--@` | parts, latents, positions, units and ranges as attributes; not names that end in a backslash, nor `graph` and `node` |
//! | [DOT](Format::Dot) | all marks, by `dir`, `style`, `arrowhead`, `arrowtail` | everything |
//! | [GML](Format::Gml) | all marks, by the same attributes | everything |
//! | [JSON](Format::Json) | all marks | everything |
//! | [BIF](Format::Bif) | `->` | categories; the tables are in [`BifNetwork`] |
//! | [statements](Format::Statements) | `->`, `<->` | nothing; names are words |
//!
//! # Hidden common causes in DOT
//! Graphviz knows no bidirected edge, so there are conventions. `x -> y [dir=both]` and `x -> y [style=dashed]` are
//! `x <-> y`. Where `dir` is given it decides which ends carry a mark, and `arrowhead` and `arrowtail` decide which mark
//! (`normal`, `odot`, `none`); without `dir` an explicit `arrowhead` or `arrowtail` is believed; only where none of the
//! three is given does a dash count, and not at all at a variable that is declared latent, where it is refused.
//! `x -> y; y -> x` is a cycle of two edges, unless [`DotOptions::antiparallel_is_bidirected`] says that the pair is
//! `x <-> y`. `x -- y` is undirected. Defaults (`edge [dir=both]`) hold in the rest of their braces, groups
//! (`x -> {y z}`) stand for their nodes, other attributes are passed over unless they look like a slip for one that has
//! a meaning. Variables need not be declared. For the strict reader of experiment files see
//! [`Dag::from_dot`](crate::Dag::from_dot).

mod bif;
mod described;
mod dotlike;
mod draft;
mod format;
mod gml;
mod json;
mod reader;

pub use bif::{BifNetwork, BifVariable};
pub use described::{Class, Described, Part};
pub use format::{DotOptions, Format};
