//! Where the noise of a run comes from: always an argument, never drawn behind the caller's back.

mod brownian;

pub use brownian::BrownianTree;

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

    /// Noise for a batch whose items are at calls of their own: item k gets what [`NoiseSource::draw`] gives it for
    /// `calls[k]`, and zeros for `None`.
    ///
    /// As provided it draws a whole batch for every distinct call, in the order of the items; keyed sources draw each
    /// item once.
    ///
    /// # Errors
    /// As [`NoiseSource::draw`], and [`DiffusionError::ItemMismatch`] unless there is one entry per item.
    fn draw_items(&mut self, like: &X, calls: &[Option<Call<'_>>]) -> Result<X, DiffusionError>
    where
        X: State,
    {
        let mut out = like.zeroed()?;
        for (first, call) in calls.iter().enumerate() {
            let Some(call) = call.filter(|_| !calls[..first].contains(call)) else { continue };
            let fresh = self.draw(like, &call)?;
            let chosen = |other: &Option<Call<'_>>| f64::from(u8::from(*other == Some(call)));
            let weights: Vec<f64> = calls.iter().map(chosen).collect();
            out.lincomb_items(&vec![1.0; calls.len()], &[(&weights, &fresh)])?;
        }
        Ok(out)
    }
}

impl<X, N: NoiseSource<X> + ?Sized> NoiseSource<X> for &mut N {
    fn draw(&mut self, like: &X, call: &Call<'_>) -> Result<X, DiffusionError> {
        (**self).draw(like, call)
    }

    fn draw_items(&mut self, like: &X, calls: &[Option<Call<'_>>]) -> Result<X, DiffusionError>
    where
        X: State,
    {
        (**self).draw_items(like, calls)
    }
}

/// Refuses a batch that has not one item per entry.
fn check_items<X: State>(given: usize, like: &X) -> Result<(), DiffusionError> {
    let batch = like.items();
    if given == batch { Ok(()) } else { Err(DiffusionError::ItemMismatch { given, batch }) }
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
        self.fill(like, |_| Some(0))
    }

    /// One stream per item, each at its place; an item without a place is left at zero.
    fn fill<X: State>(
        &self,
        like: &X,
        place: impl Fn(usize) -> Option<u64>,
    ) -> Result<X, DiffusionError> {
        check_items(self.items.len(), like)?;
        like.filled_like(&mut |item, out| {
            if let Some(place) = place(item) {
                let key = self.items[item];
                Stream::new(self.seed, &self.purpose, key, place).fill_normal_f64(out);
            }
        })
    }

    /// The place of a call in its run. At least one step is left while a run draws, so place 0 stays free for the
    /// starting point.
    fn place(call: &Call<'_>) -> u64 {
        let left = call.of.saturating_sub(call.step) as u64;
        (left << 8) | u64::from(call.stage)
    }
}

impl<X: State> NoiseSource<X> for KeyedNoise {
    fn draw(&mut self, like: &X, call: &Call<'_>) -> Result<X, DiffusionError> {
        self.fill(like, |_| Some(Self::place(call)))
    }

    fn draw_items(&mut self, like: &X, calls: &[Option<Call<'_>>]) -> Result<X, DiffusionError> {
        check_items(calls.len(), like)?;
        self.fill(like, |item| calls[item].as_ref().map(Self::place))
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
