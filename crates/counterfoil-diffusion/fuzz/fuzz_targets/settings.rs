//! Any text is a setting of a run or is refused: a mixture, a schedule, a grid, a spacing, a method. What is read is
//! written, and reads back as itself.
#![no_main]

use counterfoil_diffusion::{
    Adaptive, ContinuousSchedule, End, Grid, Picard, Prediction, RePaint, Schedule, Shift, Spacing,
    analytic::Mixture, inversion::Method,
};
use serde::{Serialize, de::DeserializeOwned};

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = (same::<Mixture>(text), same::<Grid>(text), same::<Method>(text));
    let _ = (same::<Prediction>(text), same::<Shift>(text), same::<Picard>(text));
    let _ = (same::<Adaptive>(text), same::<RePaint>(text));
    if let Some(schedule) = same::<ContinuousSchedule>(text) {
        let _ = schedule.grid(Spacing::Karras { rho: 7.0 }, 5, End::Zero);
    }
    if let (Some(spacing), Ok(edm)) = (same::<Spacing>(text), ContinuousSchedule::edm(0.002, 80.0))
    {
        let _ = edm.grid(spacing, 5, End::Zero);
    }
});

/// What the text says, which is what it says again once it is written. Texts, and not values, are compared: a number
/// may be derived from others with the last bit lost, once.
fn same<T: DeserializeOwned + Serialize>(text: &str) -> Option<T> {
    let read: T = serde_json::from_str(text).ok()?;
    let written = serde_json::to_string(&read).expect("it can be written");
    let again: T = serde_json::from_str(&written).expect("it reads back");
    assert_eq!(serde_json::to_string(&again).expect("it can be written"), written);
    Some(read)
}
