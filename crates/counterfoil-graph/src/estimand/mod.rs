//! Formulas for causal effects in terms of distributions that can be measured: built, written down, simplified and
//! computed.
//!
//! An [`Arena`] holds expressions, each distinct one once, and an [`Expr`] points into it. An [`Estimand`] is an arena
//! with one expression as its root and the names of the graph's variables: what identification returns.
//!
//! ```
//! use counterfoil_graph::{admg, estimand::{Arena, Estimand, Symbol}};
//!
//! # fn main() -> Result<(), counterfoil_graph::GraphError> {
//! let graph = admg! { Z -> X -> Y; Z -> Y }?;
//! let [z, x, y] = [0, 1, 2].map(Symbol::of);
//! let mut arena = Arena::new();
//! let outcome = arena.p([y], [z, x]);
//! let weight = arena.p([z], []);
//! let product = arena.product([outcome, weight]);
//! let adjusted = arena.sum([z], product);
//! let estimand = Estimand::new(arena, adjusted, &graph);
//! assert_eq!(estimand.to_string(), "Σ_z P(z) P(y | z, x)");
//! # Ok(())
//! # }
//! ```

mod arena;
mod bundle;
mod counts;
mod distribution;
mod estimate;
mod eval_error;
mod evaluate;
mod intern;
mod joint;
mod json;
mod letters;
mod names;
mod number;
mod partial;
mod scope;
mod simplify;
mod symbol;
mod table;
mod text;

pub use arena::{Arena, Expr, Node, Term};
pub use bundle::Estimand;
pub use counts::Counts;
pub use distribution::{Distribution, Marginal, Unavailable};
pub use estimate::Estimate;
pub use eval_error::{Cell, EvalError};
pub use joint::JointTable;
pub use number::Number;
pub use symbol::Symbol;
pub use table::Table;
