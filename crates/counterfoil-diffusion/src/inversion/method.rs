//! The methods as a setting, for a procedure that leaves the choice to its configuration.

use super::{
    Abduction, Bdia, Coupled, Edict, EditFriendly, FixedPoint, Latent, LatentOf, OBelm, RungeKutta,
    Tableau,
};
use crate::{
    AdamsBashforth, Ddim, Denoiser, DiffusionError, DpmSolver2M, FlowAdams, Grid, KeyedNoise,
    Leapfrog, Plan, Prediction, SampleError, Sampler, State, denoiser,
};
use ndarray::Array1;
use serde::{Deserialize, Serialize};
use std::cell::Cell;

/// The methods, each with the settings that its type has by default.
///
/// As a [`Sampler`] a method generates from a single state, such as fresh noise, by the scheme that it is built on.
///
/// ```
/// use counterfoil_diffusion::inversion::Method;
/// assert_eq!(serde_json::from_str::<Method>("\"coupled-rk4\"")?, Method::CoupledRk4);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Method {
    /// [`Leapfrog`]: exactly reversible, second order, neutral.
    #[default]
    Leapfrog,
    /// [`AdamsBashforth`] along the mirrored grid: second order down to the clean image, no identity.
    AdamsBashforth,
    /// [`FlowAdams`] of order 3 along the mirrored grid: regular at both ends, no identity.
    FlowAdams,
    /// [`DpmSolver2M`] along the mirrored grid: second order, no identity.
    #[serde(rename = "dpm-solver-2m")]
    DpmSolver2M,
    /// [`Ddim`] along the mirrored grid: first order, the field's usual inversion.
    Ddim,
    /// [`OBelm`]: exactly reversible, second order; for generation, so encoding must be allowed on many grids.
    OBelm,
    /// [`OBelm::ANGLE`]: the same in the angle, all but neutral on the cosine schedule.
    OBelmAngle,
    /// [`Bdia`] with `gamma = 1`: exactly reversible, second order, neutral.
    Bdia,
    /// [`Edict`] with `p = 0.93`: exactly reversible, first order, two calls a step.
    Edict,
    /// [`FixedPoint`] with five accelerated calls a step: DDIM, inverted by iteration.
    FixedPoint,
    /// [`EditFriendly`] with `eta = 1`: exact by noise maps. All items draw from the same keys, so that an item's
    /// latent does not depend on its batch. Generates by DDIM.
    EditFriendly,
    /// [`Coupled`] Heun: exactly reversible, second order, four calls a step.
    CoupledHeun,
    /// [`Coupled`] classical Runge-Kutta: exactly reversible, fourth order, eight calls a step.
    CoupledRk4,
}

/// Runs the same code with whichever method `self` is; `items` is the size of the batch.
macro_rules! with_method {
    ($self:expr, $items:expr, $method:ident => $run:expr) => {
        match $self {
            Method::Leapfrog => with_method!(@ Leapfrog::default(), $method => $run),
            Method::AdamsBashforth => with_method!(@ AdamsBashforth::default(), $method => $run),
            Method::FlowAdams => with_method!(@ FlowAdams::default(), $method => $run),
            Method::DpmSolver2M => with_method!(@ DpmSolver2M::default(), $method => $run),
            Method::Ddim => with_method!(@ Ddim::default(), $method => $run),
            Method::OBelm => with_method!(@ OBelm::default(), $method => $run),
            Method::OBelmAngle => with_method!(@ OBelm::ANGLE, $method => $run),
            Method::Bdia => with_method!(@ Bdia::default(), $method => $run),
            Method::Edict => with_method!(@ Edict::default(), $method => $run),
            Method::FixedPoint => with_method!(@ FixedPoint::default(), $method => $run),
            Method::EditFriendly => with_method!(@ edit_friendly($items), $method => $run),
            Method::CoupledHeun => with_method!(@ coupled(Tableau::Heun), $method => $run),
            Method::CoupledRk4 => with_method!(@ coupled(Tableau::Classical), $method => $run),
        }
    };
    (@ $value:expr, $method:ident => $run:expr) => {{
        let $method = $value;
        $run
    }};
}

fn edit_friendly(items: usize) -> EditFriendly {
    EditFriendly { eta: 1.0, noise: KeyedNoise::new(0, "edit-friendly", vec![0; items]) }
}

fn coupled(tableau: Tableau) -> Coupled {
    Coupled { tableau, ..Coupled::default() }
}

impl Method {
    /// Network calls to encode one image along `grid` and to decode it: counted on a single number, with a network that
    /// predicts nothing. Growth is not looked at.
    ///
    /// # Errors
    /// As [`Abduction::climb`] and [`Abduction::decode`].
    ///
    /// ```
    /// use counterfoil_diffusion::{DiscreteSchedule, End, Spacing, inversion::Method};
    ///
    /// let grid = DiscreteSchedule::cosine(1000)?.grid(Spacing::Trailing, 20, End::Zero)?;
    /// assert_eq!(Method::Ddim.evaluations(&grid)?, [20, 20]);
    /// assert_eq!(Method::CoupledRk4.evaluations(&grid)?, [160, 160]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn evaluations(self, grid: &Grid) -> Result<[usize; 2], SampleError> {
        let calls = Cell::new(0);
        let mut silent = denoiser(Prediction::V, |x: &Array1<f64>, _| {
            calls.set(calls.get() + 1);
            Ok(x * 0.0)
        });
        let (latent, _) = self.climb(grid, Array1::from_elem(1, 0.5), &mut silent)?;
        let encoding = calls.get();
        self.decode(grid, latent, &mut silent)?;
        Ok([encoding, calls.get() - encoding])
    }
}

impl Sampler for Method {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        match self {
            Self::Leapfrog => Leapfrog::default().plan(grid, prediction),
            Self::AdamsBashforth => AdamsBashforth::default().plan(grid, prediction),
            Self::FlowAdams => FlowAdams::default().plan(grid, prediction),
            Self::DpmSolver2M => DpmSolver2M::default().plan(grid, prediction),
            Self::OBelm => OBelm::default().plan(grid, prediction),
            Self::OBelmAngle => OBelm::ANGLE.plan(grid, prediction),
            Self::Bdia => Bdia::default().plan(grid, prediction),
            Self::Ddim | Self::Edict | Self::FixedPoint | Self::EditFriendly => {
                Ddim::default().plan(grid, prediction)
            }
            Self::CoupledHeun => RungeKutta { tableau: Tableau::Heun }.plan(grid, prediction),
            Self::CoupledRk4 => RungeKutta { tableau: Tableau::Classical }.plan(grid, prediction),
        }
    }
}

impl Abduction for Method {
    type Latent<X> = Latent<X>;

    fn name(&self) -> &'static str {
        with_method!(self, 0, method => method.name())
    }

    fn is_exact(&self) -> bool {
        with_method!(self, 0, method => method.is_exact())
    }

    fn parasitic_roots(&self, grid: &Grid) -> Result<Vec<f64>, DiffusionError> {
        with_method!(self, 0, method => method.parasitic_roots(grid))
    }

    fn climb<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        image: X,
        denoiser: &mut D,
    ) -> Result<(Latent<X>, usize), SampleError> {
        with_method!(self, image.items(), method => {
            let (latent, calls) = method.climb(grid, image, denoiser)?;
            Ok((latent.into_any(), calls))
        })
    }

    fn decode<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        latent: Latent<X>,
        denoiser: &mut D,
    ) -> Result<X, SampleError> {
        with_method!(self, latent.outer().items(), method => {
            let Some(latent) = LatentOf::from_any(latent) else {
                return Err(DiffusionError::LatentMismatch { method: method.name() }.into());
            };
            method.decode(grid, latent, denoiser)
        })
    }
}
