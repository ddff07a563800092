//! O-BELM: the exactly reversible two-step scheme whose weights are the best for generation.

use super::two_step::{self, TwoStep, abduct_by_two_steps};
use crate::sampler::leapfrog::check_levels;
use crate::{DiffusionError, Grid, Level, Mix, Plan, Prediction, Sampler, Stage};
use serde::{Deserialize, Serialize};

/// O-BELM (Wang et al. 2024, "BELM: Bidirectional explicit linear multi-step sampler for exact inversion in diffusion
/// models", section 4): with `xbar = x / alpha`, `h = s_{n+1} - s_n` the step ahead, `k` the step behind and
/// `r = h / k`,
///
/// `xbar_{n+1} = r^2 xbar_{n-1} + (1 - r^2) xbar_n + h (1 + r) eps(x_n)`,
///
/// the only weights of a two-step scheme of one call that are exact to second order. Started by one DDIM step. The
/// formula along the mirrored grid is its own inverse.
///
/// Decoding damps the parasitic root to `-r^2` and so gives the lowest reconstruction error of all; encoding has the
/// reciprocal one and amplifies the error of its start, by as much as the longest step in `s` exceeds the shortest,
/// squared, less what the scaling of `x` takes back: 10 on the linear schedule, 2e3 on levels uniform in `ln s`, 1e5 on
/// the cosine schedule in 10 steps and 1e6 in 100. Above [`super::GROWTH_LIMIT`] encoding must be allowed by
/// [`crate::Abduction::encode_within`]: choose it to generate and to edit, not to abduct. Refused where no signal is left.
///
/// What is amplified is a ratio of steps in one coordinate, so another coordinate amplifies something else. The steps of
/// the cosine schedule are equal in the angle, where the same conditions give a scheme that is all but neutral on it:
/// [`OBelm::ANGLE`] amplifies 1.0 times encoding and 1.3 decoding in 20 steps. On the linear schedule, whose steps in the
/// angle shrink towards the noise, that scheme damps encoding and amplifies decoding by 1e3: see
/// [`crate::Abduction::decoding_growth`].
///
/// ```
/// use counterfoil_diffusion::inversion::OBelm;
/// use counterfoil_diffusion::{
///     Abduction, DiffusionError, DiscreteSchedule, End, Prediction, SampleError, Spacing, denoiser,
/// };
/// use ndarray::{Array1, array};
///
/// let grid = DiscreteSchedule::cosine(1000)?.grid(Spacing::Trailing, 20, End::Zero)?;
/// let mut network = denoiser(Prediction::V, |x: &Array1<f64>, _| Ok(x.mapv(|x| (3.0 * x).sin())));
/// let image = array![0.2, -0.7, 0.5];
/// let refused = OBelm::default().encode(&grid, image.clone(), &mut network);
/// assert!(matches!(
///     refused,
///     Err(SampleError::Diffusion(DiffusionError::GrowthTooLarge { .. }))
/// ));
/// let found = OBelm::ANGLE.encode(&grid, image.clone(), &mut network)?;
/// let back = OBelm::ANGLE.decode(&grid, found.latent, &mut network)?;
/// assert!((back - image).iter().all(|error| error.abs() < 1e-12));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OBelm {
    /// In which coordinate the weights are the best.
    pub coordinate: Coordinate,
}

/// The coordinate of [`OBelm`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Coordinate {
    /// `s = sigma / alpha`, as published: exact for images and noise that the network predicts unchanged, and for
    /// `x / alpha` quadratic in `s`. Any scaling of the levels.
    #[default]
    Sigma,
    /// The angle `phi = atan s` of variance-preserving levels, in which the flow is `dx/dphi = v`:
    ///
    /// `x_{n+1} = q x_{n-1} + (1 - q) x_n + (sin h + q sin k) v(x_n)`, `q = sin^2(h / 2) / sin^2(k / 2)`,
    ///
    /// `h` being the step ahead and `k` the one behind: exact for images and noise that the network predicts unchanged,
    /// which makes `x` turn with `phi`, and for `v + dx0/dphi` constant beside it. For short steps `q` is their squared
    /// ratio, and at equal ones the scheme is [`super::Bdia`] with `gamma = 1`. Started by a Heun step, at the cost of one
    /// more call. Not published: the conditions are O-BELM's, in the coordinate of the cosine schedule.
    Angle,
}

/// The leap over level `at` in `s`.
fn leap(grid: &Grid, prediction: Prediction, at: usize) -> Result<(f64, Mix), DiffusionError> {
    let [before, here, after] = [at - 1, at, at + 1].map(|i| grid.levels()[i]);
    let (h, k) = (after.s() - here.s(), here.s() - before.s());
    let ratio = h / k;
    let noise = prediction.mix(Prediction::Eps, here)?;
    let mut mix = noise.blend(after.alpha() * h * (1.0 + ratio), noise, 0.0);
    mix.state += (1.0 - ratio) * (1.0 + ratio) * (after.ln_alpha() - here.ln_alpha()).exp();
    Ok((ratio * ratio * (after.ln_alpha() - before.ln_alpha()).exp(), mix))
}

/// The leap over level `at` in the angle.
fn turn(grid: &Grid, prediction: Prediction, at: usize) -> Result<(f64, Mix), DiffusionError> {
    let [before, here, after] = [at - 1, at, at + 1].map(|i| angle(grid.levels()[i]));
    let (h, k) = (after - here, here - before);
    let older = ((0.5 * h).sin() / (0.5 * k).sin()).powi(2);
    let velocity = prediction.mix(Prediction::V, grid.levels()[at])?;
    let mut mix = velocity.blend(h.sin() + older * k.sin(), velocity, 0.0);
    mix.state += 1.0 - older;
    Ok((older, mix))
}

/// The first step in the angle by Heun's method: the mean of the velocities at both of its ends, each in the frame of the
/// beginning. `sin(h) v` of the first call is what the state has become less `cos(h)` of what it was.
fn heun(grid: &Grid, prediction: Prediction) -> Result<Vec<Stage>, DiffusionError> {
    let (from, to) = (grid.levels()[0], grid.levels()[1]);
    let (sin, cos) = (angle(to) - angle(from)).sin_cos();
    let first = prediction.mix(Prediction::V, from)?;
    let mut euler = Stage::call(grid, 0);
    (euler.state, euler.history) = (cos + sin * first.state, vec![sin * first.output]);
    euler.rebase = true;
    let second = prediction.mix(Prediction::V, to)?;
    let mut heun = Stage::call(grid, 0);
    (heun.stage, heun.level, heun.time) = (1, to, grid.times()[1]);
    (heun.anchor, heun.state) = (0.5 * cos, 0.5 + 0.5 * sin * (sin + cos * second.state));
    heun.history = vec![0.5 * sin * cos * second.output];
    Ok(vec![euler, heun])
}

fn angle(level: Level) -> f64 {
    level.sigma().atan2(level.alpha())
}

impl OBelm {
    /// The scheme in the angle.
    pub const ANGLE: Self = Self { coordinate: Coordinate::Angle };

    fn leap(
        self,
        grid: &Grid,
        prediction: Prediction,
        at: usize,
    ) -> Result<(f64, Mix), DiffusionError> {
        match self.coordinate {
            Coordinate::Sigma => leap(grid, prediction, at),
            Coordinate::Angle => turn(grid, prediction, at),
        }
    }
}

impl Sampler for OBelm {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        let start = match self.coordinate {
            Coordinate::Sigma => two_step::ddim_step(grid, prediction)?,
            Coordinate::Angle => {
                check_levels(self.scheme(), grid)?;
                heun(grid, prediction)?
            }
        };
        let leap = |at| self.leap(grid, prediction, at);
        two_step::from_single(self.scheme(), grid, prediction, start, leap)
    }
}

impl TwoStep for OBelm {
    fn scheme(&self) -> &'static str {
        match self.coordinate {
            Coordinate::Sigma => "o-belm",
            Coordinate::Angle => "o-belm-angle",
        }
    }

    fn continued(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        if self.coordinate == Coordinate::Angle {
            check_levels(self.scheme(), grid)?;
        }
        two_step::from_pair(self.scheme(), grid, prediction, |at| self.leap(grid, prediction, at))
    }
}

abduct_by_two_steps!(OBelm);
