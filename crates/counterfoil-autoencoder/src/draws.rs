//! The random numbers of one training step, each keyed by seed, purpose, item and step.

use crate::{ModelError, objective::Share};
use counterfoil_random::Stream;
use counterfoil_tensor::{image::shifted, noise};
use tch::{Device, Tensor};

/// The keyed draws of one step.
pub(crate) struct Draws<'a> {
    pub(crate) seed: u64,
    pub(crate) items: &'a [u64],
    pub(crate) step: u64,
    pub(crate) device: Device,
}

impl Draws<'_> {
    /// Those of the items that a process decodes.
    pub(crate) fn of(&self, share: Share) -> Self {
        Self { items: &self.items[share.range(self.items.len())], ..*self }
    }

    pub(crate) fn normal(&self, purpose: &str, shape: &[i64]) -> Tensor {
        noise::normal(self.seed, purpose, self.items, self.step, shape, self.device)
    }

    /// The images, each moved by up to `most` pixels in either direction; the gap is black.
    pub(crate) fn shifted(&self, images: &Tensor, most: u32) -> Result<Tensor, ModelError> {
        if most == 0 {
            return Ok(images.shallow_clone());
        }
        let most = i64::from(most);
        let shift = |item: &u64| {
            let mut stream = Stream::new(self.seed, "train-reader-shift", *item, self.step);
            let mut place = || stream.below(2 * most as usize + 1) as i64 - most;
            (place(), place())
        };
        let shifts: Vec<(i64, i64)> = self.items.iter().map(shift).collect();
        Ok(shifted(images, &shifts, -1.0)?)
    }

    /// `[n, 1]`, 1 with probability `keep`, else 0.
    pub(crate) fn mask(&self, purpose: &str, keep: f64) -> Tensor {
        self.masks(purpose, keep, 1)
    }

    /// `[n, columns]` of such draws.
    pub(crate) fn masks(&self, purpose: &str, keep: f64, columns: usize) -> Tensor {
        let draw = |item: &u64| {
            let mut stream = Stream::new(self.seed, purpose, *item, self.step);
            (0..columns).map(|_| f32::from(u8::from(stream.bernoulli(keep)))).collect::<Vec<_>>()
        };
        let mask: Vec<f32> = self.items.iter().flat_map(draw).collect();
        Tensor::from_slice(&mask).view([-1, columns as i64]).to_device(self.device)
    }
}
