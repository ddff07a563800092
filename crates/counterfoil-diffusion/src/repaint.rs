//! Inpainting with a network that knows nothing of masks: the known part is put in at every level, and steps are redone.

use crate::run::Memory;
use crate::{
    Call, Ddpm, Denoiser, DiffusionError, Grid, Level, NoiseSource, SampleError, Sampler, State,
    noise_from, plan::check_setting, schedule::check_count, training::noised,
};
use serde::{Deserialize, Serialize};

/// RePaint (Lugmayr et al. 2022, algorithm 1 and section 4.2): DDPM along a grid, where after every step the known region
/// is replaced by the known image noised to the level reached. Every `jump_length` steps the state is noised back up by as
/// many and the steps are redone, `jump_count` times in all, so that the region that is made up can fit itself to the
/// known one.
///
/// Noise comes from one source. Each move of the run, up or down, has a place of its own in the call record that the
/// source sees ([`Call::step`] counts moves and [`Call::of`] is their number; stage 0 is the noise of the move and stage 1
/// that of the known image), so that keyed noise never repeats although levels are visited many times. A source keyed by
/// levels, [`crate::BrownianTree`], would repeat itself. The network sees the grid's own steps.
///
/// ```
/// use counterfoil_diffusion::{
///     DiscreteSchedule, End, KeyedNoise, Prediction, RePaint, Spacing, denoiser,
/// };
/// use ndarray::{Array2, array};
///
/// let grid = DiscreteSchedule::linear(1000)?.grid(Spacing::Trailing, 30, End::Zero)?;
/// let mut network = denoiser(Prediction::X0, |x: &Array2<f64>, call| Ok(x * call.level.alpha()));
/// let mut noise = KeyedNoise::new(1, "repaint", [0]);
/// // The first two numbers are known.
/// let (known, mask) = (array![[0.4, -0.2, 0.0]], array![[1.0, 1.0, 0.0]]);
/// let start = noise.start(&known)?;
/// let painter = RePaint { jump_length: 5, jump_count: 4, ..RePaint::default() };
/// let image = painter.run(&grid, start, &known, &mask, &mut network, &mut noise)?;
/// assert_eq!((image[[0, 0]], image[[0, 1]]), (0.4, -0.2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RePaint {
    /// Steps that are undone at a time.
    pub jump_length: usize,
    /// How often each stretch is gone through; 1 undoes nothing.
    pub jump_count: usize,
    /// The steps towards the data.
    pub sampler: Ddpm,
}

impl Default for RePaint {
    /// The published 10 and 10, with the small variance.
    fn default() -> Self {
        Self { jump_length: 10, jump_count: 10, sampler: Ddpm::default() }
    }
}

impl RePaint {
    /// How many steps the state is away from the end of a grid of `steps` steps, before the run and after each move: from
    /// `steps` to 0 by ones, up and down (the function `get_schedule_jump` of the authors, whose times are these less 1).
    ///
    /// The step to the end is never undone, and neither are the first few, which do not make up a jump. There are
    /// `steps + 2 L (n - 1) J` moves, with jumps of length `L` made `n - 1` times from each of
    /// `J = ceil((steps - L) / L)` places; memory is O(moves).
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`] for a length or a count of 0, and for more than [`MAX_STEPS`](crate::MAX_STEPS)
    /// moves.
    pub fn heights(&self, steps: usize) -> Result<Vec<usize>, DiffusionError> {
        let positive = "[1, inf)";
        let (length, count) = (self.jump_length, self.jump_count);
        check_setting("jump length", length as f64, length > 0, positive)?;
        check_setting("jump count", count as f64, count > 0, positive)?;
        let places = steps.saturating_sub(length).div_ceil(length);
        let moves = [2, length, count - 1].iter().try_fold(places, |n, by| n.checked_mul(*by));
        let moves = moves.and_then(|moves| moves.checked_add(steps)).unwrap_or(usize::MAX);
        check_count("number of moves of RePaint", moves.max(1))?;
        // One step above the end and whole jumps above that, as long as a jump ends below the start.
        let mut jumps: Vec<usize> = vec![0; steps + 1];
        for from in (1..(steps + 1).saturating_sub(length)).step_by(length) {
            jumps[from] = count - 1;
        }
        let mut heights = vec![steps];
        let mut height = steps;
        while height > 0 {
            height -= 1;
            heights.push(height);
            if jumps[height] > 0 {
                jumps[height] -= 1;
                heights.extend(height + 1..=height + length);
                height += length;
            }
        }
        Ok(heights)
    }

    /// Inpaints: where `mask` is 1 the result is the known image, where it is 0 the network's, and in between a mix.
    ///
    /// `start` is standard normal noise at the start of the grid. `known` and `mask` have the shape of the state, and what
    /// `known` holds under a mask of 0 does not matter (it must be finite over libtorch).
    ///
    /// # Errors
    /// As [`RePaint::heights`], [`Sampler::plan`] and [`crate::Plan::run`].
    pub fn run<X, D, N>(
        &self,
        grid: &Grid,
        start: X,
        known: &X,
        mask: &X,
        denoiser: &mut D,
        noise: &mut N,
    ) -> Result<X, SampleError>
    where
        X: State,
        D: Denoiser<X> + ?Sized,
        N: NoiseSource<X> + ?Sized,
    {
        let heights = self.heights(grid.steps())?;
        let plan = self.sampler.plan(grid, denoiser.prediction())?;
        let of = heights.len() - 1;
        let mut state = start;
        for (step, pair) in heights.windows(2).enumerate() {
            let [from, to] = [pair[0], pair[1]].map(|height| grid.steps() - height);
            let mut draw = |like: &X, call: &Call<'_>, stage| {
                noise.draw(like, &Call { step, stage, of, ..*call })
            };
            if to > from {
                let mut run = plan.resume(Memory::at(from, state));
                run.step(denoiser, &mut noise_from(|like: &X, call| draw(like, call, 0)))?;
                state = run.into_state();
                let reached = grid.levels()[to];
                if reached.is_clean() {
                    state.blend(mask, known)?;
                } else {
                    let eps = draw(&state, &plan.stages()[from].record(of), 1)?;
                    state.blend(mask, &noised(known, &eps, &vec![reached; known.items()])?)?;
                }
            } else {
                let [level, reaches] = [from, to].map(|at| grid.levels()[at]);
                let call = Call { reaches, ..Call::at(level, grid.times()[from]) };
                let fresh = draw(&state, &call, 0)?;
                let (kept, added) = forward(level, reaches);
                state.lincomb(kept, &[(added, &fresh)])?;
            }
        }
        Ok(state)
    }
}

/// Weights of the state and of fresh noise in the forward step from one level to a noisier one (Ho et al. 2020,
/// equation 2, for any two levels and any scaling).
fn forward(from: Level, to: Level) -> (f64, f64) {
    let kept = (to.ln_alpha() - from.ln_alpha()).exp();
    // sigma'^2 - kept^2 sigma^2, without cancellation.
    let share = -(2.0 * (to.lambda() - from.lambda())).exp_m1();
    (kept, to.sigma() * share.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heights(steps: usize, jump_length: usize, jump_count: usize) -> Vec<usize> {
        let painter = RePaint { jump_length, jump_count, ..RePaint::default() };
        painter.heights(steps).unwrap()
    }

    /// Exact: by hand, and the published setting: 250 steps become 2410 calls and 2160 steps back.
    #[test]
    fn jumps_go_up_and_down() {
        let endless = RePaint { jump_count: usize::MAX, ..RePaint::default() };
        assert!(endless.heights(250).unwrap_err().to_string().contains("number of moves"));
        assert_eq!(heights(3, 1, 1), [3, 2, 1, 0]);
        assert_eq!(heights(3, 1, 2), [3, 2, 3, 2, 1, 2, 1, 0]);
        assert_eq!(heights(5, 2, 2), [5, 4, 3, 4, 5, 4, 3, 2, 1, 2, 3, 2, 1, 0]);
        assert_eq!(heights(2, 7, 9), [2, 1, 0]);
        let published = heights(250, 10, 10);
        let downs = published.windows(2).filter(|pair| pair[1] < pair[0]).count();
        assert_eq!((published.len() - 1, downs), (4570, 2410));
    }

    /// Exact: moves are by one, within the grid, from its start to its end, and as many as stated.
    #[test]
    fn heights_hold_for_every_setting() {
        for steps in 1..40 {
            for length in 1..12 {
                for count in 1..5 {
                    let found = heights(steps, length, count);
                    assert_eq!((found[0], found[found.len() - 1]), (steps, 0));
                    assert!(found.windows(2).all(|pair| pair[0].abs_diff(pair[1]) == 1));
                    assert!(found.iter().all(|&height| height <= steps));
                    let places = steps.saturating_sub(length).div_ceil(length);
                    let moves = steps + 2 * length * (count - 1) * places;
                    assert_eq!(found.len() - 1, moves, "{steps} {length} {count}");
                }
            }
        }
        for painter in [
            RePaint { jump_length: 0, ..RePaint::default() },
            RePaint { jump_count: 0, ..RePaint::default() },
        ] {
            assert!(painter.heights(5).is_err());
        }
    }

    /// Float class: 1e-15. Two forward steps are one, and pure noise keeps nothing.
    #[test]
    fn forward_steps_compose() {
        let [a, b, c] = [0.9, 0.5, 0.1].map(|bar| Level::from_alpha_bar(bar).unwrap());
        let ((k1, n1), (k2, n2), (k, n)) = (forward(a, b), forward(b, c), forward(a, c));
        assert!((k1 * k2 - k).abs() < 1e-15 && ((k2 * n1).hypot(n2) - n).abs() < 1e-15);
        assert_eq!(forward(a, Level::from_alpha_bar(0.0).unwrap()), (0.0, 1.0));
    }
}
