//! The little linear algebra of Gaussian models: dense products and the Cholesky factor of a covariance.

/// A dense matrix, row-major.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

/// A pivot below this part of its diagonal entry is rounding of zero.
const RANK_TOLERANCE: f64 = 1e-12;

impl Matrix {
    pub(crate) fn zeros(rows: usize, columns: usize) -> Self {
        Self { rows, columns, values: vec![0.0; rows * columns] }
    }

    pub(crate) fn from_fn(
        rows: usize,
        columns: usize,
        mut entry: impl FnMut(usize, usize) -> f64,
    ) -> Self {
        let mut matrix = Self::zeros(rows, columns);
        for i in 0..rows {
            for j in 0..columns {
                matrix.set(i, j, entry(i, j));
            }
        }
        matrix
    }

    pub(crate) fn get(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.columns + column]
    }

    pub(crate) fn set(&mut self, row: usize, column: usize, value: f64) {
        self.values[row * self.columns + column] = value;
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        let mut product = Self::zeros(self.rows, other.columns);
        for i in 0..self.rows {
            for k in 0..self.columns {
                let factor = self.get(i, k);
                if factor != 0.0 {
                    for j in 0..other.columns {
                        product.values[i * other.columns + j] += factor * other.get(k, j);
                    }
                }
            }
        }
        product
    }

    pub(crate) fn apply(&self, vector: &[f64]) -> Vec<f64> {
        let row = |i: usize| &self.values[i * self.columns..(i + 1) * self.columns];
        (0..self.rows).map(|i| row(i).iter().zip(vector).map(|(a, b)| a * b).sum()).collect()
    }

    pub(crate) fn transposed(&self) -> Self {
        Self::from_fn(self.columns, self.rows, |i, j| self.get(j, i))
    }

    pub(crate) fn minus(&self, other: &Self) -> Self {
        Self::from_fn(self.rows, self.columns, |i, j| self.get(i, j) - other.get(i, j))
    }

    /// The rows and columns of the given numbers.
    pub(crate) fn select(&self, rows: &[usize], columns: &[usize]) -> Self {
        Self::from_fn(rows.len(), columns.len(), |i, j| self.get(rows[i], columns[j]))
    }

    /// `self * middle * self^T`.
    pub(crate) fn sandwich(&self, middle: &Self) -> Self {
        self.times(middle).times(&self.transposed())
    }

    /// The lower triangular `L` with `L L^T` = this matrix, which may be singular: a column of zeros stands for a
    /// variable that the earlier ones determine. `None` unless the matrix is symmetric and positive semidefinite. `O(n^3)`.
    pub(crate) fn cholesky(&self) -> Option<Self> {
        let n = self.rows;
        let mut factor = Self::zeros(n, n);
        for j in 0..n {
            let below = |i: usize, factor: &Self| {
                let known: f64 = (0..j).map(|k| factor.get(i, k) * factor.get(j, k)).sum();
                self.get(i, j) - known
            };
            let pivot = below(j, &factor);
            let scale = self.get(j, j).abs();
            if pivot < -RANK_TOLERANCE * scale || !pivot.is_finite() {
                return None;
            }
            let determined = pivot <= RANK_TOLERANCE * scale;
            let root = pivot.max(0.0).sqrt();
            for i in j..n {
                let rest = below(i, &factor);
                if (self.get(i, j) - self.get(j, i)).abs() > 1e-9 * (scale + self.get(i, i).abs()) {
                    return None;
                }
                if !determined {
                    factor.set(i, j, if i == j { root } else { rest / root });
                } else if rest.abs() > 1e-6 * (scale * self.get(i, i).abs()).sqrt() {
                    // A variable without variance cannot covary.
                    return None;
                }
            }
        }
        Some(factor)
    }

    /// A solution `x` of `L L^T x = b` for a factor `L` of [`Matrix::cholesky`]; zero along what is determined.
    pub(crate) fn solve(&self, b: &[f64]) -> Vec<f64> {
        let n = self.rows;
        let mut x = b.to_vec();
        for i in 0..n {
            let known: f64 = (0..i).map(|k| self.get(i, k) * x[k]).sum();
            let pivot = self.get(i, i);
            x[i] = if pivot > 0.0 { (x[i] - known) / pivot } else { 0.0 };
        }
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|k| self.get(k, i) * x[k]).sum();
            let pivot = self.get(i, i);
            x[i] = if pivot > 0.0 { (x[i] - known) / pivot } else { 0.0 };
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Float class: the products of 3 x 3 matrices of small numbers, 1e-12.
    #[test]
    fn a_factor_squares_to_its_matrix_even_when_singular() {
        // The third variable is the sum of the first two.
        let half = Matrix { rows: 3, columns: 2, values: vec![1.0, 0.0, 0.5, 2.0, 1.5, 2.0] };
        let covariance = half.times(&half.transposed());
        let factor = covariance.cholesky().unwrap();
        let back = factor.times(&factor.transposed());
        assert!(back.values.iter().zip(&covariance.values).all(|(a, b)| (a - b).abs() < 1e-12));
        assert_eq!(factor.get(2, 2), 0.0);
        let b = covariance.apply(&[1.0, -2.0, 0.5]);
        let x = factor.solve(&b);
        assert!(covariance.apply(&x).iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-12));
    }

    #[test]
    fn what_is_no_covariance_has_no_factor() {
        let matrix = |values: [f64; 4]| Matrix { rows: 2, columns: 2, values: values.to_vec() };
        assert!(matrix([1.0, 2.0, 2.0, 1.0]).cholesky().is_none());
        assert!(matrix([1.0, 0.5, 0.2, 1.0]).cholesky().is_none());
        assert!(matrix([0.0, 0.5, 0.5, 1.0]).cholesky().is_none());
        assert!(matrix([-1.0, 0.0, 0.0, 1.0]).cholesky().is_none());
    }
}
