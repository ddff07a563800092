//! Normal distributions of several variables: parts of them, and what is left when some are known.

use super::matrix::Matrix;
use crate::{ScmError, noise::finite};

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
    /// [`ScmError::TableVariable`]; [`ScmError::BadParameter`] for a value that is not finite;
    /// [`ScmError::ImpossibleCondition`] for values that contradict each other.
    pub fn given(&self, known: &[(usize, f64)]) -> Result<Self, ScmError> {
        let given: Vec<usize> = known.iter().map(|&(variable, _)| variable).collect();
        let given = self.places(&given)?;
        let rest: Vec<usize> =
            (0..self.variables.len()).filter(|place| !given.contains(place)).collect();
        let seen: Vec<Seen> = known
            .iter()
            .zip(&given)
            .map(|(&(_, value), &place)| Seen { value, mean: self.means[place] })
            .collect();
        let (shift, explained) = regress(&self.covariances, &rest, &given, &seen)?;
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

/// The value of a variable that is known, and what it was expected to be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) value: f64,
    pub(crate) mean: f64,
}

/// By what part of its size a known value may miss the mean for rounding alone.
const ROUNDING: f64 = 1e-9;

/// For a covariance of rows `of` and `given`: how far `of` moves when `given` is as `seen`, and the part of the
/// covariance of `of` that `given` explains.
pub(crate) fn regress(
    covariance: &Matrix,
    of: &[usize],
    given: &[usize],
    seen: &[Seen],
) -> Result<(Vec<f64>, Matrix), ScmError> {
    seen.iter().try_for_each(|seen| finite("a known value", seen.value))?;
    let known = covariance.select(given, given);
    let across = covariance.select(of, given);
    let factor = known.cholesky().ok_or(ScmError::NoCovariance)?;
    let residual: Vec<f64> = seen.iter().map(|seen| seen.value - seen.mean).collect();
    let weights = factor.solve(&residual);
    // Where the known variables determine each other, their values must fit, up to the rounding of the factor and to that
    // of values and means: a constant may have come about another way.
    let fitted = known.apply(&weights);
    for (i, ((fit, wanted), seen)) in fitted.iter().zip(&residual).zip(seen).enumerate() {
        let rounding = ROUNDING * (seen.value.abs() + seen.mean.abs());
        if (fit - wanted).abs() > 1e-6 * (known.get(i, i).sqrt() + wanted.abs()) + rounding {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linear::{Equation, LinearModel};

    /// The mean of B is 3 * 0.1, one unit in the last place above 0.3.
    #[test]
    fn a_constant_may_be_known_by_its_decimal() {
        let graph = counterfoil_graph::admg! { A -> B }.unwrap();
        let equations = vec![Equation::new(0.1, vec![], 0.0), Equation::new(0.0, vec![3.0], 0.0)];
        let model = LinearModel::new(graph, equations, &[]).unwrap();
        let prior = model.distribution();
        assert_ne!(prior.mean(1), Some(0.3));
        assert!(prior.given(&[(1, 0.3)]).is_ok());
        assert!(model.counterfactual(&[(0, 0.1), (1, 0.3)], &[]).is_ok());
        for value in [0.3 + 1e-6, -0.3, 0.0] {
            assert_eq!(prior.given(&[(1, value)]), Err(ScmError::ImpossibleCondition), "{value}");
        }
        for value in [f64::NAN, f64::INFINITY] {
            let refused = prior.given(&[(1, value)]).unwrap_err().to_string();
            assert!(refused.contains("give a finite number"), "{refused}");
        }
    }
}
