//! Samplers along the mirrored grid: one state, approximate in both directions.

use super::Abduction;
use crate::{
    AdamsBashforth, Ddim, Denoiser, DpmSolver2M, FlowAdams, Grid, NoNoise, SampleError, Sampler,
    State,
};

/// Runs a deterministic sampler from one end of a grid to the other.
pub(super) fn traverse<S: Sampler, X: State, D: Denoiser<X> + ?Sized>(
    sampler: &S,
    grid: &Grid,
    state: X,
    denoiser: &mut D,
) -> Result<(X, usize), SampleError> {
    let plan = sampler.plan(grid, denoiser.prediction())?;
    Ok((plan.run(state, denoiser, &mut NoNoise)?, plan.evaluations()))
}

/// The sampler up the mirrored grid and down the grid: inversion as most of the field does it (Song, Meng and Ermon
/// 2021, section 4.3; Dhariwal and Nichol 2021, appendix F).
macro_rules! abduct_by_mirror {
    ($sampler:ty, $name:literal) => {
        impl Abduction for $sampler {
            type Latent<X> = X;

            fn name(&self) -> &'static str {
                $name
            }

            fn is_exact(&self) -> bool {
                false
            }

            fn climb<X: State, D: Denoiser<X> + ?Sized>(
                &self,
                grid: &Grid,
                image: X,
                denoiser: &mut D,
            ) -> Result<(X, usize), SampleError> {
                traverse(self, &grid.mirror(), image, denoiser)
            }

            fn decode<X: State, D: Denoiser<X> + ?Sized>(
                &self,
                grid: &Grid,
                latent: X,
                denoiser: &mut D,
            ) -> Result<X, SampleError> {
                Ok(traverse(self, grid, latent, denoiser)?.0)
            }
        }
    };
}

abduct_by_mirror!(Ddim, "ddim");
abduct_by_mirror!(DpmSolver2M, "dpm-solver-2m");
abduct_by_mirror!(AdamsBashforth, "adams-bashforth");
abduct_by_mirror!(FlowAdams, "flow-adams");
