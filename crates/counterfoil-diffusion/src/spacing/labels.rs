//! Integer labels, decided in integers so that no count is ever off by one.

use super::{Spacing, beta_quantile};
use crate::{DiffusionError, schedule::check_count};

/// `n / d` rounded to the nearest integer, ties to even: the rule of numpy's `rint` and of Python's `round`.
pub(crate) fn round_ratio(n: usize, d: usize) -> usize {
    let (quotient, remainder) = (n / d, n % d);
    match (2 * remainder).cmp(&d) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + quotient % 2,
    }
}

impl Spacing {
    /// The integer labels from the noisiest to the cleanest; `None` for spacings in levels and along a flow.
    ///
    /// Exactly `steps` labels, strictly falling, for every `1 <= steps <= train_steps`.
    ///
    /// # Errors
    /// [`DiffusionError::ZeroSteps`], [`DiffusionError::TooManySteps`],
    /// [`DiffusionError::LabelOutOfRange`] (an offset that leaves the table) or
    /// [`DiffusionError::SettingOutOfRange`].
    pub fn labels(
        self,
        train_steps: usize,
        steps: usize,
    ) -> Result<Option<Vec<usize>>, DiffusionError> {
        if steps == 0 {
            return Err(DiffusionError::ZeroSteps { what: "a grid" });
        }
        if self.is_in_levels() || matches!(self, Self::Flow { .. }) {
            return Ok(None);
        }
        if steps > train_steps {
            return Err(DiffusionError::TooManySteps { steps, train_steps });
        }
        check_count("number of training steps", train_steps)?;
        let last = train_steps - 1;
        let labels: Vec<usize> = match self {
            Self::Leading { offset } => {
                let gap = train_steps / steps;
                (0..steps).rev().map(|i| (i * gap).saturating_add(offset)).collect()
            }
            Self::Trailing => {
                (0..steps).map(|i| round_ratio((steps - i) * train_steps, steps) - 1).collect()
            }
            _ if steps == 1 => vec![last],
            Self::Quadratic => {
                let square = |i: usize| i as u128 * i as u128;
                let gaps = square(steps - 1);
                // In 128 bits, where neither squares nor their products with T overflow.
                let label = |i| (2 * square(i) * last as u128 + gaps) / (2 * gaps);
                apart((0..steps).map(|i| label(i) as usize).collect(), last)
            }
            Self::BetaQuantile { a, b } => {
                let label = |i: usize| {
                    let place = beta_quantile(i as f64 / (steps - 1) as f64, a, b)?;
                    Ok((place * last as f64).round_ties_even() as usize)
                };
                apart((0..steps).map(label).collect::<Result<_, DiffusionError>>()?, last)
            }
            _ => (0..steps).rev().map(|i| round_ratio(i * last, steps - 1)).collect(),
        };
        match labels.iter().find(|&&label| label >= train_steps) {
            Some(&label) => Err(DiffusionError::LabelOutOfRange { label, train_steps }),
            None => Ok(Some(labels)),
        }
    }
}

/// Rising labels moved apart where they coincide, each as little as those below allow and none above `last`; then
/// reversed. There must be at most `last + 1` of them.
fn apart(mut labels: Vec<usize>, last: usize) -> Vec<usize> {
    for i in 1..labels.len() {
        labels[i] = labels[i].max(labels[i - 1] + 1);
    }
    let mut free = last;
    for label in labels.iter_mut().rev() {
        *label = (*label).min(free);
        free = label.saturating_sub(1);
    }
    labels.reverse();
    labels
}
