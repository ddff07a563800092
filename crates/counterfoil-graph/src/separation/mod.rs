//! Which variables tell nothing of which others once some are known: d- and m-separation, paths that show dependence,
//! moral graphs, and the independences that a graph implies.
//!
//! Ask a graph ([`Admg::separated`](crate::Admg::separated), [`Dag::separated`](crate::Dag::separated)) or a view of one
//! ([`View::m_separated`](crate::View::m_separated), [`View::open_path`](crate::View::open_path)):
//!
//! ```
//! use counterfoil_graph::{NodeSet, admg};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let graph = admg! { A -> C <-> B; C -> D }?;
//! let [a, b, d] = ["A", "B", "D"].map(|name| graph.set_of([name]));
//! let (a, b, d) = (a?, b?, d?);
//! assert!(graph.separated(&a, &b, &NodeSet::new())?);
//!
//! // Knowing an effect of the collider opens the path, which is shown.
//! let path = graph.open_path(&a, &b, &d)?.ok_or("no path")?;
//! assert_eq!(path.display(&graph).to_string(), "A -> C <-> B (open at C by C -> D)");
//! assert!(path.verify(&*graph, &d));
//! # Ok(())
//! # }
//! ```

mod ball;
mod implied;
mod moral;
mod open_path;
mod queries;

pub use ball::{Workspace, separated};
pub(crate) use ball::{mark, separated_between};
pub use implied::Independence;
pub use moral::{markov_blanket, moral};
pub use open_path::{Path, open_path};
