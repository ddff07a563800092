//! How strongly are two quantities related, by a line or by any other curve? The coefficients MIC and TIC.
//!
//! Reshef et al., *Detecting novel associations in large data sets* (2011), with the heuristic of its supporting
//! material (section 3, algorithms 1 to 5), and Reshef et al., *Measuring dependence powerfully and equitably* (2016)
//! for the total. A grid of `k` columns by `l` rows turns a scatter plot into counts; the mutual information of the
//! best such grid over `ln min(k, l)` is an entry of the *characteristic matrix*, for all `k l` up to `n^alpha`. The
//! maximal information coefficient is the largest entry, the total information coefficient their sum.
//!
//! The best grid is sought as in the paper: rows of near equal count, columns by a dynamic program over at most
//! `c k` clumps of neighbours, then the same with axes swapped, the better of both. Equal values are never torn
//! apart; where they leave fewer rows than asked for, an entry is normalised by the rows there are, as the reference
//! implementation does (minepy 1.2.6, whose figures are reproduced).
//!
//! MIC is 1 for noiseless functions and tends to 0 for independent data, but slowly: for 100 independent pairs it is near
//! 0.24, for 1,000 near 0.14, for 10,000 near 0.06. Read it beside the figure of a permuted column, and never compare
//! different `n`.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    check,
    error::{MetricsError, Result},
    grid_search::{Axis, best_columns},
};

/// How fine the grids are. The default (`alpha` 0.6, `c` 15) is that of the paper.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Grids {
    /// Grids have at most `n^alpha` cells (never less than 4); in (0, 1].
    pub alpha: f64,
    /// Most clumps for each column of a grid, above 0; the cost grows with its square.
    pub c: f64,
}

impl Default for Grids {
    fn default() -> Self {
        Self { alpha: 0.6, c: 15.0 }
    }
}

impl Grids {
    /// The most cells of a grid for these pairs, after checks.
    fn cells(&self, x: &[f64], y: &[f64]) -> Result<usize> {
        check::paired("x", x, "y", y, 4)?;
        check::positive("c", self.c)?;
        if !(self.alpha > 0.0 && self.alpha <= 1.0) {
            let domain = "the half-open interval (0, 1]";
            return Err(MetricsError::Domain { name: "alpha", value: self.alpha, domain });
        }
        // A power that is an integer but for rounding (32^0.6 = 8) must not lose its last cells.
        Ok(((x.len() as f64).powf(self.alpha).max(4.0) * (1.0 + 1e-12)) as usize)
    }

    /// The most clumps for grids of up to so many columns.
    fn clumps(&self, columns: usize) -> usize {
        ((self.c * columns as f64) as usize).max(1)
    }
}

/// The characteristic matrix: the best normalised information of every grid size, each in `[0, 1]`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Characteristic {
    /// `cells[i][j]` belongs to grids of `i + 2` rows (of `y`) and `j + 2` columns (of `x`); later rows are shorter.
    pub cells: Vec<Vec<f64>>,
}

impl Characteristic {
    /// The characteristic matrix of pairs `(x, y)`.
    ///
    /// `O(c^2 n^(3 alpha))` time on all threads of rayon, and `O(c^2 n^(2 alpha))` memory on each, at most: on one about
    /// 20 milliseconds for 1,000 pairs that are independent, a second or two for 10,000.
    ///
    /// ```
    /// use counterfoil_metrics::mine::{Characteristic, Grids};
    /// let x: Vec<f64> = (0..200).map(f64::from).collect();
    /// let y: Vec<f64> = x.iter().map(|x| (x - 99.7).powi(2)).collect();
    /// let matrix = Characteristic::of(&x, &y, &Grids::default())?;
    /// assert!((matrix.mic() - 1.0).abs() < 1e-9);
    /// # Ok::<(), counterfoil_metrics::MetricsError>(())
    /// ```
    ///
    /// # Errors
    /// When the lengths differ, fewer than four pairs are given, a value is not finite, or a setting lies outside its
    /// range.
    pub fn of(x: &[f64], y: &[f64], grids: &Grids) -> Result<Self> {
        let most = grids.cells(x, y)?;
        let (x, y) = (Axis::new(x), Axis::new(y));
        let best = |free: &Axis, equal: &Axis, parts: usize| {
            best_columns(free, equal, parts, most / parts, grids.clumps(most / parts))
        };
        let [mut cells, others] = both_ways(&x, &y, most, best);
        for (k, other) in others.into_iter().enumerate() {
            for (row, value) in cells.iter_mut().zip(other) {
                row[k] = value.max(row[k]);
            }
        }
        Ok(Self { cells })
    }

    /// The *equicharacteristic* matrix, whose largest entry and sum are the estimators MIC_e and TIC_e of the second
    /// paper: the axis with more parts has parts of near equal count, and only the other one is optimised. They
    /// converge to the population's values and cost less; figures are not those of [`Self::of`]. Where both axes have
    /// as many parts the columns are of near equal count, as in the reference implementation, so exchanging the axes
    /// may move these entries.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn equi(x: &[f64], y: &[f64], grids: &Grids) -> Result<Self> {
        let most = grids.cells(x, y)?;
        let (x, y) = (Axis::new(x), Axis::new(y));
        let best = |free: &Axis, equal: &Axis, parts: usize| {
            best_columns(free, equal, parts, parts.min(most / parts), grids.clumps(most / parts))
        };
        let [mut cells, others] = both_ways(&x, &y, most, best);
        cells
            .iter_mut()
            .enumerate()
            .for_each(|(row, cells)| cells.resize(most / (row + 2) - 1, 0.0));
        for (k, other) in others.into_iter().enumerate() {
            for (row, value) in cells.iter_mut().zip(other) {
                row[k] = value;
            }
        }
        Ok(Self { cells })
    }

    /// Maximal information coefficient, in `[0, 1]`.
    pub fn mic(&self) -> f64 {
        self.cells.iter().flatten().copied().fold(0.0, f64::max)
    }

    /// Total information coefficient: the sum of all entries, which grows with their number.
    pub fn tic(&self) -> f64 {
        self.cells.iter().flatten().sum()
    }

    /// Total information coefficient over the number of entries, in `[0, 1]`.
    pub fn mean(&self) -> f64 {
        self.tic() / self.cells.iter().map(Vec::len).sum::<usize>() as f64
    }

    /// Maximum asymmetry score: the largest difference of two entries mirrored at the diagonal, near 0 for a monotone
    /// relation (Reshef et al. 2011, table S1).
    pub fn asymmetry(&self) -> f64 {
        let entries = self.cells.iter().enumerate();
        let differences = entries.flat_map(|(i, row)| {
            row.iter()
                .enumerate()
                .filter_map(move |(j, value)| Some(value - self.cells.get(j)?.get(i)?))
        });
        differences.map(f64::abs).fold(0.0, f64::max)
    }
}

/// What `best` finds for 2, 3, ... parts of `y` with `x` free, and of `x` with `y` free, grids having at most `most` cells.
/// The searches are independent of one another and kept in their order, whatever the number of threads.
fn both_ways(
    x: &Axis,
    y: &Axis,
    most: usize,
    best: impl Fn(&Axis, &Axis, usize) -> Vec<f64> + Sync,
) -> [Vec<Vec<f64>>; 2] {
    let parts = 2..=most / 2;
    let along = |free, equal| parts.clone().into_par_iter().map(|k| best(free, equal, k)).collect();
    rayon::join(|| along(x, y), || along(y, x)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use proptest::prelude::*;

    fn normals(n: usize, item: u64) -> Vec<f64> {
        let mut s = Stream::new(24, "mine-test", item, 0);
        (0..n).map(|_| s.normal()).collect()
    }

    fn of(x: &[f64], y: &[f64]) -> Characteristic {
        Characteristic::of(x, y, &Grids::default()).unwrap()
    }

    #[test]
    fn six_points_worked_by_hand() {
        // 6^0.6 < 4, so the one grid is 2 by 2. Rows of y {1, 2, 3} and {4, 5, 6} along x read a b a b a b... here
        // a a b a b b: the best cut is after two (or before the last two): counts (2, 0), (1, 3).
        let (x, y) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, 2.0, 4.0, 3.0, 5.0, 6.0]);
        let m = of(&x, &y);
        assert_eq!((m.cells.len(), m.cells[0].len()), (1, 1));
        let within = -(0.25 * 0.25f64.ln() + 0.75 * 0.75f64.ln());
        assert_relative_eq!(m.mic(), 1.0 - 4.0 / 6.0 * within / 2f64.ln(), epsilon = 1e-12);
        assert_eq!((m.tic(), m.mean(), m.asymmetry()), (m.mic(), m.mic(), 0.0));
    }

    /// Exact in kind: noiseless functions have MIC 1, monotone ones no asymmetry; the figures of the documentation of
    /// minepy for a line that swings (MAS to its 12 digits) follow. Float class.
    #[test]
    fn noiseless_functions() {
        let x: Vec<f64> = (0..1000).map(|i| f64::from(i) / 999.0).collect();
        let map = |f: fn(f64) -> f64| -> Vec<f64> { x.iter().map(|&v| f(v)).collect() };
        let wave = of(&x, &map(|v| (10.0 * std::f64::consts::PI * v).sin() + v));
        assert_relative_eq!(wave.mic(), 1.0, epsilon = 1e-9);
        assert_relative_eq!(wave.asymmetry(), 0.726071574374, epsilon = 1e-11);
        assert_relative_eq!(wave.tic(), 67.6612295532, epsilon = 1e-9);
        let grows = of(&x, &map(f64::exp));
        assert_relative_eq!(grows.mic(), 1.0, epsilon = 1e-9);
        assert!(grows.asymmetry() < 1e-9 && grows.mean() > 0.999);
    }

    /// Monte-Carlo: over twenty draws of 300 independent pairs MIC lies near 0.2 and never above 0.35.
    #[test]
    fn independent_columns_have_little() {
        let mics: Vec<f64> =
            (0..20).map(|i| of(&normals(300, 2 * i), &normals(300, 2 * i + 1)).mic()).collect();
        assert!(mics.iter().all(|m| (0.05..0.35).contains(m)), "{mics:?}");
        // A circle is no function and far from independent.
        let angle: Vec<f64> = (0..300).map(|i| f64::from(i) * 0.7).collect();
        let circle = of(
            &angle.iter().map(|a| a.cos()).collect::<Vec<_>>(),
            &angle.iter().map(|a| a.sin()).collect::<Vec<_>>(),
        );
        assert!(circle.mic() > 0.55 && circle.mic() < 0.8, "{}", circle.mic());
    }

    #[test]
    fn constants_tell_nothing_and_faults_are_named() {
        let x = normals(30, 0);
        assert_eq!(of(&x, &[2.0; 30]).tic(), 0.0);
        assert_eq!(of(&[2.0; 30], &x).mic(), 0.0);
        assert_eq!(Characteristic::equi(&x, &[2.0; 30], &Grids::default()).unwrap().tic(), 0.0);
        let grids = Grids { alpha: 1.1, ..Grids::default() };
        assert!(matches!(
            Characteristic::of(&x, &x, &grids),
            Err(MetricsError::Domain { name: "alpha", .. })
        ));
        assert!(Characteristic::of(&x, &x, &Grids { c: 0.0, ..Grids::default() }).is_err());
        assert!(Characteristic::of(&x, &x[1..], &Grids::default()).is_err());
        assert_eq!(of(&normals(32, 1), &normals(32, 2)).cells.len(), 3, "32^0.6 is 8, not less");
    }

    /// Exact: on one thread and on four.
    #[test]
    fn a_matrix_does_not_depend_on_the_number_of_threads() {
        let (x, y) = (normals(500, 3), normals(500, 4));
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let grids = Grids::default();
            pool.install(|| {
                [Characteristic::of(&x, &y, &grids), Characteristic::equi(&x, &y, &grids)]
            })
        };
        assert_eq!(on(1), on(4));
    }

    /// Mutual information over `ln min(rows, columns)` of the best columns by trying every choice of cuts between
    /// the points sorted by x, with rows of equal count: slow and independent of the dynamic program.
    fn exhaustive(x: &[f64], y: &[f64], rows: usize, columns: usize) -> f64 {
        let n = x.len();
        let rank = |v: &[f64], i: usize| v.iter().filter(|&&o| o < v[i]).count();
        let row_of: Vec<usize> = (0..n).map(|i| rank(y, i) * rows / n).collect();
        let mut best = 0.0f64;
        for cuts in (0u32..1 << (n - 1)).filter(|c| c.count_ones() as usize == columns - 1) {
            let mut joint = vec![vec![0.0f64; rows]; columns];
            for i in 0..n {
                let column = (cuts & ((1 << rank(x, i)) - 1)).count_ones() as usize;
                joint[column][row_of[i]] += 1.0 / n as f64;
            }
            let mut information = 0.0;
            for column in &joint {
                for (r, &p) in column.iter().enumerate().filter(|(_, p)| **p > 0.0) {
                    let margin: f64 = joint.iter().map(|c| c[r]).sum();
                    information += p * (p / margin / column.iter().sum::<f64>()).ln();
                }
            }
            best = best.max(information);
        }
        best / (rows.min(columns) as f64).ln()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Float class: against trying all cuts on 12 points, where no clumps are merged. Grids of at most 12^0.75 = 6
        /// cells: 2 by 2, 2 by 3 and 3 by 2.
        #[test]
        fn it_agrees_with_trying_all_cuts(item: u64) {
            let (x, y) = (normals(12, item), normals(12, item ^ 1));
            let m = Characteristic::of(&x, &y, &Grids { alpha: 0.75, c: 15.0 }).unwrap();
            prop_assert_eq!(m.cells.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
            for (i, row) in m.cells.iter().enumerate() {
                for (j, &value) in row.iter().enumerate() {
                    let one = exhaustive(&x, &y, i + 2, j + 2);
                    let other = exhaustive(&y, &x, j + 2, i + 2);
                    assert_relative_eq!(value, one.max(other), epsilon = 1e-12);
                }
            }
        }

        /// Float class: exchanging the axes mirrors the matrix, strictly increasing maps leave it, ties do no harm.
        #[test]
        fn it_sees_order_only_and_is_symmetric(item: u64, coarse in prop::bool::ANY) {
            let coarsen = |v: Vec<f64>| -> Vec<f64> {
                v.into_iter().map(|v| if coarse { (2.0 * v).round() } else { v }).collect()
            };
            let (x, y) = (coarsen(normals(80, item)), coarsen(normals(80, item ^ 1)));
            let plain = of(&x, &y);
            prop_assert!(plain.cells.iter().flatten().all(|v| (0.0..=1.0).contains(v)));
            let turned = of(&y, &x);
            assert_relative_eq!(plain.tic(), turned.tic(), epsilon = 1e-9);
            assert_relative_eq!(plain.mic(), turned.mic(), epsilon = 1e-12);
            // Holding one axis to equal counts finds no better grid, and every entry is found by one of the two passes.
            let equi = Characteristic::equi(&x, &y, &Grids::default()).unwrap();
            for (held, free) in equi.cells.iter().flatten().zip(plain.cells.iter().flatten()) {
                prop_assert!(*held <= free + 1e-12 && *held > 0.0);
            }
            let bent: Vec<f64> = x.iter().map(|v| v.exp()).collect();
            prop_assert_eq!(of(&bent, &y), plain);
        }
    }
}
