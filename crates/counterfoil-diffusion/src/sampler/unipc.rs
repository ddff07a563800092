//! UniPC: a predictor of order p whose every call also corrects the step before, for order p + 1 at one call a step.

use super::{
    Sampler,
    ddim::transfer,
    exponential::{Signal, recent},
    require_denoising,
};
use crate::plan::check_setting;
use crate::{DiffusionError, Grid, Level, Plan, Prediction, Stage};
use serde::{Deserialize, Serialize};

/// The function by which first-order terms are scaled where they are not determined (Zhao et al. 2023, section 3.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// `B1 = h`.
    Bh1,
    /// `B2 = e^h - 1`, the better one for guided sampling.
    #[default]
    Bh2,
}

/// UniPC with predicted images (Zhao et al. 2023, algorithms 5 to 8). With its weights determined by the order conditions
/// the predictor is the exponential Adams-Bashforth method and the corrector the exponential Adams-Moulton method; only
/// where the paper leaves a weight at 1/2 (the predictor of order 2, the corrector of order 1) does the scale matter.
///
/// The corrected state is the predicted one plus a mix of signals that are at hand, so that correction and next prediction
/// are one combination: the state of a run is always the prediction, at which the network is called.
///
/// No call corrects the last step; the step to `sigma' = 0` is a DDIM step. One call a step; order p + 1 on levels that
/// vary smoothly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UniPc {
    /// Order p of the predictor, 1 to 3.
    pub order: u8,
    /// Scale of the weights that are not determined.
    pub scale: Scale,
    /// Let the order fall to 1 towards the end, as the authors do where a run ends at `sigma = 0`.
    pub taper: bool,
}

impl Default for UniPc {
    fn default() -> Self {
        Self { order: 2, scale: Scale::Bh2, taper: false }
    }
}

impl Sampler for UniPc {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        let order = usize::from(self.order);
        check_setting("order", f64::from(self.order), (1..=3).contains(&order), "1, 2, 3")?;
        require_denoising("unipc", grid)?;
        let mut stages = Vec::with_capacity(grid.steps());
        // The weights with which the step before was predicted, while it can be corrected.
        let mut before: Option<Vec<f64>> = None;
        for step in 0..grid.steps() {
            let mut stage = Stage::call(grid, step);
            let (from, to) = (stage.level, stage.reaches);
            if from.is_pure_noise() {
                // x0 cannot be carried over from there: one rotation, and a history that starts after it.
                let update = transfer(prediction, from, to, 1.0)?;
                (stage.state, stage.history) = (update.state, vec![update.output]);
                stages.push(stage);
                continue;
            }
            stage.read = Signal::Image.read(prediction, from)?;
            let carry = Signal::Image.carry(from, to);
            if let Some(predicted) = before {
                let last = grid.levels()[step - 1];
                let mut at = vec![from];
                at.extend(recent(grid, step - 1, predicted.len()));
                // What the corrector gives each signal beyond the predictor, which has not seen the newest one.
                let predicted = [0.0].into_iter().chain(predicted);
                let corrected = self.corrector(&at, last, from).into_iter().zip(predicted);
                stage.history = corrected.map(|(corrector, p)| carry * (corrector - p)).collect();
            }
            let left = if self.taper { grid.steps() - step } else { order };
            let used = recent(grid, step, order.min(left));
            stage.state = carry;
            let predictor = self.predictor(&used, from, to);
            let length = stage.history.len().max(predictor.len());
            stage.history.resize(length, 0.0);
            stage.history.iter_mut().zip(&predictor).for_each(|(sum, weight)| *sum += weight);
            before = to.lambda().is_finite().then_some(predictor);
            stages.push(stage);
        }
        Plan::single("unipc", self.order + 1, prediction, stages)
    }
}

impl UniPc {
    /// `alpha' B(h)`, the weight of an undetermined difference before it is halved.
    fn scale(self, from: Level, to: Level) -> f64 {
        match self.scale {
            Scale::Bh1 => to.alpha() * (to.lambda() - from.lambda()),
            Scale::Bh2 => Signal::Image.gain(from, to),
        }
    }

    /// Weights of the images at the levels `at`, newest first.
    fn predictor(self, at: &[Level], from: Level, to: Level) -> Vec<f64> {
        if at.len() != 2 {
            return Signal::Image.weights(at, from, to);
        }
        let ratio = (from.lambda() - at[1].lambda()) / (to.lambda() - from.lambda());
        let slope = 0.5 * self.scale(from, to) / ratio;
        vec![Signal::Image.gain(from, to) + slope, -slope]
    }

    /// Weights of the images at the levels `at`: that of the end of the step, that of its start, and older ones.
    fn corrector(self, at: &[Level], from: Level, to: Level) -> Vec<f64> {
        if at.len() > 2 {
            return Signal::Image.weights(at, from, to);
        }
        let half = 0.5 * self.scale(from, to);
        vec![half, Signal::Image.gain(from, to) - half]
    }
}
