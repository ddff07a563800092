//! The counterfactual procedure: abduct, act, predict.
//!
//! 1. **Abduct**: the exogenous code u and the causal latents z of the image, and its noise x_T by running the sampler
//!    backwards under the factual z.
//! 2. **Act**: in topological order, an intervened block becomes the calibrated latent of the wanted value and its
//!    mechanism is cut; every other block is recomputed from its parents and its own u, and moved where its change is soft.
//! 3. **Predict**: run the sampler forwards from the same x_T under the new latents.
//!
//! (Pearl 2009, section 7.1; CausalDiffAE, algorithm 2, whose published code draws a fresh x_T and propagates one hop.)
//!
//! Three corrections act on the decoder alone and vanish where nothing is intervened on. *Guidance* compares the
//! prediction under the new latents with the one under the factual latents, or under null blocks, and extrapolates
//! by `guidance`. *Anti-causal guidance* follows a predictor of the labels from the noisy image. *Rounds* close the loop: the counterfactual is encoded again, and what its labelled blocks fall short
//! of is added to the request.

mod act;
mod anticausal;
mod confounding;
mod guide;
mod one_pass;
mod procedure;
mod resample;
mod soft;

pub use self::{
    confounding::{Confounded, bias},
    guide::Reference,
    procedure::Procedure,
};

use self::{act::touched, guide::Pass};
use crate::{Architecture, Calibration, LatentDenoiser, Mechanism, Model, ModelError};
use counterfoil_diffusion::guidance::Clamped;
use counterfoil_diffusion::inversion::Latent;
use counterfoil_diffusion::training::noised;
use counterfoil_diffusion::{Abduction as _, Denoiser, Grid, NoNoise, Sampler};
use counterfoil_graph::Intervention;
use counterfoil_tensor::{Weights, noise};
use tch::{Kind, Tensor};

/// What was abducted from images.
#[derive(Debug)]
pub struct Abduction {
    /// Exogenous codes `[n, d]`.
    pub u: Tensor,
    /// Factual causal latents `[n, d]`.
    pub z: Tensor,
    /// The images' noise, as the method keeps it; where the decoder draws in one pass, one row an image of its own
    /// latents' noise and that of the pixels.
    pub noise: Latent<Tensor>,
    /// Classes `[n]`, when the decoder is conditioned on them.
    pub classes: Option<Tensor>,
}

impl Abduction {
    /// Of codes `[n, d]` alone: enough to act, with no noise to draw an image from.
    pub fn of_codes(u: Tensor, z: Tensor) -> Self {
        let noise = Latent::Single(Tensor::zeros([u.size()[0], 0], (u.kind(), u.device())));
        Self { u, z, noise, classes: None }
    }
}

/// The three steps for one trained model.
#[derive(Debug)]
pub struct Counterfactuals<'m> {
    model: &'m Model,
    weights: &'m Weights,
    calibration: &'m Calibration,
    procedure: Procedure,
    grid: Grid,
}

impl<'m> Counterfactuals<'m> {
    /// Checks the procedure and lays out its grid.
    ///
    /// # Errors
    /// When a setting is out of range; the key is named.
    pub fn new(
        model: &'m Model,
        weights: &'m Weights,
        calibration: &'m Calibration,
        procedure: Procedure,
    ) -> Result<Self, ModelError> {
        let grid = procedure.grid(model.architecture())?;
        Ok(Self { model, weights, calibration, procedure, grid })
    }

    /// The settings.
    pub fn procedure(&self) -> &Procedure {
        &self.procedure
    }

    /// The levels that decoding visits.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Network calls to abduct an image's noise and to decode it again after an intervention: each reference of guidance is
    /// called besides the target.
    ///
    /// # Errors
    /// When the method cannot walk the grid.
    pub fn evaluations(&self) -> Result<[usize; 2], ModelError> {
        if let Some(decoder) = self.model.one_pass() {
            return Ok([usize::from(self.abducts_in_one_pass(decoder)), 1]);
        }
        let [up, down] = self.procedure.method.evaluations(&self.grid)?;
        let up = if self.procedure.fresh_noise { 0 } else { up };
        Ok([up, down * (1 + self.procedure.references())])
    }

    fn architecture(&self) -> &Architecture {
        self.model.architecture()
    }

    /// Causal latents of images, in passes of the procedure's size.
    ///
    /// # Errors
    /// When the images do not fit the model.
    pub fn encode(&self, images: &Tensor) -> Result<(Tensor, Tensor), ModelError> {
        let (mut u, mut z) = (Vec::new(), Vec::new());
        for (start, length) in self.passes(images.size().first().copied().unwrap_or(0)) {
            let part = images.narrow(0, start, length);
            let encoded = tch::no_grad(|| self.model.encode(self.weights, &part))?;
            u.push(encoded.u);
            z.push(encoded.z);
        }
        if u.is_empty() {
            let width = self.architecture().blocks().width();
            let none = Tensor::zeros([0, width], (Kind::Float, images.device()));
            return Ok((none.shallow_clone(), none));
        }
        Ok((Tensor::cat(&u, 0), Tensor::cat(&z, 0)))
    }

    /// Abducts u, z and the noise of images `[n, c, h, w]`. With `fresh_noise` the noise is drawn instead, keyed by
    /// [`image_keys`].
    ///
    /// # Errors
    /// When the images do not fit the model or the sampler fails.
    pub fn abduct(
        &self,
        images: &Tensor,
        classes: Option<&Tensor>,
    ) -> Result<Abduction, ModelError> {
        let (u, z) = self.encode(images)?;
        if let Some(decoder) = self.model.one_pass() {
            let noise = Latent::Single(self.abduct_in_one_pass(decoder, images, &z)?);
            return Ok(Abduction { u, z, noise, classes: classes.map(Tensor::shallow_clone) });
        }
        if self.procedure.fresh_noise {
            let noise = self.noise_of(images, &z, 0, &image_keys(images)?)?;
            return Ok(Abduction { u, z, noise, classes: classes.map(Tensor::shallow_clone) });
        }
        let mut parts = Vec::new();
        for (start, length) in self.passes(images.size()[0]) {
            let classes = classes.map(|c| c.narrow(0, start, length));
            let z = z.narrow(0, start, length);
            let denoiser = LatentDenoiser::new(self.model, self.weights, &z, classes.as_ref());
            let image = images.narrow(0, start, length).copy();
            let drawn = self.model.remainder(&image, denoiser.mean());
            let mut denoiser = self.clamped(denoiser)?;
            let found = self.procedure.method.encode(&self.grid, drawn, &mut denoiser)?;
            parts.push(found.latent);
        }
        Ok(Abduction { u, z, noise: join(&parts)?, classes: classes.map(Tensor::shallow_clone) })
    }

    /// The same abduction with x_T replaced by fresh noise, `x_T ~ q(x_T | x_0)` keyed by item: what the published code
    /// does, and the control that shows what abducting x_T is worth. Where the decoder draws in one pass its own latents are
    /// drawn from their prior, and pixels have no noise.
    ///
    /// # Errors
    /// When sizes differ.
    pub fn refresh(
        &self,
        abduction: &Abduction,
        images: &Tensor,
        seed: u64,
        items: &[u64],
    ) -> Result<Abduction, ModelError> {
        let noise = match self.model.one_pass() {
            None => self.noise_of(images, &abduction.z, seed, items)?,
            Some(decoder) => {
                Latent::Single(self.drawn_from_prior(decoder, seed, items, images.device()))
            }
        };
        Ok(Abduction {
            u: abduction.u.shallow_clone(),
            z: abduction.z.shallow_clone(),
            noise,
            classes: abduction.classes.as_ref().map(Tensor::shallow_clone),
        })
    }

    /// `x_T ~ q(x_T | x_0)` at the grid's highest level.
    fn noise_of(
        &self,
        images: &Tensor,
        z: &Tensor,
        seed: u64,
        items: &[u64],
    ) -> Result<Latent<Tensor>, ModelError> {
        let shape = self.architecture().image_shape();
        let eps = noise::normal(seed, "fresh-noise", items, 0, &shape, images.device());
        let levels = vec![self.grid.start(); items.len()];
        let mean = tch::no_grad(|| self.model.mean_image(self.weights, z));
        let drawn = self.model.remainder(images, mean.as_ref());
        Ok(Latent::Single(noised(&drawn, &eps, &levels)?))
    }

    /// Decodes latents `[n, d]` from the abducted noise, to no images where there are none; guidance takes the blocks that
    /// are not the factual ones for those that an intervention reached.
    ///
    /// # Errors
    /// When the sampler fails.
    pub fn decode(&self, abduction: &Abduction, latents: &Tensor) -> Result<Tensor, ModelError> {
        self.decode_reached(abduction, latents, &self.reached(&abduction.z, latents))
    }

    fn decode_reached(
        &self,
        abduction: &Abduction,
        latents: &Tensor,
        reached: &Tensor,
    ) -> Result<Tensor, ModelError> {
        if latents.size().first() == Some(&0) {
            let [c, h, w] = self.architecture().image_shape();
            return Ok(Tensor::zeros([0, c, h, w], (latents.kind(), latents.device())));
        }
        if let (Some(decoder), Latent::Single(noise)) = (self.model.one_pass(), &abduction.noise) {
            return self.predict_in_one_pass(decoder, latents, noise);
        }
        let mut images = Vec::new();
        for (start, length) in self.passes(latents.size()[0]) {
            let of = |x: &Tensor| x.narrow(0, start, length);
            let classes = abduction.classes.as_ref().map(of);
            images.push(self.guided(Pass {
                noise: part(&abduction.noise, start, length),
                latents: of(latents),
                factual: of(&abduction.z),
                reached: of(reached),
                classes: classes.as_ref(),
            })?);
        }
        Ok(Tensor::cat(&images, 0))
    }

    /// A denoiser whose predicted image stays in `[-1, 1]` where the procedure says so.
    fn clamped<D>(&self, denoiser: D) -> Result<Clamped<D>, ModelError> {
        Ok(Clamped::new(denoiser, if self.procedure.clamp { 1.0 } else { f64::INFINITY })?)
    }

    /// Runs the sampler down: from all that the method keeps where that is more than a state, from a single state
    /// otherwise.
    fn run<D: Denoiser<Tensor>>(
        &self,
        noise: Latent<Tensor>,
        denoiser: &mut D,
    ) -> Result<Tensor, ModelError> {
        let denoiser = &mut self.clamped(denoiser)?;
        let single = match noise {
            Latent::Single(state) => state,
            several => {
                return Ok(self.procedure.method.decode(&self.grid, several, denoiser)?);
            }
        };
        let plan = self.procedure.method.plan(&self.grid, denoiser.prediction())?;
        Ok(plan.run(single, denoiser, &mut NoNoise)?)
    }

    /// Predicts the counterfactual images of latents `wanted` (from [`Counterfactuals::act`]): decodes, and as often as
    /// the procedure says reads the result again and corrects the request of the items that were intervened on.
    ///
    /// # Errors
    /// When the sampler fails.
    pub fn predict(
        &self,
        abduction: &Abduction,
        interventions: &[Intervention],
        wanted: &Tensor,
    ) -> Result<Tensor, ModelError> {
        let touched = touched(interventions, wanted.device());
        let reached = self.reached(&abduction.z, wanted);
        let mut request = wanted.shallow_clone();
        let mut images = self.decode_reached(abduction, &request, &reached)?;
        if interventions.iter().all(Intervention::is_empty) {
            return Ok(images);
        }
        for _ in 0..self.procedure.rounds {
            let (_, read) = self.encode(&images)?;
            let missing = (wanted - read) * &touched;
            let block = |b: &crate::Block| {
                if b.labelled { b.of(&missing) } else { b.of(&missing).zeros_like() }
            };
            let parts: Vec<Tensor> = self.architecture().blocks().iter().map(block).collect();
            request += Tensor::cat(&parts, 1);
            images = self.decode_reached(abduction, &request, &reached)?;
        }
        Ok(images)
    }

    /// Act and predict in one call.
    ///
    /// # Errors
    /// Those of [`Counterfactuals::act`] and [`Counterfactuals::predict`].
    pub fn imagine(
        &self,
        abduction: &Abduction,
        interventions: &[Intervention],
    ) -> Result<Tensor, ModelError> {
        let wanted = self.act(abduction, interventions)?;
        self.predict(abduction, interventions, &wanted)
    }

    /// One sentence for each distinct value outside its variable's declared range, for the model never saw such; and for each
    /// variable that the graph has follow from a change and that the model's mechanisms leave as it is.
    pub fn warnings(&self, interventions: &[Intervention]) -> Vec<String> {
        let dag = self.architecture().dag();
        let mut found = std::collections::BTreeSet::new();
        for intervention in interventions {
            for variable in intervention.extrapolated(dag) {
                let v = dag.variable(variable);
                let (low, high) = v.range();
                let value = intervention.get(variable).unwrap_or(f64::NAN);
                found.insert(format!(
                    "{} = {value} lies outside the declared range {low} to {high}: the result is an extrapolation",
                    v.name()
                ));
            }
            for (variable, why) in self.unmoved(intervention) {
                let name = dag.variable(variable).name();
                let from = intervention.targets().into_iter();
                let from: Vec<&str> = from
                    .filter(|target| dag.descendants([*target]).contains(variable))
                    .map(|target| dag.variable(target).name())
                    .collect();
                found.insert(format!(
                    "{name} does not follow {} as the graph says: {why}",
                    from.join(" and ")
                ));
            }
        }
        found.into_iter().collect()
    }

    /// The labelled variables that follow from what is changed by the graph, and not by this model; and why not.
    fn unmoved(&self, intervention: &Intervention) -> Vec<(usize, &'static str)> {
        let a = self.architecture();
        let (dag, changed) = (a.dag(), intervention.targets());
        let one_hop = |variable: usize| {
            let is_cause = |target: &&usize| dag.parents(variable).contains(target);
            changed.iter().filter(is_cause).any(|target| dag.parents(*target).is_empty())
        };
        let why = |variable: usize| match a.mechanism {
            _ if self.directions().is_some() => {
                Some("directions of the whole code know no mechanisms")
            }
            Mechanism::Independent => Some("independent latents have no mechanisms"),
            Mechanism::Published => (!one_hop(variable))
                .then_some("the published mechanism makes one hop, from a variable without causes"),
            Mechanism::Additive | Mechanism::Affine | Mechanism::Spline => None,
        };
        let descendants = dag.descendants(changed.iter().copied());
        let asked =
            descendants.iter().filter(|v| !changed.contains(v) && a.blocks().get(*v).labelled);
        asked.filter_map(|variable| Some((variable, why(variable)?))).collect()
    }

    /// `(start, length)` of each pass over `n` items.
    fn passes(&self, n: i64) -> impl Iterator<Item = (i64, i64)> + use<> {
        let batch = self.procedure.batch as i64;
        (0..n).step_by(self.procedure.batch).map(move |start| (start, batch.min(n - start)))
    }
}

/// A key an image for draws that belong to it: FNV-1a over the bits of its pixels `[n, c, h, w]`, so that it depends neither on
/// the place in a batch nor on who asks.
///
/// # Errors
/// When libtorch cannot copy the images.
pub fn image_keys(images: &Tensor) -> Result<Vec<u64>, ModelError> {
    let n = images.size().first().copied().unwrap_or(0);
    let pixels = images.detach().to_device(tch::Device::Cpu).to_kind(Kind::Float).contiguous();
    let key = |item| -> Result<u64, ModelError> {
        let values = Vec::<f32>::try_from(pixels.get(item).flatten(0, -1))?;
        let step = |hash: u64, x: &f32| {
            (hash ^ u64::from(x.to_bits())).wrapping_mul(0x0000_0100_0000_01b3)
        };
        Ok(values.iter().fold(0xcbf2_9ce4_8422_2325, step))
    };
    (0..n).map(key).collect()
}

/// A copy of some items of a latent: decoding moves its argument.
fn part(latent: &Latent<Tensor>, start: i64, length: i64) -> Latent<Tensor> {
    latent.map(|x| x.narrow(0, start, length).copy())
}

/// The latents of all passes as one.
fn join(parts: &[Latent<Tensor>]) -> Result<Latent<Tensor>, ModelError> {
    if parts.is_empty() {
        let (found, expected) = (vec![0], vec![-1]);
        return Err(ModelError::Shape { what: "the image batch", found, expected });
    }
    Ok(Latent::joined(parts, |states| Tensor::cat(states, 0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact.
    #[test]
    fn a_key_belongs_to_its_image_alone() {
        let images = Tensor::arange(24, (Kind::Float, tch::Device::Cpu)).view([3, 2, 2, 2]);
        let together = image_keys(&images).unwrap();
        let alone = |k: i64| image_keys(&images.narrow(0, k, 1)).unwrap()[0];
        assert_eq!(together, [alone(0), alone(1), alone(2)]);
        assert!(together[0] != together[1] && together[1] != together[2]);
        let backwards = image_keys(&images.flip([0])).unwrap();
        assert_eq!(backwards, [together[2], together[1], together[0]]);
    }
}
