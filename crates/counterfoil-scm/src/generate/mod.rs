//! Random graphs, models and questions: what simulation studies and tests of causal algorithms are made of.
//!
//! Everything is a function of a keyed [`Stream`](counterfoil_random::Stream), so item 17 of seed 3 is the same on every machine.
//!
//! ```
//! use counterfoil_random::Stream;
//! use counterfoil_scm::generate::{self, GraphShape, ModelShape};
//!
//! let mut stream = Stream::new(3, "study", 17, 0);
//! let graph = generate::admg(&GraphShape { nodes: 6, ..GraphShape::default() }, &mut stream)?;
//! let model = generate::cpt_model(&graph, &ModelShape::default(), &mut stream)?;
//! assert_eq!(model.graph().to_string(), graph.to_string());
//! assert!((model.joint()?.total() - 1.0).abs() < 1e-12);
//! # Ok::<(), counterfoil_scm::ScmError>(())
//! ```

mod graph;
mod linear;
mod model;
mod question;

pub use graph::{GraphShape, admg};
pub use linear::linear_model;
pub use model::{ModelShape, cpt_model, functional_model};
pub use question::{CounterfactualShape, counterfactual, effect};
