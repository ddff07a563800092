//! What other libraries do, under its name: so that those who come from there can check equality first.
//!
//! Settings are read and written as they stand, with a warning wherever they mean something else here; plans reproduce the
//! runs of a scheduler, quirks included. Everything here deviates from the rest of the crate only where the other library
//! does, and says so.

mod class;
mod config;
mod diffusers;
mod export;
mod grids;
mod json;
mod record;
mod warnings;

pub use class::Class;
pub use config::{ImportedSchedule, SchedulerConfig};
pub use diffusers::{Recipe, Scale};
pub use record::{Deviation, Inputs, Record};
pub use warnings::Warning;
