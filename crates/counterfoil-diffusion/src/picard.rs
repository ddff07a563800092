//! Many steps of a run at once: the trajectory is guessed, all its points are put to the network together, and the guess
//! is mended until it stands still.

use crate::plan::{Entry, check_setting};
use crate::run::Memory;
use crate::{
    BoxError, Call, DiffusionError, NoiseSource, Plan, SampleError, State, denoiser, noise_from,
};
use serde::{Deserialize, Serialize};

/// ParaDiGMS (Shih et al. 2023, algorithm 1): Picard sweeps over a sliding window of a plan.
///
/// In each sweep the network is called at every state of the window, in one batch if the caller likes, and the states are
/// computed anew, one after the other, from those outputs. The window then slides over the states that stood still. The
/// first state of a window is always right after one sweep, so that no run takes more sweeps than the plan has calls, and
/// with a tolerance of 0 the result is that of [`Plan::run`]. It trades more calls for fewer rounds: worth it where a
/// batch of calls takes hardly longer than one.
///
/// Deviations: the linear part of a step acts on the new states, not on the old ones (the published sweep adds up the
/// changes of the old), so that only the network's outputs lag behind. And the tolerance is a root mean square in the
/// units of the state, over the whole batch, the same at every level; it is published relative to the step's noise, which
/// a deterministic plan has not.
///
/// Noise is drawn once for every step, when it enters the window, in the order of the steps: any source will do. In memory
/// are about four arrays for each step of the window.
///
/// ```
/// use counterfoil_diffusion::{
///     Ddim, DiscreteSchedule, End, NoNoise, Picard, Prediction, Sampler, Spacing,
/// };
/// use ndarray::{Array1, array};
///
/// let grid = DiscreteSchedule::linear(1000)?.grid(Spacing::Trailing, 100, End::Zero)?;
/// let plan = Ddim::default().plan(&grid, Prediction::Eps)?;
/// let picard = Picard { window: 100, tolerance: 1e-3 };
/// let found = picard.run(&plan, array![0.3, -1.2], |states: &[Array1<f64>], calls| {
///     // A real network would stack the states and run once.
///     Ok(states.iter().zip(calls).map(|(x, call)| x * call.level.sigma()).collect())
/// }, &mut NoNoise)?;
/// assert!(found.sweeps < 40);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Picard {
    /// How many steps are computed together, at most.
    pub window: usize,
    /// Root mean square change, in units of the state, below which a state counts as standing still; 0 asks for the bits.
    pub tolerance: f64,
}

impl Default for Picard {
    /// A window of 32 steps and a tolerance of 1e-3, an eighth of a grey level of an image in `[-1, 1]`.
    fn default() -> Self {
        Self { window: 32, tolerance: 1e-3 }
    }
}

/// What a run of sweeps ended with.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Swept<X> {
    /// The state at the end of the plan.
    pub state: X,
    /// Sweeps: rounds of calls that had to wait for one another.
    pub sweeps: usize,
    /// Network calls, all sweeps together.
    pub evaluations: usize,
}

impl Picard {
    /// Runs a plan from one state.
    ///
    /// `predict` gives the network's output, of the plan's [`Plan::prediction`], for each state with the call record of
    /// the same index; the states of a sweep are at different levels.
    ///
    /// # Errors
    /// [`DiffusionError::MalformedPlan`] for a plan that remembers more than its state; [`DiffusionError::ItemMismatch`]
    /// unless there is one output per state; [`DiffusionError::SettingOutOfRange`]; the network's error, missing noise, or
    /// unequal shapes.
    pub fn run<X, F, N>(
        &self,
        plan: &Plan,
        start: X,
        mut predict: F,
        noise: &mut N,
    ) -> Result<Swept<X>, SampleError>
    where
        X: State,
        F: FnMut(&[X], &[Call<'_>]) -> Result<Vec<X>, BoxError>,
        N: NoiseSource<X> + ?Sized,
    {
        check_setting("window", self.window as f64, self.window > 0, "[1, inf)")?;
        let fits = self.tolerance >= 0.0 && self.tolerance.is_finite();
        check_setting("tolerance", self.tolerance, fits, "[0, inf)")?;
        check_memory(plan)?;
        let calls: Vec<Call<'static>> =
            plan.stages().iter().map(|stage| stage.record(plan.steps())).collect();
        let (mut sweeps, mut evaluations, mut base) = (0, 0, 0);
        // States from that of call `base` to the one after the window, and the noise of the calls between.
        let (mut states, mut fresh) = (vec![start], Vec::new());
        while base < calls.len() {
            let width = self.window.min(calls.len() - base);
            while states.len() <= width {
                let at = base + fresh.len();
                let drawn = plan.stages()[at].noise != 0.0;
                fresh.push(if drawn { Some(noise.draw(&states[0], &calls[at])?) } else { None });
                states.push(states[states.len() - 1].duplicate()?);
            }
            let now = &calls[base..base + width];
            let outputs = predict(&states[..width], now)
                .map_err(|source| SampleError::Denoiser { step: now[0].step, source })?;
            let (given, batch) = (outputs.len(), width);
            if given != batch {
                return Err(DiffusionError::ItemMismatch { given, batch }.into());
            }
            (sweeps, evaluations) = (sweeps + 1, evaluations + width);

            // The state after a call is right when all outputs before it are those at right states: that of the first call
            // always, and one more for each state that stood still.
            let (mut settled, mut still) = (1, true);
            for (at, output) in outputs.into_iter().enumerate() {
                let state = states[at].duplicate()?;
                let next = apply(plan, base + at, state, output, fresh[at].as_ref())?;
                still = still && next.rms_difference(&states[at + 1])? <= self.tolerance;
                if still && at + 1 < width {
                    settled = at + 2;
                }
                states[at + 1] = next;
            }
            base += settled;
            states.drain(..settled);
            fresh.drain(..settled);
        }
        // All steps are behind: the state after the last one is left alone.
        let state = states.swap_remove(0);
        Ok(Swept { state, sweeps, evaluations })
    }
}

/// Refuses a plan that remembers more than its state: its steps are no functions of state and output alone.
fn check_memory(plan: &Plan) -> Result<(), DiffusionError> {
    let remembers =
        |stage: &crate::Stage| stage.rebase || stage.anchor != 0.0 || stage.history.len() > 1;
    let call = match plan.entry() {
        Entry::Single => plan.stages().iter().position(remembers),
        Entry::Pair => Some(0),
    };
    let reason = "sweeps need a plan that remembers nothing but its state, such as DDIM or DDPM";
    call.map_or(Ok(()), |call| Err(DiffusionError::MalformedPlan { call, reason }))
}

/// The update of one call, given the network's output and the noise.
fn apply<X: State>(
    plan: &Plan,
    call: usize,
    state: X,
    output: X,
    fresh: Option<&X>,
) -> Result<X, SampleError> {
    let mut output = Some(output);
    let mut known = denoiser(plan.prediction(), |_: &X, _: &Call<'_>| {
        output.take().ok_or_else(|| "an output was asked for twice".into())
    });
    let mut noise = noise_from(|_: &X, call: &Call<'_>| match fresh {
        Some(fresh) => fresh.duplicate(),
        None => Err(DiffusionError::NoiseMissing { step: call.step }),
    });
    let mut run = plan.resume(Memory::at(call, state));
    run.step(&mut known, &mut noise)?;
    Ok(run.into_state())
}
