//! Linear models with Gaussian errors, hidden causes included as correlated errors: everything in closed form.
//!
//! ```
//! use counterfoil_graph::admg;
//! use counterfoil_scm::linear::{Equation, LinearAction, LinearModel};
//!
//! // The front door: smoking, tar, lung damage, and a hidden cause of the first and the last.
//! let graph = admg! { S -> T -> L; S <-> L }?;
//! let model = LinearModel::new(
//!     graph,
//!     vec![
//!         Equation::new(0.0, vec![], 1.0),
//!         Equation::new(0.0, vec![0.5], 1.0),
//!         Equation::new(0.0, vec![0.8], 1.0),
//!     ],
//!     &[(0, 2, 0.6)],
//! )?;
//! let [s, l] = [0, 2];
//! // What is seen mixes the effect of S on L with their common cause; what is done does not.
//! let seen = model.distribution().given(&[(s, 1.0)])?;
//! let done = model.intervene([(s, LinearAction::Set(1.0))])?.distribution();
//! assert!((seen.mean(l).unwrap() - 1.0).abs() < 1e-12);
//! assert!((done.mean(l).unwrap() - 0.4).abs() < 1e-12);
//! assert!((model.total_effect(s, l)? - 0.4).abs() < 1e-12);
//! # Ok::<(), counterfoil_scm::ScmError>(())
//! ```

mod action;
mod counterfactual;
mod gaussian;
mod matrix;
mod model;
mod paths;

pub use action::LinearAction;
pub use gaussian::Gaussian;
pub use model::{Equation, LinearModel};
