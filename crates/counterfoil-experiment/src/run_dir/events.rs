//! The history of a run, one number per line of `events.jsonl`: the source that every curve and table is made from.

use std::{
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::error::{ExperimentError, Result};

/// The file of the events inside a run directory.
pub const EVENTS_FILE: &str = "events.jsonl";

/// The part of the data that a number was measured on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The images that the weights are fitted to.
    Train,
    /// The images that checkpoints are compared on.
    Validation,
    /// The images that nothing was chosen by.
    Test,
}

impl Part {
    /// The word that files and tables use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// One number of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// How many optimiser steps had been taken.
    pub step: u64,
    /// Seconds of training until then, those before a resume included.
    pub wall: f64,
    /// What was measured: `loss`, a term of it, `learning_rate`.
    pub name: String,
    /// The number.
    pub value: f64,
    /// The part of the data that it was measured on.
    pub split: Part,
}

/// The writer of `events.jsonl`; it only ever appends, except that a resume first cuts off what it will do again.
#[derive(Debug)]
pub struct EventLog {
    file: BufWriter<fs_err::File>,
}

impl EventLog {
    /// Opens the log of `run` to continue after `step`, creating it when there is none.
    ///
    /// Events of later steps and a last line that a crash tore are cut off. Returns the log and the seconds of training
    /// that the kept events tell of.
    ///
    /// # Errors
    /// When the file cannot be read or written, or a line that is not the last is no event.
    pub fn open(run: &Path, step: u64) -> Result<(Self, f64)> {
        let path = run.join(EVENTS_FILE);
        let mut options = fs_err::OpenOptions::new();
        let file = options.read(true).append(true).create(true).open(&path)?;
        let bytes = fs_err::read(&path)?;
        let (mut length, mut wall) = (0, 0.0);
        for line in lines(&path, &bytes)? {
            // Steps only grow along the file, so the first late event ends what is kept.
            if line.event.step > step {
                break;
            }
            (length, wall) = (line.end, line.event.wall);
        }
        if length < bytes.len() {
            file.set_len(length as u64)?;
            file.sync_all()?;
        }
        Ok((Self { file: BufWriter::new(file) }, wall))
    }

    /// Appends one event. A value that is not finite has no JSON form and is left out; the error that it causes names it.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn append(&mut self, event: &Event) -> Result<()> {
        if event.value.is_finite() {
            let line = serde_json::to_string(event).map_err(std::io::Error::from)?;
            self.file.write_all(line.as_bytes())?;
            self.file.write_all(b"\n")?;
        }
        Ok(())
    }

    /// Hands what was appended to the system, so that readers see it.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn flush(&mut self) -> Result<()> {
        Ok(self.file.flush()?)
    }

    /// Makes what was appended survive a crash of the machine; done before each checkpoint, so that no kept step
    /// lacks its events.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn sync(&mut self) -> Result<()> {
        self.flush()?;
        Ok(self.file.get_ref().sync_data()?)
    }
}

/// Every event of a run, in order; a torn last line is passed over.
///
/// # Errors
/// When the file is missing, or a line that is not the last is no event.
pub fn read_events(run: &Path) -> Result<Vec<Event>> {
    let path = run.join(EVENTS_FILE);
    let bytes = fs_err::read(&path).map_err(ExperimentError::unreadable)?;
    Ok(lines(&path, &bytes)?.into_iter().map(|line| line.event).collect())
}

struct Line {
    event: Event,
    /// Offset of the byte after the line.
    end: usize,
}

fn lines(path: &Path, bytes: &[u8]) -> Result<Vec<Line>> {
    let mut kept = Vec::new();
    let mut end = 0;
    for (number, line) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
        end += line.len();
        match serde_json::from_slice(line) {
            Ok(event) if line.ends_with(b"\n") => kept.push(Line { event, end }),
            Err(e) if end < bytes.len() => {
                return Err(ExperimentError::BrokenRun {
                    path: PathBuf::from(path),
                    reason: format!("line {} is damaged ({e}); delete the line", number + 1),
                });
            }
            // A crash tears the end of a file and nothing else.
            _ => {}
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(step: u64, name: &str, value: f64) -> Event {
        Event { step, wall: step as f64 / 2.0, name: name.into(), value, split: Part::Train }
    }

    fn filled(run: &Path, steps: u64) {
        let (mut log, wall) = EventLog::open(run, 0).unwrap();
        assert_eq!(wall, 0.0);
        for step in 1..=steps {
            log.append(&event(step, "loss", 0.1 + step as f64)).unwrap();
            log.append(&event(step, "eps", f64::NAN)).unwrap();
        }
        log.sync().unwrap();
    }

    /// Exact: values come back bit for bit.
    #[test]
    fn events_come_back_and_infinite_ones_are_left_out() {
        let run = tempfile::tempdir().unwrap();
        filled(run.path(), 3);
        let expected: Vec<Event> = (1..=3).map(|s| event(s, "loss", 0.1 + s as f64)).collect();
        assert_eq!(read_events(run.path()).unwrap(), expected);
    }

    #[test]
    fn resuming_cuts_late_events_and_a_torn_line() {
        let run = tempfile::tempdir().unwrap();
        filled(run.path(), 5);
        let path = run.path().join(EVENTS_FILE);
        let whole = fs_err::read(&path).unwrap();
        fs_err::write(&path, &whole[..whole.len() - 7]).unwrap();
        assert_eq!(read_events(run.path()).unwrap().len(), 4);
        let (mut log, wall) = EventLog::open(run.path(), 3).unwrap();
        assert_eq!(wall, 1.5);
        log.append(&event(4, "loss", 4.1)).unwrap();
        log.append(&event(5, "loss", 5.1)).unwrap();
        drop(log);
        assert_eq!(fs_err::read(&path).unwrap(), whole);
    }

    #[test]
    fn damage_in_the_middle_is_an_error_with_its_line() {
        let run = tempfile::tempdir().unwrap();
        filled(run.path(), 2);
        let path = run.path().join(EVENTS_FILE);
        let whole = fs_err::read_to_string(&path).unwrap();
        fs_err::write(&path, whole.replacen("\"step\":1", "\"stop\":1", 1)).unwrap();
        let message = read_events(run.path()).unwrap_err().to_string();
        assert!(message.contains("line 1 is damaged"), "{message}");
    }
}
