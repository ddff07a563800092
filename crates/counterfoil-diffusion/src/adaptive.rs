//! Steps as long as a tolerance allows: the error of each is estimated by two solvers that share their calls.

use crate::plan::check_setting;
use crate::sampler::{leapfrog::check_levels, require_denoising};
use crate::{
    BoxError, Call, Ddim, Denoiser, DiffusionError, DpmSinglestep, Grid, Level, ModelTime, NoNoise,
    SampleError, Sampler, State, denoiser,
};
use serde::{Deserialize, Serialize};

/// DPM-Solver++ of first and second order as an embedded pair in log-SNR, with steps chosen by a controller (Lu et al.
/// 2022, appendix C, DPM-Solver-12, with images in place of noise as in Lu et al. 2022b).
///
/// A step from `lambda = ln(alpha / sigma)` to `lambda + h` calls the network at its start and in its middle; the
/// second-order solver goes on, and its distance to the first-order one, which is a DDIM step and costs nothing more, is
/// the error. A step is kept if that is at most `absolute + relative * size`, both root mean squares over the whole batch
/// (the published norm weighs every number by its own size), so that items of a batch share their steps. The next step is
/// longer by `0.9 e^-0.35 e_before^0.2` with `e` the error over its bound, between 1/5 and 5 (the proportional-integral
/// controller of Gustafsson 1991, for an error of second order); after a refusal by `0.9 e^-0.5`. A refused step keeps
/// the call at its start. The tolerance is per step: the error at the end is that of all steps together.
///
/// Levels are variance-preserving, and labels come from a function of the level, such as
/// [`crate::DiscreteSchedule::time_of`].
///
/// ```
/// use counterfoil_diffusion::{Adaptive, DiscreteSchedule, Level, Prediction, analytic::Mixture};
/// use ndarray::array;
///
/// let schedule = DiscreteSchedule::linear(1000)?;
/// let mixture = Mixture::new(vec![0.4, 0.6], vec![vec![-1.0], vec![0.5]], vec![vec![0.2], vec![0.3]])?;
/// let (from, to) = (schedule.level(999)?, schedule.level(0)?);
/// let mut network = mixture.network(Prediction::V);
/// let time = |level| schedule.time_of(level);
/// let found = Adaptive::default().run(array![[-1.3], [0.4]], from, to, time, &mut network)?;
/// let exact = mixture.flow(array![[-1.3], [0.4]], from, Level::CLEAN)?;
/// assert!((found.state - exact).iter().all(|error| error.abs() < 0.05));
/// println!("{} evaluations, {} refused steps", found.evaluations, found.rejected);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Adaptive {
    /// Tolerance in units of the state's size.
    pub relative: f64,
    /// Tolerance in the units of the state.
    pub absolute: f64,
    /// Length of the first step to try, in `lambda`.
    pub first: f64,
    /// Length in `lambda` at which a refused step is an error.
    pub floor: f64,
    /// After the last level, jump to `sigma = 0` by one DDIM step, which returns the image predicted there.
    pub jump: bool,
}

impl Default for Adaptive {
    /// The published tolerances for images in `[-1, 1]`, 0.05 and 2/256, and first step, 0.05; a floor of 1e-5; the jump.
    fn default() -> Self {
        Self { relative: 0.05, absolute: 0.0078, first: 0.05, floor: 1e-5, jump: true }
    }
}

/// What an adaptive run ended with.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Adapted<X> {
    /// The state at the end.
    pub state: X,
    /// Network calls: two for each step kept, one for each refused, and one for the jump.
    pub evaluations: usize,
    /// Steps kept.
    pub accepted: usize,
    /// Steps refused.
    pub rejected: usize,
}

/// The controller's bounds on the growth of a step.
const GROWTH: (f64, f64) = (0.2, 5.0);

/// Lengths nearer to one another than this count as the same.
const CLOSE: f64 = 1.001;

impl Adaptive {
    /// Runs from one level to a cleaner one, and with [`Adaptive::jump`] on to `sigma = 0`.
    ///
    /// The network is called with [`Call::step`] the number of steps kept so far and [`Call::of`] one more, since nobody
    /// knows how many there will be.
    ///
    /// It always ends: every kept step but the last is at least as long as the floor, a refused one shortens the next by a
    /// tenth or more, and a number that is not finite counts as refused.
    ///
    /// # Errors
    /// [`DiffusionError::StepTooSmall`] where no step as long as the floor meets the tolerance;
    /// [`DiffusionError::SettingOutOfRange`]; [`DiffusionError::NotVariancePreserving`];
    /// [`DiffusionError::LevelOutOfRange`] for an end of infinite log-SNR; [`DiffusionError::WrongDirection`] unless `to` is
    /// cleaner; the network's error.
    pub fn run<X, D>(
        &self,
        state: X,
        from: Level,
        to: Level,
        time: impl Fn(Level) -> ModelTime,
        denoiser: &mut D,
    ) -> Result<Adapted<X>, SampleError>
    where
        X: State,
        D: Denoiser<X> + ?Sized,
    {
        self.check(from, to)?;
        let zero = state.zeroed()?;
        let mut network = Network { denoiser, time, evaluations: 0, accepted: 0 };
        let (mut state, mut level, mut output) = (state, from, None);
        let (mut step, mut rejected, mut before) = (self.first.max(self.floor), 0, 1.0_f64);
        while level != to {
            let rest = to.lambda() - level.lambda();
            // The end itself, also from a little further away, so that rounding leaves no crumb of a step.
            let (h, next) =
                if rest <= CLOSE * step { (rest, to) } else { (step, shifted(level, step)?) };
            let middle = shifted(level, 0.5 * h)?;
            // The prediction at the start survives a refusal.
            let start = match output.take() {
                Some(output) => output,
                None => network.call(&state, 0, level, middle).map_err(|e| network.error(e))?,
            };
            let (low, high) = network.pair(&state, &start, [level, middle, next])?;
            let size = state.rms_difference(&zero)?.max(high.rms_difference(&zero)?);
            let error = high.rms_difference(&low)? / (self.absolute + self.relative * size);
            if error <= 1.0 {
                let error = error.max(1e-4);
                step = h * bounded(0.9 * error.powf(-0.35) * before.powf(0.2));
                (state, level, before) = (high, next, error);
                network.accepted += 1;
            } else if h <= CLOSE * self.floor {
                let lambda = level.lambda();
                return Err(DiffusionError::StepTooSmall { lambda, step: h, error }.into());
            } else {
                step = h * bounded(0.9 * error.powf(-0.5));
                output = Some(start);
                rejected += 1;
            }
            step = step.max(self.floor);
        }
        if self.jump {
            state = network.jump(state, to)?;
        }
        let Network { evaluations, accepted, .. } = network;
        Ok(Adapted { state, evaluations, accepted, rejected })
    }

    fn check(&self, from: Level, to: Level) -> Result<(), DiffusionError> {
        for (name, value) in
            [("relative tolerance", self.relative), ("absolute tolerance", self.absolute)]
        {
            check_setting(name, value, value >= 0.0 && value.is_finite(), "[0, inf)")?;
        }
        for (name, value) in [
            ("sum of the tolerances", self.relative + self.absolute),
            ("first step", self.first),
            ("step floor", self.floor),
        ] {
            check_setting(name, value, value > 0.0 && value.is_finite(), "(0, inf)")?;
        }
        for level in [from, to] {
            if !level.lambda().is_finite() {
                let (name, domain) = ("log_snr of an adaptive run", "(-inf, inf)");
                let value = level.log_snr();
                return Err(DiffusionError::LevelOutOfRange { name, value, domain });
            }
        }
        if from == to {
            return Ok(());
        }
        let ends = Grid::new(vec![from, to], vec![ModelTime::Index(0); 2])?;
        require_denoising("an adaptive run", &ends)?;
        check_levels("an adaptive run", &ends)
    }
}

/// The factor of a step within its bounds; the least of them for a number that is not one.
fn bounded(factor: f64) -> f64 {
    factor.max(GROWTH.0).min(GROWTH.1)
}

/// The level that lies `h` nearer to the data in `lambda`.
fn shifted(level: Level, h: f64) -> Result<Level, DiffusionError> {
    Level::from_log_snr(2.0 * (level.lambda() + h))
}

/// The caller's network, its labels, and what it was asked so far.
struct Network<'d, D: ?Sized, T> {
    denoiser: &'d mut D,
    time: T,
    evaluations: usize,
    accepted: usize,
}

impl<D: ?Sized, T: Fn(Level) -> ModelTime> Network<'_, D, T> {
    fn call<X>(&mut self, x: &X, stage: u8, level: Level, reaches: Level) -> Result<X, BoxError>
    where
        D: Denoiser<X>,
    {
        self.evaluations += 1;
        let (step, of) = (self.accepted, self.accepted + 1);
        let call = Call { step, stage, of, reaches, ..Call::at(level, (self.time)(level)) };
        self.denoiser.predict(x, &call)
    }

    /// The step from the first level to the last by the solvers of first and of second order, given the output `start` at
    /// the first: one call, in the middle.
    fn pair<X: State>(
        &mut self,
        state: &X,
        start: &X,
        levels: [Level; 3],
    ) -> Result<(X, X), SampleError>
    where
        D: Denoiser<X>,
    {
        let prediction = self.denoiser.prediction();
        let [from, middle, to] = levels;
        let mut known = denoiser(prediction, |_: &X, _: &Call<'_>| Ok(start.duplicate()?));
        let plan = Ddim::default().plan(&self.grid(&[from, to])?, prediction)?;
        let low = plan.run(state.duplicate()?, &mut known, &mut NoNoise)?;

        let plan = DpmSinglestep::default().plan(&self.grid(&levels)?, prediction)?;
        let mut both = denoiser(prediction, |x: &X, call: &Call<'_>| match call.step {
            0 => Ok(start.duplicate()?),
            _ => self.call(x, 1, middle, to),
        });
        let high = plan.run(state.duplicate()?, &mut both, &mut NoNoise);
        Ok((low, high.map_err(|error| self.relabelled(error))?))
    }

    /// The last step, to `sigma = 0`: one call.
    fn jump<X: State>(&mut self, state: X, from: Level) -> Result<X, SampleError>
    where
        D: Denoiser<X>,
    {
        let prediction = self.denoiser.prediction();
        // No call is made at the clean level, whose label is not asked for.
        let grid = Grid::new(vec![from, Level::CLEAN], vec![(self.time)(from); 2])?;
        let plan = Ddim::default().plan(&grid, prediction)?;
        let mut last =
            denoiser(prediction, |x: &X, _: &Call<'_>| self.call(x, 0, from, Level::CLEAN));
        let state = plan.run(state, &mut last, &mut NoNoise);
        state.map_err(|error| self.relabelled(error))
    }

    fn grid(&self, levels: &[Level]) -> Result<Grid, DiffusionError> {
        Grid::new(levels.to_vec(), levels.iter().map(|&level| (self.time)(level)).collect())
    }

    fn error(&self, source: BoxError) -> SampleError {
        SampleError::Denoiser { step: self.accepted, source }
    }

    /// The plans count their own one or two steps: names the run's step instead.
    fn relabelled(&self, error: SampleError) -> SampleError {
        match error {
            SampleError::Denoiser { source, .. } => self.error(source),
            other @ SampleError::Diffusion(_) => other,
        }
    }
}
