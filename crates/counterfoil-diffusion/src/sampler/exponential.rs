//! The exponential integrator that all solvers in log-SNR share: linear part exact, signal by a polynomial.

use super::quadrature::{exponential_moments, weights};
use crate::{DiffusionError, Grid, Level, Mix, Prediction};

/// What the polynomial goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Predicted images: `x' = (sigma'/sigma) x + alpha' int e^{-(lambda' - lambda)} x0 d lambda`.
    Image,
    /// Predicted noise: `x' = (alpha'/alpha) x - alpha' int e^{-lambda} eps d lambda`.
    Noise,
}

impl Signal {
    /// How the solver reads it from the network's output.
    pub(super) fn read(self, prediction: Prediction, level: Level) -> Result<Mix, DiffusionError> {
        match self {
            Self::Image => prediction.mix(Prediction::X0, level),
            Self::Noise => prediction.mix(Prediction::Eps, level),
        }
    }

    /// The weight of the state in a step.
    pub(super) fn carry(self, from: Level, to: Level) -> f64 {
        match self {
            Self::Image => (to.ln_sigma() - from.ln_sigma()).exp(),
            Self::Noise => (to.ln_alpha() - from.ln_alpha()).exp(),
        }
    }

    /// The weight of a constant signal in a step.
    pub(super) fn gain(self, from: Level, to: Level) -> f64 {
        let h = to.lambda() - from.lambda();
        match self {
            Self::Image => -to.alpha() * (-h).exp_m1(),
            // sigma' - alpha' s, with the logs kept apart so that the end at zero noise stays exact.
            Self::Noise => to.sigma() - to.alpha() * from.s(),
        }
    }

    /// The weights of signals at these levels in the step, exact for polynomials in log-SNR through them. All levels have
    /// a finite log-SNR, the end of the step included unless there is one level alone.
    pub(super) fn weights(self, at: &[Level], from: Level, to: Level) -> Vec<f64> {
        if at.len() == 1 {
            return vec![self.gain(from, to)];
        }
        let h = to.lambda() - from.lambda();
        let (scale, x) = match self {
            Self::Image => (to.alpha() * h, -h),
            Self::Noise => (-to.sigma() * h, h),
        };
        integrals(at, from, h, x).into_iter().map(|weight| scale * weight).collect()
    }
}

/// Integrals over the step of `exp(x (1 - theta))` against the polynomial through one at each level and zero at the others.
pub(super) fn integrals(at: &[Level], from: Level, h: f64, x: f64) -> Vec<f64> {
    let nodes: Vec<f64> = at.iter().map(|level| (level.lambda() - from.lambda()) / h).collect();
    weights(&nodes, &exponential_moments(x, nodes.len()))
}

/// The levels of the last `count` calls up to that of `step`, newest first, as far as they can be interpolated: levels of
/// pure noise or pure image have no finite log-SNR. The step to such a level goes by the newest alone.
pub(super) fn recent(grid: &Grid, step: usize, count: usize) -> Vec<Level> {
    let levels = grid.levels();
    let count = if levels[step + 1].lambda().is_finite() { count.max(1) } else { 1 };
    let mut known: Vec<Level> = levels[..=step].iter().rev().take(count).copied().collect();
    known.truncate(known.iter().take_while(|level| level.lambda().is_finite()).count().max(1));
    known
}
