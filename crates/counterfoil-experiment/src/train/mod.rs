//! Training: from a fresh run directory, or one that was left in the middle, to its last checkpoint.
//!
//! The state of a run is a function of config, data and step. Order, noise and learning rate are keyed by the step,
//! never by a clock or by what was drawn before, so a run that is killed and resumed ends with the very bits of one
//! that was not (on the CPU, with the same number of threads).

mod order;
mod recorder;
mod schedule;
mod trainer;

use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_tensor::{device_name, parse_device};

pub use self::{
    order::{Order, Position},
    schedule::learning_rate,
    trainer::LOSS,
};
use self::{
    recorder::Recorder,
    trainer::{Divergence, Trainer},
};
use crate::{
    checkpoint::{Best, Checkpoints, LossState},
    config::Config,
    data::Data,
    error::{ExperimentError, Result},
    progress::Reporter,
    run_dir::{Part, RunDir, Session, StoppedBy, clock},
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
    let _lock = run.lock()?;
    run.sweep()?;
    check_data(run, data)?;
    let training = config.training();
    let device = parse_device(&config.sections().device)?;
    if training.threads > 0 {
        tch::set_num_threads(training.threads as i32);
    }

    let mut trainer = Trainer::new(config, data, device)?;
    let checkpoints = Checkpoints::of(run.path());
    if let Some(checkpoint) = checkpoints.latest(config.hash())? {
        trainer.restore(&checkpoint)?;
        checkpoints.settle(checkpoint.state(), training.keep)?;
    }
    let from_step = trainer.steps();
    let earlier = run.manifest()?;
    if from_step == training.steps
        && let Some(stopped_by) = earlier.stopped_by
    {
        let (training_s, best) = (earlier.training_s, trainer.loss_mut().best);
        return Ok(Outcome { steps: from_step, stopped_by, training_s, best });
    }
    let here = (device_name(device), tch::get_num_threads() as usize);
    if let (Some(device), Some(threads)) = (earlier.device, earlier.threads)
        && (&device, threads) != (&here.0, here.1)
    {
        reporter.note(&format!(
            "the run began on {device} with {threads} threads and goes on on {} with {}: its figures \
             will differ in the last digits from those of an unbroken run",
            here.0, here.1
        ));
    }
    run.amend(|manifest| {
        (manifest.device, manifest.threads) = (Some(here.0), Some(here.1));
        manifest.sessions.push(Session { started: clock::utc(), from_step });
        (manifest.stopped_by, manifest.finished, manifest.exit_status) = (None, None, None);
    })?;
    run.log(&format!("training from step {from_step} of {}", training.steps))?;

    let mut session =
        InProgress { run, config, checkpoints, recorder: Recorder::open(run, from_step)?, trainer };
    reporter.begin("training", training.steps, from_step);
    let ended = session.go(reporter, interrupt);
    reporter.end();
    session.close(ended)
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
    run: &'a RunDir,
    config: &'a Config,
    checkpoints: Checkpoints,
    recorder: Recorder,
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
            let stopped_by = if step == training.steps {
                StoppedBy::Steps
            } else if interrupt.load(Ordering::Relaxed) {
                StoppedBy::Interrupt
            } else if self.recorder.session() >= training.wall_clock_minutes * 60.0 {
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
        let checkpoint = self.checkpoints.latest(self.config.hash())?;
        self.trainer.roll_back(checkpoint.as_ref())?;
        let back = self.trainer.steps();
        self.recorder.rewind(back)?;
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
        self.recorder.record(step, Part::Train, values.chain([("learning_rate", rate)]))
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
        self.recorder.record(step, Part::Validation, named)?;
        let Some((_, loss)) = values.iter().find(|(name, _)| name == LOSS) else {
            return Ok(Ok(()));
        };
        let line = format!("step {step}: validation loss {loss:.5}");
        self.run.log(&line)?;
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

    fn checkpoint(&mut self) -> Result<()> {
        self.recorder.sync()?;
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
        let (steps, training_s) = (self.trainer.steps(), self.recorder.wall());
        let said = match &ended {
            Ok(_) => format!("training ended after step {steps}"),
            Err(error) => format!("training stopped after step {steps}: {error}"),
        };
        let written = (|| {
            self.recorder.sync()?;
            self.run.log(&said)?;
            self.run.amend(|manifest| {
                (manifest.steps, manifest.training_s) = (steps, training_s);
                manifest.stopped_by = stopped_by;
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
