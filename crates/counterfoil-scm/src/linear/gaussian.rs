//! Normal distributions of several variables: parts of them, and what is left when some are known.

use super::matrix::Matrix;
use crate::ScmError;

/// A normal distribution of some variables, given by positions in a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Gaussian {
    variables: Vec<usize>,
    means: Vec<f64>,
    covariances: Matrix,
}

impl Gaussian {
    pub(crate) fn new(variables: Vec<usize>, means: Vec<f64>, covariances: Matrix) -> Self {
        Self { variables, means, covariances }
    }

    /// The variables, in the distribution's order.
    pub fn variables(&self) -> &[usize] {
        &self.variables
    }

    /// The means, in this order.
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// The mean of a variable; `None` when it is not part of the distribution.
    pub fn mean(&self, variable: usize) -> Option<f64> {
        self.place(variable).map(|place| self.means[place])
    }

    /// The covariance of two variables, the variance when they are the same.
    pub fn covariance(&self, a: usize, b: usize) -> Option<f64> {
        Some(self.covariances.get(self.place(a)?, self.place(b)?))
    }

    /// The standard deviation of a variable.
    pub fn sd(&self, variable: usize) -> Option<f64> {
        self.covariance(variable, variable).map(|variance| variance.max(0.0).sqrt())
    }

    /// The distribution of `variables` alone, in this order.
    ///
    /// # Errors
    /// [`ScmError::TableVariable`] for one that is not part of it, or that is named twice.
    pub fn marginal(&self, variables: &[usize]) -> Result<Self, ScmError> {
        let places = self.places(variables)?;
        Ok(Self {
            variables: variables.to_vec(),
            means: places.iter().map(|&place| self.means[place]).collect(),
            covariances: self.covariances.select(&places, &places),
        })
    }

    /// The distribution of the other variables when these values are known. `O(n^3)`.
    ///
    /// What is known may determine what else is known (a covariance without full rank).
    ///
    /// # Errors
    /// [`ScmError::TableVariable`]; [`ScmError::ImpossibleCondition`] for values that contradict each other.
    pub fn given(&self, known: &[(usize, f64)]) -> Result<Self, ScmError> {
        let given: Vec<usize> = known.iter().map(|&(variable, _)| variable).collect();
        let given = self.places(&given)?;
        let rest: Vec<usize> =
            (0..self.variables.len()).filter(|place| !given.contains(place)).collect();
        let residual: Vec<f64> = known
            .iter()
            .zip(&given)
            .map(|(&(_, value), &place)| value - self.means[place])
            .collect();
        let (shift, explained) = regress(&self.covariances, &rest, &given, &residual)?;
        Ok(Self {
            variables: rest.iter().map(|&place| self.variables[place]).collect(),
            means: rest.iter().zip(&shift).map(|(&place, by)| self.means[place] + by).collect(),
            covariances: self.covariances.select(&rest, &rest).minus(&explained),
        })
    }

    fn place(&self, variable: usize) -> Option<usize> {
        self.variables.iter().position(|&v| v == variable)
    }

    fn places(&self, variables: &[usize]) -> Result<Vec<usize>, ScmError> {
        variables
            .iter()
            .enumerate()
            .map(|(i, &index)| {
                self.place(index)
                    .filter(|_| !variables[..i].contains(&index))
                    .ok_or(ScmError::TableVariable { index })
            })
            .collect()
    }
}

/// For a covariance of rows `of` and `given`: how far `of` moves when `given` lies `residual` from its mean, and the
/// part of the covariance of `of` that `given` explains.
pub(crate) fn regress(
    covariance: &Matrix,
    of: &[usize],
    given: &[usize],
    residual: &[f64],
) -> Result<(Vec<f64>, Matrix), ScmError> {
    let known = covariance.select(given, given);
    let across = covariance.select(of, given);
    let factor = known.cholesky().ok_or(ScmError::NoCovariance)?;
    let weights = factor.solve(residual);
    // Where the known variables determine each other, their values must fit.
    let fitted = known.apply(&weights);
    for (i, (fit, wanted)) in fitted.iter().zip(residual).enumerate() {
        if (fit - wanted).abs() > 1e-6 * (known.get(i, i).sqrt() + wanted.abs()) {
            return Err(ScmError::ImpossibleCondition);
        }
    }
    let mut solved = Matrix::zeros(given.len(), of.len());
    for column in 0..of.len() {
        let right: Vec<f64> = (0..given.len()).map(|row| across.get(column, row)).collect();
        for (row, value) in factor.solve(&right).into_iter().enumerate() {
            solved.set(row, column, value);
        }
    }
    Ok((across.apply(&weights), across.times(&solved)))
}
