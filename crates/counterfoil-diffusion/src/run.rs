//! The executor: walks a plan, calls the network, and applies one linear combination per call.

use crate::{Denoiser, DiffusionError, Level, NoiseSource, Plan, SampleError, State, plan::Entry};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// The terms of a linear combination: as many as any sampler has, without the heap.
type Terms<'x, X> = SmallVec<[(f64, &'x X); 8]>;

/// What one network call did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepReport {
    /// Grid step of the call.
    pub step: usize,
    /// Call within the step.
    pub stage: u8,
    /// Level that the state has now.
    pub reached: Level,
    /// Network calls so far.
    pub evaluations: usize,
}

/// A run in progress: the state, its anchor and the remembered signals of one plan.
#[derive(Debug)]
pub struct Run<'p, X> {
    plan: &'p Plan,
    memory: Memory<X>,
}

/// Everything that a run remembers, detached from its plan: to store, to resume, or to branch from.
#[derive(Clone, Debug)]
pub struct Memory<X> {
    /// Calls already made.
    pub done: usize,
    /// The state.
    pub state: X,
    /// The older state, where the scheme keeps one.
    pub anchor: Option<X>,
    /// Signals, newest first; empty for plans of depth 1.
    pub history: VecDeque<X>,
}

impl Plan {
    /// Begins a run at one state.
    ///
    /// # Errors
    /// [`DiffusionError::MalformedPlan`] when the plan continues a pair.
    pub fn start<X: State>(&self, state: X) -> Result<Run<'_, X>, DiffusionError> {
        match self.entry() {
            Entry::Single => Ok(self.resume(Memory::new(state, None))),
            Entry::Pair => {
                let reason = "it continues a pair: start it with the state and its anchor";
                Err(DiffusionError::MalformedPlan { call: 0, reason })
            }
        }
    }

    /// Begins a run at a state and its anchor.
    pub fn start_pair<X: State>(&self, state: X, anchor: X) -> Run<'_, X> {
        self.resume(Memory::new(state, Some(anchor)))
    }

    /// Continues a run from what it remembered.
    pub fn resume<X: State>(&self, mut memory: Memory<X>) -> Run<'_, X> {
        memory.history.reserve(self.depth());
        Run { plan: self, memory }
    }

    /// Runs the whole plan from one state and returns the last.
    ///
    /// # Errors
    /// The network's error, missing noise, a denoiser of another prediction, or unequal shapes.
    pub fn run<X, D, N>(&self, state: X, denoiser: &mut D, noise: &mut N) -> Result<X, SampleError>
    where
        X: State,
        D: Denoiser<X> + ?Sized,
        N: NoiseSource<X> + ?Sized,
    {
        let mut run = self.start(state)?;
        while run.step(denoiser, noise)?.is_some() {}
        Ok(run.into_state())
    }
}

impl<X> Memory<X> {
    fn new(state: X, anchor: Option<X>) -> Self {
        Self { anchor, ..Self::at(0, state) }
    }

    /// That of a run which has made `done` calls and remembers its state alone.
    pub(crate) fn at(done: usize, state: X) -> Self {
        Self { done, state, anchor: None, history: VecDeque::new() }
    }
}

impl<X: State> Run<'_, X> {
    /// Makes the next network call and update; `None` once the plan is done.
    ///
    /// # Errors
    /// As [`Plan::run`].
    pub fn step<D, N>(
        &mut self,
        denoiser: &mut D,
        noise: &mut N,
    ) -> Result<Option<StepReport>, SampleError>
    where
        D: Denoiser<X> + ?Sized,
        N: NoiseSource<X> + ?Sized,
    {
        let Some(stage) = self.plan.stages().get(self.memory.done) else { return Ok(None) };
        let (left, right) = (self.plan.prediction(), denoiser.prediction());
        if left != right {
            return Err(DiffusionError::PredictionMismatch { left, right }.into());
        }
        let call = stage.record(self.plan.steps());
        let Memory { done, state, anchor, history } = &mut self.memory;
        let mut output = denoiser
            .predict(state, &call)
            .map_err(|source| SampleError::Denoiser { step: stage.step, source })?;
        let fresh = match stage.noise {
            0.0 => None,
            _ => Some(noise.draw(state, &call)?),
        };

        // A solver that remembers nothing reads and updates in one combination; the others must keep the signal.
        let (mut state_weight, mut output_weight) = (stage.state, stage.history[0]);
        let mut unclamped = None;
        if self.plan.depth() == 1 && self.plan.clip().is_none() {
            state_weight += stage.history[0] * stage.read.state;
            output_weight = output_weight * stage.read.output + stage.output;
        } else {
            // The signal is written over the output.
            if stage.output != 0.0 {
                unclamped = Some(output.duplicate()?);
            }
            output.lincomb(stage.read.output, &[(stage.read.state, state)])?;
            if let Some(bound) = self.plan.clip() {
                output.clamp_to(bound)?;
            }
        }
        // Signals that a stage passes over are no terms of it.
        let older = stage.history[1..].iter().copied().zip(history.iter());
        let older = older.filter(|(weight, _)| *weight != 0.0);
        let mut terms: Terms<'_, X> = [(output_weight, &output)].into_iter().chain(older).collect();
        terms.extend(unclamped.iter().map(|unclamped| (stage.output, unclamped)));
        terms.extend(fresh.iter().map(|fresh| (stage.noise, fresh)));
        if stage.rebase {
            // The new state is written over the old anchor, and the two change names: nothing is copied.
            let mut next = match anchor.take() {
                Some(anchor) => anchor,
                None => state.zeroed()?,
            };
            terms.push((state_weight, state));
            next.lincomb(stage.anchor, &terms)?;
            drop(terms);
            *anchor = Some(std::mem::replace(state, next));
        } else {
            terms.extend(anchor.iter().map(|anchor| (stage.anchor, anchor)));
            state.lincomb(state_weight, &terms)?;
            drop(terms);
        }
        if self.plan.depth() > 1 {
            history.push_front(output);
            history.truncate(self.plan.depth() - 1);
        }
        *done += 1;
        let report = StepReport {
            step: stage.step,
            stage: stage.stage,
            reached: stage.reaches,
            evaluations: *done,
        };
        Ok(Some(report))
    }

    /// The state.
    pub fn state(&self) -> &X {
        &self.memory.state
    }

    /// The state, by value.
    pub fn into_state(self) -> X {
        self.memory.state
    }

    /// Everything that the run remembers, to resume or branch with [`Plan::resume`].
    pub fn into_memory(self) -> Memory<X> {
        self.memory
    }
}
