//! Times of both sides, round by round, and their ratios.

use serde_json::{Map, Value, json};

/// The place of our side among [`VARIANTS`].
pub(super) const OURS: usize = 0;
/// How one side computes.
pub(super) const VARIANTS: [&str; 5] =
    ["ours", "eager-f32", "eager-bf16", "compile-f32", "compile-bf16"];

/// What is timed: a training step, a denoising call, and to abduct and to draw counterfactuals.
pub(super) const TASKS: [&str; 3] = ["train", "sample", COUNTERFACTUAL];
pub(super) const COUNTERFACTUAL: &str = "counterfactual";

/// Times of all variants of one task, in seconds a step; the same places are of the same round.
#[derive(Clone, Debug)]
pub(super) struct Measured {
    /// One of [`TASKS`].
    pub(super) what: String,
    /// The architecture.
    pub(super) size: String,
    /// For each of [`VARIANTS`], none where it does not run here.
    pub(super) times: [Vec<f64>; VARIANTS.len()],
}

/// The middle and both ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Spread {
    pub(super) fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let (&low, &high) = (values.first()?, values.last()?);
        let (half, n) = (values.len() / 2, values.len());
        let median =
            if n % 2 == 1 { values[half] } else { f64::midpoint(values[half - 1], values[half]) };
        Some(Self { median, low, high })
    }

    /// `0.53 (0.51 to 0.55)`.
    pub(super) fn told(self) -> String {
        format!("{:.2} ({:.2} to {:.2})", self.median, self.low, self.high)
    }
}

impl Measured {
    /// Seconds a step of a variant.
    pub(super) fn step(&self, variant: usize) -> Option<Spread> {
        Spread::of(self.times[variant].clone())
    }

    /// Our time over that of another, within each round.
    pub(super) fn ratio(&self, variant: usize) -> Option<Spread> {
        let pairs = self.times[0].iter().zip(&self.times[variant]);
        Spread::of(pairs.map(|(ours, theirs)| ours / theirs).collect())
    }

    /// The faster of PyTorch's two eager variants.
    pub(super) fn best_eager(&self) -> usize {
        let median = |variant| self.step(variant).map_or(f64::INFINITY, |spread| spread.median);
        if median(2) < median(1) { 2 } else { 1 }
    }

    pub(super) fn json(&self) -> Value {
        let times: Map<String, Value> = VARIANTS
            .iter()
            .zip(&self.times)
            .map(|(name, times)| ((*name).to_owned(), json!(times)))
            .collect();
        json!({ "what": self.what, "size": self.size, "step_s": times })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured() -> Measured {
        Measured {
            what: "train".into(),
            size: "small".into(),
            times: [vec![1.0, 3.0], vec![4.0, 4.0], vec![2.0, 3.0], vec![], vec![]],
        }
    }

    #[test]
    fn ratios_are_taken_within_rounds() {
        let of = measured();
        assert_eq!(of.ratio(1), Some(Spread { median: 0.5, low: 0.25, high: 0.75 }));
        assert_eq!(of.ratio(1).unwrap().told(), "0.50 (0.25 to 0.75)");
        assert_eq!((of.best_eager(), of.ratio(3)), (2, None));
        assert_eq!(Spread::of(vec![3.0, 1.0, 2.0]).unwrap().median, 2.0);
    }
}
