//! Coupled Runge-Kutta: exactly reversible and of the order of the method that is coupled, 4 included.

use super::{Abduction, RungeKutta, Tableau, Twins};
use crate::plan::check_setting;
use crate::run::Memory;
use crate::{
    Denoiser, DiffusionError, Grid, NoNoise, Plan, Prediction, SampleError, Sampler, State,
};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// The coupling of McCallum and Foster (2024, "Efficient, accurate and stable gradients for neural ODEs", section 3),
/// used for diffusion by Rex (Blasingame and Liu 2025), of a [`RungeKutta`] method in `(v, u)`. With `Psi` the increment
/// of one step up from its argument and `Psi'` that of one step down, encoding is
///
/// `y <- zeta y + (1 - zeta) z + Psi(z)`, `z <- z - Psi'(y)`,
///
/// and decoding undoes the two lines. The difference of the two states shrinks by `zeta` a step on the way up and
/// grows by `1 / zeta` on the way down. The order is that of the method coupled; four calls a step with
/// [`Tableau::Heun`], eight with [`Tableau::Classical`], either way.
///
/// The coordinate matters: in `(eps, s)` the same scheme keeps only three digits in single precision, because
/// `x / alpha` spans two orders of magnitude.
///
/// ```
/// use counterfoil_diffusion::inversion::Coupled;
/// use counterfoil_diffusion::{Abduction, DiscreteSchedule, End, Prediction, Spacing, denoiser};
/// use ndarray::{Array1, array};
///
/// let grid = DiscreteSchedule::linear(1000)?.grid(Spacing::Trailing, 10, End::Zero)?;
/// let mut network = denoiser(Prediction::V, |x: &Array1<f64>, _| Ok(x.mapv(|x| (3.0 * x).sin())));
/// let image = array![0.2, -0.7, 0.5];
/// let method = Coupled::default();
/// let found = method.encode(&grid, image.clone(), &mut network)?;
/// assert_eq!(found.evaluations, 80);
/// let back = method.decode(&grid, found.latent, &mut network)?;
/// assert!((back - image).iter().all(|error| error.abs() < 1e-13));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Coupled {
    /// The method that is coupled.
    pub tableau: Tableau,
    /// How much of its own past the first state keeps, in (0, 1].
    pub zeta: f64,
}

impl Default for Coupled {
    fn default() -> Self {
        Self { tableau: Tableau::Classical, zeta: 0.999 }
    }
}

/// The method along the mirrored grid and along the grid: single steps of both are what is coupled.
struct Ways {
    up: Plan,
    down: Plan,
    stages: usize,
}

impl Ways {
    /// Step `step` of `plan` alone, from a copy of `x`.
    fn advance<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        plan: &Plan,
        step: usize,
        x: &X,
        denoiser: &mut D,
    ) -> Result<X, SampleError> {
        let (done, history) = (step * self.stages, VecDeque::new());
        // A Runge-Kutta step remembers nothing of the steps before it, so a run may begin at any of them.
        let mut run = plan.resume(Memory { done, state: x.duplicate()?, anchor: None, history });
        for _ in 0..self.stages {
            run.step(denoiser, &mut NoNoise)?;
        }
        Ok(run.into_state())
    }
}

impl Coupled {
    /// `zeta`, checked.
    fn kept(&self) -> Result<f64, DiffusionError> {
        let zeta = self.zeta;
        check_setting("zeta", zeta, zeta > 0.0 && zeta <= 1.0, "(0, 1]")?;
        Ok(zeta)
    }

    fn ways(&self, grid: &Grid, prediction: Prediction) -> Result<Ways, DiffusionError> {
        let method = RungeKutta { tableau: self.tableau };
        Ok(Ways {
            up: method.plan(&grid.mirror(), prediction)?,
            down: method.plan(grid, prediction)?,
            stages: self.tableau.stages(),
        })
    }
}

impl Abduction for Coupled {
    type Latent<X> = Twins<X>;

    fn name(&self) -> &'static str {
        match self.tableau {
            Tableau::Heun => "coupled-heun",
            Tableau::Classical => "coupled-rk4",
        }
    }

    fn is_exact(&self) -> bool {
        true
    }

    /// The determinant of a step up is `zeta`.
    fn parasitic_roots(&self, grid: &Grid) -> Result<Vec<f64>, DiffusionError> {
        Ok(vec![self.kept()?; grid.steps()])
    }

    fn climb<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        image: X,
        denoiser: &mut D,
    ) -> Result<(Twins<X>, usize), SampleError> {
        let (zeta, ways) = (self.kept()?, self.ways(grid, denoiser.prediction())?);
        let (mut y, mut z) = (image.duplicate()?, image);
        for step in 0..grid.steps() {
            // An increment is the end of a step less its beginning, so z + Psi(z) is the end itself.
            let ahead = ways.advance(&ways.up, step, &z, denoiser)?;
            y.lincomb(zeta, &[(-zeta, &z), (1.0, &ahead)])?;
            let back = ways.advance(&ways.down, grid.steps() - 1 - step, &y, denoiser)?;
            z.lincomb(1.0, &[(1.0, &y), (-1.0, &back)])?;
        }
        Ok((Twins { first: y, second: z }, ways.up.evaluations() + ways.down.evaluations()))
    }

    fn decode<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        latent: Twins<X>,
        denoiser: &mut D,
    ) -> Result<X, SampleError> {
        let (share, ways) = (1.0 / self.kept()?, self.ways(grid, denoiser.prediction())?);
        let Twins { first: mut y, second: mut z } = latent;
        for step in 0..grid.steps() {
            let back = ways.advance(&ways.down, step, &y, denoiser)?;
            z.lincomb(1.0, &[(-1.0, &y), (1.0, &back)])?;
            let ahead = ways.advance(&ways.up, grid.steps() - 1 - step, &z, denoiser)?;
            y.lincomb(share, &[(1.0, &z), (-share, &ahead)])?;
        }
        Ok(y)
    }
}
