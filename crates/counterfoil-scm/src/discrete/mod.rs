//! Models of variables with finitely many values, hidden causes included, on which every question of causality has an
//! exact numeric answer.
//!
//! Two forms of the same thing:
//!
//! | form | what stands behind a variable | answers |
//! |---|---|---|
//! | [`CptModel`] | a probability table given its parents, hidden ones included | what is seen, what happens under an intervention |
//! | [`FunctionalModel`] | a function of its parents and of exogenous noise | these, and what would have happened |
//!
//! [`CptModel::to_functional`] makes the second of the first (one of the many that agree with it), and
//! [`FunctionalModel::to_cpt`] is the way back. Both implement graph's
//! [`Distribution`](counterfoil_graph::estimand::Distribution), so an identified effect can be evaluated on them.
//!
//! ```
//! use counterfoil_scm::discrete::{Action, CptModel, Factor};
//!
//! // Smoking, tar, cancer; a gene behind smoking and cancer that nobody has measured.
//! let model = CptModel::new([
//!     Factor::binary("smoking", ["gene"], [0.2, 0.7]),
//!     Factor::binary("tar", ["smoking"], [0.1, 0.9]),
//!     Factor::binary("cancer", ["tar", "gene"], [0.1, 0.4, 0.2, 0.5]),
//!     Factor::binary("gene", [], [0.5]).hidden(),
//! ])?;
//! assert_eq!(model.graph().to_string(), "smoking; tar; cancer; smoking -> tar; smoking <-> cancer; tar -> cancer");
//! let [smoking, cancer] = [0, 2];
//! let seen = model.conditional(&[cancer], &[(smoking, 1)])?;
//! let done = model.intervene([(smoking, Action::Set(1))])?.marginal(&[cancer])?;
//! assert!((seen.values()[1] - 0.423333).abs() < 1e-6);
//! assert!((done.values()[1] - 0.34).abs() < 1e-12);
//! # Ok::<(), counterfoil_scm::ScmError>(())
//! ```

mod action;
mod bif;
mod counterfactual;
mod distribution;
mod eliminate;
mod functional;
mod json;
mod model;
mod network;
mod response;
mod table;
mod world;

pub use action::{Action, tabulate};
pub use counterfactual::Twin;
pub use distribution::facts;
pub use functional::{Exogenous, Function, FunctionalModel};
pub use model::{CptModel, Factor};
pub use table::{MAX_CELLS, Table};
pub use world::{Fact, World};

pub(crate) use json::refusal;

/// Refuses a mechanism of more than [`MAX_CELLS`] entries before it is made.
pub(crate) fn check_size(rows: usize, cardinality: usize) -> Result<(), crate::ScmError> {
    table::cell_count(&[rows, cardinality]).map(|_| ())
}
