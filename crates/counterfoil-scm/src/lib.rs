//! Structural causal models: each variable is a function of its direct causes and of noise of its own, and the
//! noise can be recovered, so that "what if" has an exact answer.
//!
//! An [`Scm`] is a [`Dag`](counterfoil_graph::Dag) with one [`Mechanism`] per variable. The noise is explicit:
//! drawn from a keyed stream, kept beside the values, and handed back in. That gives the three rungs of Pearl's
//! ladder (Pearl 2009, sections 1.4 and 7.1):
//!
//! | question | here |
//! |---|---|
//! | what is seen? | [`Scm::sample`] |
//! | what happens when `x` is set? | [`Scm::sample_under`] with an [`Intervention`] |
//! | what would have happened to *this* item? | [`Scm::counterfactual`], or by steps [`Scm::abduct`] and [`Scm::predict`] |
//!
//! ```
//! use counterfoil_graph::{Dag, Variable};
//! use counterfoil_random::Stream;
//! use counterfoil_scm::{Additive, Intervention, LinearGaussian, Noise, Scm};
//!
//! # fn main() -> Result<(), counterfoil_scm::ScmError> {
//! let dag = Dag::new(
//!     [Variable::continuous("exercise")?, Variable::continuous("pulse")?],
//!     &[("exercise", "pulse")],
//! )?;
//! let scm = Scm::new(
//!     dag,
//!     vec![
//!         Box::new(LinearGaussian::new(3.0, vec![], 1.0)?),
//!         Box::new(Additive::new(|cause| 80.0 - 2.0 * cause[0], 5.0, Noise::Normal)?),
//!     ],
//! )?;
//! // Somebody exercises 4 hours a week and has a pulse of 67, five below what is usual for them ...
//! let more = Intervention::none().set(scm.dag(), "exercise", 6.0)?;
//! // ... and would be five below the usual at 6 hours, too.
//! assert_eq!(scm.counterfactual(&[4.0, 67.0], &more)?, [6.0, 63.0]);
//!
//! // Item 17 of a data set is the same whoever draws it, and however many others are drawn.
//! let item = scm.sample(&mut Stream::new(7, "labels", 17, 0));
//! assert_eq!(item.values, scm.predict(&item.noise, &Intervention::none()));
//! # Ok(())
//! # }
//! ```
//!
//! Every mechanism of an [`Scm`] is invertible in its noise. Where that does not hold, the noise has a posterior
//! distribution instead of a value, and hidden causes tie variables together. Two families of such models have exact
//! answers to all questions:
//!
//! | module | variables | hidden causes |
//! |---|---|---|
//! | [`discrete`] | finitely many values | variables of their own, or shared exogenous sources |
//! | [`linear`] | real, jointly normal | correlated errors |
//!
//! [`generate`] draws random graphs, models and questions, [`oracle`] compares what the graph crate says about these with
//! the truth, and [`cases`] grades it by questions with known answers.
#![forbid(unsafe_code)]

mod additive;
mod beta;
pub mod cases;
mod custom;
pub mod discrete;
mod error;
mod exact;
pub mod generate;
pub mod linear;
mod logistic;
mod mechanism;
pub mod morphomnist;
mod names;
mod noise;
pub mod oracle;
mod scm;

pub use additive::{Additive, LinearGaussian, Root};
pub use beta::Beta;
pub use counterfoil_graph::Intervention;
pub use custom::Custom;
pub use error::ScmError;
pub use exact::Exact;
pub use logistic::Logistic;
pub use mechanism::Mechanism;
pub use noise::Noise;
pub use scm::{Sample, Scm};
