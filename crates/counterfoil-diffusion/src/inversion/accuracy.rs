//! How good a latent is: its change with the step size, and what is left of it after a round trip.

use super::{Abduction, LatentOf};
use crate::{Denoiser, DiffusionError, Grid, SampleError, State};

/// Measured errors of one abduction, root mean squares in units of the state.
///
/// An exact method has round trips at rounding whatever its latent is worth, so read
/// [`Accuracy::latent_difference`] first.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Accuracy {
    /// Difference of the outer states found along the two grids. Against a grid of half as many steps it is about
    /// `2^order - 1` times the error of the latent, against twice as many about `1 - 2^-order` times.
    pub latent_difference: f64,
    /// Difference of the image and its reconstruction.
    pub round_trip: f64,
    /// Difference of the outer state and what abducting the reconstruction yields.
    pub latent_round_trip: f64,
    /// Network calls that these figures took.
    pub evaluations: usize,
}

/// Every second level of a decoding grid, counted from the data; the start is kept.
///
/// # Errors
/// [`DiffusionError::ZeroSteps`] for a grid of one step.
pub fn halved(grid: &Grid) -> Result<Grid, DiffusionError> {
    let steps = grid.steps();
    if steps == 1 {
        return Err(DiffusionError::ZeroSteps { what: "half of a grid of one step" });
    }
    let kept = |at: &usize| *at == 0 || (steps - at).is_multiple_of(2);
    let kept: Vec<usize> = (0..=steps).filter(kept).collect();
    let levels = kept.iter().map(|&at| grid.levels()[at]).collect();
    Grid::new(levels, kept.iter().map(|&at| grid.times()[at]).collect())
}

/// Measures the accuracy of what [`Abduction::encode`] found for `image` along `grid`: abducts it again along `other`,
/// decodes, and abducts the result. The growth limit does not apply here.
///
/// `other` has the same ends and another number of steps: [`halved`], or twice as many from the schedule.
///
/// ```
/// use counterfoil_diffusion::inversion::{assess, halved};
/// use counterfoil_diffusion::{Abduction, DiscreteSchedule, End, Leapfrog, Prediction, Spacing, denoiser};
/// use ndarray::{Array1, array};
///
/// let grid = DiscreteSchedule::linear(1000)?.grid(Spacing::Trailing, 50, End::Zero)?;
/// let mut network = denoiser(Prediction::V, |x: &Array1<f64>, call| {
///     Ok(x.mapv(|x| (3.0 * x).sin()) * call.level.alpha())
/// });
/// let (method, image) = (Leapfrog::default(), array![0.2, -0.7, 0.5]);
/// let mut found = method.encode(&grid, image.clone(), &mut network)?;
/// let measured = assess(&method, &grid, &halved(&grid)?, &image, &found.latent, &mut network)?;
/// assert!(measured.round_trip < 1e-13 && measured.latent_difference > 1e-5);
/// found.accuracy = Some(measured);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`DiffusionError::GridEnds`] when the ends differ; otherwise as [`Abduction::encode_within`].
pub fn assess<A: Abduction, X: State, D: Denoiser<X> + ?Sized>(
    method: &A,
    grid: &Grid,
    other: &Grid,
    image: &X,
    latent: &A::Latent<X>,
    denoiser: &mut D,
) -> Result<Accuracy, SampleError> {
    for (end, left, right) in
        [("start", grid.start(), other.start()), ("end", grid.end(), other.end())]
    {
        let (left, right) = (left.log_snr(), right.log_snr());
        // Infinite ends are equal; finite ones may have been computed by two routes.
        if left != right && (left - right).abs() > 1e-9 * (1.0 + left.abs()) {
            return Err(DiffusionError::GridEnds { end, left, right }.into());
        }
    }
    let mut counted = Counted { denoiser, calls: 0 };
    let any = f64::INFINITY;
    let again = method.encode_within(any, other, image.duplicate()?, &mut counted)?;
    let latent_difference = latent.outer().rms_difference(again.latent.outer())?;
    let back = method.decode(grid, latent.duplicate()?, &mut counted)?;
    let round_trip = back.rms_difference(image)?;
    let again = method.encode_within(any, grid, back, &mut counted)?;
    let latent_round_trip = latent.outer().rms_difference(again.latent.outer())?;
    let evaluations = counted.calls;
    Ok(Accuracy { latent_difference, round_trip, latent_round_trip, evaluations })
}

/// A denoiser that counts its calls: decoding does not report them.
struct Counted<'d, D: ?Sized> {
    denoiser: &'d mut D,
    calls: usize,
}

impl<X, D: Denoiser<X> + ?Sized> Denoiser<X> for Counted<'_, D> {
    fn predict(&mut self, x: &X, call: &crate::Call<'_>) -> Result<X, crate::BoxError> {
        self.calls += 1;
        self.denoiser.predict(x, call)
    }

    fn prediction(&self) -> crate::Prediction {
        self.denoiser.prediction()
    }
}
