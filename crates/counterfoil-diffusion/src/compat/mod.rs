//! Other libraries' settings: reading and writing them, and saying where they mean something else here.

mod class;
mod config;
mod export;
mod warnings;

pub use class::Class;
pub use config::{ImportedSchedule, SchedulerConfig};
pub use warnings::Warning;
