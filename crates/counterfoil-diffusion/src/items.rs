//! Runs in which every item of the batch has noise levels of its own: frames of a sequence, each at its own depth.

use crate::plan::Entry;
use crate::{
    Call, Denoiser, DiffusionError, Level, ModelTime, NoiseSource, Plan, SampleError, Stage, State,
};
use std::collections::VecDeque;

/// One plan and one delay per item of the batch: diffusion forcing (Chen et al. 2024, section 3.3, where the table of
/// [`ItemPlans::levels`] over all ticks is called the scheduling matrix).
///
/// Time is counted in ticks, one network call each. The lane of an item makes the first call of its plan at the tick of
/// its delay, the next at the following tick, and so on; before and after it idles, which leaves the item as it is. An
/// idle item is told to the network at the level that it has: before its lane begins that of the first call, afterwards
/// the level reached, with the label of the last call (a plan knows no label for the level where it ends). Plans may
/// differ in everything but the network's prediction: sampler, grid, number of steps.
///
/// The network finds each item's level and label in [`Call::per_item`] and [`Call::item_times`]; [`Call::level`] and its
/// like are those of the first item, and [`Call::step`] counts ticks. Noise is drawn item by item for the call of the
/// item's own plan (see [`NoiseSource::draw_items`]), so that an item gets the noise which it would get alone.
///
/// An EDM network ([`crate::Preconditioned`]) has no label for an item without noise: end its grids above zero.
///
/// ```
/// use counterfoil_diffusion::{
///     Ddim, DiscreteSchedule, End, ItemPlans, NoNoise, Prediction, Sampler, Spacing, denoiser,
/// };
/// use ndarray::{Array1, array};
///
/// let grid = DiscreteSchedule::linear(1000)?.grid(Spacing::Trailing, 20, End::Zero)?;
/// let plan = Ddim::default().plan(&grid, Prediction::Eps)?;
/// // Three frames, each five steps behind the one before it.
/// let lanes = ItemPlans::staggered(&plan, 3, 5)?;
/// assert_eq!(lanes.ticks(), 30);
/// let mut network = denoiser(Prediction::Eps, |x: &Array1<f64>, call| {
///     let levels = call.per_item.ok_or("one level per frame is needed")?;
///     Ok(levels.iter().zip(x).map(|(level, x)| level.sigma() * x).collect())
/// });
/// let together = lanes.run(array![0.3, -1.2, 0.3], &mut network, &mut NoNoise)?;
/// assert!((together[0] - together[2]).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ItemPlans {
    lanes: Vec<(usize, Plan)>,
    ticks: usize,
    depth: usize,
}

impl ItemPlans {
    /// One `(delay, plan)` per item, the delay in ticks.
    ///
    /// # Errors
    /// [`DiffusionError::ZeroSteps`] for no lane, [`DiffusionError::PredictionMismatch`] for plans of several
    /// predictions, [`DiffusionError::MalformedPlan`] for one that continues a pair.
    pub fn new(lanes: Vec<(usize, Plan)>) -> Result<Self, DiffusionError> {
        let Some((_, first)) = lanes.first() else {
            return Err(DiffusionError::ZeroSteps { what: "a batch of plans" });
        };
        let left = first.prediction();
        for (_, plan) in &lanes {
            let right = plan.prediction();
            if right != left {
                return Err(DiffusionError::PredictionMismatch { left, right });
            }
            if plan.entry() == Entry::Pair {
                let reason = "it continues a pair, and items start from single states";
                return Err(DiffusionError::MalformedPlan { call: 0, reason });
            }
        }
        let end = |(delay, plan): &(usize, Plan)| delay.saturating_add(plan.evaluations());
        let ticks = lanes.iter().map(end).max().unwrap_or(0);
        let depth = lanes.iter().map(|(_, plan)| plan.depth()).max().unwrap_or(1);
        Ok(Self { lanes, ticks, depth })
    }

    /// The same plan for `items` items, each `gap` ticks behind the one before it: the pyramid of Chen et al. 2024, in
    /// which the near future is clean before the far one. A gap of 0 is [`Plan::run`].
    ///
    /// # Errors
    /// As [`ItemPlans::new`].
    pub fn staggered(plan: &Plan, items: usize, gap: usize) -> Result<Self, DiffusionError> {
        Self::new((0..items).map(|item| (item.saturating_mul(gap), plan.clone())).collect())
    }

    /// Ticks from the first call to the end of the last lane.
    pub fn ticks(&self) -> usize {
        self.ticks
    }

    /// The lanes, one per item.
    pub fn lanes(&self) -> &[(usize, Plan)] {
        &self.lanes
    }

    /// The level of each item before the call of `tick`; past the end, the levels that the items have then.
    pub fn levels(&self, tick: usize) -> Vec<Level> {
        self.lanes.iter().map(|lane| Lane::of(lane, tick).level).collect()
    }

    /// Runs all lanes from one state and returns the last.
    ///
    /// A tick at which every lane idles calls nothing.
    ///
    /// # Errors
    /// As [`Plan::run`], and [`DiffusionError::ItemMismatch`] unless the state has one item per lane.
    pub fn run<X, D, N>(
        &self,
        mut state: X,
        denoiser: &mut D,
        noise: &mut N,
    ) -> Result<X, SampleError>
    where
        X: State,
        D: Denoiser<X> + ?Sized,
        N: NoiseSource<X> + ?Sized,
    {
        let (left, right) = (self.lanes[0].1.prediction(), denoiser.prediction());
        if left != right {
            return Err(DiffusionError::PredictionMismatch { left, right }.into());
        }
        let (given, batch) = (self.lanes.len(), state.items());
        if given != batch {
            return Err(DiffusionError::ItemMismatch { given, batch }.into());
        }
        let mut memory = Memory { anchor: None, history: VecDeque::new() };
        for tick in 0..self.ticks {
            let lanes: Vec<Lane<'_>> = self.lanes.iter().map(|lane| Lane::of(lane, tick)).collect();
            if lanes.iter().all(|lane| lane.stage.is_none()) {
                continue;
            }
            let levels: Vec<Level> = lanes.iter().map(|lane| lane.level).collect();
            let times: Vec<ModelTime> = lanes.iter().map(|lane| lane.time).collect();
            let call = Call {
                step: tick,
                of: self.ticks,
                per_item: Some(&levels),
                item_times: Some(&times),
                ..Call::at(levels[0], times[0])
            };
            let output = denoiser
                .predict(&state, &call)
                .map_err(|source| SampleError::Denoiser { step: tick, source })?;
            let draws: Vec<Option<Call<'_>>> = lanes.iter().map(Lane::draw).collect();
            let fresh = if draws.iter().any(Option::is_some) {
                Some(noise.draw_items(&state, &draws)?)
            } else {
                None
            };
            state = memory.update(&lanes, state, output, fresh.as_ref())?;
            memory.history.truncate(self.depth - 1);
        }
        Ok(state)
    }
}

/// What one item does at one tick.
struct Lane<'a> {
    plan: &'a Plan,
    /// `None` while the item idles.
    stage: Option<&'a Stage>,
    level: Level,
    time: ModelTime,
}

impl<'a> Lane<'a> {
    fn of((delay, plan): &'a (usize, Plan), tick: usize) -> Self {
        let stages = plan.stages();
        // A plan has at least one stage.
        let (first, last) = (&stages[0], &stages[stages.len() - 1]);
        let stage = tick.checked_sub(*delay).and_then(|call| stages.get(call));
        let (level, time) = match stage {
            Some(stage) => (stage.level, stage.time),
            None if tick < *delay => (first.level, first.time),
            None => (last.reaches, last.time),
        };
        Self { plan, stage, level, time }
    }

    /// The call of the item's own plan, where it draws noise.
    fn draw(&self) -> Option<Call<'static>> {
        let stage = self.stage.filter(|stage| stage.noise != 0.0)?;
        Some(stage.record(self.plan.steps()))
    }
}

/// One number per lane: of its stage, or what an idle lane has.
fn weights(lanes: &[Lane<'_>], idle: f64, of: impl Fn(&Stage) -> f64) -> Vec<f64> {
    lanes.iter().map(|lane| lane.stage.map_or(idle, &of)).collect()
}

/// Pairs the signals, newest first, with the weights that `of` finds in each lane for the signal so many calls back.
fn signals<'x, X: State>(
    lanes: &[Lane<'_>],
    output: &'x X,
    older: &'x VecDeque<X>,
    of: impl Fn(&Stage, usize) -> f64,
) -> Vec<(Vec<f64>, &'x X)> {
    let signals = [output].into_iter().chain(older).enumerate();
    signals.map(|(back, signal)| (weights(lanes, 0.0, |stage| of(stage, back)), signal)).collect()
}

/// A combination whose weights are owned.
fn combine<X: State>(
    state: &mut X,
    own: &[f64],
    terms: &[(Vec<f64>, &X)],
) -> Result<(), DiffusionError> {
    let terms: Vec<(&[f64], &X)> = terms.iter().map(|(weights, x)| (&weights[..], *x)).collect();
    state.lincomb_items(own, &terms)
}

/// What the lanes remember together. A lane calls at every tick once it has begun, so that the signal of so many ticks
/// ago is, for each, that of so many calls ago.
struct Memory<X> {
    anchor: Option<X>,
    history: VecDeque<X>,
}

impl<X: State> Memory<X> {
    /// The update of [`Stage`] with the weights of every lane.
    fn update(
        &mut self,
        lanes: &[Lane<'_>],
        mut state: X,
        mut output: X,
        fresh: Option<&X>,
    ) -> Result<X, DiffusionError> {
        let outputs = weights(lanes, 0.0, |stage| stage.output);
        let reads_unclamped = outputs.iter().any(|weight| *weight != 0.0);
        let unclamped = if reads_unclamped { Some(output.duplicate()?) } else { None };
        let read = (weights(lanes, 1.0, |s| s.read.output), weights(lanes, 0.0, |s| s.read.state));
        output.lincomb_items(&read.0, &[(&read.1, &state)])?;
        clip(lanes, &mut output)?;

        let of = |stage: &Stage, back: usize| stage.history.get(back).copied().unwrap_or(0.0);
        let mut terms = signals(lanes, &output, &self.history, of);
        terms.extend(unclamped.iter().map(|unclamped| (outputs.clone(), unclamped)));
        terms.extend(fresh.map(|fresh| (weights(lanes, 0.0, |stage| stage.noise), fresh)));
        let anchored = weights(lanes, 0.0, |stage| stage.anchor);
        terms.extend(self.anchor.iter().map(|anchor| (anchored.clone(), anchor)));
        let own = weights(lanes, 1.0, |stage| stage.state);
        let rebased = weights(lanes, 0.0, |stage| f64::from(u8::from(stage.rebase)));
        if rebased.contains(&1.0) {
            let old = state.duplicate()?;
            combine(&mut state, &own, &terms)?;
            let kept: Vec<f64> = rebased.iter().map(|rebased| 1.0 - rebased).collect();
            let anchor = match &mut self.anchor {
                Some(anchor) => anchor,
                none => none.insert(old.zeroed()?),
            };
            anchor.lincomb_items(&kept, &[(&rebased, &old)])?;
        } else {
            combine(&mut state, &own, &terms)?;
        }
        self.history.push_front(output);
        Ok(state)
    }
}

/// Clamps the signal of each lane to the clip of its plan.
fn clip<X: State>(lanes: &[Lane<'_>], signal: &mut X) -> Result<(), DiffusionError> {
    let bounds: Vec<Option<f64>> = lanes.iter().map(|lane| lane.plan.clip()).collect();
    for (first, bound) in bounds.iter().enumerate() {
        let Some(bound) = bound.filter(|_| !bounds[..first].contains(bound)) else { continue };
        let clipped: Vec<f64> =
            bounds.iter().map(|other| f64::from(u8::from(*other == Some(bound)))).collect();
        let free: Vec<f64> = clipped.iter().map(|clipped| 1.0 - clipped).collect();
        let mut clamped = signal.duplicate()?;
        clamped.clamp_to(bound)?;
        signal.lincomb_items(&free, &[(&clipped, &clamped)])?;
    }
    Ok(())
}
