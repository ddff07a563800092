//! Abduction: from an image to the noise that generates it, and back.
//!
//! Reconstruction alone is no measure of a method: an exactly reversible one reconstructs whatever the network. What
//! matters for counterfactuals is how near the latent comes to that of the exact flow, and there the order counts, and
//! how much of its own errors the encoding amplifies ([`Abduction::growth_bound`]).
//!
//! | method | latent | exact | order | calls a step | errors grow on the way up |
//! |---|---|---|---|---|---|
//! | [`Leapfrog`] | [`Pair`] | yes | 2 | 1 | not at all |
//! | [`LatticeLeapfrog`] | [`Pair`] | to the bit | 2 | 1 | not at all |
//! | [`OBelm`] | [`Pair`] | yes | 2 | 1 | by the squared ratio of the steps in `s`: 1e5 on the cosine schedule |
//! | [`OBelm::ANGLE`] | [`Pair`] | yes | 2 | 1 | by that of the steps in the angle: not at all on the cosine schedule |
//! | [`Bdia`] | [`Pair`] | yes | 2 with `gamma = 1` | 1 | by `1 / gamma` a step |
//! | [`Edict`] | [`Twins`] | yes | 1 | 2 | by `1 / p^2` a step, less what the scaling takes back |
//! | [`Coupled`] | [`Twins`] | yes | 2 or 4 | 4 or 8 | not at all |
//! | [`EditFriendly`] | [`NoiseMaps`] | yes | no flow | 1 | not at all |
//! | [`FixedPoint`] | one state | in the limit | 1 | `calls` | not at all |
//! | [`Ddim`], [`DpmSolver2M`], [`AdamsBashforth`], [`FlowAdams`] | one state | no | 1, 2, 2, 3 | 1 | not at all |
//!
//! [`Ddim`]: crate::Ddim
//! [`DpmSolver2M`]: crate::DpmSolver2M
//! [`AdamsBashforth`]: crate::AdamsBashforth
//! [`FlowAdams`]: crate::FlowAdams
//! [`Leapfrog`]: crate::Leapfrog
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

mod accuracy;
mod bdia;
mod belm;
mod coupled;
mod edict;
mod edit_friendly;
mod fixed_point;
mod growth;
mod latent;
mod lattice;
mod leapfrog;
mod method;
mod mirror;
mod runge_kutta;
mod two_step;

pub use accuracy::{Accuracy, assess, halved};
pub use bdia::Bdia;
pub use belm::{Coordinate, OBelm};
pub use coupled::Coupled;
pub use edict::Edict;
pub use edit_friendly::EditFriendly;
pub use fixed_point::FixedPoint;
pub use growth::GROWTH_LIMIT;
pub use latent::{Latent, LatentOf, NoiseMaps, Pair, Twins};
pub use lattice::LatticeLeapfrog;
pub use method::Method;
pub use runge_kutta::{RungeKutta, Tableau};

use crate::{Call, Denoiser, DiffusionError, Grid, SampleError, State};

/// A latent and what it took to find it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Abducted<L> {
    /// The latent: give all of it to [`Abduction::decode`].
    pub latent: L,
    /// Network calls that the encoding took.
    pub evaluations: usize,
    /// [`Abduction::growth_bound`] along the grid that was used.
    pub growth_bound: f64,
    /// How good the latent is; `None` until [`assess`] has measured it, for that costs calls.
    pub accuracy: Option<Accuracy>,
}

/// A way to encode an image into a latent along a grid, and to decode the latent along the same grid.
///
/// The grid is always given in its decoding direction; encoding runs along its exact mirror. A grid cut with
/// [`Grid::lowest`] makes the abduction partial. The latent of an exact method is a type of its own, so that half of
/// it cannot be decoded by mistake.
pub trait Abduction {
    /// What encoding yields.
    type Latent<X>: LatentOf<X>;

    /// Name of the method, for errors and logs.
    fn name(&self) -> &'static str;

    /// Whether decoding undoes encoding up to rounding, whatever the network.
    fn is_exact(&self) -> bool;

    /// The factor by which each encoding step multiplies what should not be there: the parasitic root of a scheme
    /// that carries two states, on standard normal data, whose exact flow stands still. From the data upwards; empty
    /// for methods that carry one state.
    ///
    /// The product of both roots is the determinant of the step and so independent of the network.
    ///
    /// # Errors
    /// As [`crate::Sampler::plan`].
    fn parasitic_roots(&self, _grid: &Grid) -> Result<Vec<f64>, DiffusionError> {
        Ok(Vec::new())
    }

    /// The most that encoding amplifies an error made at any level until it reaches the latent; 1 at least.
    ///
    /// # Errors
    /// As [`Abduction::parasitic_roots`].
    fn growth_bound(&self, grid: &Grid) -> Result<f64, DiffusionError> {
        Ok(growth::encoding(&self.parasitic_roots(grid)?))
    }

    /// The most that decoding amplifies an error until it reaches the image, as when the condition has changed. A
    /// reversible scheme decodes by the reciprocal roots: what damps the one way grows the other way.
    ///
    /// # Errors
    /// As [`Abduction::parasitic_roots`].
    fn decoding_growth(&self, grid: &Grid) -> Result<f64, DiffusionError> {
        Ok(growth::decoding(&self.parasitic_roots(grid)?))
    }

    /// Encodes `image` at the end level of `grid` into a latent at its start level.
    ///
    /// # Errors
    /// [`DiffusionError::GrowthTooLarge`] where the growth bound is above [`GROWTH_LIMIT`], before any network call:
    /// such a latent reconstructs the image and is nevertheless unfit for abduction; otherwise as
    /// [`crate::Sampler::plan`] and [`crate::Plan::run`].
    fn encode<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        image: X,
        denoiser: &mut D,
    ) -> Result<Abducted<Self::Latent<X>>, SampleError> {
        self.encode_within(GROWTH_LIMIT, grid, image, denoiser)
    }

    /// [`Abduction::encode`] with a growth limit of the caller's; `f64::INFINITY` allows all.
    ///
    /// # Errors
    /// As [`Abduction::encode`].
    fn encode_within<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        limit: f64,
        grid: &Grid,
        image: X,
        denoiser: &mut D,
    ) -> Result<Abducted<Self::Latent<X>>, SampleError> {
        let growth = self.growth_bound(grid)?;
        // Written so that a bound that is not a number is refused too.
        if growth <= limit {
            let (latent, evaluations) = self.climb(grid, image, denoiser)?;
            return Ok(Abducted { latent, evaluations, growth_bound: growth, accuracy: None });
        }
        Err(DiffusionError::GrowthTooLarge { method: self.name(), growth, limit }.into())
    }

    /// The encoding itself, with no regard to growth: the latent and the number of calls. Callers want
    /// [`Abduction::encode`].
    ///
    /// # Errors
    /// As [`crate::Sampler::plan`] and [`crate::Plan::run`].
    fn climb<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        image: X,
        denoiser: &mut D,
    ) -> Result<(Self::Latent<X>, usize), SampleError>;

    /// Decodes a latent at the start level of `grid` into an image at its end level.
    ///
    /// # Errors
    /// As [`crate::Sampler::plan`] and [`crate::Plan::run`].
    fn decode<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        latent: Self::Latent<X>,
        denoiser: &mut D,
    ) -> Result<X, SampleError>;
}

/// The network at level `step` of the grid, for methods whose steps are no plan.
fn call<X, D: Denoiser<X> + ?Sized>(
    denoiser: &mut D,
    grid: &Grid,
    step: usize,
    stage: u8,
    x: &X,
) -> Result<X, SampleError> {
    let (level, time) = (grid.levels()[step], grid.times()[step]);
    let call = Call { step, stage, of: grid.steps(), ..Call::at(level, time) };
    denoiser.predict(x, &call).map_err(|source| SampleError::Denoiser { step, source })
}
