//! BDIA: DDIM made reversible by averaging the step ahead with the step back.

use super::two_step::{self, TwoStep, abduct_by_two_steps};
use crate::plan::check_setting;
use crate::sampler::ddim::transfer;
use crate::{DiffusionError, Direction, Grid, Mix, Plan, Prediction, Sampler};
use serde::{Deserialize, Serialize};

/// BDIA (Zhang, Lewis and Kleijn 2024, "Exact diffusion inversion via bi-directional integration approximation",
/// section 4): with `T(i -> j)` the DDIM step by the network's output at level `i`,
///
/// `x_{n+1} = gamma x_{n-1} + T(n -> n+1) x_n - gamma T(n -> n-1) x_n`,
///
/// started by one DDIM step. Inverting it swaps the two steps and gives `gamma` its reciprocal.
///
/// Order 2 for `gamma = 1`, which is neutral like leapfrog, and 1 below. The parasitic root is `-gamma` decoding, so
/// smaller values damp it, and `-1 / gamma` encoding, so the latent's error grows as `gamma^-N`: 512 at 10 steps with
/// 0.5, and [`crate::Abduction::encode`] refuses. One call a step, any scaling of the levels; refused where no signal
/// is left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bdia {
    /// Weight of the older state, in (0, 1].
    pub gamma: f64,
}

impl Default for Bdia {
    fn default() -> Self {
        Self { gamma: 1.0 }
    }
}

impl Bdia {
    /// The older state's weight along this grid.
    fn weight(self, grid: &Grid) -> Result<f64, DiffusionError> {
        check_setting("gamma", self.gamma, self.gamma > 0.0 && self.gamma <= 1.0, "(0, 1]")?;
        Ok(match grid.direction() {
            Direction::Denoise => self.gamma,
            Direction::Noise => 1.0 / self.gamma,
        })
    }
}

/// The leap over level `at`.
fn leap(
    grid: &Grid,
    prediction: Prediction,
    weight: f64,
    at: usize,
) -> Result<(f64, Mix), DiffusionError> {
    let [before, here, after] = [at - 1, at, at + 1].map(|i| grid.levels()[i]);
    let ahead = transfer(prediction, here, after, 1.0)?;
    Ok((weight, ahead.blend(1.0, transfer(prediction, here, before, 1.0)?, -weight)))
}

impl Sampler for Bdia {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        let weight = self.weight(grid)?;
        let start = two_step::ddim_step(grid, prediction)?;
        two_step::from_single(self.scheme(), grid, prediction, start, |at| {
            leap(grid, prediction, weight, at)
        })
    }
}

impl TwoStep for Bdia {
    fn scheme(&self) -> &'static str {
        "bdia"
    }

    fn continued(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        let weight = self.weight(grid)?;
        two_step::from_pair(self.scheme(), grid, prediction, |at| {
            leap(grid, prediction, weight, at)
        })
    }
}

abduct_by_two_steps!(Bdia);
