//! What the reversible two-step schemes share: `x_{n+1}` from `x_{n-1}` and `x_n` with one call, and back.

use super::Pair;
use crate::plan::{Entry, Parts};
use crate::{
    Ddim, Denoiser, DiffusionError, Grid, Mix, NoNoise, Plan, Prediction, SampleError, Sampler,
    Stage, State,
};

/// A scheme `x_{n+1} = w_n x_{n-1} + (state x_n + output f(x_n))` whose formula along the mirrored grid is its own
/// inverse.
///
/// The plan along a grid begins at one state; [`TwoStep::continued`] begins at two.
pub(super) trait TwoStep: Sampler {
    /// Name of the scheme.
    fn scheme(&self) -> &'static str;

    /// The plan that continues from a pair: `grid` begins at the level of the anchor, the state is one level further.
    /// One stage for each step but the first.
    fn continued(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError>;
}

/// The stages over levels `1..` of the grid, each from `leap(at) -> (w, mix)`; `shift` is subtracted from the step
/// index, 1 where the plan begins with a pair.
fn stages(
    grid: &Grid,
    shift: usize,
    leap: impl Fn(usize) -> Result<(f64, Mix), DiffusionError>,
) -> Result<Vec<Stage>, DiffusionError> {
    let stage = |at: usize| {
        let (anchor, mix) = leap(at)?;
        let mut stage = Stage::call(grid, at);
        stage.step = at - shift;
        (stage.anchor, stage.state, stage.history) = (anchor, mix.state, vec![mix.output]);
        stage.rebase = true;
        Ok(stage)
    };
    (1..grid.steps()).map(stage).collect()
}

/// The first step by DDIM, as published for such schemes.
pub(super) fn ddim_step(grid: &Grid, prediction: Prediction) -> Result<Vec<Stage>, DiffusionError> {
    let first = Ddim::default().plan(grid, prediction)?.stages()[0].clone();
    Ok(vec![Stage { rebase: true, ..first }])
}

/// A whole plan: the stages of the first step, the first of which makes the state that it began with the anchor, and the
/// leaps.
pub(super) fn from_single(
    sampler: &str,
    grid: &Grid,
    prediction: Prediction,
    start: Vec<Stage>,
    leap: impl Fn(usize) -> Result<(f64, Mix), DiffusionError>,
) -> Result<Plan, DiffusionError> {
    let mut all = start;
    all.extend(stages(grid, 0, leap)?);
    finish(sampler, prediction, Entry::Single, all)
}

/// The leaps alone.
pub(super) fn from_pair(
    sampler: &str,
    grid: &Grid,
    prediction: Prediction,
    leap: impl Fn(usize) -> Result<(f64, Mix), DiffusionError>,
) -> Result<Plan, DiffusionError> {
    finish(sampler, prediction, Entry::Pair, stages(grid, 1, leap)?)
}

fn finish(
    sampler: &str,
    prediction: Prediction,
    entry: Entry,
    stages: Vec<Stage>,
) -> Result<Plan, DiffusionError> {
    let sampler = sampler.to_owned();
    Plan::new(Parts { sampler, order: 2, prediction, entry, clip: None, stages })
}

/// Runs the scheme up the mirrored grid and keeps the last two states.
pub(super) fn climb<S: TwoStep, X: State, D: Denoiser<X> + ?Sized>(
    scheme: &S,
    grid: &Grid,
    image: X,
    denoiser: &mut D,
) -> Result<(Pair<X>, usize), SampleError> {
    let plan = scheme.plan(&grid.mirror(), denoiser.prediction())?;
    let mut run = plan.start(image)?;
    while run.step(denoiser, &mut NoNoise)?.is_some() {}
    let memory = run.into_memory();
    // The start of each scheme sets the anchor, so every finished run has one.
    let Some(inner) = memory.anchor else {
        return Err(DiffusionError::LatentMismatch { method: scheme.scheme() }.into());
    };
    Ok((Pair { outer: memory.state, inner }, plan.evaluations()))
}

/// Runs the scheme down from a pair.
pub(super) fn decode<S: TwoStep, X: State, D: Denoiser<X> + ?Sized>(
    scheme: &S,
    grid: &Grid,
    latent: Pair<X>,
    denoiser: &mut D,
) -> Result<X, SampleError> {
    if grid.steps() == 1 {
        // The inner state of a single step is the image itself.
        return Ok(latent.inner);
    }
    let plan = scheme.continued(grid, denoiser.prediction())?;
    let mut run = plan.start_pair(latent.inner, latent.outer);
    while run.step(denoiser, &mut NoNoise)?.is_some() {}
    Ok(run.into_state())
}

/// The parasitic root of each leap of the encoding: minus the anchor's weight with the states scaled to unit power,
/// as the determinant of the step is that weight and the other root is 1.
pub(super) fn roots<S: TwoStep>(scheme: &S, grid: &Grid) -> Result<Vec<f64>, DiffusionError> {
    if grid.steps() == 1 {
        return Ok(Vec::new());
    }
    let up = grid.mirror();
    // Every prediction gives the anchor the same weight, and v is defined at every level.
    let plan = scheme.continued(&up, Prediction::V)?;
    let power = |at: usize| up.levels()[at].power();
    let root = |(at, stage): (usize, &Stage)| -stage.anchor * (power(at) / power(at + 2)).sqrt();
    Ok(plan.stages().iter().enumerate().map(root).collect())
}

/// [`super::Abduction`] by a two-step scheme.
macro_rules! abduct_by_two_steps {
    ($scheme:ty) => {
        impl crate::Abduction for $scheme {
            type Latent<X> = crate::inversion::Pair<X>;

            fn name(&self) -> &'static str {
                crate::inversion::two_step::TwoStep::scheme(self)
            }

            fn is_exact(&self) -> bool {
                true
            }

            fn parasitic_roots(
                &self,
                grid: &crate::Grid,
            ) -> Result<Vec<f64>, crate::DiffusionError> {
                crate::inversion::two_step::roots(self, grid)
            }

            fn climb<X: crate::State, D: crate::Denoiser<X> + ?Sized>(
                &self,
                grid: &crate::Grid,
                image: X,
                denoiser: &mut D,
            ) -> Result<(Self::Latent<X>, usize), crate::SampleError> {
                crate::inversion::two_step::climb(self, grid, image, denoiser)
            }

            fn decode<X: crate::State, D: crate::Denoiser<X> + ?Sized>(
                &self,
                grid: &crate::Grid,
                latent: Self::Latent<X>,
                denoiser: &mut D,
            ) -> Result<X, crate::SampleError> {
                crate::inversion::two_step::decode(self, grid, latent, denoiser)
            }
        }
    };
}
pub(super) use abduct_by_two_steps;
