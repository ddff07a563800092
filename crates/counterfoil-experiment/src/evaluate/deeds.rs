//! What is done to the images: abducted once, then one counterfactual after another from the same abduction.

use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil_autoencoder::{Abduction, Batch, Counterfactuals};
use counterfoil_graph::Intervention;
use tch::Tensor;

use crate::{
    error::{ExperimentError, Result},
    progress::Reporter,
};

/// One column of the evaluation.
#[derive(Clone, Debug)]
pub struct Deed {
    /// Its name in the figures.
    pub name: String,
    /// One intervention an image, on the model's graph; all of them set the same variables.
    pub interventions: Vec<Intervention>,
    /// Whether x_T is drawn afresh instead of abducted.
    pub fresh: bool,
}

impl Deed {
    /// A deed with the images' own noise.
    pub fn new(name: impl Into<String>, interventions: Vec<Intervention>) -> Self {
        Self { name: name.into(), interventions, fresh: false }
    }

    /// The same deed with fresh noise.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self { fresh: true, ..self.clone() }
    }
}

/// What came of one deed.
#[derive(Debug)]
pub struct Done {
    /// The images `[n, c, h, w]`, clamped to `[-1, 1]`.
    pub images: Tensor,
    /// The latents after acting `[n, d]`.
    pub latents: Tensor,
}

/// What came of all deeds, and of the abduction before them.
#[derive(Debug)]
pub struct Imagined {
    /// One entry a deed.
    pub done: Vec<Done>,
    /// Causal latents of the images `[n, d]`.
    pub latents: Tensor,
    /// Their noise, `[n, c, h, w]` where it is x_T.
    pub noise: Tensor,
}

/// The work of the sampler, told and stopped between passes.
pub struct Studio<'a> {
    /// How counterfactuals are made.
    pub counterfactuals: &'a Counterfactuals<'a>,
    /// Images a pass.
    pub pass: usize,
    /// The key of fresh noise.
    pub seed: u64,
    /// Told after each pass.
    pub reporter: &'a mut dyn Reporter,
    /// Looked at before each pass.
    pub interrupt: &'a AtomicBool,
    /// Passes done.
    pub passes: u64,
}

impl Studio<'_> {
    /// How many passes [`Studio::imagine`] makes.
    pub fn passes_of(images: usize, deeds: usize, pass: usize) -> u64 {
        (images.div_ceil(pass.max(1)) * (deeds + 1)) as u64
    }

    /// Abducts the images of `batch` and does all `deeds` to them.
    ///
    /// # Errors
    /// When interrupted, or the sampler fails.
    pub fn imagine(&mut self, batch: &Batch, deeds: &[Deed]) -> Result<Imagined> {
        let n = batch.items.len();
        let mut images: Vec<Vec<Tensor>> = deeds.iter().map(|_| Vec::new()).collect();
        let mut acted: Vec<Vec<Tensor>> = deeds.iter().map(|_| Vec::new()).collect();
        let (mut latents, mut noise) = (Vec::new(), Vec::new());
        for start in (0..n).step_by(self.pass) {
            let range = start..n.min(start + self.pass);
            let part = |x: &Tensor| x.narrow(0, range.start as i64, range.len() as i64);
            let factual = part(&batch.images);
            let classes = batch.classes.as_ref().map(part);
            let own = self.abduct(&factual, classes.as_ref(), "abduction")?;
            for (index, deed) in deeds.iter().enumerate() {
                let interventions = &deed.interventions[range.clone()];
                let fresh = if deed.fresh {
                    let keys = &batch.items[range.clone()];
                    Some(self.counterfactuals.refresh(&own, &factual, self.seed, keys)?)
                } else {
                    None
                };
                let abduction = fresh.as_ref().unwrap_or(&own);
                let done = self.predict(abduction, interventions, &deed.name)?;
                images[index].push(done.images);
                acted[index].push(done.latents);
            }
            latents.push(own.z);
            noise.push(own.noise.outer().shallow_clone());
        }
        let done = images.iter().zip(&acted).map(|(images, latents)| Done {
            images: Tensor::cat(images, 0),
            latents: Tensor::cat(latents, 0),
        });
        Ok(Imagined {
            done: done.collect(),
            latents: Tensor::cat(&latents, 0),
            noise: Tensor::cat(&noise, 0),
        })
    }

    /// Composition: the images after being encoded and decoded `rounds` times with nothing set.
    ///
    /// # Errors
    /// As [`Studio::imagine`].
    pub fn compose(&mut self, batch: &Batch, rounds: usize) -> Result<Tensor> {
        let mut images = batch.images.shallow_clone();
        for _ in 0..rounds {
            images = self
                .once(&images, batch.classes.as_ref(), "composition", |_| Intervention::none())?;
        }
        Ok(images)
    }

    /// The images after abducting them and doing `interventions`: the way back of a reversal.
    ///
    /// # Errors
    /// As [`Studio::imagine`].
    pub fn redo(
        &mut self,
        images: &Tensor,
        classes: Option<&Tensor>,
        interventions: &[Intervention],
    ) -> Result<Tensor> {
        self.once(images, classes, "reversal", |item| interventions[item].clone())
    }

    fn once(
        &mut self,
        images: &Tensor,
        classes: Option<&Tensor>,
        name: &str,
        intervention: impl Fn(usize) -> Intervention,
    ) -> Result<Tensor> {
        let n = images.size()[0] as usize;
        let mut parts = Vec::new();
        for start in (0..n).step_by(self.pass) {
            let range = start..n.min(start + self.pass);
            let part = |x: &Tensor| x.narrow(0, range.start as i64, range.len() as i64);
            let own = self.abduct(&part(images), classes.map(part).as_ref(), name)?;
            let interventions: Vec<Intervention> = range.map(&intervention).collect();
            parts.push(self.predict(&own, &interventions, name)?.images);
        }
        Ok(Tensor::cat(&parts, 0))
    }

    /// Abducts one pass of images.
    pub(super) fn abduct(
        &mut self,
        images: &Tensor,
        classes: Option<&Tensor>,
        name: &str,
    ) -> Result<Abduction> {
        self.go_on()?;
        let found = self.counterfactuals.abduct(images, classes)?;
        self.passed(name);
        Ok(found)
    }

    /// Acts on and predicts one pass of images.
    pub(super) fn predict(
        &mut self,
        abduction: &Abduction,
        interventions: &[Intervention],
        name: &str,
    ) -> Result<Done> {
        self.go_on()?;
        let latents = self.counterfactuals.act(abduction, interventions)?;
        let images = self.counterfactuals.predict(abduction, interventions, &latents)?;
        self.passed(name);
        Ok(Done { images: images.clamp(-1.0, 1.0), latents })
    }

    fn go_on(&self) -> Result<()> {
        if self.interrupt.load(Ordering::Relaxed) {
            return Err(ExperimentError::Interrupted { what: "evaluation" });
        }
        Ok(())
    }

    fn passed(&mut self, name: &str) {
        self.passes += 1;
        self.reporter.advance(self.passes, name);
    }
}
