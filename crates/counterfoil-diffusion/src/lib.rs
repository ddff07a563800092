//! Noise levels, schedules, grids and sampler plans in f64, generic over the array type.
//!
//! Data flows one way: a [`DiscreteSchedule`] gives each label of the network a [`Level`]; a [`Grid`] picks the
//! levels that are visited; a [`Sampler`] turns the grid into a [`Plan`], a list of coefficients that is checked
//! to be finite; and the plan is run over any [`State`] with any [`Denoiser`], its noise coming from a
//! [`NoiseSource`]. Below the plan nothing knows about time steps, and nothing is ever mutated or reset.
//!
//! ```
//! use counterfoil_diffusion::{
//!     Ddim, DiscreteSchedule, End, NoNoise, Prediction, Sampler, Spacing, denoiser,
//! };
//! use ndarray::{Array1, array};
//!
//! let grid = DiscreteSchedule::linear(1000)?.grid(Spacing::Trailing, 50, End::Zero)?;
//! let plan = Ddim::default().plan(&grid, Prediction::Eps)?;
//!
//! // The exact denoiser of standard normal data, whose probability flow leaves every point where it is.
//! let mut network = denoiser(Prediction::Eps, |x: &Array1<f64>, call| {
//!     Ok(x * call.level.sigma())
//! });
//! let sample = plan.run(array![0.3, -1.2], &mut network, &mut NoNoise)?;
//! assert!((sample[0] - 0.3).abs() < 0.02 && (sample[1] + 1.2).abs() < 0.08);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Plan::run`] walks a plan from one state to another. Others walk plans in their own way:
//!
//! - [`ItemPlans`]: every item of the batch at levels of its own, with a plan and a delay each.
//! - [`Picard`]: many steps of a plan at once, in sweeps until nothing changes.
//! - [`Edit`]: from an image that is noised part of the way; [`RePaint`]: with a known region, steps being redone.
//! - [`Adaptive`]: no plan but a tolerance, which decides how long each step is.
//!
//! Stochastic runs of different step counts share their randomness when it comes from a [`BrownianTree`].
#![forbid(unsafe_code)]

mod adaptive;
pub mod analytic;
pub mod compat;
mod denoiser;
mod edit;
mod error;
mod grid;
pub mod guidance;
pub mod inversion;
mod items;
mod level;
mod noise;
mod picard;
pub mod plan;
pub mod precondition;
mod prediction;
mod repaint;
pub mod run;
pub mod sampler;
mod schedule;
pub mod spacing;
mod state;
pub mod training;
pub mod variance;

pub use adaptive::{Adapted, Adaptive};
pub use denoiser::{Call, Denoiser, FromFn, denoiser};
pub use edit::Edit;
pub use error::{BoxError, DiffusionError, SampleError};
pub use grid::{Direction, End, Grid, ModelTime};
pub use guidance::Guided;
pub use inversion::{Abducted, Abduction};
pub use items::ItemPlans;
pub use level::Level;
pub use noise::{
    BrownianTree, KeyedNoise, NoNoise, NoiseFn, NoiseSource, ReplayedNoise, noise_from,
};
pub use picard::{Picard, Swept};
pub use plan::{Plan, Stage};
pub use precondition::Preconditioned;
pub use prediction::{Mix, Prediction};
pub use repaint::RePaint;
pub use run::{Run, StepReport};
pub use sampler::Sampler;
pub use sampler::adams::AdamsBashforth;
pub use sampler::{
    choice::Choice,
    churn::Churn,
    ddim::Ddim,
    ddpm::Ddpm,
    deis::Deis,
    dpm::{
        multistep::{DpmMultistep, DpmSolver2M},
        singlestep::DpmSinglestep,
    },
    euler::{Euler, EulerAncestral},
    flow_adams::FlowAdams,
    heun::{FlowHeun, Heun},
    lcm::Lcm,
    leapfrog::Leapfrog,
    lms::Lms,
    pndm::Pndm,
    unipc::UniPc,
};
pub use schedule::{
    BetaKind, ContinuousSchedule, DiscreteSchedule, MAX_STEPS, Path, Scaling, Schedule,
};
pub use spacing::{Respacing, Shift, Spacing};
pub use state::{Real, State};
pub use variance::Variance;
