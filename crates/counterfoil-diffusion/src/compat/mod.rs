//! What other libraries do, under its name: so that those who come from there can check equality first.
//!
//! Everything here deviates from the rest of the crate only where the other library does, and says so.

mod diffusers;
mod grids;
mod record;

pub use diffusers::{Options, Recipe, Scale, Scheduler};
pub use record::{Deviation, Inputs, Record};
