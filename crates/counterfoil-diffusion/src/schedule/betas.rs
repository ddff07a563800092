//! The families of discrete schedules, as the betas of their steps.

use serde::{Deserialize, Serialize};

/// The family of a discrete schedule.
///
/// Two conventions of the field meet here. *Beta* families give `beta_i` itself. *alpha_bar* families give a curve on
/// `[0, 1]` and take `beta_i = min(1 - alpha_bar((i + 1) / T) / alpha_bar(i / T), cap)`; there the cap is part of the
/// definition, since the curve ends at or below zero.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BetaKind {
    /// Betas equally spaced from `first` to `last`, both included (Ho et al. 2020, section 4). The betas are taken as
    /// they are, whatever `T`: [`crate::DiscreteSchedule::linear`] scales them by `1000 / T`.
    Linear {
        /// Beta of label 0.
        first: f64,
        /// Beta of label `T - 1`.
        last: f64,
    },
    /// Square roots of the betas equally spaced (Rombach et al. 2022, whose code calls it "linear").
    ScaledLinear {
        /// Beta of label 0.
        first: f64,
        /// Beta of label `T - 1`.
        last: f64,
    },
    /// `alpha_bar(t) = cos^2((t + offset) / (1 + offset) pi / 2)`, betas capped (Nichol and Dhariwal 2021,
    /// equation 17).
    Cosine {
        /// Keeps the first betas from vanishing; published 0.008.
        offset: f64,
        /// Largest beta; published 0.999. The cap is part of the definition: without it the last level holds no
        /// signal at all.
        cap: f64,
    },
    /// `alpha_bar(t) = 1 - sqrt(t + offset)` (Li et al. 2022, Diffusion-LM, appendix A): much noise at once.
    Sqrt {
        /// Published 1e-4.
        offset: f64,
        /// Largest beta.
        cap: f64,
    },
    /// Betas along a logistic curve over `[-6, 6]` (Xu et al. 2022, GeoDiff). Not [`BetaKind::SigmoidAlphaBar`],
    /// which the field also calls "sigmoid".
    SigmoidBetas {
        /// The lower bound of the betas, nearly that of label 0.
        first: f64,
        /// The upper bound of the betas, nearly that of label `T - 1`.
        last: f64,
    },
    /// `alpha_bar` itself along a logistic curve `S`: `(S(end/tau) - S((t (end - start) + start)/tau)) /
    /// (S(end/tau) - S(start/tau))` (Jabri et al. 2023; Chen 2023, equation 4).
    SigmoidAlphaBar {
        /// Where on the curve t = 0 lies; published -3.
        start: f64,
        /// Where on the curve t = 1 lies; published 3.
        end: f64,
        /// Temperature; published 1, lower moves noise to the middle.
        tau: f64,
        /// Largest beta.
        cap: f64,
    },
    /// `alpha_bar(t) = exp(-rate t)`: equal betas.
    Exponential {
        /// Published in diffusers as 12.
        rate: f64,
    },
    /// Log signal-to-noise ratio with Laplace density, `mu - b sign(1/2 - t) ln(1 - 2 |1/2 - t|)` (Hang et al. 2024,
    /// table 1): training time goes where the ratio is near 1.
    Laplace {
        /// Mode of the log signal-to-noise ratio.
        mu: f64,
        /// Width of its density; 0.5 is the published choice.
        b: f64,
        /// Added inside the logarithm, so that both ends stay finite; 1e-6 in the reference values.
        epsilon: f64,
        /// Largest beta.
        cap: f64,
    },
    /// [`BetaKind::Laplace`] as diffusers 0.42 has it, with one square root too many: its curve is `alpha` where
    /// `alpha_bar` is meant, 0.707 instead of 0.5 in the middle. Only to run networks that were trained with it.
    LaplaceCompat {
        /// As in [`BetaKind::Laplace`]; 0 there.
        mu: f64,
        /// As in [`BetaKind::Laplace`]; 0.5 there.
        b: f64,
        /// As in [`BetaKind::Laplace`]; 1e-6 there.
        epsilon: f64,
        /// Largest beta.
        cap: f64,
    },
}

impl BetaKind {
    /// The betas of DDPM at `T = 1000`, 1e-4 to 0.02.
    pub const DDPM: Self = Self::Linear { first: 1e-4, last: 0.02 };
    /// The schedule of Stable Diffusion 1 and 2 at `T = 1000`.
    pub const STABLE_DIFFUSION: Self = Self::ScaledLinear { first: 0.00085, last: 0.012 };
    /// The published cosine schedule.
    pub const COSINE: Self = Self::Cosine { offset: 0.008, cap: 0.999 };
    /// The published square-root schedule.
    pub const SQRT: Self = Self::Sqrt { offset: 1e-4, cap: 0.999 };
    /// GeoDiff's betas within the bounds of DDPM.
    pub const SIGMOID_BETAS: Self = Self::SigmoidBetas { first: 1e-4, last: 0.02 };
    /// The published sigmoid curve of `alpha_bar`.
    pub const SIGMOID_ALPHA_BAR: Self =
        Self::SigmoidAlphaBar { start: -3.0, end: 3.0, tau: 1.0, cap: 0.999 };
    /// The exponential schedule.
    pub const EXPONENTIAL: Self = Self::Exponential { rate: 12.0 };
    /// The published Laplace schedule.
    pub const LAPLACE: Self = Self::Laplace { mu: 0.0, b: 0.5, epsilon: 1e-6, cap: 0.999 };
    /// Every family with its published numbers.
    pub const PUBLISHED: [Self; 8] = [
        Self::DDPM,
        Self::STABLE_DIFFUSION,
        Self::COSINE,
        Self::SQRT,
        Self::SIGMOID_BETAS,
        Self::SIGMOID_ALPHA_BAR,
        Self::EXPONENTIAL,
        Self::LAPLACE,
    ];

    /// The `T` betas; what they are worth is checked by the schedule that is made of them.
    pub(crate) fn betas(self, train_steps: usize) -> Vec<f64> {
        let t = train_steps as f64;
        let spaced = |first: f64, last: f64| {
            let gap = (last - first) / (t - 1.0).max(1.0);
            (0..train_steps).map(move |i| first + gap * i as f64)
        };
        match self {
            Self::Linear { first, last } => spaced(first, last).collect(),
            Self::ScaledLinear { first, last } => {
                spaced(first.sqrt(), last.sqrt()).map(|root| root * root).collect()
            }
            Self::SigmoidBetas { first, last } => {
                spaced(-6.0, 6.0).map(|x| ln_logistic(x).exp() * (last - first) + first).collect()
            }
            // Kept as ratios of squares: networks trained on it find the same bits.
            Self::Cosine { offset, cap } => {
                let angle = |i: usize| {
                    (i as f64 / t + offset) / (1.0 + offset) * std::f64::consts::FRAC_PI_2
                };
                let abar = |i: usize| angle(i).cos().powi(2);
                (0..train_steps).map(|i| (1.0 - abar(i + 1) / abar(i)).min(cap)).collect()
            }
            Self::Sqrt { offset, cap } => {
                from_curve(train_steps, cap, |t| (-(t + offset).sqrt()).ln_1p())
            }
            Self::SigmoidAlphaBar { start, end, tau, cap } => {
                // The logistic curve falls towards the data, so the differences are taken from its far side, where
                // S(end/tau) - S(x/tau) = S(-x/tau) - S(-end/tau) loses nothing near t = 1.
                let tail = |x: f64| ln_logistic(-x / tau).exp();
                let whole = tail(start) - tail(end);
                from_curve(train_steps, cap, |t| {
                    ((tail(t * (end - start) + start) - tail(end)) / whole).ln()
                })
            }
            Self::Exponential { rate } => vec![-(-rate / t).exp_m1(); train_steps],
            Self::Laplace { mu, b, epsilon, cap } => {
                from_curve(train_steps, cap, |t| laplace(t, mu, b, epsilon))
            }
            Self::LaplaceCompat { mu, b, epsilon, cap } => {
                from_curve(train_steps, cap, |t| 0.5 * laplace(t, mu, b, epsilon))
            }
        }
    }
}

/// `ln(1 / (1 + exp(-x)))`, without overflow or cancellation at either end.
pub(crate) fn ln_logistic(x: f64) -> f64 {
    x.min(0.0) - (-x.abs()).exp().ln_1p()
}

/// `ln alpha_bar` of the Laplace schedule.
fn laplace(t: f64, mu: f64, b: f64, epsilon: f64) -> f64 {
    let from_middle = 0.5 - t;
    let log_snr =
        mu - b * 1.0_f64.copysign(from_middle) * (1.0 - 2.0 * from_middle.abs() + epsilon).ln();
    ln_logistic(log_snr)
}

/// The capped betas of a curve `ln alpha_bar` on `[0, 1]`. At `t = 1` the curve may reach or pass zero, where the cap
/// holds; a curve that has no logarithm before that gives a beta that is not a number, for the schedule to refuse.
fn from_curve(train_steps: usize, cap: f64, ln_alpha_bar: impl Fn(f64) -> f64) -> Vec<f64> {
    let at = |i: usize| {
        let value = ln_alpha_bar(i as f64 / train_steps as f64);
        if i == train_steps && value.is_nan() { f64::NEG_INFINITY } else { value }
    };
    let mut before = at(0);
    let beta = |i| {
        let after = at(i + 1);
        let beta = -(after - before).exp_m1();
        before = after;
        // f64::min would hide what is not a number.
        if beta > cap { cap } else { beta }
    };
    (0..train_steps).map(beta).collect()
}
