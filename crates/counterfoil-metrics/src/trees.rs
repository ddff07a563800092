//! Gradient-boosted regression trees, for importances that see what a linear reader does not.
//!
//! Friedman, *Greedy function approximation: a gradient boosting machine* (2001), algorithm 2 (squared error):
//! every tree is fitted to what the sum of the trees before it leaves over, and added with a small rate. Splits
//! are sought on histograms: each feature is cut once into at most 255 bins of near equal count, exactly its
//! distinct values where there are no more of them. There is no subsampling, and ties go to the first feature and
//! the lowest threshold, so a fit is a function of its input alone. `O(trees depth n features)`.

use ndarray::{Array1, ArrayRef1, ArrayRef2};
use serde::{Deserialize, Serialize};

use crate::{
    check,
    error::{MetricsError, Result},
};

/// Size of the ensemble. The default (100 trees of depth 3, rate 0.1, one row a leaf) is that of scikit-learn.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Boosting {
    /// Number of trees, at least 1.
    pub trees: usize,
    /// Splits from root to leaf, 1 to 16.
    pub depth: usize,
    /// Share of each tree that is added, above 0.
    pub rate: f64,
    /// Fewest rows of a leaf, at least 1.
    pub leaf: usize,
}

impl Default for Boosting {
    fn default() -> Self {
        Self { trees: 100, depth: 3, rate: 0.1, leaf: 1 }
    }
}

#[derive(Clone, Debug)]
enum Node {
    Leaf(f64),
    Split { feature: usize, threshold: f64, left: Box<Node>, right: Box<Node> },
}

impl Node {
    fn at(&self, row: &ArrayRef1<f64>) -> f64 {
        match self {
            Self::Leaf(value) => *value,
            Self::Split { feature, threshold, left, right } => {
                if row[*feature] <= *threshold {
                    left.at(row)
                } else {
                    right.at(row)
                }
            }
        }
    }
}

/// A fitted ensemble.
#[derive(Clone, Debug)]
pub struct Trees {
    base: f64,
    rate: f64,
    width: usize,
    nodes: Vec<Node>,
    gains: Array1<f64>,
}

/// One feature in bins: the bin of each row, and the threshold above each bin but the last.
struct Binned {
    bins: Vec<u8>,
    thresholds: Vec<f64>,
}

impl Binned {
    fn of(values: &ArrayRef1<f64>) -> Self {
        const MOST: usize = 255;
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let mut distinct = sorted.clone();
        distinct.dedup();
        let pairs: Vec<(f64, f64)> = if distinct.len() <= MOST {
            distinct.windows(2).map(|w| (w[0], w[1])).collect()
        } else {
            let n = sorted.len();
            (1..MOST).map(|b| (sorted[b * n / MOST - 1], sorted[b * n / MOST])).collect()
        };
        let mut thresholds: Vec<f64> =
            pairs.iter().filter(|(a, b)| a < b).map(|&(a, b)| middle(a, b)).collect();
        thresholds.dedup();
        let bin = |v: &f64| thresholds.partition_point(|t| t < v) as u8;
        Self { bins: values.iter().map(bin).collect(), thresholds }
    }
}

/// Midpoint of two neighbours `a < b`, never `b`, so that a row stays on its side.
fn middle(a: f64, b: f64) -> f64 {
    let middle = f64::midpoint(a, b);
    if middle < b { middle } else { a }
}

impl Trees {
    /// Fit to `x` (`[n, features]`) and `y` (`[n]`).
    ///
    /// # Errors
    /// When the lengths differ, fewer than two rows or no columns are given, a value is not finite, or a setting
    /// lies outside its range.
    pub fn fit(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>, settings: &Boosting) -> Result<Self> {
        check::same_len("x", x.nrows(), "y", y.len())?;
        check::at_least("x", x.nrows(), 2)?;
        check::at_least("columns of `x`", x.ncols(), 1)?;
        check::finite("x", x)?;
        check::finite("y", y)?;
        check::at_least("trees", settings.trees, 1)?;
        check::at_least("leaf", settings.leaf, 1)?;
        check::positive("rate", settings.rate)?;
        if !(1..=16).contains(&settings.depth) {
            let value = settings.depth as f64;
            return Err(MetricsError::Domain { name: "depth", value, domain: "1 to 16" });
        }
        let base = y.sum() / y.len() as f64;
        let mut fit = Growth {
            features: x.columns().into_iter().map(|c| Binned::of(&c)).collect(),
            rest: y.iter().map(|v| v - base).collect(),
            gains: vec![0.0; x.ncols()],
            settings: *settings,
        };
        let nodes = (0..settings.trees).map(|_| fit.grow((0..y.len()).collect(), settings.depth));
        let nodes = nodes.collect();
        Ok(Self {
            base,
            rate: settings.rate,
            width: x.ncols(),
            nodes,
            gains: Array1::from(fit.gains),
        })
    }

    /// What the ensemble reads from each row of `x`.
    ///
    /// # Errors
    /// When the number of columns is not that of the fit or a value is not finite.
    pub fn predict(&self, x: &ArrayRef2<f64>) -> Result<Array1<f64>> {
        check::same_len("columns of `x`", x.ncols(), "fitted columns", self.width)?;
        check::finite("x", x)?;
        let of = |row: &ArrayRef1<f64>| self.nodes.iter().map(|node| node.at(row)).sum::<f64>();
        Ok(x.outer_iter().map(|row| self.base + self.rate * of(&row)).collect())
    }

    /// Importance of each feature: the fall of the squared error over all its splits, as shares that sum to one.
    /// All zero when no split was made.
    pub fn importance(&self) -> Array1<f64> {
        let total = self.gains.sum();
        if total > 0.0 { &self.gains / total } else { self.gains.clone() }
    }
}

/// An ensemble while it grows; `rest` is what the trees so far leave over.
struct Growth {
    features: Vec<Binned>,
    rest: Vec<f64>,
    gains: Vec<f64>,
    settings: Boosting,
}

impl Growth {
    fn grow(&mut self, rows: Vec<usize>, depth: usize) -> Node {
        let split = if depth == 0 { None } else { self.best(&rows) };
        let Some((gain, feature, bin)) = split else {
            let value = rows.iter().map(|&r| self.rest[r]).sum::<f64>() / rows.len() as f64;
            for row in rows {
                self.rest[row] -= self.settings.rate * value;
            }
            return Node::Leaf(value);
        };
        self.gains[feature] += gain;
        let threshold = self.features[feature].thresholds[bin];
        let bins = &self.features[feature].bins;
        let (left, right) = rows.into_iter().partition(|&r| usize::from(bins[r]) <= bin);
        Node::Split {
            feature,
            threshold,
            left: Box::new(self.grow(left, depth - 1)),
            right: Box::new(self.grow(right, depth - 1)),
        }
    }

    /// The split with the largest fall of the squared error: `(fall, feature, last bin on the left)`.
    fn best(&self, rows: &[usize]) -> Option<(f64, usize, usize)> {
        let total: f64 = rows.iter().map(|&r| self.rest[r]).sum();
        let squares: f64 = rows.iter().map(|&r| self.rest[r].powi(2)).sum();
        // Below the rounding of the sums a fall is noise.
        let mut best = (squares * 1e-12, None);
        for (feature, binned) in self.features.iter().enumerate() {
            let mut histogram = vec![(0.0, 0usize); binned.thresholds.len() + 1];
            for &row in rows {
                let entry = &mut histogram[usize::from(binned.bins[row])];
                entry.0 += self.rest[row];
                entry.1 += 1;
            }
            let (mut sum, mut count) = (0.0, 0);
            for (bin, entry) in histogram[..binned.thresholds.len()].iter().enumerate() {
                sum += entry.0;
                count += entry.1;
                let other = rows.len() - count;
                if entry.1 == 0 || count < self.settings.leaf || other < self.settings.leaf {
                    continue;
                }
                let (l, r) = (count as f64, other as f64);
                let fall = l * r / (l + r) * (sum / l - (total - sum) / r).powi(2);
                if fall > best.0 {
                    best = (fall, Some((feature, bin)));
                }
            }
        }
        best.1.map(|(feature, bin)| (best.0, feature, bin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use ndarray::{Array2, array};

    #[test]
    fn one_split_by_hand() {
        // Mean 3; split at 1.5 leaves 0, 0 against 6, 6: the squared error falls by 36.
        let x = array![[0.0, 5.0], [1.0, 5.0], [2.0, 5.0], [3.0, 5.0]];
        let settings = Boosting { trees: 1, depth: 1, rate: 0.5, leaf: 1 };
        let trees = Trees::fit(&x, &array![0.0, 0.0, 6.0, 6.0], &settings).unwrap();
        assert_eq!(trees.importance(), array![1.0, 0.0]);
        assert_relative_eq!(trees.gains[0], 36.0);
        assert_eq!(trees.predict(&array![[1.4, 0.0], [1.6, 0.0]]).unwrap(), array![1.5, 4.5]);
    }

    /// Exact in kind: 300 distinct values exceed the bins, and a parabola has no linear part to read.
    #[test]
    fn a_parabola_is_read_and_owned_by_its_feature() {
        let mut s = Stream::new(3, "trees-test", 0, 0);
        let x = Array2::from_shape_fn((300, 4), |_| s.normal());
        let y = x.column(2).mapv(|v| v * v);
        let trees = Trees::fit(&x, &y, &Boosting::default()).unwrap();
        assert!(trees.importance()[2] > 0.98, "{}", trees.importance());
        let error = trees.predict(&x).unwrap() - &y;
        assert!(error.dot(&error) / y.dot(&y) < 0.01);
    }

    #[test]
    fn faults_are_named_and_a_constant_is_no_fault() {
        let x = array![[0.0], [1.0]];
        let flat = Trees::fit(&x, &array![2.0, 2.0], &Boosting::default()).unwrap();
        assert_eq!((flat.importance(), flat.predict(&x).unwrap()), (array![0.0], array![2.0, 2.0]));
        assert!(Trees::fit(&x, &array![2.0], &Boosting::default()).is_err());
        let deep = Boosting { depth: 0, ..Boosting::default() };
        assert!(Trees::fit(&x, &array![2.0, 1.0], &deep).is_err());
        assert!(flat.predict(&array![[0.0, 1.0]]).is_err());
    }
}
