//! Where the numbers of training go: the events, TensorBoard's file, and at each checkpoint the table.

use std::time::Instant;

use crate::{
    error::Result,
    run_dir::{Event, EventFile, EventLog, Part, RunDir, clock, write_metrics},
};

/// Writes the history of one session.
#[derive(Debug)]
pub(super) struct Recorder {
    events: EventLog,
    tensorboard: EventFile,
    /// Seconds of training in earlier sessions.
    earlier: f64,
    began: Instant,
    run: RunDir,
}

impl Recorder {
    /// Opens the history of `run` to continue after `step`; 0 for a fresh run.
    pub(super) fn open(run: &RunDir, step: u64) -> Result<Self> {
        let (events, earlier) = EventLog::open(run.path(), step)?;
        let resumed = (step > 0).then_some(step);
        let tensorboard = EventFile::create(run.path(), clock::unix(), resumed)?;
        Ok(Self { events, tensorboard, earlier, began: Instant::now(), run: run.clone() })
    }

    /// Forgets what belongs to steps after `step`; the clock runs on.
    pub(super) fn rewind(&mut self, step: u64) -> Result<()> {
        let (events, _) = EventLog::open(self.run.path(), step)?;
        self.events = events;
        self.tensorboard = EventFile::create(self.run.path(), clock::unix(), Some(step))?;
        Ok(())
    }

    /// Seconds of training, those of earlier sessions included.
    pub(super) fn wall(&self) -> f64 {
        self.earlier + self.session()
    }

    /// Seconds of this session.
    pub(super) fn session(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }

    /// Keeps numbers that belong to `step` and hands them to readers at once.
    pub(super) fn record<'a>(
        &mut self,
        step: u64,
        split: Part,
        values: impl IntoIterator<Item = (&'a str, f64)>,
    ) -> Result<()> {
        let (wall, unix) = (self.wall(), clock::unix());
        for (name, value) in values {
            self.events.append(&Event { step, wall, name: name.to_owned(), value, split })?;
            self.tensorboard.scalar(&format!("{}/{name}", split.name()), step, unix, value)?;
        }
        self.events.flush()?;
        self.tensorboard.flush()
    }

    /// Makes the history durable and brings the table up to date; to be done before the checkpoint of the step.
    pub(super) fn sync(&mut self) -> Result<()> {
        self.events.sync()?;
        write_metrics(self.run.path())
    }
}
