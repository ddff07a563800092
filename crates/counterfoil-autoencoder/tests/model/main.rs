//! The model against its definitions: sizes, structure, objective, calibration.

mod calibration;
mod mechanisms;
mod objective;
mod parameters;
mod support;
