//! Where the noise of a run comes from: always an argument, never drawn behind the caller's back.

use crate::{Call, DiffusionError, State};
use counterfoil_random::Stream;
use std::collections::VecDeque;

/// Supplies standard normal noise to a stochastic sampler.
pub trait NoiseSource<X> {
    /// Noise shaped like `like`, for the update that follows `call`.
    ///
    /// # Errors
    /// [`DiffusionError::NoiseMissing`] where there is none.
    fn draw(&mut self, like: &X, call: &Call<'_>) -> Result<X, DiffusionError>;
}

impl<X, N: NoiseSource<X> + ?Sized> NoiseSource<X> for &mut N {
    fn draw(&mut self, like: &X, call: &Call<'_>) -> Result<X, DiffusionError> {
        (**self).draw(like, call)
    }
}

/// No noise: for deterministic plans. A plan that wants noise fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoNoise;

impl<X> NoiseSource<X> for NoNoise {
    fn draw(&mut self, _: &X, call: &Call<'_>) -> Result<X, DiffusionError> {
        Err(DiffusionError::NoiseMissing { step: call.step })
    }
}

/// Noise that was kept from elsewhere, handed out in order.
#[derive(Clone, Debug, Default)]
pub struct ReplayedNoise<X> {
    rest: VecDeque<X>,
}

impl<X> ReplayedNoise<X> {
    /// Will hand out these arrays, the first first.
    pub fn new(noises: impl IntoIterator<Item = X>) -> Self {
        Self { rest: noises.into_iter().collect() }
    }

    /// Number of arrays left.
    pub fn left(&self) -> usize {
        self.rest.len()
    }
}

impl<X> NoiseSource<X> for ReplayedNoise<X> {
    fn draw(&mut self, _: &X, call: &Call<'_>) -> Result<X, DiffusionError> {
        self.rest.pop_front().ok_or(DiffusionError::NoiseMissing { step: call.step })
    }
}

/// Noise keyed by `(seed, purpose, item, place in the run)`: item k draws the same numbers alone, in any batch
/// and in any order.
///
/// ```
/// use counterfoil_diffusion::KeyedNoise;
/// use ndarray::Array2;
///
/// let batch = KeyedNoise::new(1, "sample", [4, 9]).start(&Array2::<f32>::zeros((2, 3)))?;
/// let alone = KeyedNoise::new(1, "sample", [9]).start(&Array2::<f32>::zeros((1, 3)))?;
/// assert_eq!(batch.row(1), alone.row(0));
/// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
/// ```
///
/// The place counts from the end of the run, so a run that starts at a partial depth draws for its steps what
/// the full run draws for the same ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedNoise {
    seed: u64,
    purpose: String,
    items: Vec<u64>,
}

impl KeyedNoise {
    /// Noise for a batch whose items carry these keys.
    pub fn new(seed: u64, purpose: impl Into<String>, items: impl Into<Vec<u64>>) -> Self {
        Self { seed, purpose: purpose.into(), items: items.into() }
    }

    /// The starting point of a run: noise shaped like `like` that no step of the run draws.
    ///
    /// # Errors
    /// [`DiffusionError::ItemMismatch`] when the batch has not one item per key.
    pub fn start<X: State>(&self, like: &X) -> Result<X, DiffusionError> {
        self.fill(like, 0)
    }

    /// One stream per item, all at the same place.
    fn fill<X: State>(&self, like: &X, place: u64) -> Result<X, DiffusionError> {
        let (given, batch) = (self.items.len(), like.items());
        if given != batch {
            return Err(DiffusionError::ItemMismatch { given, batch });
        }
        like.filled_like(&mut |item, out| {
            Stream::new(self.seed, &self.purpose, self.items[item], place).fill_normal_f64(out);
        })
    }
}

impl<X: State> NoiseSource<X> for KeyedNoise {
    fn draw(&mut self, like: &X, call: &Call<'_>) -> Result<X, DiffusionError> {
        // At least one step is left while a run draws, so place 0 stays free for the starting point.
        let left = call.of.saturating_sub(call.step) as u64;
        self.fill(like, (left << 8) | u64::from(call.stage))
    }
}

/// A noise source made of a closure; see [`noise_from`].
#[derive(Clone, Debug)]
pub struct NoiseFn<F>(F);

/// Makes a noise source of a closure `(like, call) -> noise`.
pub fn noise_from<X, F>(function: F) -> NoiseFn<F>
where
    F: FnMut(&X, &Call<'_>) -> Result<X, DiffusionError>,
{
    NoiseFn(function)
}

impl<X, F> NoiseSource<X> for NoiseFn<F>
where
    F: FnMut(&X, &Call<'_>) -> Result<X, DiffusionError>,
{
    fn draw(&mut self, like: &X, call: &Call<'_>) -> Result<X, DiffusionError> {
        (self.0)(like, call)
    }
}
