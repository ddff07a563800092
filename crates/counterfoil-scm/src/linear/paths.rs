//! Effects as sums over directed paths (Wright 1921).

use super::LinearModel;
use crate::ScmError;

impl LinearModel {
    /// The total effect of `x` on `y`: by how much the mean of `y` grows for each unit that `x` is set higher. The sum over
    /// all directed paths of the products of their weights, in `O(n + m)` by adding up along the topological order.
    ///
    /// # Errors
    /// [`ScmError::TableVariable`].
    pub fn total_effect(&self, x: usize, y: usize) -> Result<f64, ScmError> {
        for index in [x, y] {
            if index >= self.len() {
                return Err(ScmError::TableVariable { index });
            }
        }
        let mut effects = vec![0.0; self.len()];
        for &node in self.graph.topological_order() {
            effects[node] = if node == x {
                1.0
            } else {
                let parents = self.graph.parents(node).iter().zip(&self.equations[node].weights);
                parents.map(|(&parent, weight)| weight * effects[parent]).sum()
            };
        }
        Ok(effects[y])
    }

    /// The directed paths from `x` to `y`, each with the product of its weights, in lexicographic order of their nodes.
    /// There can be exponentially many; the iterator makes one at a time.
    ///
    /// # Errors
    /// [`ScmError::TableVariable`].
    ///
    /// ```
    /// use counterfoil_graph::admg;
    /// use counterfoil_scm::linear::{Equation, LinearModel};
    ///
    /// let model = LinearModel::new(
    ///     admg! { X -> M -> Y; X -> Y }?,
    ///     vec![
    ///         Equation::new(0.0, vec![], 1.0),
    ///         Equation::new(0.0, vec![0.5], 1.0),
    ///         Equation::new(0.0, vec![3.0, 4.0], 1.0),
    ///     ],
    ///     &[],
    /// )?;
    /// let paths: Vec<(Vec<usize>, f64)> = model.causal_paths(0, 2)?.collect();
    /// assert_eq!(paths, [(vec![0, 1, 2], 2.0), (vec![0, 2], 3.0)]);
    /// assert_eq!(model.total_effect(0, 2)?, 5.0);
    /// # Ok::<(), counterfoil_scm::ScmError>(())
    /// ```
    pub fn causal_paths(
        &self,
        x: usize,
        y: usize,
    ) -> Result<impl Iterator<Item = (Vec<usize>, f64)>, ScmError> {
        for index in [x, y] {
            if index >= self.len() {
                return Err(ScmError::TableVariable { index });
            }
        }
        let useful = self.graph.ancestors([y]);
        let mut stack = vec![(vec![x], 1.0)];
        Ok(std::iter::from_fn(move || {
            while let Some((path, product)) = stack.pop() {
                let end = path[path.len() - 1];
                if end == y {
                    return Some((path, product));
                }
                for &child in self.graph.children(end).iter().rev() {
                    if useful.contains(child) {
                        let longer = [&path[..], &[child]].concat();
                        stack.push((longer, product * self.weight(end, child)));
                    }
                }
            }
            None
        }))
    }
}
