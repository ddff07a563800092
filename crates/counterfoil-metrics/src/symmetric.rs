//! Small symmetric matrices: eigen-decomposition by Jacobi rotations and solution by Cholesky factors.
//!
//! Covariances of a few hundred features are all that metrics need, so two classical methods of a page each
//! stand in for a linear-algebra library. Golub and Van Loan, *Matrix Computations* (4th edition), sections 4.2
//! and 8.5.

use ndarray::{Array1, Array2, ArrayRef1, ArrayRef2};

use crate::{
    check,
    error::{MetricsError, Result},
};

/// Sweeps after which Jacobi's method gives up; it converges quadratically, in six to ten.
const SWEEPS: usize = 60;

/// Eigenvalues, in no order, and eigenvectors as columns: `a = V diag(values) V^T`, `V^T V = 1`.
///
/// Cyclic Jacobi rotations, `O(n^3)` per sweep; the symmetric part of `a` is what counts.
///
/// # Errors
/// When `a` is empty, not square or not finite, or the rotations do not converge.
pub fn eigen(a: &ArrayRef2<f64>) -> Result<(Array1<f64>, Array2<f64>)> {
    square("a", a)?;
    let n = a.nrows();
    let mut a = (&a.view() + &a.t()) / 2.0;
    let mut vectors = Array2::eye(n);
    // Entries below the rounding of the largest are noise, and chasing them would never end.
    let largest = a.iter().fold(0.0, |m: f64, x| m.max(x.abs()));
    let noise = f64::EPSILON * largest;
    for _ in 0..SWEEPS {
        let mut diagonal = true;
        for p in 0..n {
            for q in p + 1..n {
                if a[(p, q)].abs() > noise {
                    rotate(&mut a, &mut vectors, p, q);
                    diagonal = false;
                }
            }
        }
        if diagonal {
            return Ok((a.diag().to_owned(), vectors));
        }
    }
    let reason = "Jacobi rotations did not converge";
    Err(MetricsError::Degenerate { figure: "an eigen-decomposition", reason })
}

/// The rotation in the plane (p, q) that makes `a[p, q]` zero, applied to `a` and to the vectors.
fn rotate(a: &mut Array2<f64>, vectors: &mut Array2<f64>, p: usize, q: usize) {
    let theta = (a[(q, q)] - a[(p, p)]) / (2.0 * a[(p, q)]);
    // The smaller root of t^2 + 2 theta t - 1 = 0: an angle of at most 45 degrees; 0 when theta overflows.
    let t = theta.signum() / (theta.abs() + theta.hypot(1.0));
    let c = 1.0 / t.hypot(1.0);
    let s = t * c;
    let n = a.nrows();
    for k in 0..n {
        let (x, y) = (a[(k, p)], a[(k, q)]);
        (a[(k, p)], a[(k, q)]) = (c * x - s * y, s * x + c * y);
    }
    for k in 0..n {
        let (x, y) = (a[(p, k)], a[(q, k)]);
        (a[(p, k)], a[(q, k)]) = (c * x - s * y, s * x + c * y);
        let (x, y) = (vectors[(k, p)], vectors[(k, q)]);
        (vectors[(k, p)], vectors[(k, q)]) = (c * x - s * y, s * x + c * y);
    }
}

/// The symmetric square root of a positive semi-definite matrix; eigenvalues below zero count as zero.
///
/// # Errors
/// As [`eigen`].
pub fn square_root(a: &ArrayRef2<f64>) -> Result<Array2<f64>> {
    let (values, vectors) = eigen(a)?;
    let scaled = &vectors * &values.mapv(|v| v.max(0.0).sqrt());
    Ok(scaled.dot(&vectors.t()))
}

/// The solution `x` of `a x = b` for a positive definite `a`, by Cholesky factors; `O(n^3 / 6)` multiplications.
///
/// # Errors
/// When `a` is empty, not square, not finite or not positive definite, or `b` has another length.
pub fn solve(a: &ArrayRef2<f64>, b: &ArrayRef1<f64>) -> Result<Array1<f64>> {
    square("a", a)?;
    check::same_len("b", b.len(), "a row of `a`", a.ncols())?;
    check::finite("b", b)?;
    let n = b.len();
    let mut lower = Array2::<f64>::zeros((n, n));
    for i in 0..n {
        for j in 0..=i {
            let (done, row) = (lower.row(i), lower.row(j));
            let known: f64 = done.iter().zip(row).take(j).map(|(x, y)| x * y).sum();
            let rest = a[(i, j)] - known;
            lower[(i, j)] = if i > j {
                rest / lower[(j, j)]
            } else if rest > 0.0 {
                rest.sqrt()
            } else {
                let reason = "the matrix is not positive definite";
                return Err(MetricsError::Degenerate { figure: "a solution", reason });
            };
        }
    }
    let mut x = b.to_owned();
    for i in 0..n {
        let known: f64 = (0..i).map(|k| lower[(i, k)] * x[k]).sum();
        x[i] = (x[i] - known) / lower[(i, i)];
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|k| lower[(k, i)] * x[k]).sum();
        x[i] = (x[i] - known) / lower[(i, i)];
    }
    Ok(x)
}

fn square(name: &'static str, a: &ArrayRef2<f64>) -> Result<()> {
    check::same_len("a row of `a`", a.ncols(), "a column of `a`", a.nrows())?;
    check::at_least(name, a.len(), 1)?;
    check::finite(name, a)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use ndarray::array;
    use proptest::prelude::*;

    /// `B^T B + ridge`, positive definite.
    fn covariance(n: usize) -> impl Strategy<Value = Array2<f64>> {
        prop::collection::vec(-1.0..1.0f64, n * n).prop_map(move |b| {
            let b = Array2::from_shape_vec((n, n), b).unwrap();
            b.t().dot(&b) + 0.01 * Array2::<f64>::eye(n)
        })
    }

    fn near(a: &Array2<f64>, b: &Array2<f64>, bound: f64) {
        assert_eq!(a.dim(), b.dim());
        for (x, y) in a.iter().zip(b) {
            assert_relative_eq!(x, y, epsilon = bound);
        }
    }

    #[test]
    fn a_matrix_worked_by_hand() {
        // Eigenvalues 1 and 3 with vectors (1, -1) and (1, 1).
        let a = array![[2.0, 1.0], [1.0, 2.0]];
        let (mut values, _) = eigen(&a).map(|(v, u)| (v.to_vec(), u)).unwrap();
        values.sort_by(f64::total_cmp);
        assert_relative_eq!(values[0], 1.0, epsilon = 1e-15);
        assert_relative_eq!(values[1], 3.0, epsilon = 1e-15);
        let x = solve(&a, &array![4.0, 5.0]).unwrap();
        assert_relative_eq!(x[0], 1.0, epsilon = 1e-15);
        assert_relative_eq!(x[1], 2.0, epsilon = 1e-15);
    }

    #[test]
    fn degenerate_matrices() {
        let zero = Array2::<f64>::zeros((3, 3));
        assert_eq!(eigen(&zero).unwrap().0, Array1::<f64>::zeros(3));
        assert!(matches!(solve(&zero, &Array1::zeros(3)), Err(MetricsError::Degenerate { .. })));
        let oblong = Array2::<f64>::zeros((2, 3));
        assert!(matches!(eigen(&oblong), Err(MetricsError::Length { .. })));
        // An entry that is rounding noise beside the diagonal is left alone; equal diagonals turn by 45 degrees.
        let skew = array![[1e300, 1e-10], [1e-10, 1.0]];
        assert_eq!(eigen(&skew).unwrap().0.to_vec(), [1e300, 1.0]);
        let flat = array![[0.0, 1e-300], [1e-300, 0.0]];
        let mut values = eigen(&flat).unwrap().0.to_vec();
        values.sort_by(f64::total_cmp);
        assert_relative_eq!(values[0], -1e-300, max_relative = 1e-12, epsilon = 0.0);
        assert_relative_eq!(values[1], 1e-300, max_relative = 1e-12, epsilon = 0.0);
    }

    /// Float class: backward errors of n eps |a| at the widths of real features, with a covariance that is
    /// well conditioned and one of half the rank.
    #[test]
    fn wide_matrices_converge() {
        for (rows, width) in [(400, 96), (48, 96)] {
            let mut s = Stream::new(17, "wide-test", rows as u64, 0);
            let b = Array2::from_shape_fn((rows, width), |_| s.normal());
            let a = b.t().dot(&b) / rows as f64;
            let (values, vectors) = eigen(&a).unwrap();
            near(&(&vectors * &values).dot(&vectors.t()), &a, 1e-12);
            assert_eq!(values.iter().filter(|&&v| v > 1e-10).count(), rows.min(width));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Float class: backward stable methods on matrices of norm at most 8.
        #[test]
        fn factors_multiply_back(a in (1usize..9).prop_flat_map(covariance)) {
            let n = a.nrows();
            let (values, vectors) = eigen(&a).unwrap();
            near(&(&vectors * &values).dot(&vectors.t()), &a, 1e-12);
            near(&vectors.t().dot(&vectors), &Array2::eye(n), 1e-12);
            let root = square_root(&a).unwrap();
            near(&root.dot(&root), &a, 1e-12);
            near(&root, &root.t().to_owned(), 1e-13);
        }

        /// Float class: condition number at most 8 / 0.01, residual a few ulps of the norm.
        #[test]
        fn solutions_solve(a in covariance(6), x in prop::collection::vec(-1.0..1.0f64, 6)) {
            let x = Array1::from(x);
            let found = solve(&a, &a.dot(&x)).unwrap();
            for (f, x) in found.iter().zip(&x) {
                assert_relative_eq!(f, x, epsilon = 1e-10);
            }
        }
    }
}
