//! Causal worlds with exact counterfactual renderers, importers for real data, splits and hashes.
//!
//! A [`Dataset`] is images and the labels of the variables that caused them. Where the data come from a
//! [`World`] the truth is known in full: the exogenous noise of every image is drawn again from the seed, the
//! labels are put under `do(...)`, and the *same* handwriting, the same pendulum, is rendered once more. So a
//! model's counterfactual can be compared with the true one, pixel by pixel.
//!
//! ```
//! use counterfoil_data::{digits::Digits, generate};
//! use counterfoil_graph::Intervention;
//!
//! let data = generate(Digits::new(), 100, 7)?;
//! let thicker = Intervention::none().set(data.graph(), "thickness", 4.0)?;
//! let truth = data.counterfactual_image(3, &thicker).expect("a world renders its counterfactuals")?;
//! assert_eq!(truth.len(), data.images().get(3).len());
//! assert_ne!(truth, data.images().get(3));
//! # Ok::<(), counterfoil_data::DataError>(())
//! ```
//!
//! | you want | look at |
//! |---|---|
//! | images with a known truth | [`generate`] with [`digits`], [`pendulum`], [`circuit`], [`flow`], [`gaussian`] or your own [`World`] |
//! | real images | [`morphomnist`] (and its parts [`idx`] and [`labels`]), [`folder`], [`pendulum::files`], [`causalcircuit`] |
//! | training, validation and test parts | [`Split`] |
//! | pictures to look at | [`png`], [`sheet`] |
#![forbid(unsafe_code)]

mod canvas;
pub mod causalcircuit;
pub mod circuit;
mod dataset;
pub mod digits;
mod error;
pub mod flow;
pub mod folder;
pub mod gaussian;
pub mod idx;
mod images;
pub mod labels;
pub mod morphomnist;
pub mod pendulum;
pub mod png;
pub mod sheet;
mod split;
mod world;

pub use dataset::Dataset;
pub use error::{DataError, IdxError, Result};
pub use images::Images;
pub use split::Split;
pub use world::{Exogenous, Gauge, World, generate};
