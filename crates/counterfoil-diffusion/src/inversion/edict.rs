//! EDICT: two coupled DDIM runs that undo each other, mixed so that they stay together.

use super::{Abduction, Twins, call};
use crate::plan::check_setting;
use crate::{Ddim, Denoiser, DiffusionError, Grid, Prediction, SampleError, Sampler, State};
use serde::{Deserialize, Serialize};

/// EDICT (Wallace, Gokul and Naik 2023, "Exact diffusion inversion via coupled transformations", section 4): with the
/// DDIM step `x' = a x + b eps(x)`, two states take turns,
///
/// `x <- a x + b eps(y)`, `y <- a y + b eps(x)`, then `x <- p x + (1 - p) y`, `y <- p y + (1 - p) x`,
///
/// each line of which can be undone. Two calls a step; order 1.
///
/// The mixing shrinks the difference of the two by `p^2` decoding and grows it by `p^-2` encoding; the scaling `a`
/// does the opposite, by `(alpha'/alpha)^2` a step. With few steps the second wins and *decoding* under another
/// condition is unstable ([`Abduction::decoding_growth`]), with many the first, and encoding is refused.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Edict {
    /// Mixing weight `p`, in (0, 1].
    pub mixing: f64,
    /// Whether the two states swap turns from step to step, as published.
    pub alternating: bool,
}

impl Default for Edict {
    fn default() -> Self {
        Self { mixing: 0.93, alternating: true }
    }
}

/// `x' = a x + b (state y + output f(y))` at one level.
struct Turn {
    a: f64,
    state: f64,
    output: f64,
}

impl Edict {
    /// The DDIM steps of the grid, each for two states.
    fn turns(&self, grid: &Grid, prediction: Prediction) -> Result<Vec<Turn>, DiffusionError> {
        let p = self.mixing;
        check_setting("mixing", p, p > 0.0 && p <= 1.0, "(0, 1]")?;
        let plan = Ddim::default().plan(grid, Prediction::Eps)?;
        let turn = |stage: &crate::Stage| {
            let (a, b) = (stage.state, stage.history[0]);
            let noise = prediction.mix(Prediction::Eps, stage.level)?;
            Ok(Turn { a, state: b * noise.state, output: b * noise.output })
        };
        plan.stages().iter().map(turn).collect()
    }

    /// Whether the second state leads at this step.
    fn swaps(&self, step: usize) -> bool {
        self.alternating && step % 2 == 1
    }
}

impl Abduction for Edict {
    type Latent<X> = Twins<X>;

    fn name(&self) -> &'static str {
        "edict"
    }

    fn is_exact(&self) -> bool {
        true
    }

    /// From the determinant of a step, `(p a)^-2` up, with the states scaled to unit power.
    fn parasitic_roots(&self, grid: &Grid) -> Result<Vec<f64>, DiffusionError> {
        let turns = self.turns(grid, Prediction::Eps)?;
        let power = |at: usize| grid.levels()[at].power();
        let root = |(at, turn): (usize, &Turn)| {
            (self.mixing * turn.a).powi(-2) * power(at + 1) / power(at)
        };
        Ok(turns.iter().enumerate().rev().map(root).collect())
    }

    fn climb<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        image: X,
        denoiser: &mut D,
    ) -> Result<(Twins<X>, usize), SampleError> {
        let turns = self.turns(grid, denoiser.prediction())?;
        let p = self.mixing;
        let (mut x, mut y) = (image.duplicate()?, image);
        for (step, Turn { a, state, output }) in turns.iter().enumerate().rev() {
            y.lincomb(1.0 / p, &[((p - 1.0) / p, &x)])?;
            x.lincomb(1.0 / p, &[((p - 1.0) / p, &y)])?;
            let (lead, follow) = if self.swaps(step) { (&mut y, &mut x) } else { (&mut x, &mut y) };
            let f = call(denoiser, grid, step, 1, &*lead)?;
            follow.lincomb(1.0 / a, &[(-state / a, &*lead), (-output / a, &f)])?;
            let f = call(denoiser, grid, step, 0, &*follow)?;
            lead.lincomb(1.0 / a, &[(-state / a, &*follow), (-output / a, &f)])?;
        }
        Ok((Twins { first: x, second: y }, 2 * turns.len()))
    }

    fn decode<X: State, D: Denoiser<X> + ?Sized>(
        &self,
        grid: &Grid,
        latent: Twins<X>,
        denoiser: &mut D,
    ) -> Result<X, SampleError> {
        let turns = self.turns(grid, denoiser.prediction())?;
        let p = self.mixing;
        let Twins { first: mut x, second: mut y } = latent;
        for (step, Turn { a, state, output }) in turns.iter().enumerate() {
            let (lead, follow) = if self.swaps(step) { (&mut y, &mut x) } else { (&mut x, &mut y) };
            let f = call(denoiser, grid, step, 0, &*follow)?;
            lead.lincomb(*a, &[(*state, &*follow), (*output, &f)])?;
            let f = call(denoiser, grid, step, 1, &*lead)?;
            follow.lincomb(*a, &[(*state, &*lead), (*output, &f)])?;
            x.lincomb(p, &[(1.0 - p, &y)])?;
            y.lincomb(p, &[(1.0 - p, &x)])?;
        }
        Ok(x)
    }
}
