//! The linear structural model: a weight on every directed edge, a covariance on every bidirected one.

use super::{gaussian::Gaussian, matrix::Matrix};
use crate::{Sample, ScmError, noise::finite};
use counterfoil_graph::Admg;
use counterfoil_random::Stream;

/// `value = intercept + weights . parents + error`, with an error of mean 0 and the given variance.
#[derive(Clone, Debug, PartialEq)]
pub struct Equation {
    /// What is added for everybody.
    pub intercept: f64,
    /// One weight for each parent, in the graph's order: the path coefficients (Wright 1921).
    pub weights: Vec<f64>,
    /// Variance of the error; 0 for a variable that its parents determine.
    pub variance: f64,
}

impl Equation {
    /// The equation with these coefficients.
    pub fn new(intercept: f64, weights: Vec<f64>, variance: f64) -> Self {
        Self { intercept, weights, variance }
    }
}

/// A linear structural equation model with jointly normal errors: `V = intercepts + B V + e`, where `B` lives on the
/// directed edges of an ADMG and the covariance of `e` on its bidirected edges and the diagonal.
///
/// Every question has a closed form; distributions cost `O(n^3)`.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearModel {
    pub(super) graph: Admg,
    pub(super) equations: Vec<Equation>,
    /// Covariance of the errors.
    pub(super) errors: Matrix,
    /// Its lower triangular root.
    root: Matrix,
}

impl LinearModel {
    /// The model with one equation for each variable, in the graph's order, and the given covariances of errors, each
    /// of which must be on a bidirected edge. Bidirected edges without one have covariance 0.
    ///
    /// # Errors
    /// [`ScmError::MechanismCount`], [`ScmError::ParentCount`], [`ScmError::BadParameter`] for what is not finite or a
    /// negative variance; [`ScmError::NoSpouses`] for a covariance without its edge; [`ScmError::NoCovariance`] when
    /// the covariances are too large for the variances.
    pub fn new(
        graph: Admg,
        equations: Vec<Equation>,
        covariances: &[(usize, usize, f64)],
    ) -> Result<Self, ScmError> {
        let n = graph.len();
        if equations.len() != n {
            return Err(ScmError::MechanismCount { variables: n, mechanisms: equations.len() });
        }
        let mut errors = Matrix::zeros(n, n);
        for (node, equation) in equations.iter().enumerate() {
            let (expected, found) = (equation.weights.len(), graph.parents(node).len());
            if expected != found {
                let variable = graph.name(node).to_owned();
                return Err(ScmError::ParentCount { variable, expected, found });
            }
            finite("the intercept of a linear equation", equation.intercept)?;
            for &weight in &equation.weights {
                finite("a weight of a linear equation", weight)?;
            }
            let value = equation.variance;
            if !(value.is_finite() && value >= 0.0) {
                return Err(ScmError::BadParameter {
                    parameter: "the variance of an error",
                    value,
                    expected: "a finite number that is not negative",
                });
            }
            errors.set(node, node, value);
        }
        for &(a, b, covariance) in covariances {
            for index in [a, b] {
                if index >= n {
                    return Err(ScmError::TableVariable { index });
                }
            }
            if !graph.spouses(a).contains(&b) {
                let [first, second] = [a, b].map(|v| graph.name(v).to_owned());
                return Err(ScmError::NoSpouses { first, second });
            }
            finite("a covariance of errors", covariance)?;
            errors.set(a, b, covariance);
            errors.set(b, a, covariance);
        }
        let root = errors.cholesky().ok_or(ScmError::NoCovariance)?;
        Ok(Self { graph, equations, errors, root })
    }

    /// The causal graph.
    pub fn graph(&self) -> &Admg {
        &self.graph
    }

    /// Number of variables.
    pub fn len(&self) -> usize {
        self.graph.len()
    }

    /// `true` for the model without variables.
    pub fn is_empty(&self) -> bool {
        self.graph.is_empty()
    }

    /// The equation of a variable.
    ///
    /// # Panics
    /// When there is no such variable.
    pub fn equation(&self, index: usize) -> &Equation {
        &self.equations[index]
    }

    /// The covariance of the errors of two variables, the variance when they are the same.
    ///
    /// # Panics
    /// When there is no such variable.
    pub fn error_covariance(&self, a: usize, b: usize) -> f64 {
        self.errors.get(a, b)
    }

    /// The weight of the edge `from -> to`; 0 where there is none.
    ///
    /// # Panics
    /// When `to` is no variable.
    pub fn weight(&self, from: usize, to: usize) -> f64 {
        let place = self.graph.parents(to).binary_search(&from);
        place.map_or(0.0, |place| self.equations[to].weights[place])
    }

    /// The joint distribution of all variables: mean `A a` and covariance `A W A^T` with `A = (I - B)^-1`, intercepts
    /// `a` and the errors' covariance `W` (Bollen 1989, chapter 4).
    pub fn distribution(&self) -> Gaussian {
        let reach = self.reach();
        let intercepts: Vec<f64> = self.equations.iter().map(|e| e.intercept).collect();
        let all = (0..self.len()).collect();
        Gaussian::new(all, reach.apply(&intercepts), reach.sandwich(&self.errors))
    }

    /// `(I - B)^-1`: how a unit of each error (column) reaches each variable (row). By substitution along the
    /// topological order, `O(n m)`.
    pub(super) fn reach(&self) -> Matrix {
        let n = self.len();
        let mut reach = Matrix::zeros(n, n);
        for &node in self.graph.topological_order() {
            for column in 0..n {
                let parents = self.graph.parents(node).iter().zip(&self.equations[node].weights);
                let through: f64 = parents.map(|(&p, weight)| weight * reach.get(p, column)).sum();
                reach.set(node, column, through + f64::from(u8::from(node == column)));
            }
        }
        reach
    }

    /// Draws the errors of all variables.
    pub fn draw_noise(&self, stream: &mut Stream) -> Vec<f64> {
        let mut standard = vec![0.0; self.len()];
        stream.fill_normal_f64(&mut standard);
        self.root.apply(&standard)
    }

    /// The values that these errors bring about.
    ///
    /// # Errors
    /// [`ScmError::Length`].
    pub fn predict(&self, noise: &[f64]) -> Result<Vec<f64>, ScmError> {
        let (expected, found) = (self.len(), noise.len());
        if expected != found {
            return Err(ScmError::Length { expected, found });
        }
        let mut values = vec![0.0; self.len()];
        for &node in self.graph.topological_order() {
            values[node] = self.without_error(node, &values) + noise[node];
        }
        Ok(values)
    }

    /// The errors behind observed values of all variables.
    ///
    /// # Errors
    /// [`ScmError::Length`].
    pub fn abduct(&self, values: &[f64]) -> Result<Vec<f64>, ScmError> {
        let (expected, found) = (self.len(), values.len());
        if expected != found {
            return Err(ScmError::Length { expected, found });
        }
        Ok((0..self.len()).map(|node| values[node] - self.without_error(node, values)).collect())
    }

    /// Draws errors and solves the equations.
    pub fn sample(&self, stream: &mut Stream) -> Sample {
        let noise = self.draw_noise(stream);
        // The noise has one entry for each variable.
        let values = self.predict(&noise).unwrap_or_default();
        Sample { values, noise }
    }

    fn without_error(&self, node: usize, values: &[f64]) -> f64 {
        let equation = &self.equations[node];
        let parents = self.graph.parents(node).iter().map(|&parent| values[parent]);
        equation.intercept + equation.weights.iter().zip(parents).map(|(w, x)| w * x).sum::<f64>()
    }
}
