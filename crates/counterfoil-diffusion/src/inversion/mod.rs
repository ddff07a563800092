//! Abduction: from an image to the noise that generates it, and back.
//!
//! Reconstruction alone is no measure of a method: an exactly reversible one reconstructs whatever the network. What
//! matters for counterfactuals is how near the latent comes to that of the exact flow, and there the order counts.
//!
//! ```
//! use counterfoil_diffusion::{
//!     Abduction, DiscreteSchedule, End, Leapfrog, Prediction, Spacing, denoiser,
//! };
//! use ndarray::{Array1, array};
//!
//! let grid = DiscreteSchedule::linear(1000)?.grid(Spacing::Trailing, 20, End::Zero)?;
//! let mut network = denoiser(Prediction::V, |x: &Array1<f64>, call| {
//!     Ok(x.mapv(|x| (3.0 * x).sin()) * call.level.alpha())
//! });
//! let image = array![0.2, -0.7, 0.5];
//! // Abduct half of the way up, then decode from the very state that was reached.
//! let half = grid.lowest(10)?;
//! let found = Leapfrog::default().encode(&half, image.clone(), &mut network)?;
//! let back = Leapfrog::default().decode(&half, found.latent, &mut network)?;
//! assert!((back - image).iter().all(|error| error.abs() < 1e-13));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::{
    AdamsBashforth, Ddim, Denoiser, DiffusionError, DpmSolver2M, Grid, Leapfrog, NoNoise, Plan,
    Prediction, SampleError, Sampler, State,
};
use serde::{Deserialize, Serialize};

/// A latent and what it took to find it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Abducted<L> {
    /// The latent: give all of it to [`Abduction::decode`].
    pub latent: L,
    /// Network calls that the encoding took.
    pub evaluations: usize,
}

/// A way to encode an image into a latent along a grid, and to decode the latent along the same grid.
///
/// The grid is always given in its decoding direction; encoding runs along its exact mirror. A grid cut with
/// [`Grid::lowest`] makes the abduction partial. The latent of an exact method is a typed pair, so that half of it
/// cannot be decoded by mistake.
pub trait Abduction {
    /// What encoding yields.
    type Latent<X>;

    /// Whether decoding undoes encoding up to rounding, whatever the network.
    fn is_exact(&self) -> bool;

    /// Encodes `image` at the end level of `grid` into a latent at its start level.
    ///
    /// # Errors
    /// As [`Sampler::plan`] and [`crate::Plan::run`].
    fn encode<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        image: X,
        denoiser: &mut D,
    ) -> Result<Abducted<Self::Latent<X>>, SampleError>;

    /// Decodes a latent at the start level of `grid` into an image at its end level.
    ///
    /// # Errors
    /// As [`Sampler::plan`] and [`crate::Plan::run`].
    fn decode<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        latent: Self::Latent<X>,
        denoiser: &mut D,
    ) -> Result<X, SampleError>;
}

/// The latent of the leapfrog scheme: the noisiest state and the one before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair<X> {
    /// The state at the start level of the grid.
    pub outer: X,
    /// The state one level nearer to the data.
    pub inner: X,
}

/// Runs a deterministic sampler from one end of a grid to the other.
fn traverse<S: Sampler, X: State, D: Denoiser<X> + ?Sized>(
    sampler: &S,
    grid: &Grid,
    state: X,
    denoiser: &mut D,
) -> Result<(X, usize), SampleError> {
    let plan = sampler.plan(grid, denoiser.prediction())?;
    Ok((plan.run(state, denoiser, &mut NoNoise)?, plan.evaluations()))
}

/// Single-state methods: the sampler along the mirrored grid, approximate in both directions.
macro_rules! abduct_by_mirror {
    ($sampler:ty) => {
        impl Abduction for $sampler {
            type Latent<X> = X;

            fn is_exact(&self) -> bool {
                false
            }

            fn encode<X: State, D: Denoiser<X> + ?Sized>(
                &self,
                grid: &Grid,
                image: X,
                denoiser: &mut D,
            ) -> Result<Abducted<X>, SampleError> {
                let (latent, evaluations) = traverse(self, &grid.mirror(), image, denoiser)?;
                Ok(Abducted { latent, evaluations })
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

abduct_by_mirror!(Ddim);
abduct_by_mirror!(DpmSolver2M);
abduct_by_mirror!(AdamsBashforth);

impl Abduction for Leapfrog {
    type Latent<X> = Pair<X>;

    fn is_exact(&self) -> bool {
        true
    }

    fn encode<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        image: X,
        denoiser: &mut D,
    ) -> Result<Abducted<Pair<X>>, SampleError> {
        let plan = self.plan(&grid.mirror(), denoiser.prediction())?;
        let mut run = plan.start(image)?;
        while run.step(denoiser, &mut NoNoise)?.is_some() {}
        let memory = run.into_memory();
        // The Heun start sets the anchor, so every finished run has one.
        let Some(inner) = memory.anchor else {
            return Err(DiffusionError::LatentMismatch { method: "leapfrog" }.into());
        };
        let latent = Pair { outer: memory.state, inner };
        Ok(Abducted { latent, evaluations: plan.evaluations() })
    }

    fn decode<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        latent: Pair<X>,
        denoiser: &mut D,
    ) -> Result<X, SampleError> {
        if grid.steps() == 1 {
            // The inner state of a single step is the image itself.
            return Ok(latent.inner);
        }
        let plan = self.continue_pair(grid, denoiser.prediction())?;
        let mut run = plan.start_pair(latent.inner, latent.outer);
        while run.step(denoiser, &mut NoNoise)?.is_some() {}
        Ok(run.into_state())
    }
}

/// The methods as a setting, for a procedure that leaves the choice to its configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Method {
    /// [`Leapfrog`]: exactly reversible, second order.
    #[default]
    Leapfrog,
    /// [`AdamsBashforth`] along the mirrored grid: second order down to the clean image, no identity.
    AdamsBashforth,
    /// [`DpmSolver2M`] along the mirrored grid: second order, no identity.
    #[serde(rename = "dpm-solver-2m")]
    DpmSolver2M,
    /// [`Ddim`] along the mirrored grid: first order, the field's usual inversion.
    Ddim,
}

/// The latent of a [`Method`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Latent<X> {
    /// One state at the start level of the grid.
    Single(X),
    /// A leapfrog pair.
    Pair(Pair<X>),
}

impl<X> Latent<X> {
    /// The state at the start level of the grid.
    pub fn outer(&self) -> &X {
        match self {
            Self::Single(state) => state,
            Self::Pair(pair) => &pair.outer,
        }
    }
}

/// The method's sampler, to generate from a single state such as fresh noise.
impl Sampler for Method {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        match self {
            Self::Leapfrog => Leapfrog::default().plan(grid, prediction),
            Self::AdamsBashforth => AdamsBashforth::default().plan(grid, prediction),
            Self::DpmSolver2M => DpmSolver2M::default().plan(grid, prediction),
            Self::Ddim => Ddim::default().plan(grid, prediction),
        }
    }
}

impl Abduction for Method {
    type Latent<X> = Latent<X>;

    fn is_exact(&self) -> bool {
        matches!(self, Self::Leapfrog)
    }

    fn encode<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        image: X,
        denoiser: &mut D,
    ) -> Result<Abducted<Latent<X>>, SampleError> {
        fn wrap<L, X>(found: Abducted<L>, latent: fn(L) -> Latent<X>) -> Abducted<Latent<X>> {
            Abducted { latent: latent(found.latent), evaluations: found.evaluations }
        }
        Ok(match self {
            Self::Leapfrog => {
                wrap(Leapfrog::default().encode(grid, image, denoiser)?, Latent::Pair)
            }
            Self::AdamsBashforth => {
                wrap(AdamsBashforth::default().encode(grid, image, denoiser)?, Latent::Single)
            }
            Self::DpmSolver2M => {
                wrap(DpmSolver2M::default().encode(grid, image, denoiser)?, Latent::Single)
            }
            Self::Ddim => wrap(Ddim::default().encode(grid, image, denoiser)?, Latent::Single),
        })
    }

    fn decode<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        latent: Latent<X>,
        denoiser: &mut D,
    ) -> Result<X, SampleError> {
        match (self, latent) {
            (Self::Leapfrog, Latent::Pair(pair)) => {
                Leapfrog::default().decode(grid, pair, denoiser)
            }
            (Self::AdamsBashforth, Latent::Single(state)) => {
                AdamsBashforth::default().decode(grid, state, denoiser)
            }
            (Self::DpmSolver2M, Latent::Single(state)) => {
                DpmSolver2M::default().decode(grid, state, denoiser)
            }
            (Self::Ddim, Latent::Single(state)) => Ddim::default().decode(grid, state, denoiser),
            (Self::Leapfrog, _) => {
                Err(DiffusionError::LatentMismatch { method: "leapfrog" }.into())
            }
            (Self::AdamsBashforth, _) => {
                Err(DiffusionError::LatentMismatch { method: "adams-bashforth" }.into())
            }
            (Self::DpmSolver2M, _) => {
                Err(DiffusionError::LatentMismatch { method: "dpm-solver-2m" }.into())
            }
            (Self::Ddim, _) => Err(DiffusionError::LatentMismatch { method: "ddim" }.into()),
        }
    }
}
