//! Guidance with a weight for each group of variables, as counterfactuals need.

use super::agreed;
use crate::plan::check_setting;
use crate::{BoxError, Call, Denoiser, DiffusionError, Prediction, State};

/// Decoupled guidance (Xia et al. 2025, "Decoupled classifier-free guidance for counterfactual diffusion models"): one
/// weight would amplify every variable, those that the intervention left alone too; here each group, such as the
/// intervened variables and the untouched ones, has its own denoiser and its own weight.
///
/// A sum `base + sum of coefficient (group - base)`. A group of coefficient 0 is not called. Two forms are in use:
/// [`Decoupled::conditions`] and [`Decoupled::leaving_out`].
///
/// ```
/// use counterfoil_diffusion::guidance::Decoupled;
/// use counterfoil_diffusion::{Call, Denoiser, Level, ModelTime, Prediction, denoiser};
/// use ndarray::{Array1, array};
///
/// let fixed = |y: f64| denoiser(Prediction::V, move |_: &Array1<f64>, _| Ok(array![y]));
/// // Null 1; conditioned on what was intervened on 3, followed twice; on what was not 2, followed once.
/// let mut network = Decoupled::conditions(fixed(1.0), [(fixed(3.0), 2.0), (fixed(2.0), 1.0)])?;
/// let call = Call::at(Level::from_alpha_bar(0.5)?, ModelTime::Index(10));
/// assert_eq!(network.predict(&array![0.0], &call)?, array![6.0]);
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoupled<B, G> {
    base: B,
    groups: Vec<(G, f64)>,
    prediction: Prediction,
}

impl<B, G> Decoupled<B, G> {
    /// As published: `null` sees no condition, each group's denoiser the condition of that group alone, and the result
    /// is `null + sum of weight (group - null)`.
    ///
    /// With all weights 1 this is the conditional prediction only where the groups are independent given the image.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] for a weight that is not finite, [`DiffusionError::PredictionMismatch`]
    /// when two denoisers predict different quantities.
    pub fn conditions<X>(
        null: B,
        groups: impl IntoIterator<Item = (G, f64)>,
    ) -> Result<Self, DiffusionError>
    where
        B: Denoiser<X>,
        G: Denoiser<X>,
    {
        let (groups, prediction): (Vec<_>, _) = (groups.into_iter().collect(), null.prediction());
        for (group, weight) in &groups {
            check_setting("guidance weight", *weight, weight.is_finite(), "(-inf, inf)")?;
            agreed(prediction, group.prediction())?;
        }
        Ok(Self { base: null, groups, prediction })
    }

    /// The form in which weights of 1 are no guidance, whatever depends on what: `target` sees the whole condition,
    /// each reference the condition without one group (or with that group at its factual values), and the result is
    /// `target + sum of (weight - 1) (target - reference)`.
    ///
    /// # Errors
    /// As [`Decoupled::conditions`].
    pub fn leaving_out<X>(
        target: B,
        references: impl IntoIterator<Item = (G, f64)>,
    ) -> Result<Self, DiffusionError>
    where
        B: Denoiser<X>,
        G: Denoiser<X>,
    {
        let turned = references.into_iter().map(|(reference, weight)| (reference, 1.0 - weight));
        Self::conditions(target, turned)
    }
}

impl<X: State, B: Denoiser<X>, G: Denoiser<X>> Denoiser<X> for Decoupled<B, G> {
    fn predict(&mut self, x: &X, call: &Call<'_>) -> Result<X, BoxError> {
        let mut result = self.base.predict(x, call)?;
        let mut outputs = Vec::with_capacity(self.groups.len());
        for (group, weight) in self.groups.iter_mut().filter(|(_, weight)| *weight != 0.0) {
            outputs.push((*weight, group.predict(x, call)?));
        }
        let kept = 1.0 - outputs.iter().map(|(weight, _)| weight).sum::<f64>();
        let terms: Vec<(f64, &X)> =
            outputs.iter().map(|(weight, output)| (*weight, output)).collect();
        result.lincomb(kept, &terms)?;
        Ok(result)
    }

    fn prediction(&self) -> Prediction {
        self.prediction
    }
}
