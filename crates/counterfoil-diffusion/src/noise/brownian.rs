//! Noise as increments of one Brownian path, so that runs of different step counts see the same randomness.

use super::{NoiseSource, check_items};
use crate::{Call, DiffusionError, Level, State};
use counterfoil_random::Stream;

/// How often the interval is halved: between the `2^24` points the path is straight.
const DEPTH: u32 = 24;

/// A Brownian path per number of the state, keyed by `(seed, item)`; a draw is its increment over the interval from the
/// call's level to the level reached, divided by the root of the interval's length, and so standard normal.
///
/// The time of the path is `lambda = ln(alpha / sigma)`, stretched to `[0, 1]` between the two ends given and clipped
/// there: the time in which the noise of a stochastic solver in log-SNR is an integral over a Brownian path. Runs of 20
/// and of 2000 steps with one tree are then approximations of one and the same trajectory, and a finer grid refines a
/// sample instead of replacing it. Draws of intervals that do not overlap are independent; the same interval is the same
/// draw, and intervals that overlap share what is in both. So a run that visits an interval twice ([`crate::RePaint`] does) or
/// whose intervals overlap ([`crate::Heun`] with churn) wants [`super::KeyedNoise`] instead.
///
/// Nothing of the path is stored: as in the virtual tree of Li et al. 2020 (section 4), a point is found by halving the
/// interval 24 times, the middle being drawn from the stream of its node given both ends. A draw costs up to 50 normals
/// for each number of the state. Below `2^-24` of the whole interval the path is straight: the variance of an increment
/// over the share `t` of the interval is right to `2^-24 / t`, relatively.
///
/// ```
/// use counterfoil_diffusion::{BrownianTree, KeyedNoise};
/// use counterfoil_diffusion::{DiscreteSchedule, DpmMultistep, End, Prediction, Sampler, Spacing, denoiser};
/// use ndarray::{Array1, Array2};
///
/// let schedule = DiscreteSchedule::linear(1000)?;
/// let mut network = denoiser(Prediction::X0, |x: &Array2<f64>, call| Ok(x * call.level.alpha()));
/// let start = KeyedNoise::new(7, "sample", [0]).start(&Array2::zeros((1, 3)))?;
/// let mut samples = Vec::new();
/// for steps in [200, 400] {
///     let grid = schedule.grid(Spacing::LogSnr, steps, End::SigmaMin(0.01))?;
///     let mut noise = BrownianTree::new(7, "sample", [0], grid.start(), grid.end())?;
///     let plan = DpmMultistep { eta: 1.0, ..DpmMultistep::default() }.plan(&grid, Prediction::X0)?;
///     samples.push(plan.run(start.clone(), &mut network, &mut noise)?);
/// }
/// assert!((&samples[0] - &samples[1]).iter().all(|gap| gap.abs() < 0.1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct BrownianTree {
    seed: u64,
    purpose: String,
    items: Vec<u64>,
    ends: (f64, f64),
}

impl BrownianTree {
    /// Paths for a batch whose items carry these keys, between two levels in either order.
    ///
    /// Runs share their noise when they share the seed, the purpose, the keys and the ends. The streams differ from those
    /// of a [`super::KeyedNoise`] with the same words, which may supply the start of the run.
    ///
    /// # Errors
    /// [`DiffusionError::NoIncrement`] unless the ends are two different levels of finite log-SNR.
    pub fn new(
        seed: u64,
        purpose: &str,
        items: impl Into<Vec<u64>>,
        from: Level,
        to: Level,
    ) -> Result<Self, DiffusionError> {
        let ends = (from.lambda().min(to.lambda()), from.lambda().max(to.lambda()));
        if ends.0 == ends.1 || !ends.0.is_finite() || !ends.1.is_finite() {
            return Err(DiffusionError::NoIncrement { from: from.lambda(), to: to.lambda() });
        }
        Ok(Self { seed, purpose: format!("{purpose}/brownian"), items: items.into(), ends })
    }

    /// The time of a level, 0 at the noisier end and 1 at the cleaner.
    pub fn time(&self, level: Level) -> f64 {
        let (low, high) = self.ends;
        (level.lambda().clamp(low, high) - low) / (high - low)
    }

    /// `W(to) - W(from)` for times in `[0, 1]`, shaped like `like`; its variance is `|to - from|`. Times outside are
    /// clipped.
    ///
    /// # Errors
    /// [`DiffusionError::ItemMismatch`] when the batch has not one item per key.
    pub fn increment<X: State>(&self, like: &X, from: f64, to: f64) -> Result<X, DiffusionError> {
        self.fill(like, |_| Some((from, to, 1.0)))
    }

    /// For each item the increment over `(from, to)`, times a factor; zeros where there is none.
    fn fill<X: State>(
        &self,
        like: &X,
        interval: impl Fn(usize) -> Option<(f64, f64, f64)>,
    ) -> Result<X, DiffusionError> {
        check_items(self.items.len(), like)?;
        like.filled_like(&mut |item, out| {
            if let Some((from, to, factor)) = interval(item) {
                let [from, to] = [from, to].map(|time| self.point(item, time, out.len()));
                let gaps = to.iter().zip(&from).map(|(to, from)| factor * (to - from));
                out.iter_mut().zip(gaps).for_each(|(out, gap)| *out = gap);
            }
        })
    }

    /// The path of one item at a time. The node 0 of the tree is the end of the path, and `2 k` and `2 k + 1` halve the
    /// halves of `k`.
    fn point(&self, item: usize, time: f64, width: usize) -> Vec<f64> {
        let draw = |node: u64| {
            let mut fresh = vec![0.0; width];
            Stream::new(self.seed, &self.purpose, self.items[item], node)
                .fill_normal_f64(&mut fresh);
            fresh
        };
        let (mut low, mut high) = (0.0, 1.0);
        let (mut left, mut right) = (vec![0.0; width], draw(0));
        let mut node = 1;
        for _ in 0..DEPTH {
            if time <= low {
                return left;
            }
            if time >= high {
                return right;
            }
            let middle = 0.5 * (low + high);
            // A Brownian bridge has in its middle a quarter of its length as variance.
            let spread = 0.5 * f64::sqrt(high - low);
            let mut point = draw(node);
            let mean = left.iter().zip(&right).map(|(left, right)| 0.5 * (left + right));
            point.iter_mut().zip(mean).for_each(|(point, mean)| *point = mean + spread * *point);
            if time < middle {
                (high, right, node) = (middle, point, 2 * node);
            } else {
                (low, left, node) = (middle, point, 2 * node + 1);
            }
        }
        let share = (time - low) / (high - low);
        left.iter().zip(right).map(|(left, right)| left + share * (right - left)).collect()
    }

    /// The interval of a call, and what makes its increment standard normal.
    fn interval(&self, call: &Call<'_>) -> Result<(f64, f64, f64), DiffusionError> {
        let (from, to) = (self.time(call.level), self.time(call.reaches));
        if from == to {
            let (from, to) = (call.level.lambda(), call.reaches.lambda());
            return Err(DiffusionError::NoIncrement { from, to });
        }
        Ok((from, to, (to - from).abs().sqrt().recip()))
    }
}

impl<X: State> NoiseSource<X> for BrownianTree {
    fn draw(&mut self, like: &X, call: &Call<'_>) -> Result<X, DiffusionError> {
        let interval = self.interval(call)?;
        self.fill(like, |_| Some(interval))
    }

    fn draw_items(&mut self, like: &X, calls: &[Option<Call<'_>>]) -> Result<X, DiffusionError> {
        check_items(calls.len(), like)?;
        let intervals = calls
            .iter()
            .map(|call| call.as_ref().map(|call| self.interval(call)).transpose())
            .collect::<Result<Vec<_>, _>>()?;
        self.fill(like, |item| intervals[item])
    }
}
