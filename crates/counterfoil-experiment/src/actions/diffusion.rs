//! Samplers looked at by themselves: recorded runs repeated, and runs on a mixture of Gaussians whose flow is known.

mod drawings;
mod records;
mod trace;
mod ways;

pub use drawings::{grid_svg, plan_svg};
pub use records::{Check, Off, check};
pub use trace::{Settings, Trace, Traced, Way, read_mixture, trace};
