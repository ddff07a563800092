//! Everything between the workspace and libtorch: devices, precision, noise, layers, optimiser, averages, archives.
//!
//! The central idea is that **a network is a function and its parameters are data**. Layers hold only the place of
//! their weights in a [`Layout`]; the numbers live in one flat vector, a [`ParameterStore`]. Binding a store
//! ([`ParameterStore::bind`]) gives the [`Weights`] of one pass, already cast to the compute [`Precision`]. So a step of
//! the optimiser, the gradient norm and the exponential moving average are single operations over single vectors, and
//! evaluating with averaged weights is the same network bound to another store.
//!
//! A pass that keeps only what enters its segments, and computes the rest again for the gradient, is a [`Chain`].
//!
//! Nothing here draws from libtorch's global generator: initial values and noise come from keyed streams
//! ([`counterfoil_random`]).

pub mod archive;
mod chain;
mod device;
mod ema;
mod error;
pub mod image;
pub mod layers;
pub mod noise;
mod optimiser;
mod parameters;
mod weights;

pub use chain::{Chain, Recomputation, Value};
pub use device::{device_name, parse_device};
pub use ema::Ema;
pub use error::TensorError;
pub use optimiser::{AdamW, AdamWConfig, clip_gradient_norm, clip_gradient_norms_apart};
pub use parameters::{Buffer, Init, Layout, LayoutBuilder, Parameter, ParameterStore, Scope};
pub use weights::{Mode, Precision, Weights};
