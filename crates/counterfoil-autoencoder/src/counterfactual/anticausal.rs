//! Anti-causal guidance: the sampler follows what a predictor of the labels says of its noisy image.
//!
//! With weight `w` the noise that the decoder predicts becomes `eps - w sigma gradient`, the gradient of
//! `ln p(labels after the intervention | x_t)` by `x_t` (Diff-SCM, Sanchez and Tsaftaris 2022, algorithm 1). Diff-SCM has
//! one cause and its image; here the labels are those of all variables that the intervention reaches, with the values that the
//! mechanisms give them. What it does not reach pulls at nothing, so that where nothing is set the answer is the decoded
//! abduction bit for bit.

use super::{Counterfactuals, guide::Pass};
use crate::{ModelError, network::Predictor};
use counterfoil_diffusion::guidance::Classified;
use counterfoil_diffusion::inversion::Latent;
use counterfoil_diffusion::{BoxError, Call, Denoiser};
use counterfoil_tensor::Weights;
use tch::{Kind, Tensor};

/// The labels that a pass should end with, and what reads them.
pub(super) struct Goal<'m> {
    predictor: &'m Predictor,
    weights: &'m Weights,
    /// The scalars of the labels' codes, `[n, scalars]`.
    wanted: Tensor,
    /// `[n, scalars]`, 1 for those of variables that the intervention reaches.
    reached: Tensor,
}

impl Counterfactuals<'_> {
    /// What a pass should end with; nothing where the procedure follows no predictor or no item is reached.
    pub(super) fn goal(&self, pass: &Pass<'_>) -> Option<Goal<'_>> {
        let predictor = self.model.predictor().filter(|_| self.procedure.anticausal != 0.0)?;
        let a = self.architecture();
        // The predictor learned the labels' codes, not what the encoder makes of them.
        let wanted = if self.procedure.calibrated {
            self.calibration.scalars(a, &pass.latents)
        } else {
            a.blocks().scalars(&pass.latents)
        };
        let reached = a.blocks().scalars(&pass.reached);
        let goal = Goal { predictor, weights: self.weights, wanted, reached };
        (goal.reached.any().int64_value(&[]) != 0).then_some(goal)
    }

    /// Runs the sampler down under `denoiser`, pulled towards a goal where there is one.
    pub(super) fn follow<D: Denoiser<Tensor>>(
        &self,
        noise: Latent<Tensor>,
        mut denoiser: D,
        goal: Option<&Goal<'_>>,
    ) -> Result<Tensor, ModelError> {
        let Some(goal) = goal else { return self.run(noise, &mut denoiser) };
        let gradient = |x: &Tensor, call: &Call<'_>| {
            let times = Tensor::full([x.size()[0]], call.time.value(), (Kind::Float, x.device()));
            let Goal { predictor, weights, wanted, reached } = goal;
            predictor.gradient(weights, x, &times, wanted, reached).map_err(BoxError::from)
        };
        self.run(noise, &mut Classified::new(denoiser, gradient, self.procedure.anticausal)?)
    }
}
