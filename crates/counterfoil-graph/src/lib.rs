//! Named causal graphs: which variable is a direct cause of which, in what unit each is measured, and what an
//! intervention leaves of it all.
//!
//! A [`Dag`] is read from a small text file, so that a graph is data and never stands in source:
//!
//! ```
//! use counterfoil_graph::{CausalGraph, Dag, Intervention, NodeSet};
//!
//! # fn main() -> Result<(), counterfoil_graph::GraphError> {
//! let dag = Dag::from_dot(
//!     r#"digraph pendulum {
//!         angle  [unit="degrees", low=-40, high=43];
//!         light  [unit="degrees", low=60, high=147];
//!         length [unit="cm", low=3, high=12, domain_above=0];
//!         place  [unit="cm", low=2, high=19];
//!         angle -> length; angle -> place;
//!         light -> length; light -> place;
//!     }"#,
//! )?;
//! let length = dag.index_of("length")?;
//! assert_eq!(dag.parents(length), [0, 1]);
//! assert_eq!(dag.ancestors([length]), NodeSet::from([0, 1, 2]));
//!
//! // do(length = 5): its causes no longer reach it.
//! let action = Intervention::none().set(&dag, "length", 5.0)?;
//! let world = dag.mutilated(action.targets());
//! assert_eq!(world.ancestors_of([length]), NodeSet::from([2]));
//!
//! // A mistake is answered with the place, the fix and a suggestion.
//! assert_eq!(
//!     dag.index_of("lenght").unwrap_err().to_string(),
//!     "there is no variable `lenght` in the graph: did you mean `length`?"
//! );
//! # Ok(())
//! # }
//! ```
//!
//! # How it is made
//! - [`Variable`] says what a value means: name, unit, [`Kind`], declared range, hard domain, [`Role`]. It knows
//!   nothing of edges.
//! - The structure is two frozen arrays, in which the neighbours of a node along each sort of edge are a slice, and
//!   knows nothing of names. [`MixedGraph`] joins the two.
//! - Each class of graph is a newtype over it that has checked what it promises and is only read afterwards: [`Dag`],
//!   [`Admg`], and the classes of graphs that data cannot tell apart, [`Cpdag`], [`Mpdag`], [`Mag`] and [`Pag`] (see
//!   [`equivalence`]).
//! - Algorithms are written against the trait [`CausalGraph`], so they run on a graph and on a [`View`] of it without
//!   some of its edges alike.
//! - [petgraph](https://docs.rs/petgraph) is the way in and out ([`Dag::from_petgraph`], [`Dag::to_petgraph`]),
//!   and its algorithms accept `&Dag` directly.
//! - Positions follow the order of declaration, and every output is ordered by them; nothing depends on hashing
//!   or on the order in which edges are written.
//!
//! Conventions: a variable is its own ancestor and its own descendant, as in `An(X)` and `De(X)` of the
//! literature. Sets of positions are [`NodeSet`]s, lists of them ascend.
#![forbid(unsafe_code)]

pub mod adjustment;
mod admg;
mod causal_graph;
mod change;
mod chordal;
mod class;
pub mod counterfactual;
mod cpdag;
mod cut;
mod dag;
mod directed;
pub mod distance;
pub mod do_calculus;
mod dot;
pub mod drawing;
mod edge;
pub mod equivalence;
mod error;
pub mod estimand;
pub mod formats;
pub mod front_door;
pub mod identification;
pub mod instruments;
mod interop;
mod intervals;
mod intervention;
mod links;
mod mag;
mod mixed;
mod mpdag;
mod order;
mod pag;
mod projection;
mod query;
mod scope;
pub mod separation;
pub mod separators;
mod set;
mod statements;
mod suggest;
mod text;
mod tokens;
mod values;
mod variable;
mod variables;
mod view;

pub use admg::Admg;
pub use causal_graph::CausalGraph;
pub use change::Change;
pub use cpdag::Cpdag;
pub use dag::Dag;
pub use edge::{Edge, Mark};
pub use error::GraphError;
pub use intervention::Intervention;
pub use mag::Mag;
pub use mixed::MixedGraph;
pub use mpdag::Mpdag;
pub use pag::Pag;
pub use query::{NamedQuery, Query, QueryError};
pub use set::NodeSet;
pub use values::Placement;
pub use variable::{Kind, Role, Variable};
pub use view::View;
