//! The learning rate over the steps of a run: a linear rise, then half a cosine. No clock and no epoch enters.

use crate::config::TrainingSection;

/// The learning rate of `step` (counted from 0), as Loshchilov and Hutter 2017 (SGDR, eq. 5, one period) after a
/// linear warm-up as in Goyal et al. 2017 (section 2.2).
///
/// It reaches `learning_rate` with the last step of the warm-up and `final_learning_rate` with the last of all.
pub fn learning_rate(training: &TrainingSection, step: u64) -> f64 {
    let TrainingSection { steps, warmup_steps, learning_rate, final_learning_rate, .. } = *training;
    if step < warmup_steps {
        return learning_rate * (step + 1) as f64 / warmup_steps as f64;
    }
    let span = steps.saturating_sub(warmup_steps + 1).max(1);
    let done = ((step - warmup_steps) as f64 / span as f64).min(1.0);
    let height = 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
    final_learning_rate + (learning_rate - final_learning_rate) * height
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn training(steps: u64, warmup_steps: u64) -> TrainingSection {
        TrainingSection {
            steps,
            warmup_steps,
            learning_rate: 2e-3,
            final_learning_rate: 1e-4,
            ..TrainingSection::default()
        }
    }

    proptest! {
        /// Float class, a few rounding errors of numbers near 1e-3: the rate rises through the warm-up, falls after it,
        /// and stays between the final and the highest one there.
        #[test]
        fn it_rises_and_then_falls(steps in 2u64..500, share in 0.0f64..1.0) {
            let warmup = ((steps as f64 * share) as u64).min(steps - 1);
            let t = training(steps, warmup);
            let rates: Vec<f64> = (0..steps).map(|s| learning_rate(&t, s)).collect();
            let (rise, fall) = rates.split_at(warmup as usize);
            prop_assert!(rise.windows(2).all(|w| w[0] < w[1]));
            prop_assert!(fall.windows(2).all(|w| w[0] > w[1]));
            prop_assert!(rates.iter().all(|r| *r > 0.0 && *r <= 2e-3 + 1e-15));
            prop_assert!(fall.iter().all(|r| *r >= 1e-4 - 1e-15));
        }
    }

    #[test]
    fn both_ends_are_reached() {
        let t = training(101, 10);
        assert_eq!(learning_rate(&t, 0), 2e-4);
        assert_eq!(learning_rate(&t, 9), 2e-3);
        assert_eq!(learning_rate(&t, 10), 2e-3);
        // Halfway along the cosine, at step 55, the rate is the mean of both ends.
        assert!((learning_rate(&t, 55) - 1.05e-3).abs() < 1e-15);
        assert!((learning_rate(&t, 100) - 1e-4).abs() < 1e-15);
        assert_eq!(learning_rate(&training(1, 0), 0), 2e-3);
    }
}
