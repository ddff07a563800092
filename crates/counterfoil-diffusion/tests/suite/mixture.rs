//! The analytic network of the tests: a Gaussian mixture whose noise prediction is known in closed form.

use counterfoil_diffusion::{Denoiser, Grid, Level, ModelTime, Prediction, analytic, denoiser};
use ndarray::Array2;
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

    /// The library's own mixture, which the goldens check.
    fn exact(&self) -> analytic::Mixture {
        let Self { weights, means, stds } = self.clone();
        analytic::Mixture::new(weights, means, stds).unwrap()
    }

    /// The prediction of a batch.
    pub(crate) fn predict(
        &self,
        prediction: Prediction,
        x: &Array2<f64>,
        level: Level,
    ) -> Array2<f64> {
        self.exact().predict(prediction, x, level).unwrap()
    }

    /// The mixture as a network.
    pub(crate) fn network(&self, prediction: Prediction) -> impl Denoiser<Array2<f64>> + use<> {
        let exact = self.exact();
        denoiser(prediction, move |x: &Array2<f64>, call| {
            Ok(exact.predict(prediction, x, call.level)?)
        })
    }

    /// The probability flow from one level to another. Float class: accurate to 1e-9, checked against a stored reference.
    pub(crate) fn flow(&self, x: Array2<f64>, from: Level, to: Level) -> Array2<f64> {
        self.exact().flow(x, from, to).unwrap()
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
