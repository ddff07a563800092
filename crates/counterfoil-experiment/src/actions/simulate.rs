//! Rows drawn from a causal model, as it is or after interventions.

use std::path::Path;

use counterfoil_graph::{
    Admg, Variable,
    formats::{BifNetwork, Format},
};
use counterfoil_random::Stream;
use counterfoil_scm::{
    ScmError,
    discrete::{CptModel, FunctionalModel},
    generate::{self, ModelShape},
    linear::{LinearAction, LinearModel},
};
use serde::Serialize;

use super::facts::read_graph;
use crate::error::{ExperimentError, Result};

/// What kind of mechanisms are drawn for a graph that comes without any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Family {
    /// Probability tables of binary variables.
    #[default]
    Discrete,
    /// Linear equations with normal errors.
    Linear,
}

/// A model that rows can be drawn from.
#[derive(Clone, Debug)]
pub enum Simulator {
    /// Probability tables, and the names of the states where the file gives them.
    Discrete {
        /// The tables.
        model: CptModel,
        /// One list a variable; empty where states are numbers.
        states: Vec<Vec<String>>,
    },
    /// Linear equations.
    Linear(LinearModel),
}

/// Draws: what is seen of each case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Simulated {
    /// The names of the columns, in the model's order.
    pub variables: Vec<String>,
    /// One row a case; names of states where the model has them, numbers otherwise.
    pub rows: Vec<Vec<String>>,
}

impl Simulated {
    /// The rows as CSV with a header.
    ///
    /// # Errors
    /// None that text in memory can bring about.
    pub fn to_csv(&self) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let written = std::iter::once(&self.variables)
            .chain(&self.rows)
            .try_for_each(|row| writer.write_record(row))
            .map_err(|error| error.to_string())
            .and_then(|()| writer.into_inner().map_err(|error| error.to_string()))
            .and_then(|bytes| String::from_utf8(bytes).map_err(|error| error.to_string()));
        written.map_err(|reason| ExperimentError::Syntax { origin: "the rows".to_owned(), reason })
    }
}

impl Simulator {
    /// The model that a file holds: a Bayesian network with tables (BIF), probability tables or a functional model
    /// (JSON); or a random one of `family`, a function of `seed`, for a graph in any other format.
    ///
    /// # Errors
    /// When the file cannot be read or holds neither; the place is named.
    pub fn read(file: &Path, family: Family, seed: u64) -> Result<Self> {
        let text = fs_err::read_to_string(file).map_err(ExperimentError::unreadable)?;
        let refused = |error: ScmError| refused(file, &error);
        let holds = |key: &str| {
            serde_json::from_str::<serde_json::Value>(&text)
                .is_ok_and(|document| document.get(key).is_some())
        };
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let format = Format::from_file_name(&name).or_else(|| Format::detect(&text));
        if format == Some(Format::Bif) {
            let network = BifNetwork::read(&text).map_err(|error| refused(error.into()))?;
            if network.variables.iter().all(|variable| !variable.rows.is_empty()) {
                let model = CptModel::try_from(&network).map_err(refused)?;
                let states = network.variables.into_iter().map(|variable| variable.states);
                return Ok(Self::Discrete { model, states: states.collect() });
            }
        }
        if holds("cpt") {
            return CptModel::from_json(&text).map(Self::of_tables).map_err(refused);
        }
        if holds("functions") {
            let model = FunctionalModel::from_json(&text).map_err(refused)?;
            return Ok(Self::of_tables(model.to_cpt().clone()));
        }
        let graph = read_graph(file)?.to_admg().map_err(|error| refused(error.into()))?;
        Self::random(&graph, family, seed).map_err(refused)
    }

    /// A random model of a graph.
    ///
    /// # Errors
    /// [`ScmError::TooLarge`] for tables of a variable with very many parents.
    pub fn random(graph: &Admg, family: Family, seed: u64) -> std::result::Result<Self, ScmError> {
        let stream = &mut Stream::new(seed, "random mechanisms", 0, 0);
        match family {
            Family::Discrete => {
                generate::cpt_model(graph, &ModelShape::default(), stream).map(Self::of_tables)
            }
            Family::Linear => generate::linear_model(graph, stream).map(Self::Linear),
        }
    }

    fn of_tables(model: CptModel) -> Self {
        Self::Discrete { model, states: Vec::new() }
    }

    /// The graph of what is seen.
    pub fn graph(&self) -> &Admg {
        match self {
            Self::Discrete { model, .. } => model.graph(),
            Self::Linear(model) => model.graph(),
        }
    }

    /// The model after `do(name = value, ..)`. Values are names or numbers of states, or real numbers.
    ///
    /// # Errors
    /// [`ExperimentError::Syntax`] for a name or a value that the model does not have.
    pub fn after(self, settings: &[(String, String)]) -> Result<Self> {
        let refused =
            |reason: String| ExperimentError::Syntax { origin: "--do".to_owned(), reason };
        let mut places = Vec::with_capacity(settings.len());
        for (name, _) in settings {
            places.push(self.graph().index_of(name).map_err(|error| refused(error.to_string()))?);
        }
        let texts = || places.iter().copied().zip(settings.iter().map(|(_, value)| value.as_str()));
        match self {
            Self::Discrete { model, states } => {
                let mut values = Vec::with_capacity(settings.len());
                for (node, text) in texts() {
                    let named = states.get(node).and_then(|s| s.iter().position(|s| s == text));
                    let value = named.or_else(|| text.parse().ok()).ok_or_else(|| {
                        let states = states.get(node).map_or_else(
                            || format!("0 to {}", model.cardinality(node) - 1),
                            |states| states.join(", "),
                        );
                        let name = model.name(node);
                        refused(format!(
                            "`{text}` is no value of `{name}`: its values are {states}"
                        ))
                    })?;
                    values.push((node, value));
                }
                let model = model.set(&values).map_err(|error| refused(error.to_string()))?;
                Ok(Self::Discrete { model, states })
            }
            Self::Linear(model) => {
                let mut actions = Vec::with_capacity(settings.len());
                for (node, text) in texts() {
                    let value = text.parse().ok().filter(|value: &f64| value.is_finite());
                    let value = value.ok_or_else(|| refused(format!("`{text}` is no number")))?;
                    actions.push((node, LinearAction::Set(value)));
                }
                let model = model.intervene(actions).map_err(|error| refused(error.to_string()))?;
                Ok(Self::Linear(model))
            }
        }
    }

    /// Draws `count` cases. Case number i is a function of `seed` and i alone, whatever the number of cases, and has the
    /// same noise under every intervention.
    pub fn draw(&self, count: usize, seed: u64) -> Simulated {
        let variables = self.graph().variables().map(Variable::name).map(str::to_owned).collect();
        let row = |item: usize| {
            let stream = &mut Stream::new(seed, "simulated cases", item as u64, 0);
            match self {
                Self::Discrete { model, states } => {
                    let values = model.sample(stream).into_iter().take(model.len()).enumerate();
                    let shown = |(node, value): (usize, usize)| match states.get(node) {
                        Some(states) => states[value].clone(),
                        None => value.to_string(),
                    };
                    values.map(shown).collect()
                }
                Self::Linear(model) => {
                    model.sample(stream).values.iter().map(ToString::to_string).collect()
                }
            }
        };
        Simulated { variables, rows: (0..count).map(row).collect() }
    }
}

fn refused(file: &Path, error: &ScmError) -> ExperimentError {
    ExperimentError::Syntax { origin: file.display().to_string(), reason: error.to_string() }
}
