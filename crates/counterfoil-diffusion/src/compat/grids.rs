//! The labels and noise levels that diffusers 0.42 visits, computed as it computes them: in floating point, with its rounding
//! and its interpolation.

use crate::{DiffusionError, DiscreteSchedule, Level};

/// Where labels lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// `T // N` between labels: DDIM, DDPM, PNDM.
    Ddim,
    /// One more label than steps, the last of which is dropped: the DPM-Solver family, UniPC, DEIS.
    Dpm,
    /// Fractional labels: Euler, Heun, LMS.
    Euler,
}

/// The labels of N steps, from noise to data.
pub(super) fn labels(
    family: Family,
    spacing: &str,
    train_steps: usize,
    steps: usize,
    offset: usize,
) -> Result<Vec<f64>, DiffusionError> {
    if steps == 0 {
        return Err(DiffusionError::ZeroSteps { what: "a grid" });
    }
    if steps > train_steps {
        return Err(DiffusionError::TooManySteps { steps, train_steps });
    }
    let t = train_steps as f64;
    match (spacing, family) {
        ("linspace", Family::Dpm) => {
            let labels = linspace(t - 1.0, steps + 1).into_iter().rev().take(steps);
            Ok(labels.map(f64::round_ties_even).collect())
        }
        ("linspace", Family::Ddim) => {
            let labels = linspace(t - 1.0, steps);
            Ok(labels.into_iter().rev().map(f64::round_ties_even).collect())
        }
        ("linspace", Family::Euler) => Ok(linspace(t - 1.0, steps).into_iter().rev().collect()),
        ("leading", Family::Dpm) => {
            let ratio = train_steps / (steps + 1);
            Ok((1..=steps).rev().map(|i| (i * ratio).saturating_add(offset) as f64).collect())
        }
        ("leading", _) => {
            let ratio = train_steps / steps;
            Ok((0..steps).rev().map(|i| (i * ratio).saturating_add(offset) as f64).collect())
        }
        ("trailing", _) => {
            // A floating range, which for 62 of the first 1,000 N has one label too many: -1, the noisiest level.
            let ratio = t / steps as f64;
            let count = (t / ratio).ceil() as usize;
            if count != steps {
                return Err(DiffusionError::OthersFail {
                    library: "diffusers",
                    reason: "its trailing grid has one label too many for this number of steps",
                });
            }
            let gap = (t - ratio) - t;
            Ok((0..steps).map(|i| (t + i as f64 * gap).round_ties_even() - 1.0).collect())
        }
        _ => Err(DiffusionError::OthersFail {
            library: "diffusers",
            reason: "it knows the spacings leading, trailing and linspace",
        }),
    }
}

/// `numpy.linspace(0, stop, count)`.
fn linspace(stop: f64, count: usize) -> Vec<f64> {
    let gap = stop / (count - 1).max(1) as f64;
    let mut numbers: Vec<f64> = (0..count).map(|i| i as f64 * gap).collect();
    if count > 1 {
        numbers[count - 1] = stop;
    }
    numbers
}

/// The level at a fractional label: `sigma / alpha` by straight lines between the labels.
pub(super) fn level(schedule: &DiscreteSchedule, label: f64) -> Result<Level, DiffusionError> {
    let below = label.floor().clamp(0.0, (schedule.train_steps() - 1) as f64) as usize;
    let part = label - below as f64;
    let low = schedule.level(below)?;
    if part == 0.0 {
        return Ok(low);
    }
    let (low, high) = (low.s(), schedule.level(below + 1)?.s());
    of_s(low + part * (high - low))
}

/// The variance-preserving level with this `sigma / alpha`.
pub(super) fn of_s(s: f64) -> Result<Level, DiffusionError> {
    Level::from_log_snr(-2.0 * s.ln())
}
