//! Counterfactual probabilities: what would have happened, given what did, and whether experiments or data can tell.
//!
//! An [`Event`] states what variables are in worlds: in the real one, in one where some variables are set, or in one
//! where they are set to what they are elsewhere (nested counterfactuals). [`identify`] says whether the probability of
//! one event given another is a [`Formula`] of interventional distributions, is settled by logic alone, or is hidden
//! from every experiment, with the [`Conflict`] that makes it so. [`Formula::from_observations`] goes on to the joint
//! distribution of what is observed. [`Question`] has the questions with names: effects on the treated, direct, indirect
//! and path-specific effects, probabilities of necessity and sufficiency. [`CounterfactualGraph`] shows the worlds.
//!
//! ```
//! use counterfoil_graph::{admg, counterfactual::{Answer, Question}};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // How would those who did not get the treatment have fared with it? The mediator tells.
//! let graph = admg! { X -> M -> Y; X <-> Y }?;
//! let question = Question::parse(&graph, "Y[X=1] = 1", "X = 0")?;
//! let Answer::Identified(formula) = question.identify(&graph)? else { panic!("it is identified") };
//! assert_eq!(formula.estimand().to_string(), "(Σ_m P(x', y | do(m)) P(m | do(x))) / P(x')");
//! // Observations alone are enough: a formula without interventions.
//! assert!(!formula.from_observations(&graph)?.estimand().to_string().contains("do("));
//! // x is what is set, x' what was seen.
//! let x: Vec<usize> = formula.values().iter().take(2).map(|(_, value)| *value).collect();
//! assert_eq!(x, [1, 0]);
//!
//! // Had it been the treatment that healed them? No experiment shows one person with and without it.
//! let question = Question::necessity(2, [1, 0], 0, [1, 0]);
//! let Answer::NotIdentified(conflict) = question.identify(&graph)? else { panic!("it is not") };
//! assert!(conflict.verify(&graph, &question.event, &question.given));
//! # Ok(())
//! # }
//! ```

mod conflict;
mod decide;
mod event;
mod formula;
mod graph;
mod parse;
mod question;
mod verify;
mod world;
mod worlds;

pub use conflict::{Conflict, Demand};
pub use decide::{Answer, identify};
pub use event::{Atom, Counterfactual, Event, Status};
pub use formula::Formula;
pub use graph::{CounterfactualGraph, CounterfactualNode, Value};
pub use question::Question;
pub use world::{Setting, World};
