//! What training and asking cost as images, batches and graphs grow.
//!
//! Every place is measured in a process of its own, so that its peak of memory is its own; the program `cost` starts them,
//! several rounds in turns, and the smallest of all times of a place counts: what else runs on a machine only ever adds.

mod draw;
mod measure;
mod place;

pub use draw::drawings;
pub use measure::{Measured, measure};
pub use place::{Axis, Place, places};

use serde::{Deserialize, Serialize};

/// Everything that was measured, as it is kept beside the drawings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// The machine's processor.
    pub processor: String,
    /// Threads of one tensor operation.
    pub threads: usize,
    /// How often each place was measured.
    pub rounds: usize,
    /// The places and what each costs.
    pub costs: Vec<Cost>,
}

/// What a place costs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// The smallest figures of all rounds.
    #[serde(flatten)]
    pub measured: Measured,
}
