//! Several abductions of one image: how far an answer may be off because a label is read with an error.

use super::{Abduction, Counterfactuals};
use crate::{Block, Code};
use counterfoil_tensor::noise;
use tch::Tensor;

/// Standard deviation of a normal error over its mean absolute value.
const DEVIATION: f64 = 1.253_314_137_315_500_3;

impl Counterfactuals<'_> {
    /// Sample `sample` of what might be abducted from the images: their labelled blocks moved by normal errors as large as
    /// those that the calibration found in latents of images never seen, and the noise that belongs to them. Errors are
    /// keyed by `seed`, `items` and `sample`. Unlabelled blocks and x_T stay.
    ///
    /// With an exogenous code the errors are those of u, and z follows. Where labels are read off the whole code the errors
    /// are those of that reader, along its directions.
    pub fn resample(&self, own: &Abduction, seed: u64, items: &[u64], sample: u64) -> Abduction {
        let a = self.architecture();
        let classes = own.classes.as_ref().map(Tensor::shallow_clone);
        let noise_of_image = own.noise.map(Tensor::shallow_clone);
        if let Some(directions) = self.directions() {
            let size: Vec<f32> =
                directions.error.iter().map(|error| (DEVIATION * error) as f32).collect();
            let (parts, device) = ([size.len() as i64], own.u.device());
            let draw = noise::normal(seed, "reading-error", items, sample, &parts, device);
            let error = draw * Tensor::from_slice(&size).to_device(device);
            let z = tch::no_grad(|| directions.towards(&own.z, &error, &error.ones_like()));
            // Nothing follows from anything there: z is u.
            return Abduction { u: z.shallow_clone(), z, noise: noise_of_image, classes };
        }
        let mut entries = self.calibration.blocks.iter();
        let error = |b: &Block| match b.labelled.then(|| entries.next()).flatten() {
            None => b.of(&own.u).zeros_like(),
            Some(entry) => {
                let purpose = format!("reading-error-{}", b.name);
                let parts = [b.parts.len() as i64];
                let draw = noise::normal(seed, &purpose, items, sample, &parts, own.u.device());
                b.spread(&(draw * (DEVIATION * entry.latent_mae)))
            }
        };
        let error = Tensor::cat(&a.blocks().iter().map(error).collect::<Vec<_>>(), 1);
        let mechanisms = self.model.mechanisms();
        let (u, z) = tch::no_grad(|| match a.code {
            Code::Causal => {
                let z = &own.z + error;
                (mechanisms.abduct(self.weights, &z).0, z)
            }
            Code::Exogenous => {
                let u = &own.u + error;
                let z = mechanisms.predict(self.weights, &u);
                (u, z)
            }
        });
        Abduction { u, z, noise: noise_of_image, classes }
    }
}
