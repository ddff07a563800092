//! The history of a run as a table for spreadsheets and data frames: one row per step and part, one column per name.

use std::path::Path;

use super::{
    atomic::write_atomic,
    events::{Event, Part, read_events},
};
use crate::error::{ExperimentError, Result};

/// The file of the table inside a run directory.
pub const METRICS_FILE: &str = "metrics.csv";

/// Writes `metrics.csv` anew from the events of `run`.
///
/// # Errors
/// When the events cannot be read or the table cannot be written.
pub fn write_metrics(run: &Path) -> Result<()> {
    let path = run.join(METRICS_FILE);
    let bytes = table(&read_events(run)?).map_err(|e| ExperimentError::BrokenRun {
        path: path.clone(),
        reason: format!("cannot be written: {e}"),
    })?;
    write_atomic(&path, &bytes)
}

/// Rows in the order of the events; a row ends where step or part changes. Columns in the order of first appearance.
fn table(events: &[Event]) -> Result<Vec<u8>, csv::Error> {
    let mut names: Vec<&str> = Vec::new();
    for event in events {
        if !names.contains(&event.name.as_str()) {
            names.push(&event.name);
        }
    }
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["step", "wall", "split"].iter().chain(&names))?;
    for row in events.chunk_by(|a, b| key(a) == key(b)) {
        let Some(first) = row.first() else { continue };
        let mut record =
            vec![first.step.to_string(), first.wall.to_string(), first.split.name().to_owned()];
        record.extend(names.iter().map(|name| {
            let found = row.iter().rev().find(|event| event.name == *name);
            found.map_or_else(String::new, |event| event.value.to_string())
        }));
        out.write_record(&record)?;
    }
    out.into_inner().map_err(|e| e.into_error().into())
}

fn key(event: &Event) -> (u64, Part) {
    (event.step, event.split)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_steps_and_columns_names() {
        let event = |step, name: &str, value, split| Event {
            step,
            wall: step as f64,
            name: name.into(),
            value,
            split,
        };
        let events = [
            event(10, "loss", 0.5, Part::Train),
            event(10, "eps", 0.25, Part::Train),
            event(10, "loss", 0.75, Part::Validation),
            event(20, "loss", 0.125, Part::Train),
        ];
        let expected = "step,wall,split,loss,eps\n10,10,train,0.5,0.25\n10,10,validation,0.75,\n\
                        20,20,train,0.125,\n";
        assert_eq!(String::from_utf8(table(&events).unwrap()).unwrap(), expected);
        assert_eq!(table(&[]).unwrap(), b"step,wall,split\n");
    }
}
