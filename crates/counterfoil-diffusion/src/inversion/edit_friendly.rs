//! DDPM inversion: independent noisy images at every level, and the noise that leads from each to the next.

use super::{Abduction, NoiseMaps, call};
use crate::{
    Call, Ddim, Denoiser, DiffusionError, Grid, KeyedNoise, NoiseSource, Plan, Prediction,
    SampleError, Sampler, State,
};

/// "Edit friendly" DDPM inversion (Huberman-Spiegelglas, Kulikov and Michaeli 2024, "An edit friendly DDPM noise
/// space", section 3): draws `x_n = alpha_n x0 + sigma_n eps_n` with *independent* noise at each level, and solves each
/// step of the stochastic DDIM sampler for what it must add to its mean, `m_n = x_{n+1} - mean(x_n)`. Decoding adds
/// the same maps to the means of another condition.
///
/// The mean is `alpha' x0 + sqrt(sigma'^2 - var) eps` with `var = eta^2 sigma'^2 (1 - (s'/s)^2)`. The reference code
/// has `eta var` in place of `eta^2 var`, which agrees only for `eta` 0 and 1, and sets the last map to zero. The maps
/// are kept in units of the state rather than as multiples of the deviation, so the last step, which has none, is as
/// exact as the others.
///
/// Reconstruction is exact to the last bit but one because the latent holds an image a step. It is no latent of the
/// probability flow: the counterfactual belongs to another coupling. One call a step.
///
/// ```
/// use counterfoil_diffusion::inversion::EditFriendly;
/// use counterfoil_diffusion::{
///     Abduction, DiscreteSchedule, End, KeyedNoise, Prediction, Spacing, denoiser,
/// };
/// use ndarray::{Array2, array};
///
/// let grid = DiscreteSchedule::linear(1000)?.grid(Spacing::Trailing, 20, End::Zero)?;
/// let mut network = denoiser(Prediction::V, |x: &Array2<f64>, _| Ok(x.mapv(|x| (2.0 * x).sin())));
/// let images = array![[0.2, -0.7], [0.5, 0.1]];
/// let method = EditFriendly { eta: 1.0, noise: KeyedNoise::new(1, "invert", [17, 18]) };
/// let found = method.encode(&grid, images.clone(), &mut network)?;
/// assert_eq!(found.latent.maps.len(), 20);
/// let back = method.decode(&grid, found.latent, &mut network)?;
/// assert!((back - images).iter().all(|error| error.abs() < 1e-15));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct EditFriendly {
    /// Share of the ancestral noise, 0 to 1.
    pub eta: f64,
    /// Where the noise of the levels comes from; one key per item.
    pub noise: KeyedNoise,
}

impl EditFriendly {
    /// The stochastic sampler, whose means are used and whose noise is not drawn.
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        Ddim { eta: self.eta, clip: None }.plan(grid, prediction)
    }

    /// `image`, at the end level of the grid, noised to level `at`.
    fn noised<X: State>(&self, grid: &Grid, image: &X, at: usize) -> Result<X, DiffusionError> {
        let (level, end) = (grid.levels()[at], grid.end());
        let (time, of) = (grid.times()[at], grid.steps());
        let call = Call { step: at, of, ..Call::at(level, time) };
        let mut state = self.noise.clone().draw(image, &call)?;
        let signal = (level.ln_alpha() - end.ln_alpha()).exp();
        // The end level may hold noise of its own, which is part of the image.
        let fresh = (level.sigma().powi(2) - (signal * end.sigma()).powi(2)).max(0.0).sqrt();
        state.lincomb(fresh, &[(signal, image)])?;
        Ok(state)
    }
}

impl Abduction for EditFriendly {
    type Latent<X> = NoiseMaps<X>;

    fn name(&self) -> &'static str {
        "edit-friendly"
    }

    fn is_exact(&self) -> bool {
        true
    }

    fn climb<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        image: X,
        denoiser: &mut D,
    ) -> Result<(NoiseMaps<X>, usize), SampleError> {
        let plan = self.plan(grid, denoiser.prediction())?;
        let start = self.noised(grid, &image, 0)?;
        let mut state = start.duplicate()?;
        let mut maps = Vec::with_capacity(plan.evaluations());
        for (step, stage) in plan.stages().iter().enumerate() {
            let last = step + 1 == grid.steps();
            let next = if last { image.duplicate()? } else { self.noised(grid, &image, step + 1)? };
            let f = call(denoiser, grid, step, 0, &state)?;
            state.lincomb(-stage.state, &[(-stage.history[0], &f), (1.0, &next)])?;
            maps.push(std::mem::replace(&mut state, next));
        }
        Ok((NoiseMaps { start, maps }, plan.evaluations()))
    }

    fn decode<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        latent: NoiseMaps<X>,
        denoiser: &mut D,
    ) -> Result<X, SampleError> {
        let plan = self.plan(grid, denoiser.prediction())?;
        let NoiseMaps { start: mut state, maps } = latent;
        if maps.len() != grid.steps() {
            return Err(DiffusionError::LatentMismatch { method: self.name() }.into());
        }
        for (step, (stage, map)) in plan.stages().iter().zip(&maps).enumerate() {
            let f = call(denoiser, grid, step, 0, &state)?;
            state.lincomb(stage.state, &[(stage.history[0], &f), (1.0, map)])?;
        }
        Ok(state)
    }
}
