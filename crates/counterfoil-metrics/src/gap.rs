//! How far the best code dimension of a factor is ahead of the second: the gap behind the SAP and MIG scores.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::{check, error::Result};

/// The two best dimensions of one factor.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Gap {
    /// The dimension with the largest score; of equals the first.
    pub dimension: usize,
    /// Its score.
    pub best: f64,
    /// The largest score of any other dimension.
    pub second: f64,
}

impl Gap {
    /// `best - second`, never negative.
    pub fn size(&self) -> f64 {
        self.best - self.second
    }
}

/// The gaps of all factors and their mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gaps {
    /// Mean gap over factors.
    pub mean: f64,
    /// The gap of each factor.
    pub each: Vec<Gap>,
    /// The scores `[code dimensions, factors]` behind them.
    #[serde(skip)]
    pub scores: Array2<f64>,
}

impl Gaps {
    /// Gaps of a score matrix `[code dimensions, factors]`, larger being better. `O(dimensions factors)`.
    ///
    /// # Errors
    /// When there are fewer than two code dimensions or no factors, or a score is not finite.
    pub fn of(scores: Array2<f64>) -> Result<Self> {
        check::at_least("code dimensions", scores.nrows(), 2)?;
        check::at_least("factors", scores.ncols(), 1)?;
        check::finite("scores", &scores)?;
        let each: Vec<Gap> = scores
            .columns()
            .into_iter()
            .map(|column| {
                let mut gap = Gap { dimension: 0, best: column[0], second: f64::NEG_INFINITY };
                for (dimension, &score) in column.iter().enumerate().skip(1) {
                    if score > gap.best {
                        gap = Gap { dimension, best: score, second: gap.best };
                    } else {
                        gap.second = gap.second.max(score);
                    }
                }
                gap
            })
            .collect();
        Ok(Self { mean: each.iter().map(Gap::size).sum::<f64>() / each.len() as f64, each, scores })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;

    #[test]
    fn gaps_by_hand() {
        let gaps = Gaps::of(array![[0.5, 0.2, 0.4], [0.9, 0.2, 0.8], [0.7, 0.1, 0.1]]).unwrap();
        assert_eq!(gaps.each[0], Gap { dimension: 1, best: 0.9, second: 0.7 });
        assert_eq!(gaps.each[1], Gap { dimension: 0, best: 0.2, second: 0.2 });
        assert_eq!(gaps.each[2], Gap { dimension: 1, best: 0.8, second: 0.4 });
        assert_relative_eq!(gaps.mean, 0.2, epsilon = 1e-15);
        assert!(Gaps::of(array![[0.5, 0.2]]).is_err(), "one dimension has no second");
    }
}
