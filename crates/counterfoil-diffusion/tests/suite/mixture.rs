//! The analytic network of the tests: a Gaussian mixture whose noise prediction is known in closed form.

use counterfoil_diffusion::{Denoiser, Grid, Level, ModelTime, Prediction, denoiser};
use ndarray::{Array1, Array2, Axis};
use serde::Deserialize;

/// A mixture of Gaussians with diagonal covariance; a batch of points is `items x dimension`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Mixture {
    pub(crate) weights: Vec<f64>,
    pub(crate) means: Vec<Vec<f64>>,
    pub(crate) stds: Vec<Vec<f64>>,
}

impl Mixture {
    /// A smooth four-dimensional mixture; `shift` moves its means, as another condition would.
    pub(crate) fn conditional(shift: f64) -> Self {
        let moved = |mean: [f64; 4]| mean.map(|m| m + shift).to_vec();
        Self {
            weights: vec![0.5, 0.3, 0.2],
            means: vec![
                moved([0.9, -0.4, 0.3, -0.8]),
                moved([-0.7, 0.6, -0.5, 0.2]),
                moved([0.1, -0.9, 0.8, 0.5]),
            ],
            stds: vec![
                vec![0.3, 0.25, 0.2, 0.35],
                vec![0.2, 0.4, 0.3, 0.25],
                vec![0.25, 0.2, 0.35, 0.3],
            ],
        }
    }

    /// `(eps, x0)` expected of one point at a level.
    fn expected(&self, x: &[f64], level: Level) -> (Vec<f64>, Vec<f64>) {
        let (alpha, sigma) = (level.alpha(), level.sigma());
        let variance = |k: usize, d: usize| (alpha * self.stds[k][d]).powi(2) + sigma.powi(2);
        let gap = |k: usize, d: usize| x[d] - alpha * self.means[k][d];
        let logs: Vec<f64> = (0..self.weights.len())
            .map(|k| {
                let exponent =
                    |d| -0.5 * (gap(k, d).powi(2) / variance(k, d) + variance(k, d).ln());
                self.weights[k].ln() + (0..x.len()).map(exponent).sum::<f64>()
            })
            .collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let odds: Vec<f64> = logs.iter().map(|log| (log - largest).exp()).collect();
        let total: f64 = odds.iter().sum();
        let mean = |of: &dyn Fn(usize, usize) -> f64| {
            let component = |d| (0..odds.len()).map(|k| odds[k] / total * of(k, d)).sum();
            (0..x.len()).map(component).collect::<Vec<f64>>()
        };
        let eps = mean(&|k, d| sigma * gap(k, d) / variance(k, d));
        let x0 = mean(&|k, d| {
            self.means[k][d] + alpha * self.stds[k][d].powi(2) / variance(k, d) * gap(k, d)
        });
        (eps, x0)
    }

    /// The prediction of a batch.
    pub(crate) fn predict(
        &self,
        prediction: Prediction,
        x: &Array2<f64>,
        level: Level,
    ) -> Array2<f64> {
        let mut out = x.clone();
        for (point, mut row) in x.axis_iter(Axis(0)).zip(out.axis_iter_mut(Axis(0))) {
            let (eps, x0) = self.expected(&point.to_vec(), level);
            let (eps, x0) = (Array1::from(eps), Array1::from(x0));
            row.assign(&match prediction {
                Prediction::Eps => eps,
                Prediction::X0 => x0,
                other => {
                    let (a, b) = other.weights(level).unwrap();
                    x0 * a + eps * b
                }
            });
        }
        out
    }

    /// The mixture as a network.
    pub(crate) fn network(&self, prediction: Prediction) -> impl Denoiser<Array2<f64>> + use<'_> {
        denoiser(prediction, move |x: &Array2<f64>, call| {
            Ok(self.predict(prediction, x, call.level))
        })
    }

    /// The probability flow from one variance-preserving level to another: `dx/du = alpha v` by the classical
    /// fourth-order Runge-Kutta method. Float class: accurate to 1e-9, checked against a stored reference.
    pub(crate) fn flow(&self, mut x: Array2<f64>, from: Level, to: Level) -> Array2<f64> {
        let steps = 4000;
        let h = (to.u() - from.u()) / f64::from(steps);
        let slope = |x: &Array2<f64>, u: f64| {
            let level = level_of_s(u.max(0.0).sinh());
            self.predict(Prediction::V, x, level) * level.alpha()
        };
        for i in 0..steps {
            let u = from.u() + h * f64::from(i);
            let k1 = slope(&x, u);
            let k2 = slope(&(&x + &(&k1 * (h / 2.0))), u + h / 2.0);
            let k3 = slope(&(&x + &(&k2 * (h / 2.0))), u + h / 2.0);
            let k4 = slope(&(&x + &(&k3 * h)), u + h);
            x = x + (k1 + (k2 + k3) * 2.0 + k4) * (h / 6.0);
        }
        x
    }
}

/// The variance-preserving level with this `sigma / alpha`.
pub(crate) fn level_of_s(s: f64) -> Level {
    Level::from_log_snr(-2.0 * s.ln()).unwrap()
}

/// `steps` steps between two values of `sigma / alpha`, equally spaced in its logarithm.
pub(crate) fn uniform_grid(from: f64, to: f64, steps: usize) -> Grid {
    let gap = (to / from).ln() / steps as f64;
    let levels: Vec<Level> =
        (0..=steps).map(|i| level_of_s((from.ln() + gap * i as f64).exp())).collect();
    let times = levels.iter().map(|level| ModelTime::Continuous(level.s().ln())).collect();
    Grid::new(levels, times).unwrap()
}

/// Largest absolute difference.
pub(crate) fn distance(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    assert_eq!(a.dim(), b.dim());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}
