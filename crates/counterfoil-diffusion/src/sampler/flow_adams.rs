//! Adams-Bashforth on the flow velocity: second or third order, regular at the clean image and at pure noise.

use super::{
    Sampler,
    quadrature::{plain_moments, weights},
};
use crate::plan::check_setting;
use crate::{DiffusionError, Grid, Level, Plan, Prediction, Stage};
use serde::{Deserialize, Serialize};

/// Every level is one of a flow once it is scaled: with `c = alpha + sigma` and `t = sigma / c` the state `y = x / c` is
/// `(1 - t) x0 + t eps`, whose velocity is `dy/dt = u = eps - x0` (Lipman et al. 2023; Liu et al. 2023). This is the linear
/// multistep method on it, on unequal steps: the polynomial through the last `order` velocities is integrated in `t`,
/// started by a Heun step. Constant predictions give DDIM.
///
/// The velocity exists at both ends, so no step falls back to first order, and unlike [`crate::AdamsBashforth`], whose
/// frame turns with the angle, one number a call is remembered and the order may be 3. One call a step and one more for
/// the start; any scaling of the levels, either direction.
///
/// On the mixture of the tests along the cosine schedule (root mean square error of the latent, and of the image
/// decoded from an exact latent):
///
/// | steps | order 2 | order 3 | [`crate::AdamsBashforth`] |
/// |---|---|---|---|
/// | 10 | 1.0e-2, 1.7e-2 | 2.0e-2, 1.0e-2 | 1.5e-2, 2.3e-2 |
/// | 20 | 7.8e-3, 4.1e-3 | 2.2e-3, 1.4e-3 | 1.2e-2, 6.6e-3 |
/// | 50 | 1.9e-3, 5.4e-4 | 3.4e-4, 1.9e-4 | 2.8e-3, 1.1e-3 |
///
/// A start of third order at the cost of one more call does not help: it is the steps, not the start, that leave the error.
///
/// ```
/// use counterfoil_diffusion::{
///     DiscreteSchedule, End, FlowAdams, NoNoise, Prediction, Sampler, Spacing, denoiser,
/// };
/// use ndarray::{Array1, array};
///
/// let grid = DiscreteSchedule::cosine(1000)?.grid(Spacing::Trailing, 20, End::Zero)?;
/// let plan = FlowAdams::default().plan(&grid, Prediction::V)?;
/// assert_eq!((plan.order(), plan.evaluations()), (3, 21));
/// // The exact velocity of standard normal data is zero: its flow stands still.
/// let mut network = denoiser(Prediction::V, |x: &Array1<f64>, _| Ok(x * 0.0));
/// let image = plan.run(array![0.3], &mut network, &mut NoNoise)?;
/// assert!((image[0] - 0.3).abs() < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FlowAdams {
    /// How many velocities the polynomial goes through, 2 or 3.
    pub order: u8,
}

impl Default for FlowAdams {
    fn default() -> Self {
        Self { order: 3 }
    }
}

impl Sampler for FlowAdams {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        let order = usize::from(self.order);
        check_setting("order", f64::from(self.order), (2..=3).contains(&order), "2, 3")?;
        let levels = grid.levels();
        let mut stages = Vec::with_capacity(grid.steps() + 1);
        for step in 0..grid.steps() {
            let mut stage = Stage::call(grid, step);
            let (from, to) = (stage.level, stage.reaches);
            let gap = time(to) - time(from);
            let (carry, scale) = (size(to) / size(from), size(to) * gap);
            stage.read = prediction.mix(Prediction::Flow, from)?;
            stage.state = carry;
            if step == 0 {
                (stage.history, stage.rebase) = (vec![scale], true);
                let mut heun = Stage::call(grid, 0);
                (heun.stage, heun.level, heun.time) = (1, to, grid.times()[1]);
                heun.read = prediction.mix(Prediction::Flow, to)?;
                (heun.anchor, heun.history) = (carry, vec![0.5 * scale, 0.5 * scale]);
                stages.extend([stage, heun]);
                continue;
            }
            let used = order.min(step + 1);
            let nodes: Vec<f64> =
                (0..used).map(|back| (time(levels[step - back]) - time(from)) / gap).collect();
            let weights = weights(&nodes, &plain_moments(used));
            stage.history = weights.into_iter().map(|weight| scale * weight).collect();
            if used == step + 1 {
                // Before the first velocity lies the call at the Euler point, which has done its work.
                stage.history.insert(step, 0.0);
            }
            stages.push(stage);
        }
        Plan::single("flow-adams", self.order, prediction, stages)
    }
}

/// `alpha + sigma`, by which a state is divided to be one of a flow.
fn size(level: Level) -> f64 {
    level.alpha() + level.sigma()
}

/// The flow time of a level.
fn time(level: Level) -> f64 {
    level.sigma() / size(level)
}
