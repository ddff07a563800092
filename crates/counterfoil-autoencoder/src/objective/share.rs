//! Which part of a step one of several processes does.

use crate::ModelError;
use std::ops::Range;
use tch::Tensor;

/// The part that process `rank` of `ranks` does of a batch: it decodes a run of items of nearly equal length. What it does
/// of everything else is done by all of them, so it counts for one part in `ranks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    rank: usize,
    ranks: usize,
}

impl Share {
    /// All of it.
    pub const WHOLE: Self = Self { rank: 0, ranks: 1 };

    /// The share of process `rank`, counted from 0.
    ///
    /// # Panics
    /// When there is no such rank.
    pub fn new(rank: usize, ranks: usize) -> Self {
        assert!(rank < ranks, "rank {rank} of {ranks}");
        Self { rank, ranks }
    }

    /// The items of `n` that are decoded here; over all ranks every item once.
    pub fn range(self, n: usize) -> Range<usize> {
        n * self.rank / self.ranks..n * (self.rank + 1) / self.ranks
    }

    /// Checks that a batch of `n` leaves no process without an item.
    ///
    /// # Errors
    /// When it does.
    pub fn check(self, n: usize) -> Result<(), ModelError> {
        if n >= self.ranks {
            return Ok(());
        }
        let reason = format!(
            "is {n}, fewer images than the {} processes that share it; start fewer",
            self.ranks
        );
        Err(ModelError::Setting { key: "training.batch", reason })
    }

    /// The rows of a tensor of the whole batch that are decoded here.
    pub(super) fn rows(self, whole: &Tensor) -> Tensor {
        if self == Self::WHOLE {
            return whole.shallow_clone();
        }
        let range = self.range(whole.size()[0] as usize);
        whole.narrow(0, range.start as i64, range.len() as i64)
    }

    /// What a mean over the items that are decoded here adds to the mean over all `n`.
    pub(super) fn of_items(self, mean: Tensor, n: usize) -> Tensor {
        self.weighed(mean, self.range(n).len() as f64 / n as f64)
    }

    /// What a term that every process computes adds to the sum over all.
    pub(super) fn of_common(self, term: Tensor) -> Tensor {
        self.weighed(term, 1.0 / self.ranks as f64)
    }

    /// The whole stays what it is, to the bit.
    fn weighed(self, term: Tensor, weight: f64) -> Tensor {
        if self == Self::WHOLE { term } else { term * weight }
    }
}
