//! The structural causal model: a graph, a mechanism per variable, and the three steps of a counterfactual.

use crate::{Intervention, Mechanism, ScmError};
use counterfoil_graph::Dag;
use counterfoil_random::Stream;
use std::{fmt, sync::Arc};

/// Values of all variables together with the exogenous noise that brought them about, both in the graph's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// One value per variable, in its own unit.
    pub values: Vec<f64>,
    /// One exogenous noise per variable. Under an intervention, that of a set variable had no effect.
    pub noise: Vec<f64>,
}

/// A structural causal model with independent exogenous noise: a [`Dag`] and one [`Mechanism`] per variable
/// (Pearl 2009, section 7.1). Cloning is cheap.
///
/// A counterfactual is *abduct* (recover the noise), *act* (set variables, which cuts their mechanisms) and
/// *predict* (run the remaining mechanisms with the same noise):
///
/// ```
/// use counterfoil_random::Stream;
/// use counterfoil_scm::{Intervention, morphomnist};
///
/// let scm = morphomnist::model();
/// let fact = scm.sample(&mut Stream::new(1, "labels", 0, 0));
/// let thicker = Intervention::none().set(scm.dag(), "thickness", 4.0)?;
///
/// let noise = scm.abduct(&fact.values)?;
/// let by_steps = scm.predict(&noise, &thicker);
/// let at_once = scm.counterfactual(&fact.values, &thicker)?;
/// assert_eq!(by_steps, at_once);
/// assert_eq!(at_once[0], 4.0);
/// assert!(at_once[1] > fact.values[1]); // thicker strokes are brighter
/// # Ok::<(), counterfoil_scm::ScmError>(())
/// ```
#[derive(Clone)]
pub struct Scm {
    dag: Dag,
    mechanisms: Vec<Arc<dyn Mechanism>>,
}

impl Scm {
    /// The model in which variable `i` of `dag` follows `mechanisms[i]`.
    ///
    /// # Errors
    /// [`ScmError::MechanismCount`], [`ScmError::ParentCount`], and [`ScmError::Unlabelled`]: a model is built on
    /// [`Dag::labelled_part`].
    pub fn new(dag: Dag, mechanisms: Vec<Box<dyn Mechanism>>) -> Result<Self, ScmError> {
        if let Some(&index) = dag.unlabelled().first() {
            return Err(ScmError::Unlabelled { variable: dag.variable(index).name().to_owned() });
        }
        if dag.len() != mechanisms.len() {
            return Err(ScmError::MechanismCount {
                variables: dag.len(),
                mechanisms: mechanisms.len(),
            });
        }
        for (index, mechanism) in mechanisms.iter().enumerate() {
            let found = dag.parents(index).len();
            if let Some(expected) = mechanism.parent_count().filter(|&count| count != found) {
                let variable = dag.variable(index).name().to_owned();
                return Err(ScmError::ParentCount { variable, expected, found });
            }
        }
        Ok(Self { dag, mechanisms: mechanisms.into_iter().map(Arc::from).collect() })
    }

    /// The causal graph.
    pub fn dag(&self) -> &Dag {
        &self.dag
    }

    /// The mechanism of the variable at `index`.
    ///
    /// # Panics
    /// When `index` is not below the number of variables.
    pub fn mechanism(&self, index: usize) -> &dyn Mechanism {
        &*self.mechanisms[index]
    }

    /// Draws the exogenous noise of every variable, in the graph's order.
    pub fn draw_noise(&self, stream: &mut Stream) -> Vec<f64> {
        self.mechanisms.iter().map(|mechanism| mechanism.draw_noise(stream)).collect()
    }

    /// The values that `noise` brings about under `action`: set variables take their value, the others follow
    /// their mechanisms in topological order, and softly changed ones are moved from there. `O(n + m)` calls and reads.
    ///
    /// # Panics
    /// When `noise` does not have one entry per variable or `action` sets a variable that does not exist.
    pub fn predict(&self, noise: &[f64], action: &Intervention) -> Vec<f64> {
        assert_eq!(noise.len(), self.dag.len(), "predict: one noise per variable");
        assert!(self.foreign(action).is_none(), "predict: the intervention is for another graph");
        let mut values = vec![0.0; self.dag.len()];
        let mut parents = Vec::new();
        for &index in self.dag.topological_order() {
            values[index] = action.get(index).unwrap_or_else(|| {
                self.gather(index, &values, &mut parents);
                let natural = self.mechanisms[index].forward(&parents, noise[index]);
                action.outcome(&self.dag, index, natural)
            });
        }
        values
    }

    /// Draws noise and runs every mechanism.
    pub fn sample(&self, stream: &mut Stream) -> Sample {
        self.sample_under(stream, &Intervention::none())
    }

    /// Draws noise and runs the model under an intervention: a sample of the interventional distribution. The
    /// noise is that of [`Scm::sample`] from the same stream.
    ///
    /// # Panics
    /// When `action` sets a variable that does not exist.
    pub fn sample_under(&self, stream: &mut Stream, action: &Intervention) -> Sample {
        let noise = self.draw_noise(stream);
        Sample { values: self.predict(&noise, action), noise }
    }

    /// The exogenous noise behind observed values: the abduction step. Exact up to rounding, since every
    /// mechanism is invertible in its noise.
    ///
    /// # Errors
    /// [`ScmError::Length`]; [`ScmError::Abduction`] names the first variable, in the graph's order, whose
    /// value its mechanism cannot have produced.
    pub fn abduct(&self, values: &[f64]) -> Result<Vec<f64>, ScmError> {
        self.check_length(values)?;
        let mut parents = Vec::new();
        (0..self.dag.len())
            .map(|index| {
                self.gather(index, values, &mut parents);
                self.abduct_one(index, &parents, values[index])
            })
            .collect()
    }

    /// What the values would have been under `action`, everything exogenous being as it was.
    ///
    /// A variable whose parents keep their values keeps its own to the last bit (consistency), so the null
    /// intervention and `do(x = its own value)` return `values` themselves; no noise is needed for it, and its
    /// value may lie outside its mechanism's support. The others agree with [`Scm::abduct`] and then
    /// [`Scm::predict`].
    ///
    /// # Errors
    /// [`ScmError::Length`]; [`ScmError::ForeignIntervention`]; [`ScmError::Abduction`] for a variable that must
    /// change and whose noise cannot be recovered.
    pub fn counterfactual(
        &self,
        values: &[f64],
        action: &Intervention,
    ) -> Result<Vec<f64>, ScmError> {
        self.check_length(values)?;
        if let Some(index) = self.foreign(action) {
            return Err(ScmError::ForeignIntervention { index, len: self.dag.len() });
        }
        let mut counterfactual = values.to_vec();
        let mut parents = Vec::new();
        for &index in self.dag.topological_order() {
            if let Some(value) = action.get(index) {
                counterfactual[index] = value;
                continue;
            }
            let mut natural = values[index];
            let changed = |&parent: &usize| counterfactual[parent] != values[parent];
            if self.dag.parents(index).iter().any(changed) {
                self.gather(index, values, &mut parents);
                let noise = self.abduct_one(index, &parents, values[index])?;
                self.gather(index, &counterfactual, &mut parents);
                natural = self.mechanisms[index].forward(&parents, noise);
            }
            counterfactual[index] = action.outcome(&self.dag, index, natural);
        }
        Ok(counterfactual)
    }

    fn abduct_one(&self, index: usize, parents: &[f64], value: f64) -> Result<f64, ScmError> {
        self.mechanisms[index].abduct(parents, value).map_err(|cause| ScmError::Abduction {
            variable: self.dag.variable(index).name().to_owned(),
            cause: Box::new(cause),
        })
    }

    /// Fills `parents` with the values of the parents of `index`.
    fn gather(&self, index: usize, values: &[f64], parents: &mut Vec<f64>) {
        parents.clear();
        parents.extend(self.dag.parents(index).iter().map(|&parent| values[parent]));
    }

    fn check_length(&self, values: &[f64]) -> Result<(), ScmError> {
        let (expected, found) = (self.dag.len(), values.len());
        if expected == found { Ok(()) } else { Err(ScmError::Length { expected, found }) }
    }

    /// A variable that `action` sets and the model does not have.
    fn foreign(&self, action: &Intervention) -> Option<usize> {
        action.iter().map(|(index, _)| index).find(|&index| index >= self.dag.len())
    }
}

/// The graph; mechanisms are functions and have nothing to show.
impl fmt::Debug for Scm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scm").field("dag", &self.dag.to_string()).finish_non_exhaustive()
    }
}
