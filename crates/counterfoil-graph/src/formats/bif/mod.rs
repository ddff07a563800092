//! Bayesian networks in the interchange format BIF (Cozman 1998): variables with named states, their parents, and the
//! table of each given its parents.

mod parser;
mod resolve;
mod write;

use crate::{Dag, Edge, GraphError, Kind, MixedGraph, Variable};

/// A discrete Bayesian network as plain data. [`BifNetwork::check`] says whether it is one.
///
/// ```
/// use counterfoil_graph::formats::BifNetwork;
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let network = BifNetwork::read(
///     "network rain {}
///      variable cloudy { type discrete [ 2 ] { yes, no }; }
///      variable rain { type discrete [ 2 ] { yes, no }; }
///      probability ( cloudy ) { table 0.4, 0.6; }
///      probability ( rain | cloudy ) { (yes) 0.7, 0.3; (no) 0.1, 0.9; }",
/// )?;
/// assert_eq!(network.variables[1].rows, [[0.7, 0.3], [0.1, 0.9]]);
/// assert_eq!(network.to_dag()?.edges().collect::<Vec<_>>(), [(0, 1)]);
/// assert_eq!(BifNetwork::read(&network.write()?)?, network);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BifNetwork {
    /// The network's own name; may be empty.
    pub name: String,
    /// The variables in the order of their declaration.
    pub variables: Vec<BifVariable>,
}

/// A variable of a [`BifNetwork`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BifVariable {
    /// The name, unique in the network.
    pub name: String,
    /// The names of its states, at least two.
    pub states: Vec<String>,
    /// The positions of its parents in the network, in the order in which the rows are numbered.
    pub parents: Vec<usize>,
    /// One distribution over the states for each combination of the parents' states, that of the first parent varying
    /// slowest. Empty where the network gives a structure only.
    pub rows: Vec<Vec<f64>>,
}

/// The sum of a row may differ from 1 by this much: files round their numbers. Rows are kept as they are written.
const ROUNDING: f64 = 0.0101;

/// The tables that are filled up by `default` may not have more numbers than this in all, since a short text could ask
/// for very many.
const FILLED: usize = 1 << 22;

/// States that a graph counts may not be more than this in all, since here each is written out.
const COUNTED: usize = 1 << 16;

impl BifNetwork {
    /// Reads a network. `O(t log t)` in the length of the text and the size of the tables.
    ///
    /// The numbers of a `table` with parents are in the order of Cozman's definition: the variable's own state varies
    /// slowest. Properties are passed over.
    ///
    /// # Errors
    /// [`GraphError::At`], which gives line and column, around [`GraphError::Syntax`], [`GraphError::BadTable`],
    /// [`GraphError::UnknownVariable`], [`GraphError::DuplicateVariable`], [`GraphError::Cycle`].
    pub fn read(text: &str) -> Result<Self, GraphError> {
        resolve::resolve(parser::parse(text)?)
    }

    /// Writes a network that [`BifNetwork::read`] reads back.
    ///
    /// # Errors
    /// As [`BifNetwork::check`].
    pub fn write(&self) -> Result<String, GraphError> {
        self.check()?;
        Ok(write::write(self))
    }

    /// Checks names, states, parents and tables, and that the parents form no cycle.
    ///
    /// # Errors
    /// As [`Variable::categorical`] and [`Dag::new`]; [`GraphError::BadAttribute`] for states without a name or with
    /// the same; [`GraphError::BadTable`] when rows are missing or are no distributions.
    pub fn check(&self) -> Result<(), GraphError> {
        self.to_dag()?;
        for variable in &self.variables {
            variable.check_states()?;
            let combinations = variable.parents.iter().try_fold(1_usize, |product, &parent| {
                product.checked_mul(self.variables[parent].states.len())
            });
            if !variable.rows.is_empty() && combinations != Some(variable.rows.len()) {
                return Err(variable.bad_table(format!(
                    "has {} rows: give one for each combination of the parents' states",
                    variable.rows.len()
                )));
            }
            for row in &variable.rows {
                variable.check_row(row)?;
            }
        }
        Ok(())
    }

    /// The structure as a DAG of categorical variables.
    ///
    /// # Errors
    /// As [`Variable::categorical`]; [`GraphError::IndexOutOfRange`], [`GraphError::DuplicateEdge`],
    /// [`GraphError::Cycle`].
    pub fn to_dag(&self) -> Result<Dag, GraphError> {
        let variables: Vec<Variable> = self
            .variables
            .iter()
            .map(|variable| Variable::categorical(variable.name.clone(), variable.states.len()))
            .collect::<Result<_, _>>()?;
        let edges = self.variables.iter().enumerate().flat_map(|(child, variable)| {
            variable.parents.iter().map(move |&parent| Edge::directed(parent, child))
        });
        Dag::try_from(MixedGraph::new(variables, edges)?)
    }
}

/// The structure of a DAG of categorical variables, with the states `0`, `1`, ... and without tables. Refused:
/// other variables, and more states than 65536 in all.
impl TryFrom<&Dag> for BifNetwork {
    type Error = GraphError;

    fn try_from(dag: &Dag) -> Result<Self, GraphError> {
        let mut left = COUNTED;
        let variables = dag.variables().enumerate().map(|(node, variable)| {
            let Kind::Categorical { categories } = variable.kind() else {
                return Err(GraphError::Unwritable {
                    format: "BIF",
                    what: format!("`{}`, which is {}", variable.name(), variable.what()),
                    fix: "declare it as categorical, or write DOT or JSON",
                });
            };
            if *variable != Variable::categorical(variable.name(), categories)? {
                return Err(GraphError::Unwritable {
                    format: "BIF",
                    what: format!("unit and width of `{}`", variable.name()),
                    fix: "leave them out, or write DOT or JSON",
                });
            }
            left = left.checked_sub(categories).ok_or_else(|| GraphError::Unwritable {
                format: "BIF",
                what: format!("`{}` with {categories} states", variable.name()),
                fix: "write DOT or JSON, which count states and do not name them",
            })?;
            Ok(BifVariable {
                name: variable.name().to_owned(),
                states: (0..categories).map(|state| state.to_string()).collect(),
                parents: dag.parents(node).to_vec(),
                rows: Vec::new(),
            })
        });
        Ok(Self { name: "unnamed".to_owned(), variables: variables.collect::<Result<_, _>>()? })
    }
}

impl BifVariable {
    fn check_states(&self) -> Result<(), GraphError> {
        let mut states: Vec<&String> = self.states.iter().collect();
        states.sort();
        let twice = states.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
        let nameless = || {
            self.states.iter().find(|state| state.is_empty() || state.contains(char::is_control))
        };
        match twice.or_else(nameless) {
            None => Ok(()),
            Some(state) => Err(GraphError::BadAttribute {
                name: self.name.clone(),
                attribute: "state".to_owned(),
                value: state.clone(),
                expected: "each state a name of its own without control characters",
            }),
        }
    }

    fn check_row(&self, row: &[f64]) -> Result<(), GraphError> {
        if row.len() != self.states.len() {
            return Err(self.bad_table(format!(
                "has a row of {} numbers: give one for each of the {} states",
                row.len(),
                self.states.len()
            )));
        }
        if let Some(wrong) = row.iter().find(|p| !(p.is_finite() && **p >= 0.0)) {
            return Err(
                self.bad_table(format!("has the probability {wrong}: give numbers of at least 0"))
            );
        }
        let sum: f64 = row.iter().sum();
        if (sum - 1.0).abs() > ROUNDING {
            return Err(self.bad_table(format!("has a row with the sum {sum}: make it 1")));
        }
        Ok(())
    }

    fn bad_table(&self, problem: String) -> GraphError {
        GraphError::BadTable { name: self.name.clone(), problem }
    }
}
