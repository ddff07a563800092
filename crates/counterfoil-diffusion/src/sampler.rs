//! Samplers: each turns a grid into a plan of coefficients, and then has no part in the run.

pub mod adams;
pub mod choice;
pub mod churn;
pub mod ddim;
pub mod ddpm;
pub mod deis;
pub mod dpm;
pub mod euler;
mod exponential;
pub mod flow_adams;
pub mod heun;
pub mod lcm;
pub mod leapfrog;
pub mod lms;
pub mod pndm;
mod quadrature;
pub mod unipc;

use crate::{DiffusionError, Direction, Grid, Plan, Prediction};

/// A rule that turns a grid into a plan.
pub trait Sampler {
    /// The plan of this sampler along `grid`, for a network with this prediction.
    ///
    /// Deterministic samplers take a grid of either direction: along [`Grid::mirror`] they encode.
    ///
    /// # Errors
    /// A setting out of range, a grid that the sampler cannot run along, or a coefficient that is not finite.
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError>;
}

/// Refuses a grid that runs towards the noise.
pub(crate) fn require_denoising(sampler: &'static str, grid: &Grid) -> Result<(), DiffusionError> {
    match grid.direction() {
        Direction::Denoise => Ok(()),
        Direction::Noise => Err(DiffusionError::WrongDirection { sampler }),
    }
}
