//! Adaptive projected guidance: the part of the guidance that only brightens is turned down.

use super::{Guided, levels};
use crate::plan::check_setting;
use crate::{BoxError, Call, Denoiser, DiffusionError, Mix, Prediction, State};

/// Adaptive projected guidance (Sadat, Hilliges and Weber 2025, "Eliminating oversaturation and artifacts of high
/// guidance scales in diffusion models", section 4): with `c` and `r` the *images* that target and reference predict,
/// `d = c - r` is cut to the norm `radius`, split into a part along `c` and one across it, and
///
/// `c + (weight - 1) (across + parallel along)`,
///
/// item by item. `parallel = 1` without a radius is plain [`Guided`] guidance; 0 is published. The norm is that of all
/// numbers of one item, so the radius grows as the root of their count (2.5 to 15 for latents of 4x64x64).
///
/// The published momentum, a running mean over the steps, is left out: with it the denoiser would no longer be a
/// function of state and level, and neither solvers of higher order nor exact inversion would hold.
///
/// The result is independent of what the networks predict. Two or three inner products a call, which wait for an
/// accelerator.
///
/// ```
/// use counterfoil_diffusion::guidance::{Guided, Projected};
/// use counterfoil_diffusion::{Call, Denoiser, Level, ModelTime, Prediction, denoiser};
/// use ndarray::{Array2, array};
///
/// let fixed = |a, b| denoiser(Prediction::X0, move |_: &Array2<f64>, _| Ok(array![[a, b]]));
/// // The difference (1, 1) has the part (1, 0) along the target's image (2, 0), and only (0, 1) is followed.
/// let guided = Guided::new(fixed(2.0, 0.0), fixed(1.0, -1.0), 3.0)?;
/// let mut network = Projected::new(guided, 0.0, None)?;
/// let call = Call::at(Level::from_alpha_bar(0.5)?, ModelTime::Index(10));
/// assert_eq!(network.predict(&array![[0.0, 0.0]], &call)?, array![[2.0, 2.0]]);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Projected<T, R> {
    guided: Guided<T, R>,
    parallel: f64,
    radius: Option<f64>,
}

impl<T, R> Projected<T, R> {
    /// Keeps `parallel` of the part along the target's image, and cuts differences longer than `radius`.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] for a share outside `[0, 1]` or a radius that is not positive.
    pub fn new(
        guided: Guided<T, R>,
        parallel: f64,
        radius: Option<f64>,
    ) -> Result<Self, DiffusionError> {
        check_setting("parallel share", parallel, (0.0..=1.0).contains(&parallel), "[0, 1]")?;
        if let Some(radius) = radius {
            check_setting("radius", radius, radius > 0.0, "(0, inf]")?;
        }
        Ok(Self { guided, parallel, radius })
    }
}

impl<X: State, T: Denoiser<X>, R: Denoiser<X>> Denoiser<X> for Projected<T, R> {
    fn predict(&mut self, x: &X, call: &Call<'_>) -> Result<X, BoxError> {
        let extra = self.guided.weight - 1.0;
        if extra == 0.0 {
            return self.guided.predict(x, call);
        }
        let images = levels(x, call)?
            .into_iter()
            .map(|level| self.guided.prediction.mix(Prediction::X0, level))
            .collect::<Result<Vec<Mix>, _>>()?;
        let (mut target, mut difference) = self.guided.both(x, call)?;
        // The difference is kept in units of the output: in those of the image it is `output` times as long, and near
        // the data, where that factor vanishes, the way back would divide by it.
        difference.lincomb(-1.0, &[(1.0, &target)])?;
        let (of_output, of_state): (Vec<f64>, Vec<f64>) =
            images.iter().map(|mix| (mix.output, mix.state)).unzip();
        let mut image = target.duplicate()?;
        image.lincomb_items(&of_output, &[(&of_state, x)])?;

        let shrink = |(square, mix): (f64, &Mix)| match self.radius {
            Some(radius) => (radius / (mix.output.abs() * square.sqrt())).min(1.0),
            None => 1.0,
        };
        let lengths = match self.radius {
            Some(_) => difference.inner_items(&difference)?,
            None => vec![0.0; images.len()],
        };
        let own: Vec<f64> =
            lengths.into_iter().zip(&images).map(|pair| extra * shrink(pair)).collect();
        let (along, square) = (difference.inner_items(&image)?, image.inner_items(&image)?);
        let back = |((own, along), square): ((&f64, f64), f64)| {
            if square > 0.0 { own * (self.parallel - 1.0) * along / square } else { 0.0 }
        };
        let back: Vec<f64> = own.iter().zip(along).zip(square).map(back).collect();
        target.lincomb_items(&vec![1.0; own.len()], &[(&own, &difference), (&back, &image)])?;
        Ok(target)
    }

    fn prediction(&self) -> Prediction {
        self.guided.prediction
    }
}
