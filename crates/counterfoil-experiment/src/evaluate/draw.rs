//! Which value is asked of which image: one random intervention an image, from stated distributions.
//!
//! - A variable without causes: uniform between the 5th and the 95th percentile of the training labels.
//! - A variable with causes, *in support*: its mechanism with the image's own causes and other noise. In the label
//!   model of Morpho-MNIST the noise is uniform, `I* = 64 + 191 sigmoid(2 (T - 2.5) + e)` with e in [-1.25, 1.25]; in any
//!   other it is drawn as the model draws it.
//! - The same, *extrapolated*: uniform over the declared range, whatever the causes say.
//!
//! The draw for an image depends on seed, variable and image alone.

use counterfoil_graph::{Dag, Intervention, Kind, Variable};
use counterfoil_metrics::{abduction, statistics::quantile};
use counterfoil_random::Stream;
use counterfoil_scm::Scm;

use crate::{
    data::Data,
    error::{ExperimentError, Result},
};

/// Half the width of the uniform logit noise of Morpho-MNIST's intensity, 2.5 standard deviations.
const LOGIT_REACH: f64 = 1.25;

/// A labelled variable of the model, and where the data keep it.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// Its place in the model's graph.
    pub model: usize,
    /// Its place in the graph of the data.
    pub data: usize,
    /// The variable itself, with the model's range.
    pub variable: Variable,
}

impl Labelled {
    /// The labelled variables of `graph`, in its order, with their places in `data`.
    ///
    /// # Errors
    /// When the data lack one.
    pub fn all(graph: &Dag, data: &Dag) -> Result<Vec<Self>> {
        let found = graph.labelled().into_iter().map(|model| {
            let variable = graph.variable(model).clone();
            let data = data.index_of(variable.name()).map_err(graph_error)?;
            Ok(Self { model, data, variable })
        });
        found.collect()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.variable.name()
    }
}

/// A graph that contradicts itself in the midst of an evaluation.
pub(super) fn graph_error(error: counterfoil_graph::GraphError) -> ExperimentError {
    ExperimentError::Graph { origin: "the causal graph".into(), error: Box::new(error) }
}

/// Thickness and intensity, when `scm` is the label model of Morpho-MNIST (told by what its mechanism gives).
pub fn morphomnist(scm: &Scm) -> Option<[usize; 2]> {
    let dag = scm.dag();
    let [thickness, intensity] = ["thickness", "intensity"]
        .map(|name| dag.index_of(name).ok())
        .map(|i| i.unwrap_or(dag.len()));
    if thickness.max(intensity) >= dag.len()
        || dag.parents(intensity) != [thickness]
        || !dag.parents(thickness).is_empty()
    {
        return None;
    }
    let agrees = |(t, noise): (f64, f64)| {
        let expected = abduction::intensity(t, abduction::SPREAD * noise);
        (scm.mechanism(intensity).forward(&[t], noise) - expected).abs() < 1e-6
    };
    let points = [(1.0, 0.0), (2.5, 1.0), (3.1, -2.0), (5.0, 0.5)];
    points.into_iter().all(agrees).then_some([thickness, intensity])
}

/// The distributions that interventions are drawn from.
#[derive(Debug)]
pub struct Draws<'a> {
    data: &'a Data,
    graph: &'a Dag,
    variables: &'a [Labelled],
    seed: u64,
    /// The 5th and the 95th percentile of each variable's training labels.
    central: Vec<(f64, f64)>,
    /// The intensity of Morpho-MNIST's label model.
    intensity: Option<usize>,
}

impl<'a> Draws<'a> {
    /// Looks at the training labels; `graph` is the model's.
    ///
    /// # Errors
    /// When a training label is not finite.
    pub fn new(
        data: &'a Data,
        graph: &'a Dag,
        variables: &'a [Labelled],
        seed: u64,
    ) -> Result<Self> {
        let labels = data.dataset().labels();
        let central = variables.iter().map(|v| {
            let train: Vec<f64> = data.split().train.iter().map(|i| labels[[*i, v.data]]).collect();
            Ok((quantile(&train, 0.05)?, quantile(&train, 0.95)?))
        });
        let central = central.collect::<Result<_>>()?;
        let intensity = data.dataset().scm().and_then(morphomnist).map(|[_, intensity]| intensity);
        Ok(Self { data, graph, variables, seed, central, intensity })
    }

    /// Whether the data know causes of variable `column`.
    pub fn is_caused(&self, column: usize) -> bool {
        !self.data.dataset().graph().parents(self.variables[column].data).is_empty()
    }

    /// A value in support for variable `column` of image `item`, whose labels are `values` (in the order of the data's
    /// graph).
    pub fn in_support(&self, column: usize, item: usize, values: &[f64]) -> f64 {
        let labelled = &self.variables[column];
        let mut stream = self.stream("evaluate-do", column, item);
        let variable = &labelled.variable;
        let (low, high) = variable.range();
        match variable.kind() {
            Kind::Circular { .. } => stream.uniform_in(low, high),
            Kind::Categorical { categories } => {
                let own = values[labelled.data] as usize;
                let other = stream.below(categories.max(2) - 1);
                (if other >= own { other + 1 } else { other }) as f64
            }
            Kind::Continuous => {
                let graph = self.data.dataset().graph();
                let parents: Vec<f64> =
                    graph.parents(labelled.data).iter().map(|p| values[*p]).collect();
                match self.data.dataset().scm().filter(|_| !parents.is_empty()) {
                    None => {
                        let (low, high) = self.central[column];
                        stream.uniform_in(low, high)
                    }
                    Some(scm) => {
                        let mechanism = scm.mechanism(labelled.data);
                        let noise = if self.intensity == Some(labelled.data) {
                            stream.uniform_in(-LOGIT_REACH, LOGIT_REACH) / abduction::SPREAD
                        } else {
                            mechanism.draw_noise(&mut stream)
                        };
                        let value = mechanism.forward(&parents, noise);
                        if variable.has_range() { value.clamp(low, high) } else { value }
                    }
                }
            }
        }
    }

    /// A value of variable `column` for image `item`, uniform over the declared range.
    pub fn extrapolated(&self, column: usize, item: usize) -> f64 {
        let mut stream = self.stream("evaluate-do-extrapolated", column, item);
        let variable = &self.variables[column].variable;
        let (low, high) = variable.range();
        match variable.kind() {
            Kind::Categorical { categories } => stream.below(categories) as f64,
            _ => stream.uniform_in(low, high),
        }
    }

    /// The intervention that sets `columns` of image `item` in support, causes first, each given those set before it.
    ///
    /// # Errors
    /// When a value lies outside its variable's domain.
    pub fn action(&self, columns: &[usize], item: usize) -> Result<Intervention> {
        let graph = self.data.dataset().graph();
        let place = |column: &usize| {
            let own = self.variables[*column].data;
            graph.topological_order().iter().position(|v| *v == own)
        };
        let mut ordered = columns.to_vec();
        ordered.sort_by_key(place);
        let mut values = self.data.dataset().labels().row(item).to_vec();
        let mut set = Vec::new();
        for column in ordered {
            let value = self.in_support(column, item, &values);
            values[self.variables[column].data] = value;
            set.push((column, value));
        }
        self.set(&set)
    }

    /// The intervention, on the model's graph, that sets columns to values.
    ///
    /// # Errors
    /// When a value lies outside its variable's domain.
    pub fn set(&self, values: &[(usize, f64)]) -> Result<Intervention> {
        let pairs = values.iter().map(|(column, value)| (self.variables[*column].model, *value));
        Intervention::from_pairs(self.graph, pairs).map_err(graph_error)
    }

    fn stream(&self, purpose: &str, column: usize, item: usize) -> Stream {
        Stream::new(self.seed, purpose, item as u64, column as u64)
    }
}
