//! Which effects of interventions can be computed from what was observed, and the reason where none can.
//!
//! The question is `P(y | do(x), z)` in a graph whose bidirected edges stand for hidden common causes. [`identifiable`]
//! answers with yes or with a [`Hedge`], the structure of hidden causes that makes the answer a no; [`Hedge::verify`]
//! checks it without knowing how it was found.
//!
//! ```
//! use counterfoil_graph::{Query, admg, identification::{Workspace, identifiable}};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut workspace = Workspace::default();
//! // A mediator that carries the whole effect can be used although cause and effect are confounded.
//! let front_door = admg! { X -> M -> Y; X <-> Y }?;
//! let query = Query::p(&front_door, ["Y"])?.do_(["X"])?;
//! assert!(identifiable(&front_door, &query, &mut workspace)?.is_none());
//!
//! // In the bow nothing tells the effect from the confounding.
//! let bow = admg! { X -> Y; X <-> Y }?;
//! let query = Query::p(&bow, ["Y"])?.do_(["X"])?;
//! let hedge = identifiable(&bow, &query, &mut workspace)?.expect("the bow is the smallest hedge");
//! assert_eq!((bow.names(&hedge.f), bow.names(&hedge.f_prime)), (vec!["X", "Y"], vec!["Y"]));
//! assert!(hedge.verify(&bow, &query));
//! # Ok(())
//! # }
//! ```

mod by_district;
mod c_factor;
mod closure;
mod conditional;
mod effect;
mod factors;
mod hedge;
mod law;
mod part;
mod regime;
mod search;
mod selected;
mod sources;
mod terms;
mod thicket;
mod verdict;

pub use effect::{NotIdentified, identify};
pub use hedge::Hedge;
pub use regime::Regime;
pub use search::Exhausted;
pub use sources::{NotIdentifiedFrom, identify_from};
pub use thicket::{Obstacle, Thicket};
pub use verdict::{Workspace, identifiable};
