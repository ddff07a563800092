//! A network whose answers are known in closed form: the exact denoiser of a mixture of Gaussians.
//!
//! With it every sampler can be compared with the exact probability flow, with no training and no doubt about the network.

use crate::{BoxError, Call, Denoiser, DiffusionError, Level, Prediction, plan::check_setting};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// A mixture of Gaussians with diagonal covariance.
///
/// ```
/// use counterfoil_diffusion::{Ddim, DiscreteSchedule, End, NoNoise, Prediction, Sampler, Spacing};
/// use counterfoil_diffusion::analytic::Mixture;
/// use ndarray::array;
///
/// let mixture = Mixture::new(vec![0.4, 0.6], vec![vec![-1.0], vec![0.5]], vec![vec![0.2], vec![0.3]])?;
/// let grid = DiscreteSchedule::linear(1000)?.grid(Spacing::Trailing, 200, End::Zero)?;
/// let plan = Ddim::default().plan(&grid, Prediction::V)?;
/// let noise = array![[-1.3], [0.4]];
/// let sample = plan.run(noise.clone(), &mut mixture.network(Prediction::V), &mut NoNoise)?;
/// let exact = mixture.flow(noise, grid.start(), grid.end())?;
/// assert!((sample - exact).iter().all(|error| error.abs() < 0.05));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct Mixture {
    raw: Raw,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Raw {
    weights: Vec<f64>,
    means: Vec<Vec<f64>>,
    stds: Vec<Vec<f64>>,
}

/// Steps of the reference flow, which keep its error below 1e-9 for mixtures whose components are not much narrower than
/// 0.1.
const FLOW_STEPS: u32 = 4000;

impl Mixture {
    /// The mixture with these weights, and one mean and one standard deviation a component and coordinate.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] for weights or deviations that are not positive,
    /// [`DiffusionError::ShapeMismatch`] for components of unequal dimension.
    pub fn new(
        weights: Vec<f64>,
        means: Vec<Vec<f64>>,
        stds: Vec<Vec<f64>>,
    ) -> Result<Self, DiffusionError> {
        let named = weights.iter().map(|&weight| ("weight", weight));
        for (name, value) in named.chain(stds.iter().flatten().map(|&std| ("std", std))) {
            check_setting(name, value, value > 0.0 && value.is_finite(), "(0, inf)")?;
        }
        let shape = |rows: &[Vec<f64>]| rows.iter().map(Vec::len).collect::<Vec<_>>();
        let dimension = means.first().map_or(0, Vec::len);
        let expected = vec![dimension; weights.len()];
        for found in [shape(&means), shape(&stds)] {
            if found != expected || dimension == 0 {
                return Err(DiffusionError::ShapeMismatch { left: expected, right: found });
            }
        }
        let total: f64 = weights.iter().sum();
        // Shares stay as they are, so that a mixture that is written reads back as itself.
        let shares = (total - 1.0).abs() < 1e-12;
        let share = |weight| if shares { weight } else { weight / total };
        let weights = weights.into_iter().map(share).collect();
        Ok(Self { raw: Raw { weights, means, stds } })
    }

    /// Number of coordinates of a point.
    pub fn dimension(&self) -> usize {
        self.raw.means[0].len()
    }

    /// `(eps, x0)` expected of one point at a level.
    fn expected(&self, x: &[f64], level: Level) -> (Vec<f64>, Vec<f64>) {
        let Raw { weights, means, stds } = &self.raw;
        let (alpha, sigma) = (level.alpha(), level.sigma());
        let variance = |k: usize, d: usize| (alpha * stds[k][d]).powi(2) + sigma.powi(2);
        let gap = |k: usize, d: usize| x[d] - alpha * means[k][d];
        let logs: Vec<f64> = (0..weights.len())
            .map(|k| {
                let exponent =
                    |d| -0.5 * (gap(k, d).powi(2) / variance(k, d) + variance(k, d).ln());
                weights[k].ln() + (0..x.len()).map(exponent).sum::<f64>()
            })
            .collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let odds: Vec<f64> = logs.iter().map(|log| (log - largest).exp()).collect();
        let total: f64 = odds.iter().sum();
        let mean = |of: &dyn Fn(usize, usize) -> f64| {
            let coordinate = |d| (0..odds.len()).map(|k| odds[k] / total * of(k, d)).sum();
            (0..x.len()).map(coordinate).collect::<Vec<f64>>()
        };
        let eps = mean(&|k, d| sigma * gap(k, d) / variance(k, d));
        let x0 =
            mean(&|k, d| means[k][d] + alpha * stds[k][d].powi(2) / variance(k, d) * gap(k, d));
        (eps, x0)
    }

    /// The prediction of a batch, one point a row.
    ///
    /// # Errors
    /// [`DiffusionError::ShapeMismatch`] for points of another dimension.
    pub fn predict(
        &self,
        prediction: Prediction,
        x: &Array2<f64>,
        level: Level,
    ) -> Result<Array2<f64>, DiffusionError> {
        self.predict_rows(prediction, x, |_| level)
    }

    /// As [`Mixture::predict`], each point at a level of its own.
    fn predict_rows(
        &self,
        prediction: Prediction,
        x: &Array2<f64>,
        level: impl Fn(usize) -> Level,
    ) -> Result<Array2<f64>, DiffusionError> {
        if x.ncols() != self.dimension() {
            let (left, right) = (vec![x.nrows(), self.dimension()], vec![x.nrows(), x.ncols()]);
            return Err(DiffusionError::ShapeMismatch { left, right });
        }
        let mut out = x.clone();
        for (row, point) in x.rows().into_iter().enumerate() {
            let level = level(row);
            let (eps, x0) = self.expected(&point.to_vec(), level);
            let (of_x0, of_eps) = prediction.weights(level)?;
            for (column, (eps, x0)) in eps.into_iter().zip(x0).enumerate() {
                // At an end one of the two has no bound, and no weight.
                let part = |weight: f64, value| if weight == 0.0 { 0.0 } else { weight * value };
                out[[row, column]] = part(of_eps, eps) + part(of_x0, x0);
            }
        }
        Ok(out)
    }

    /// The mixture as a network.
    pub fn network(&self, prediction: Prediction) -> Network<'_> {
        Network { mixture: self, prediction }
    }

    /// The exact probability flow from one level to another, in the scale of the levels: `dx/du = alpha v` on
    /// variance-preserving levels by the classical Runge-Kutta method, to about 1e-9.
    ///
    /// # Errors
    /// As [`Mixture::predict`].
    pub fn flow(
        &self,
        mut x: Array2<f64>,
        from: Level,
        to: Level,
    ) -> Result<Array2<f64>, DiffusionError> {
        // In another scale the state is the same up to the size of the signal.
        let preserving = |level: Level| Level::from_log_snr(level.log_snr());
        let ratio = |level: Level| -> Result<f64, DiffusionError> {
            let like = preserving(level)?;
            let by_signal = level.ln_alpha() - like.ln_alpha();
            let by_noise = level.ln_sigma() - like.ln_sigma();
            Ok(if by_signal.is_finite() { by_signal } else { by_noise }.exp())
        };
        let h = (to.u() - from.u()) / f64::from(FLOW_STEPS);
        let slope = |x: &Array2<f64>, u: f64| -> Result<Array2<f64>, DiffusionError> {
            let level = preserving(Level::from_sigma_ve(u.max(0.0).sinh())?)?;
            Ok(self.predict(Prediction::V, x, level)? * level.alpha())
        };
        x /= ratio(from)?;
        for i in 0..FLOW_STEPS {
            let u = from.u() + h * f64::from(i);
            let k1 = slope(&x, u)?;
            let k2 = slope(&(&x + &(&k1 * (h / 2.0))), u + h / 2.0)?;
            let k3 = slope(&(&x + &(&k2 * (h / 2.0))), u + h / 2.0)?;
            let k4 = slope(&(&x + &(&k3 * h)), u + h)?;
            x = x + (k1 + (k2 + k3) * 2.0 + k4) * (h / 6.0);
        }
        Ok(x * ratio(to)?)
    }
}

impl From<Mixture> for Raw {
    fn from(mixture: Mixture) -> Self {
        mixture.raw
    }
}

impl TryFrom<Raw> for Mixture {
    type Error = DiffusionError;

    fn try_from(raw: Raw) -> Result<Self, DiffusionError> {
        Self::new(raw.weights, raw.means, raw.stds)
    }
}

/// A [`Mixture`] as a network; see [`Mixture::network`].
#[derive(Clone, Copy, Debug)]
pub struct Network<'m> {
    mixture: &'m Mixture,
    prediction: Prediction,
}

impl Denoiser<Array2<f64>> for Network<'_> {
    fn predict(&mut self, x: &Array2<f64>, call: &Call<'_>) -> Result<Array2<f64>, BoxError> {
        let level = |row| call.per_item.map_or(call.level, |levels| levels[row]);
        Ok(self.mixture.predict_rows(self.prediction, x, level)?)
    }

    fn prediction(&self) -> Prediction {
        self.prediction
    }
}
