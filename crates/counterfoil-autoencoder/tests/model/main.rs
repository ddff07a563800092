//! The model against its definitions: sizes, structure, objective, calibration.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod anticausal;
mod calibration;
mod checkpointed;
mod corrective;
mod decoders;
mod directions;
mod fits;
mod guidance;
mod hierarchical;
mod learned;
mod mechanisms;
mod objective;
mod parameters;
mod shares;
mod support;
mod tabular;
mod unknown;
