//! Ridge regression: a linear reader that stays calm when there are more features than images.
//!
//! Hoerl and Kennard, *Ridge regression: biased estimation for nonorthogonal problems* (1970). Features are
//! standardised and the intercept is not penalised, so the objective is
//! `mean |y - b - Z w|^2 + penalty |w|^2` with `Z` the standardised features.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2, ArrayView1, Axis};

use crate::{check, error::Result, statistics::squares, symmetric::solve};

/// Penalties among which [`Ridge::tuned`] chooses, relative to features of variance one.
pub const PENALTIES: [f64; 8] = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0];

/// A fitted ridge regression.
#[derive(Clone, Debug)]
pub struct Ridge {
    centre: Array1<f64>,
    scale: Array1<f64>,
    weights: Array1<f64>,
    intercept: f64,
    penalty: f64,
}

impl Ridge {
    /// Fits `y` (one value per row of `x`) with the given penalty.
    ///
    /// Solves the smaller of the normal equations (`features x features`) and their dual (`rows x rows`), which have
    /// the same solution: `O(rows features min(rows, features))`.
    ///
    /// # Errors
    /// When the numbers of rows differ, fewer than two rows or no columns are given, a value is not finite, or
    /// `penalty` is not positive.
    pub fn fit(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>, penalty: f64) -> Result<Self> {
        let solver = if x.nrows() < x.ncols() { Solver::Dual } else { Solver::Primal };
        Self::fit_by(x, y, penalty, solver)
    }

    fn fit_by(
        x: &ArrayRef2<f64>,
        y: &ArrayRef1<f64>,
        penalty: f64,
        solver: Solver,
    ) -> Result<Self> {
        check::same_len("x", x.nrows(), "y", y.len())?;
        check::at_least("x", x.nrows(), 2)?;
        check::at_least("columns of `x`", x.ncols(), 1)?;
        check::finite("x", x)?;
        check::finite("y", y)?;
        check::positive("penalty", penalty)?;
        let n = x.nrows() as f64;
        let centre = x.sum_axis(Axis(0)) / n;
        // A constant column has nothing to say: an infinite scale makes its standardised values zero.
        let deviation = |column: ArrayView1<f64>| (squares(&column.to_vec()) / n).sqrt();
        let scale: Array1<f64> = x
            .columns()
            .into_iter()
            .map(deviation)
            .map(|d| if d == 0.0 { f64::INFINITY } else { d })
            .collect();
        let intercept = y.sum() / n;
        let z = (&x.view() - &centre) / &scale;
        let residual = y - intercept;
        let weights = match solver {
            Solver::Primal => {
                let gram = z.t().dot(&z) / n + penalty * Array2::<f64>::eye(z.ncols());
                solve(&gram, &(z.t().dot(&residual) / n))?
            }
            Solver::Dual => {
                let gram = z.dot(&z.t()) / n + penalty * Array2::<f64>::eye(z.nrows());
                z.t().dot(&solve(&gram, &residual)?) / n
            }
        };
        Ok(Self { centre, scale, weights, intercept, penalty })
    }

    /// Fits with the penalty of [`PENALTIES`] that predicts best from one half of the rows to the other and back.
    ///
    /// The halves are the even and the odd rows, so shuffle rows that have an order.
    ///
    /// # Errors
    /// As [`Ridge::fit`], and when fewer than four rows are given.
    pub fn tuned(x: &ArrayRef2<f64>, y: &ArrayRef1<f64>) -> Result<Self> {
        check::same_len("x", x.nrows(), "y", y.len())?;
        check::at_least("x", x.nrows(), 4)?;
        let rows = |from: usize| (from..x.nrows()).step_by(2).collect::<Vec<_>>();
        let halves = [rows(0), rows(1)].map(|r| (x.select(Axis(0), &r), y.select(Axis(0), &r)));
        let loss = |penalty: f64| -> Result<f64> {
            let mut total = 0.0;
            for (fit, score) in [(0, 1), (1, 0)] {
                let model = Self::fit(&halves[fit].0, &halves[fit].1, penalty)?;
                let error = model.predict(&halves[score].0)? - &halves[score].1;
                total += error.dot(&error);
            }
            Ok(total)
        };
        let mut best = (f64::INFINITY, PENALTIES[0]);
        for penalty in PENALTIES {
            let loss = loss(penalty)?;
            if loss < best.0 {
                best = (loss, penalty);
            }
        }
        Self::fit(x, y, best.1)
    }

    /// Predictions for one feature vector per row, in the units of the fitted target.
    ///
    /// # Errors
    /// When the number of columns differs from that of the fit, or a value is not finite.
    pub fn predict(&self, x: &ArrayRef2<f64>) -> Result<Array1<f64>> {
        check::same_len("columns of `x`", x.ncols(), "weights", self.weights.len())?;
        check::finite("x", x)?;
        Ok(((&x.view() - &self.centre) / &self.scale).dot(&self.weights) + self.intercept)
    }

    /// Weights of the standardised features, in the units of the target; 0 for a constant feature.
    pub fn weights(&self) -> &Array1<f64> {
        &self.weights
    }

    /// The penalty of the fit.
    pub fn penalty(&self) -> f64 {
        self.penalty
    }
}

#[derive(Clone, Copy)]
enum Solver {
    Primal,
    Dual,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::MetricsError;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use ndarray::array;
    use proptest::prelude::*;

    fn normals(shape: (usize, usize), item: u64) -> Array2<f64> {
        let mut s = Stream::new(12, "ridge-test", item, 0);
        Array2::from_shape_fn(shape, |_| s.normal())
    }

    #[test]
    fn one_feature_worked_by_hand() {
        // x standardises to (-1, 1), y - 3 = (-2, 2): w = 2 / (1 + penalty).
        let ridge = Ridge::fit(&array![[0.0], [4.0]], &array![1.0, 5.0], 1.0).unwrap();
        assert_relative_eq!(ridge.weights()[0], 1.0, epsilon = 1e-12);
        let read = ridge.predict(&array![[2.0], [6.0]]).unwrap();
        assert_relative_eq!(read[0], 3.0, epsilon = 1e-12);
        assert_relative_eq!(read[1], 5.0, epsilon = 1e-12);
    }

    #[test]
    fn a_constant_feature_is_ignored() {
        let x = array![[1.0, 0.1], [2.0, 0.1], [4.0, 0.1]];
        let y = array![1.0, 2.0, 4.0];
        let ridge = Ridge::fit(&x, &y, 1e-9).unwrap();
        assert_eq!(ridge.weights()[1], 0.0);
        let read = ridge.predict(&array![[3.0, 77.0]]).unwrap();
        assert_relative_eq!(read[0], 3.0, epsilon = 1e-6);
    }

    /// Monte-Carlo: a clean linear law wants the smallest penalty; for labels of pure noise any weight is a loss on
    /// average, so nearly all of twenty want a penalty no smaller than the features' variance.
    #[test]
    fn the_penalty_follows_the_noise() {
        let x = normals((60, 25), 0);
        let clean = x.dot(&normals((25, 1), 1)).column(0).to_owned();
        assert_eq!(Ridge::tuned(&x, &clean).unwrap().penalty(), PENALTIES[0]);
        let noise = normals((60, 20), 2);
        let calmed =
            noise.columns().into_iter().filter(|y| Ridge::tuned(&x, y).unwrap().penalty() >= 1.0);
        assert!(calmed.count() >= 17);
    }

    #[test]
    fn faults_are_named() {
        let x = normals((4, 2), 0);
        let y = array![1.0, 2.0, 3.0];
        assert!(matches!(
            Ridge::fit(&x, &y, 1.0),
            Err(MetricsError::Length { left_len: 4, right_len: 3, .. })
        ));
        let y = array![1.0, 2.0, 3.0, 4.0];
        assert!(Ridge::fit(&x, &y, 0.0).is_err());
        let ridge = Ridge::fit(&x, &y, 1.0).unwrap();
        assert!(ridge.predict(&normals((4, 3), 0)).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// Float class: both systems are well conditioned at penalty 0.1 (condition number below 1e3).
        #[test]
        fn primal_and_dual_agree(rows in 3usize..12, columns in 1usize..12, item: u64) {
            let (x, y) = (normals((rows, columns), item), normals((rows, 1), item ^ 1));
            let by = |solver| Ridge::fit_by(&x, &y.column(0), 0.1, solver).unwrap();
            let (primal, dual) = (by(Solver::Primal), by(Solver::Dual));
            for (a, b) in primal.weights.iter().zip(&dual.weights) {
                assert_relative_eq!(a, b, epsilon = 1e-10);
            }
        }

        /// Float class: predictions do not depend on the units of the features.
        #[test]
        fn units_do_not_matter(item: u64, scale in 0.1..10.0f64, shift in -5.0..5.0f64) {
            let (x, y) = (normals((20, 3), item), normals((20, 1), item ^ 1));
            let other = &x * scale + shift;
            let read = |x: &Array2<f64>| Ridge::fit(x, &y.column(0), 0.01).unwrap().predict(x).unwrap();
            for (a, b) in read(&x).iter().zip(&read(&other)) {
                assert_relative_eq!(a, b, epsilon = 1e-9);
            }
        }
    }
}
