//! Where cost is measured: one thing grows and the others stay.

use serde::{Deserialize, Serialize};

/// What grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// Height and width of an image.
    Side,
    /// Images a step.
    Batch,
    /// Variables of the graph.
    Variables,
}

/// One measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// What grows along the line of this place.
    pub axis: Axis,
    /// Height and width of an image.
    pub side: usize,
    /// Images a step.
    pub batch: usize,
    /// Labelled variables of the graph.
    pub variables: usize,
    /// Whether the UNet's activations are computed again.
    pub checkpointed: bool,
}

/// What does not grow: the images of `experiments/digits.toml` in its batches, and four variables.
const STILL: Place =
    Place { axis: Axis::Batch, side: 28, batch: 64, variables: 4, checkpointed: false };
const SIDES: [usize; 6] = [16, 32, 48, 64, 96, 128];
/// Larger images come in smaller batches.
const SIDES_BATCH: usize = 16;
const BATCHES: [usize; 5] = [8, 16, 32, 64, 128];
const VARIABLES: [usize; 6] = [4, 8, 16, 32, 48, 64];

impl Place {
    /// Where on its axis it lies.
    pub fn at(&self) -> usize {
        match self.axis {
            Axis::Side => self.side,
            Axis::Batch => self.batch,
            Axis::Variables => self.variables,
        }
    }
}

/// All places, line by line. Variables have one line: they change nothing about the UNet.
pub fn places() -> Vec<Place> {
    let both = |place: Place| [false, true].map(|checkpointed| Place { checkpointed, ..place });
    let sides = SIDES.map(|side| Place { axis: Axis::Side, side, batch: SIDES_BATCH, ..STILL });
    let batches = BATCHES.map(|batch| Place { batch, ..STILL });
    let variables = VARIABLES.map(|variables| Place { axis: Axis::Variables, variables, ..STILL });
    sides.into_iter().chain(batches).flat_map(both).chain(variables).collect()
}
