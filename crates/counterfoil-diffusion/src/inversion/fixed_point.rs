//! Fixed point: each DDIM step solved backwards by iteration, with one state as latent.

use super::{Abduction, call, mirror::traverse};
use crate::plan::check_setting;
use crate::{Ddim, Denoiser, DiffusionError, Grid, Prediction, SampleError, Sampler, State};
use serde::{Deserialize, Serialize};

/// The inverse of DDIM by fixed-point iteration (Pan et al. 2023, AIDI; Garibi et al. 2024, ReNoise): a decoding step
/// is `x' = a x + b v(x)` with `x` the noisier state, so encoding looks for `x = (x' - b v(x)) / a`, beginning at `x'`.
/// The velocity is what the network is read as, for it leaves the iteration least to do: on standard normal data
/// nothing. Decoding is plain [`Ddim`].
///
/// With enough calls the round trip becomes exact where the iteration contracts; under strong guidance it does not,
/// and a converged latent still has DDIM's first-order error. `calls` a step up, one down.
///
/// ```
/// use counterfoil_diffusion::inversion::FixedPoint;
/// use counterfoil_diffusion::{Abduction, DiscreteSchedule, End, Prediction, Spacing, denoiser};
/// use ndarray::{Array1, array};
///
/// let grid = DiscreteSchedule::linear(1000)?.grid(Spacing::Trailing, 20, End::Zero)?;
/// let mut network = denoiser(Prediction::V, |x: &Array1<f64>, _| Ok(x.mapv(|x| (2.0 * x).sin())));
/// let image = array![0.2, -0.7, 0.5];
/// let method = FixedPoint { calls: 8, anderson: true };
/// let found = method.encode(&grid, image.clone(), &mut network)?;
/// let back = method.decode(&grid, found.latent, &mut network)?;
/// assert!((back - image).iter().all(|error| error.abs() < 1e-8));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FixedPoint {
    /// Network calls a step, 1 at least.
    pub calls: usize,
    /// Whether each iterate is extrapolated from the last two, item by item (Anderson acceleration of depth 1). Takes
    /// two inner products a call, which wait for an accelerator.
    pub anderson: bool,
}

impl Default for FixedPoint {
    fn default() -> Self {
        Self { calls: 5, anderson: true }
    }
}

/// One iterate of Anderson's method: the value of the map and its distance from the argument.
struct Iterate<X> {
    value: X,
    residual: X,
}

/// The weight per item that the older iterate gets: it minimises the extrapolated residual.
fn weights<X: State>(new: &X, old: &X) -> Result<Vec<f64>, DiffusionError> {
    let mut change = new.duplicate()?;
    change.lincomb(1.0, &[(-1.0, old)])?;
    let (along, square) = (new.inner_items(&change)?, change.inner_items(&change)?);
    // A residual that no longer changes leaves nothing to extrapolate.
    let weight = |(along, square): (f64, f64)| if square > 0.0 { along / square } else { 0.0 };
    Ok(along.into_iter().zip(square).map(weight).collect())
}

impl Abduction for FixedPoint {
    type Latent<X> = X;

    fn name(&self) -> &'static str {
        "fixed-point"
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
        let calls = self.calls;
        check_setting("calls", calls as f64, calls > 0, "[1, inf)")?;
        let plan = Ddim::default().plan(grid, Prediction::V)?;
        let mut target = image;
        for (step, stage) in plan.stages().iter().enumerate().rev() {
            let (a, b) = (stage.state, stage.history[0]);
            if !a.recip().is_finite() {
                let (name, value) = ("1 / state", a.recip());
                let refused = DiffusionError::NonFiniteCoefficient { call: step, name, value };
                return Err(refused.into());
            }
            let velocity = denoiser.prediction().mix(Prediction::V, stage.level)?;
            let (own, output) = (-b * velocity.state / a, -b * velocity.output / a);
            let mut x = target.duplicate()?;
            let mut before: Option<Iterate<X>> = None;
            for stage in 0..calls {
                let stage = u8::try_from(stage).unwrap_or(u8::MAX);
                let mut value = call(denoiser, grid, step, stage, &x)?;
                value.lincomb(output, &[(own, &x), (1.0 / a, &target)])?;
                if !self.anderson {
                    x = value;
                    continue;
                }
                let mut residual = x;
                residual.lincomb(-1.0, &[(1.0, &value)])?;
                x = value.duplicate()?;
                if let Some(old) = &before {
                    let back = weights(&residual, &old.residual)?;
                    let kept: Vec<f64> = back.iter().map(|weight| 1.0 - weight).collect();
                    x.lincomb_items(&kept, &[(&back, &old.value)])?;
                }
                before = Some(Iterate { value, residual });
            }
            target = x;
        }
        Ok((target, plan.evaluations() * calls))
    }

    fn decode<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        latent: X,
        denoiser: &mut D,
    ) -> Result<X, SampleError> {
        Ok(traverse(&Ddim::default(), grid, latent, denoiser)?.0)
    }
}
