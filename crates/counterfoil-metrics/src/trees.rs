//! Gradient-boosted regression trees, for importances that see what a linear reader does not.
//!
//! Friedman, *Greedy function approximation: a gradient boosting machine* (2001), algorithm 2 (squared error):
//! every tree is fitted to what the sum of the trees before it leaves over, and added with a small rate. Splits
//! are sought on histograms: each feature is cut once into at most 255 bins of near equal count, exactly its
//! distinct values where there are no more of them; a threshold lies midway between the two neighbours that it parts
//! in its node. There is no subsampling, and ties go to the first feature and the lowest threshold. Features are
//! searched on all threads of the current pool, each by one thread from start to end, so a fit is a function of its
//! input alone, to the last bit. `O(trees depth n features)`.

use ndarray::{Array1, ArrayRef1, ArrayRef2};
use rayon::prelude::*;
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

/// One feature in bins: the bin of each row, and the least and greatest value of each bin.
struct Binned {
    bins: Vec<u8>,
    low: Vec<f64>,
    high: Vec<f64>,
}

impl Binned {
    fn of(values: &ArrayRef1<f64>) -> Self {
        const MOST: usize = 255;
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let mut low = sorted.clone();
        low.dedup();
        if low.len() > MOST {
            low = (0..MOST).map(|b| sorted[b * sorted.len() / MOST]).collect();
            low.dedup();
        }
        let bin = |v: &f64| (low.partition_point(|start| start <= v) - 1) as u8;
        let bins: Vec<u8> = values.iter().map(bin).collect();
        let mut high = low.clone();
        for (&bin, &value) in bins.iter().zip(values) {
            let high = &mut high[usize::from(bin)];
            *high = high.max(value);
        }
        Self { bins, low, high }
    }

    /// The cut of a node's rows with the largest fall of the squared error above `least`: `(fall, last bin on the
    /// left)`. `rest` holds what is left over at each of `rows`, `total` its sum.
    fn best(&self, rows: &[usize], rest: &[f64], total: f64, leaf: usize, least: f64) -> Cut {
        let mut histogram = vec![(0.0, 0usize); self.low.len()];
        for (&row, rest) in rows.iter().zip(rest) {
            let entry = &mut histogram[usize::from(self.bins[row])];
            entry.0 += rest;
            entry.1 += 1;
        }
        let (mut sum, mut count) = (0.0, 0);
        let mut best = (least, None);
        for (bin, entry) in histogram[..self.low.len() - 1].iter().enumerate() {
            sum += entry.0;
            count += entry.1;
            let other = rows.len() - count;
            if entry.1 == 0 || count < leaf || other < leaf {
                continue;
            }
            let (l, r) = (count as f64, other as f64);
            let fall = l * r / (l + r) * (sum / l - (total - sum) / r).powi(2);
            if fall > best.0 {
                best = (fall, Some(bin));
            }
        }
        best
    }
}

/// The fall of the squared error, and the last bin on the left if there is any cut.
type Cut = (f64, Option<usize>);

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
        let binned = &self.features[feature];
        let (left, right): (Vec<usize>, Vec<usize>) =
            rows.into_iter().partition(|&r| usize::from(binned.bins[r]) <= bin);
        let next = right.iter().map(|&r| usize::from(binned.bins[r])).min().unwrap_or(bin + 1);
        Node::Split {
            feature,
            threshold: middle(binned.high[bin], binned.low[next]),
            left: Box::new(self.grow(left, depth - 1)),
            right: Box::new(self.grow(right, depth - 1)),
        }
    }

    /// The split with the largest fall of the squared error: `(fall, feature, last bin on the left)`.
    fn best(&self, rows: &[usize]) -> Option<(f64, usize, usize)> {
        /// Fewer entries than this take less time than waking a thread.
        const WORTH: usize = 1 << 14;
        let rest: Vec<f64> = rows.iter().map(|&r| self.rest[r]).collect();
        let total: f64 = rest.iter().sum();
        // Below the rounding of the sums a fall is noise.
        let least = rest.iter().map(|v| v * v).sum::<f64>() * 1e-12;
        let cut = |f: &Binned| f.best(rows, &rest, total, self.settings.leaf, least);
        let cuts: Vec<Cut> = if rows.len() * self.features.len() < WORTH {
            self.features.iter().map(cut).collect()
        } else {
            self.features.par_iter().map(cut).collect()
        };
        let mut best: Option<(f64, usize, usize)> = None;
        for (feature, (fall, bin)) in cuts.into_iter().enumerate() {
            if let Some(bin) = bin
                && best.is_none_or(|(most, ..)| fall > most)
            {
                best = Some((fall, feature, bin));
            }
        }
        best
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

    /// Exact: on one thread and on four, with as many rows as make the parallel search worth while.
    #[test]
    fn a_fit_does_not_depend_on_the_number_of_threads() {
        let mut s = Stream::new(3, "trees-threads", 0, 0);
        let x = Array2::from_shape_fn((3000, 8), |_| s.normal());
        let y = Array1::from_shape_fn(3000, |i| x[(i, 1)] * x[(i, 5)] + x[(i, 7)] + s.normal());
        let settings = Boosting { trees: 10, ..Boosting::default() };
        let fit = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let trees = pool.install(|| Trees::fit(&x, &y, &settings)).unwrap();
            (trees.importance(), trees.predict(&x).unwrap())
        };
        assert_eq!(fit(1), fit(4));
    }

    /// Exact: in the node of the right half the values 2 and 8 are neighbours, though 4 lies between them elsewhere.
    #[test]
    fn thresholds_lie_between_neighbours_of_the_node() {
        let x = array![[0.0, 4.0], [0.0, 4.0], [0.0, 4.0], [9.0, 2.0], [9.0, 8.0]];
        let settings = Boosting { trees: 1, depth: 2, rate: 1.0, leaf: 1 };
        let trees = Trees::fit(&x, &array![0.0, 0.0, 0.0, 50.0, 60.0], &settings).unwrap();
        let read = trees.predict(&array![[9.0, 4.9], [9.0, 5.1]]).unwrap();
        assert_relative_eq!(read[0], 50.0, epsilon = 1e-12);
        assert_relative_eq!(read[1], 60.0, epsilon = 1e-12);
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
