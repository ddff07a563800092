//! The functional form: every variable is a function of its parents and of exogenous noise with finitely many states.

use super::{
    CptModel, Table,
    model::{Node, invert},
    table::cell_count,
    world::World,
};
use crate::ScmError;
use counterfoil_graph::Admg;
use counterfoil_random::Stream;

/// A source of randomness of a [`FunctionalModel`]: independent of all others, with finitely many states.
#[derive(Clone, Debug, PartialEq)]
pub struct Exogenous {
    /// Its name, which no variable may have.
    pub name: String,
    /// The probability of each state.
    pub probabilities: Vec<f64>,
}

impl Exogenous {
    /// A source with these probabilities of its states.
    pub fn new(name: impl Into<String>, probabilities: Vec<f64>) -> Self {
        Self { name: name.into(), probabilities }
    }
}

/// One variable of a [`FunctionalModel`] as plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// The variable's name.
    pub name: String,
    /// Its values are `0 .. cardinality`.
    pub cardinality: usize,
    /// Whether it is hidden: part of the model, and of no data.
    pub hidden: bool,
    /// The names of the variables that it depends on.
    pub parents: Vec<String>,
    /// The names of the exogenous sources that it depends on; shared ones make a bidirected edge.
    pub exogenous: Vec<String>,
    /// Its value for every combination of parents and then sources, row-major with the first parent most significant.
    pub values: Vec<usize>,
}

impl Function {
    /// A variable that is seen.
    pub fn new<P: Into<String>, E: Into<String>>(
        name: impl Into<String>,
        cardinality: usize,
        parents: impl IntoIterator<Item = P>,
        exogenous: impl IntoIterator<Item = E>,
        values: Vec<usize>,
    ) -> Self {
        Self {
            name: name.into(),
            cardinality,
            hidden: false,
            parents: parents.into_iter().map(Into::into).collect(),
            exogenous: exogenous.into_iter().map(Into::into).collect(),
            values,
        }
    }
}

/// A function inside a model; parents and sources are positions, sources counted from 0 among themselves.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    pub(crate) parents: Vec<usize>,
    pub(crate) sources: Vec<usize>,
    pub(crate) values: Vec<usize>,
}

/// A structural causal model in the strict sense: functions and independent exogenous noise (Pearl 2009, definition
/// 7.1.1), all finite, so that counterfactuals over any number of worlds have exact probabilities.
///
/// ```
/// use counterfoil_scm::discrete::{Exogenous, Fact, Function, FunctionalModel, World};
///
/// // A third responds to the drug, a third recovers anyway, a third never does.
/// let model = FunctionalModel::new(
///     [
///         Exogenous::new("coin", vec![0.5, 0.5]),
///         Exogenous::new("type", vec![1.0 / 3.0; 3]),
///     ],
///     [
///         Function::new("drug", 2, [""; 0], ["coin"], vec![0, 1]),
///         Function::new("recovery", 2, ["drug"], ["type"], vec![0, 1, 0, 1, 1, 0]),
///     ],
/// )?;
/// // Of those who took it and recovered, how many needed it?
/// let without = World::actual().set(0, 0);
/// let necessary = model.probability(
///     &[Fact::new(1, without, 0)],
///     &[Fact::seen(0, 1), Fact::seen(1, 1)],
/// )?;
/// assert!((necessary - 0.5).abs() < 1e-12);
/// # Ok::<(), counterfoil_scm::ScmError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionalModel {
    /// The same model with the sources as further hidden variables; also holds names and graphs.
    pub(crate) cpt: CptModel,
    pub(crate) rules: Vec<Rule>,
    pub(crate) sources: Vec<Exogenous>,
    /// The variables, each after its parents.
    pub(crate) order: Vec<usize>,
}

impl FunctionalModel {
    /// The model of these sources and functions. Variables that are seen take the positions `0 .. n` in the order of
    /// their declaration, hidden ones follow.
    ///
    /// # Errors
    /// [`ScmError::UnknownParent`], [`ScmError::RowCount`], [`ScmError::ValueOutOfRange`], [`ScmError::TooLarge`],
    /// [`ScmError::NotADistribution`] for a source; [`ScmError::Graph`] for names used twice and cycles.
    pub fn new(
        sources: impl IntoIterator<Item = Exogenous>,
        functions: impl IntoIterator<Item = Function>,
    ) -> Result<Self, ScmError> {
        let sources: Vec<Exogenous> = sources.into_iter().collect();
        let (seen, hidden): (Vec<Function>, Vec<Function>) =
            functions.into_iter().partition(|function| !function.hidden);
        let observed = seen.len();
        let functions: Vec<Function> = seen.into_iter().chain(hidden).collect();
        let mut rules = Vec::with_capacity(functions.len());
        for function in &functions {
            let missing = |parent: &String| ScmError::UnknownParent {
                variable: function.name.clone(),
                parent: parent.clone(),
            };
            let parent = |name: &String| {
                functions.iter().position(|f| f.name == *name).ok_or_else(|| missing(name))
            };
            let source = |name: &String| {
                sources.iter().position(|s| s.name == *name).ok_or_else(|| missing(name))
            };
            rules.push(Rule {
                parents: function.parents.iter().map(parent).collect::<Result<_, _>>()?,
                sources: function.exogenous.iter().map(source).collect::<Result<_, _>>()?,
                values: function.values.clone(),
            });
        }
        let names: Vec<(String, usize)> =
            functions.into_iter().map(|f| (f.name, f.cardinality)).collect();
        Self::from_rules(&names, observed, rules, sources)
    }

    /// Checks rules, of whose variables the first `observed` are seen.
    pub(crate) fn from_rules(
        variables: &[(String, usize)],
        observed: usize,
        rules: Vec<Rule>,
        sources: Vec<Exogenous>,
    ) -> Result<Self, ScmError> {
        let count = variables.len();
        let mut nodes = Vec::with_capacity(count + sources.len());
        for ((name, cardinality), rule) in variables.iter().zip(&rules) {
            let shape: Vec<usize> = rule
                .parents
                .iter()
                .map(|&parent| variables[parent].1)
                .chain(rule.sources.iter().map(|&source| sources[source].probabilities.len()))
                .collect();
            let expected = cell_count(&shape)?;
            if expected != rule.values.len() {
                let (variable, found) = (name.clone(), rule.values.len());
                return Err(ScmError::RowCount { variable, expected, found });
            }
            if let Some(&value) = rule.values.iter().find(|&value| value >= cardinality) {
                let (variable, cardinality) = (name.clone(), *cardinality);
                return Err(ScmError::ValueOutOfRange { variable, value, cardinality });
            }
            // A number of values is only claimed, and the table of zeros and ones has one for each.
            cell_count(&[expected, *cardinality])?;
            let point =
                |&value: &usize| (0..*cardinality).map(move |v| f64::from(u8::from(v == value)));
            nodes.push(Node {
                name: name.clone(),
                cardinality: *cardinality,
                parents: rule
                    .parents
                    .iter()
                    .copied()
                    .chain(rule.sources.iter().map(|&source| count + source))
                    .collect(),
                rows: rule.values.iter().flat_map(point).collect(),
            });
        }
        nodes.extend(sources.iter().map(|source| Node {
            name: source.name.clone(),
            cardinality: source.probabilities.len(),
            parents: vec![],
            rows: source.probabilities.clone(),
        }));
        let cpt = CptModel::from_nodes(nodes, observed)?;
        let order = cpt.dag.topological_order().iter().copied().filter(|&v| v < count).collect();
        Ok(Self { cpt, rules, sources, order })
    }

    /// The causal graph of what is seen; sources that several variables share have become bidirected edges.
    pub fn graph(&self) -> &Admg {
        self.cpt.graph()
    }

    /// The same model with the exogenous sources as hidden variables and every function as a table of zeros and ones:
    /// it answers what [`CptModel`] answers, with the same positions.
    pub fn to_cpt(&self) -> &CptModel {
        &self.cpt
    }

    /// Number of variables that are seen.
    pub fn len(&self) -> usize {
        self.cpt.len()
    }

    /// `true` when nothing is seen.
    pub fn is_empty(&self) -> bool {
        self.cpt.is_empty()
    }

    /// The exogenous sources.
    pub fn sources(&self) -> &[Exogenous] {
        &self.sources
    }

    /// The variables as plain data, in the order of positions: with [`FunctionalModel::sources`] what
    /// [`FunctionalModel::new`] takes.
    pub fn functions(&self) -> Vec<Function> {
        self.rules
            .iter()
            .enumerate()
            .map(|(index, rule)| Function {
                name: self.cpt.name(index).to_owned(),
                cardinality: self.cpt.cardinality(index),
                hidden: index >= self.cpt.observed,
                parents: rule.parents.iter().map(|&p| self.cpt.name(p).to_owned()).collect(),
                exogenous: rule.sources.iter().map(|&s| self.sources[s].name.clone()).collect(),
                values: rule.values.clone(),
            })
            .collect()
    }

    /// `P(v)` of everything that is seen.
    ///
    /// # Errors
    /// [`ScmError::TooLarge`].
    pub fn joint(&self) -> Result<Table, ScmError> {
        self.cpt.joint()
    }

    /// Draws the state of every source, in their order.
    pub fn draw_noise(&self, stream: &mut Stream) -> Vec<usize> {
        self.sources.iter().map(|source| invert(&source.probabilities, stream.uniform())).collect()
    }

    /// The values of all variables, hidden ones last, that the states `noise` of the sources bring about in `world`.
    ///
    /// # Errors
    /// [`ScmError::Length`] and [`ScmError::ValueOutOfRange`] for noise that is none of this model's; otherwise as
    /// [`FunctionalModel::distribution`].
    pub fn predict(&self, noise: &[usize], world: &World) -> Result<Vec<usize>, ScmError> {
        let (expected, found) = (self.sources.len(), noise.len());
        if expected != found {
            return Err(ScmError::Length { expected, found });
        }
        for (source, &state) in self.sources.iter().zip(noise) {
            if state >= source.probabilities.len() {
                let (variable, value) = (source.name.clone(), state);
                let cardinality = source.probabilities.len();
                return Err(ScmError::ValueOutOfRange { variable, value, cardinality });
            }
        }
        let network = super::network::Network::new(self, &[world])?;
        let values = network.run(noise);
        Ok(network.places(0).iter().map(|&place| values[place]).collect())
    }

    /// Draws noise and runs the functions: the values of all variables, hidden ones last.
    pub fn sample(&self, stream: &mut Stream) -> Vec<usize> {
        let noise = self.draw_noise(stream);
        let mut values = vec![0; self.rules.len()];
        for &index in &self.order {
            values[index] = self.own_value(index, |parent| values[parent], &noise);
        }
        values
    }

    /// The value of a variable by its own function.
    pub(crate) fn own_value(
        &self,
        index: usize,
        value_of: impl Fn(usize) -> usize,
        noise: &[usize],
    ) -> usize {
        let rule = &self.rules[index];
        let row = rule
            .parents
            .iter()
            .fold(0, |row, &parent| row * self.cpt.cardinality(parent) + value_of(parent));
        let row = rule
            .sources
            .iter()
            .fold(row, |row, &s| row * self.sources[s].probabilities.len() + noise[s]);
        rule.values[row]
    }
}
