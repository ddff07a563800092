//! Named causal graphs on petgraph: variables with units and ranges, orders, ancestors, mutilated views.
#![forbid(unsafe_code)]

mod arcs;
mod dag;
mod directed;
mod dot;
mod error;
mod interop;
mod intervention;
mod mutilated;
mod suggest;
mod variable;
mod variables;

pub use dag::Dag;
pub use directed::DirectedGraph;
pub use error::GraphError;
pub use intervention::Intervention;
pub use mutilated::Mutilated;
pub use variable::{Kind, Placement, Role, Variable};

// The set type of this crate's answers, so that users need not match versions.
pub use fixedbitset::FixedBitSet;
