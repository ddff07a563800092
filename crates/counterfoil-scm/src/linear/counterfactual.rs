//! What would have been, in a linear model: abduction, action and prediction of normal distributions.

use super::{
    Gaussian, LinearAction, LinearModel,
    gaussian::{Seen, regress},
    matrix::Matrix,
};
use crate::ScmError;

impl LinearModel {
    /// The distribution of all variables under `actions` for those of whom `evidence` was seen without them.
    ///
    /// Abduction: the errors given the evidence are normal, with the mean and covariance of a regression. Action and
    /// prediction are linear, so the answer is normal (Pearl 2009, section 7.1; Balke and Pearl 1995). With evidence on
    /// all variables nothing is uncertain any more. `O(n^3)`.
    ///
    /// ```
    /// use counterfoil_graph::admg;
    /// use counterfoil_scm::linear::{Equation, LinearAction, LinearModel};
    ///
    /// let model = LinearModel::new(
    ///     admg! { X -> Y }?,
    ///     vec![Equation::new(0.0, vec![], 1.0), Equation::new(1.0, vec![2.0], 1.0)],
    ///     &[],
    /// )?;
    /// let would = model.counterfactual(&[(0, 1.0), (1, 3.5)], &[(0, LinearAction::Set(2.0))])?;
    /// assert!((would.mean(1).unwrap() - 5.5).abs() < 1e-12);
    /// assert!(would.sd(1).unwrap() < 1e-12);
    /// # Ok::<(), counterfoil_scm::ScmError>(())
    /// ```
    ///
    /// # Errors
    /// [`ScmError::ImpossibleCondition`] for evidence that contradicts the model, [`ScmError::BadParameter`] for evidence
    /// that is not finite; [`ScmError::RandomInWorld`] for a
    /// mechanism with an error of its own, which the actual world does not have; otherwise as
    /// [`LinearModel::intervene`].
    pub fn counterfactual(
        &self,
        evidence: &[(usize, f64)],
        actions: &[(usize, LinearAction)],
    ) -> Result<Gaussian, ScmError> {
        self.worlds(evidence, &[actions])
    }

    /// The joint distribution of all variables in several worlds at once, which share their errors: variable `v` of
    /// world `w` is number `w n + v` of the answer.
    ///
    /// # Errors
    /// As [`LinearModel::counterfactual`].
    pub fn worlds(
        &self,
        evidence: &[(usize, f64)],
        worlds: &[&[(usize, LinearAction)]],
    ) -> Result<Gaussian, ScmError> {
        let n = self.len();
        for (i, &(index, _)) in evidence.iter().enumerate() {
            if index >= n || evidence[..i].iter().any(|&(other, _)| other == index) {
                return Err(ScmError::TableVariable { index });
            }
        }
        // Abduction. Rows 0 .. n are the errors, n .. 2n the variables.
        let reach = self.reach();
        let both = Matrix::from_fn(2 * n, n, |i, j| {
            if i < n { f64::from(u8::from(i == j)) } else { reach.get(i - n, j) }
        });
        let covariance = both.sandwich(&self.errors);
        let prior = self.distribution();
        let seen: Vec<Seen> =
            evidence.iter().map(|&(v, value)| Seen { value, mean: prior.means()[v] }).collect();
        let given: Vec<usize> = evidence.iter().map(|&(v, _)| n + v).collect();
        let errors: Vec<usize> = (0..n).collect();
        let (mean, explained) = regress(&covariance, &errors, &given, &seen)?;
        // Where all is seen the equations give the errors as they are; a regression takes one that is small beside its
        // variable for rounding.
        let (mean, posterior) = if evidence.len() == n {
            let mut values = vec![0.0; n];
            for &(v, value) in evidence {
                values[v] = value;
            }
            (self.abduct(&values)?, Matrix::zeros(n, n))
        } else {
            (mean, self.errors.minus(&explained))
        };

        // Action and prediction: every world is linear in the same errors.
        let mut means = Vec::with_capacity(n * worlds.len());
        let mut map = Matrix::zeros(n * worlds.len(), n);
        for (number, actions) in worlds.iter().enumerate() {
            let mut replaced = vec![false; n];
            for (index, action) in *actions {
                if let LinearAction::Mechanism { equation, .. } = action
                    && equation.variance > 0.0
                    && *index < n
                {
                    let variable = self.graph.name(*index).to_owned();
                    return Err(ScmError::RandomInWorld { variable });
                }
                if let Some(replaced) = replaced.get_mut(*index) {
                    *replaced |= !matches!(action, LinearAction::Shift(_));
                }
            }
            let world = self.intervene(actions.iter().cloned())?;
            let reach = world.reach();
            let sources: Vec<f64> = (0..n)
                .map(|v| world.equations[v].intercept + if replaced[v] { 0.0 } else { mean[v] })
                .collect();
            means.extend(reach.apply(&sources));
            for row in 0..n {
                for column in (0..n).filter(|&column| !replaced[column]) {
                    map.set(number * n + row, column, reach.get(row, column));
                }
            }
        }
        let all = (0..map.rows()).collect();
        Ok(Gaussian::new(all, means, map.sandwich(&posterior)))
    }
}
