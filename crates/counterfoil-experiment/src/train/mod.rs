//! Training: from a fresh run directory, or one that was left in the middle, to its last checkpoint.
//!
//! The state of a run is a function of config, data and step. Order, noise and learning rate are keyed by the step,
//! never by a clock or by what was drawn before, so a run that is killed and resumed ends with the very bits of one
//! that was not (on the CPU, with the same number of threads).

mod here;
mod order;
mod recorder;
mod schedule;
mod trainer;

use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_tensor::device_name;

use self::{
    here::{here, in_other_numbers, moved},
    recorder::Recorder,
    trainer::{Divergence, Trainer},
};
pub use self::{
    order::{Order, Position},
    schedule::learning_rate,
    trainer::LOSS,
};
use crate::{
    checkpoint::{Best, Checkpoint, Checkpoints, LossState},
    config::Config,
    data::Data,
    error::{ExperimentError, Result},
    progress::Reporter,
    ranks::{self, Alone, Ranks, leads},
    run_dir::{Part, RunDir, StoppedBy},
};

/// How training ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Optimiser steps taken.
    pub steps: u64,
    /// Why it ended.
    pub stopped_by: StoppedBy,
    /// Seconds of training, earlier sessions included.
    pub training_s: f64,
    /// The checkpoint with the lowest validation loss.
    pub best: Option<Best>,
}

/// Trains the model of `run` until its planned steps are taken, its clock runs out or `interrupt` is set; continues
/// after the latest checkpoint when there is one.
///
/// `config` and `data` are those that the run was made with. When `interrupt` is set the present step is finished and a
/// checkpoint written.
///
/// # Errors
/// When another process trains there, when the latest checkpoint is damaged or of another config, when the data differ
/// from those that the run began with, when training diverges again after all rollbacks (the checkpoints stay), or when the
/// disk is full.
pub fn train(
    run: &RunDir,
    config: &Config,
    data: &Data,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
) -> Result<Outcome> {
    train_among(&Alone, run, config, data, reporter, interrupt)
}

/// [`train`] as one of several processes, each of which calls this with the same run, config and data. Rank 0 writes the run
/// directory; the others only read it.
///
/// The loss is that of one process, up to rounding: gradients of the ranks' shares of a batch add up to that of the batch.
///
/// # Errors
/// As [`train`]; also when the ranks come to hold different weights. After an error of one rank the others wait for it
/// without end, so its process has to end theirs.
pub fn train_among(
    ranks: &dyn Ranks,
    run: &RunDir,
    config: &Config,
    data: &Data,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
) -> Result<Outcome> {
    let _lock = leads(ranks).then(|| run.lock()).transpose()?;
    if leads(ranks) {
        run.sweep()?;
    }
    check_data(run, data)?;
    let training = config.training();
    let device = ranks::device(ranks, &config.sections().device)?;
    if training.threads > 0 {
        tch::set_num_threads(training.threads as i32);
    }
    // Norms of gradients depend on the number of threads, and the weights of all ranks on those.
    let threads = ranks::told(ranks, tch::get_num_threads())?;
    if threads != tch::get_num_threads() {
        tch::set_num_threads(threads);
    }

    let mut trainer = Trainer::new(ranks, config, data, device)?;
    let checkpoints = Checkpoints::of(run.path());
    if let Some(checkpoint) = latest(ranks, &checkpoints, config)? {
        trainer.restore(&checkpoint)?;
        if leads(ranks) {
            checkpoints.settle(checkpoint.state(), training.keep)?;
        }
    }
    let from_step = trainer.steps();
    let earlier = run.manifest()?;
    let ended = earlier.stopped_by.map(|stopped_by| (stopped_by, earlier.training_s));
    // The others may read the manifest before or after rank 0 begins to write it anew.
    if let Some((stopped_by, training_s)) = ranks::told(ranks, ended)?
        && from_step == training.steps
    {
        let best = trainer.loss_mut().best;
        return Ok(Outcome { steps: from_step, stopped_by, training_s, best });
    }
    let recorder = if leads(ranks) {
        let here = here(ranks, device_name(device));
        moved(run, &earlier, &here, reporter)?;
        in_other_numbers(run, training.precision, trainer.precision(), reporter)?;
        run.amend(|manifest| {
            manifest.go_on(here, from_step);
            (manifest.stopped_by, manifest.finished, manifest.exit_status) = (None, None, None);
        })?;
        run.log(&format!("training from step {from_step} of {}", training.steps))?;
        Some(Recorder::open(run, from_step)?)
    } else {
        None
    };

    let mut session = InProgress { ranks, run, config, checkpoints, recorder, trainer };
    reporter.begin("training", training.steps, from_step);
    let ended = session.go(reporter, interrupt);
    reporter.end();
    session.close(ended)
}

/// The latest checkpoint, the same on every rank.
fn latest(
    ranks: &dyn Ranks,
    checkpoints: &Checkpoints,
    config: &Config,
) -> Result<Option<Checkpoint>> {
    let step = ranks::told(ranks, checkpoints.steps()?.last().copied())?;
    step.map(|step| checkpoints.open(step, config.hash())).transpose()
}

/// The data must be those that the manifest tells of.
fn check_data(run: &RunDir, data: &Data) -> Result<()> {
    let (name, hash) = (data.dataset().name(), data.dataset().hash());
    match run.manifest()?.data.get(name) {
        Some(expected) if expected == hash => Ok(()),
        _ => Err(ExperimentError::BrokenRun {
            path: run.path().to_owned(),
            reason: format!(
                "began with other data than `{name}` holds now; restore the data or start a new run"
            ),
        }),
    }
}

/// A session between its first step and its last.
struct InProgress<'a> {
    ranks: &'a dyn Ranks,
    run: &'a RunDir,
    config: &'a Config,
    checkpoints: Checkpoints,
    /// Of the rank that writes.
    recorder: Option<Recorder>,
    trainer: Trainer<'a>,
}

impl InProgress<'_> {
    /// Takes steps until something ends it, and goes back where they diverge.
    fn go(&mut self, reporter: &mut dyn Reporter, interrupt: &AtomicBool) -> Result<StoppedBy> {
        loop {
            match self.advance(reporter, interrupt)? {
                Ok(stopped_by) => return Ok(stopped_by),
                Err(divergence) => self.roll_back(&divergence, reporter)?,
            }
        }
    }

    /// Takes steps until something ends it or they diverge.
    fn advance(
        &mut self,
        reporter: &mut dyn Reporter,
        interrupt: &AtomicBool,
    ) -> Result<std::result::Result<StoppedBy, Divergence>> {
        let training = self.config.training();
        let due = |every: u64, step: u64| step.is_multiple_of(every) || step == training.steps;
        while self.trainer.steps() < training.steps {
            if let Err(divergence) = self.trainer.step()? {
                return Ok(Err(divergence));
            }
            let step = self.trainer.steps();
            reporter.advance(step, &detail(self.trainer.loss_mut()));
            let (log, checkpoint) =
                (due(training.log_every, step), due(training.checkpoint_every, step));
            if let Some(divergence) = self.trainer.exploded().filter(|_| log || checkpoint) {
                return Ok(Err(divergence));
            }
            if log {
                self.log_loss(step)?;
            }
            if (checkpoint || due(training.validate_every, step))
                && let Err(divergence) = self.validate(step, checkpoint, reporter)?
            {
                return Ok(Err(divergence));
            }
            if checkpoint {
                self.checkpoint()?;
            }
            let minutes = |r: &Recorder| r.session() / 60.0 >= training.wall_clock_minutes;
            let late = self.recorder.as_ref().is_some_and(minutes);
            let [interrupted, late] =
                ranks::any(self.ranks, [interrupt.load(Ordering::Relaxed), late]);
            let stopped_by = if step == training.steps {
                StoppedBy::Steps
            } else if interrupted {
                StoppedBy::Interrupt
            } else if late {
                StoppedBy::WallClock
            } else {
                continue;
            };
            if !checkpoint {
                self.checkpoint()?;
            }
            return Ok(Ok(stopped_by));
        }
        Ok(Ok(StoppedBy::Steps))
    }

    /// Goes back to the last checkpoint, or to the beginning, with a lower learning rate; fails once that has been done as
    /// often as the config allows.
    fn roll_back(&mut self, divergence: &Divergence, reporter: &mut dyn Reporter) -> Result<()> {
        let training = self.config.training();
        if self.trainer.rollbacks() == training.rollbacks {
            return Err(self.diverged(divergence));
        }
        let checkpoint = latest(self.ranks, &self.checkpoints, self.config)?;
        self.trainer.roll_back(checkpoint.as_ref())?;
        let back = self.trainer.steps();
        let Some(recorder) = &mut self.recorder else { return Ok(()) };
        recorder.rewind(back)?;
        let line = format!(
            "step {}: {}; back to step {back} with {:.4} of the learning rate, {} of {}",
            divergence.step,
            divergence.what,
            self.trainer.rate(back) / learning_rate(training, back),
            self.trainer.rollbacks(),
            training.rollbacks
        );
        self.run.log(&line)?;
        reporter.note(&line);
        reporter.advance(back, "");
        Ok(())
    }

    /// Enters the mean of the loss since the last entry.
    fn log_loss(&mut self, step: u64) -> Result<()> {
        let means = self.trainer.loss_mut().take_means();
        let loss = means.iter().find(|(name, _)| name == LOSS).map(|(_, loss)| *loss);
        let first = &mut self.trainer.loss_mut().first;
        *first = first.or(loss);
        let rate = self.trainer.rate(step - 1);
        let values = means.iter().map(|(name, value)| (name.as_str(), *value));
        self.record(step, Part::Train, values.chain([("learning_rate", rate)]))
    }

    /// Enters the validation loss; it can make a checkpoint the best.
    fn validate(
        &mut self,
        step: u64,
        checkpoint: bool,
        reporter: &mut dyn Reporter,
    ) -> Result<std::result::Result<(), Divergence>> {
        let values = self.trainer.validate()?;
        let named = values.iter().map(|(name, value)| (name.as_str(), *value));
        self.record(step, Part::Validation, named)?;
        let Some((_, loss)) = values.iter().find(|(name, _)| name == LOSS) else {
            return Ok(Ok(()));
        };
        let line = format!("step {step}: validation loss {loss:.5}");
        self.log(&line)?;
        reporter.note(&line);
        if !loss.is_finite() {
            return Ok(Err(Divergence { step, what: "the validation loss is not finite".into() }));
        }
        let best = &mut self.trainer.loss_mut().best;
        if checkpoint && best.is_none_or(|best| *loss < best.validation_loss) {
            *best = Some(Best { step, validation_loss: *loss });
        }
        Ok(Ok(()))
    }

    /// Keeps numbers where this rank writes.
    fn record<'n>(
        &mut self,
        step: u64,
        part: Part,
        values: impl IntoIterator<Item = (&'n str, f64)>,
    ) -> Result<()> {
        self.recorder.as_mut().map_or(Ok(()), |recorder| recorder.record(step, part, values))
    }

    /// Appends a line to the log where this rank writes.
    fn log(&self, line: &str) -> Result<()> {
        if leads(self.ranks) { self.run.log(line) } else { Ok(()) }
    }

    fn checkpoint(&mut self) -> Result<()> {
        self.trainer.expect_same_weights()?;
        let Some(recorder) = &mut self.recorder else { return Ok(()) };
        recorder.sync()?;
        let (state, tensors) = self.trainer.state();
        self.checkpoints.save(&state, &tensors, self.config.training().keep)?;
        Ok(())
    }

    /// The error that names what is still good.
    fn diverged(&self, divergence: &Divergence) -> ExperimentError {
        let last_good = match self.checkpoints.steps().unwrap_or_default().last() {
            Some(step) => {
                format!("the last good checkpoint is step-{step} of {}", self.run.path().display())
            }
            None => "there is no checkpoint yet".to_owned(),
        };
        let rollbacks = self.trainer.rollbacks();
        let Divergence { step, what } = divergence.clone();
        ExperimentError::Diverged { step, what, rollbacks, last_good }
    }

    /// Writes down how the session ended, then says it.
    fn close(mut self, ended: Result<StoppedBy>) -> Result<Outcome> {
        let stopped_by = match &ended {
            Ok(stopped_by) => Some(*stopped_by),
            Err(ExperimentError::Diverged { .. }) => Some(StoppedBy::Diverged),
            Err(_) => None,
        };
        let steps = self.trainer.steps();
        let Some(recorder) = &mut self.recorder else {
            let best = self.trainer.loss_mut().best;
            return Ok(Outcome { steps, stopped_by: ended?, training_s: 0.0, best });
        };
        let training_s = recorder.wall();
        let waited = self.trainer.waited().as_secs_f64();
        let share = waited / recorder.session().max(f64::MIN_POSITIVE);
        let said = match &ended {
            Ok(_) => format!(
                "training ended after step {steps}; {:.2} % of this session's time went into images and labels",
                100.0 * share
            ),
            Err(error) => format!("training stopped after step {steps}: {error}"),
        };
        let written = (|| {
            recorder.sync()?;
            self.run.log(&said)?;
            self.run.amend(|manifest| {
                (manifest.steps, manifest.training_s) = (steps, training_s);
                manifest.stopped_by = stopped_by;
                if let Some(session) = manifest.sessions.last_mut() {
                    session.waited_s = Some(waited);
                }
            })
        })();
        // The first error is the one to tell: on a full disk the second only repeats it.
        let stopped_by = ended?;
        written?;
        let best = self.trainer.loss_mut().best;
        Ok(Outcome { steps, stopped_by, training_s, best })
    }
}

/// A few words about the latest losses.
fn detail(loss: &LossState) -> String {
    let terms = loss.means().take(4).map(|(name, mean)| format!("{name} {mean:.4}"));
    terms.collect::<Vec<_>>().join("  ")
}
