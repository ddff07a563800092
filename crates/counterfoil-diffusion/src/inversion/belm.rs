//! O-BELM: the exactly reversible two-step scheme whose weights are the best for generation.

use super::two_step::{self, TwoStep, abduct_by_two_steps};
use crate::{DiffusionError, Grid, Mix, Plan, Prediction, Sampler};
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
/// squared, less what the scaling of `x` takes back: 10 on the linear schedule, 1e3 on levels uniform in `ln s`, 1e5 on
/// the cosine schedule. Above [`super::GROWTH_LIMIT`] encoding must be allowed by
/// [`crate::Abduction::encode_within`]: choose it to generate and to edit, not to abduct. Any scaling of the levels
/// will do; refused where no signal is left.
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
/// let any = f64::INFINITY;
/// let found = OBelm::default().encode_within(any, &grid, image.clone(), &mut network)?;
/// let back = OBelm::default().decode(&grid, found.latent, &mut network)?;
/// assert!((back - image).iter().all(|error| error.abs() < 1e-12));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OBelm {}

/// The leap over level `at`.
fn leap(grid: &Grid, prediction: Prediction, at: usize) -> Result<(f64, Mix), DiffusionError> {
    let [before, here, after] = [at - 1, at, at + 1].map(|i| grid.levels()[i]);
    let (h, k) = (after.s() - here.s(), here.s() - before.s());
    let ratio = h / k;
    let noise = prediction.mix(Prediction::Eps, here)?;
    let mut mix = noise.blend(after.alpha() * h * (1.0 + ratio), noise, 0.0);
    mix.state += (1.0 - ratio) * (1.0 + ratio) * (after.ln_alpha() - here.ln_alpha()).exp();
    Ok((ratio * ratio * (after.ln_alpha() - before.ln_alpha()).exp(), mix))
}

impl Sampler for OBelm {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        two_step::from_single(Self::NAME, grid, prediction, |at| leap(grid, prediction, at))
    }
}

impl TwoStep for OBelm {
    const NAME: &'static str = "o-belm";

    fn continued(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        two_step::from_pair(Self::NAME, grid, prediction, |at| leap(grid, prediction, at))
    }
}

abduct_by_two_steps!(OBelm);
