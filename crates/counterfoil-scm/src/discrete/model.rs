//! The model of conditional probability tables, with hidden variables as variables of their own.

use super::{
    Table,
    eliminate::eliminate,
    table::{advance, cell_count},
};
use crate::ScmError;
use counterfoil_graph::{Admg, CausalGraph, Dag, NodeSet, Variable};
use counterfoil_random::Stream;

/// How far the sum of a row of probabilities may lie from 1.
const ROW_TOLERANCE: f64 = 1e-6;

/// One variable of a model as plain data: its number of values, its parents, and `P(variable | parents)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// The variable's name.
    pub name: String,
    /// Its values are `0 .. cardinality`.
    pub cardinality: usize,
    /// Whether it is hidden: part of the model, and of no data.
    pub hidden: bool,
    /// The names of its parents, hidden ones included, the most significant first.
    pub parents: Vec<String>,
    /// One row per combination of the parents' values, row-major; a row holds the probabilities of the values.
    pub rows: Vec<f64>,
}

impl Factor {
    /// A variable that is seen.
    pub fn new<S: Into<String>>(
        name: impl Into<String>,
        cardinality: usize,
        parents: impl IntoIterator<Item = S>,
        rows: Vec<f64>,
    ) -> Self {
        let parents = parents.into_iter().map(Into::into).collect();
        Self { name: name.into(), cardinality, hidden: false, parents, rows }
    }

    /// A variable with the values 0 and 1, given by the probability of 1 in each row.
    pub fn binary<const N: usize>(
        name: &str,
        parents: [&str; N],
        ones: impl IntoIterator<Item = f64>,
    ) -> Self {
        let rows = ones.into_iter().flat_map(|p| [1.0 - p, p]).collect();
        Self::new(name, 2, parents, rows)
    }

    /// The same variable, hidden.
    pub fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }
}

/// A variable inside a model; the parents are positions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) name: String,
    pub(crate) cardinality: usize,
    pub(crate) parents: Vec<usize>,
    pub(crate) rows: Vec<f64>,
}

/// A causal model of conditional probability tables: `P(v) = sum over the hidden of prod P(v_i | pa_i)`, where an
/// intervention replaces factors (truncated factorisation; Pearl 2009, section 1.3).
///
/// The variables that are seen take the positions `0 .. n` in the order of their declaration, which are also their
/// positions in [`CptModel::graph`]; hidden ones follow. Every query is exact, by variable elimination among the
/// ancestors of what it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct CptModel {
    pub(crate) nodes: Vec<Node>,
    pub(crate) observed: usize,
    pub(crate) dag: Dag,
    graph: Admg,
}

impl CptModel {
    /// The model of these variables, in any order.
    ///
    /// # Errors
    /// [`ScmError::UnknownParent`]; [`ScmError::RowCount`] and [`ScmError::NotADistribution`] for bad tables;
    /// [`ScmError::Graph`] for names used twice, a visible variable of one value, a cycle.
    pub fn new(factors: impl IntoIterator<Item = Factor>) -> Result<Self, ScmError> {
        let (seen, hidden): (Vec<Factor>, Vec<Factor>) =
            factors.into_iter().partition(|factor| !factor.hidden);
        let observed = seen.len();
        let factors: Vec<Factor> = seen.into_iter().chain(hidden).collect();
        let nodes = factors
            .iter()
            .map(|factor| {
                let place = |parent: &String| {
                    factors.iter().position(|other| other.name == *parent).ok_or_else(|| {
                        ScmError::UnknownParent {
                            variable: factor.name.clone(),
                            parent: parent.clone(),
                        }
                    })
                };
                Ok(Node {
                    name: factor.name.clone(),
                    cardinality: factor.cardinality,
                    parents: factor.parents.iter().map(place).collect::<Result<_, ScmError>>()?,
                    rows: factor.rows.clone(),
                })
            })
            .collect::<Result<Vec<_>, ScmError>>()?;
        Self::from_nodes(nodes, observed)
    }

    /// Checks nodes, of which the first `observed` are seen.
    pub(crate) fn from_nodes(nodes: Vec<Node>, observed: usize) -> Result<Self, ScmError> {
        let variables = nodes
            .iter()
            .enumerate()
            .map(|(index, node)| {
                let name = node.name.as_str();
                if index < observed {
                    Variable::categorical(name, node.cardinality)
                } else {
                    Variable::latent(name)
                }
            })
            .collect::<Result<Vec<_>, _>>()?;
        let edges: Vec<(&str, &str)> = nodes
            .iter()
            .flat_map(|node| {
                node.parents.iter().map(|&parent| (nodes[parent].name.as_str(), node.name.as_str()))
            })
            .collect();
        let dag = Dag::new(variables, &edges)?;
        for node in &nodes {
            check_rows(node, &nodes)?;
        }
        let graph = Admg::from(&dag);
        Ok(Self { nodes, observed, dag, graph })
    }

    /// The causal graph of what is seen: hidden variables are projected out, so that those with two children or more
    /// have become bidirected edges. Positions are those of the model.
    pub fn graph(&self) -> &Admg {
        &self.graph
    }

    /// The graph of all variables, hidden ones included.
    pub fn full_graph(&self) -> &Dag {
        &self.dag
    }

    /// Number of variables that are seen.
    pub fn len(&self) -> usize {
        self.observed
    }

    /// `true` when nothing is seen.
    pub fn is_empty(&self) -> bool {
        self.observed == 0
    }

    /// The number of values of the variable at `index`, hidden ones included.
    ///
    /// # Panics
    /// When there is no such variable.
    pub fn cardinality(&self, index: usize) -> usize {
        self.nodes[index].cardinality
    }

    /// The numbers of values of the variables that are seen.
    pub fn cardinalities(&self) -> Vec<usize> {
        self.nodes[..self.observed].iter().map(|node| node.cardinality).collect()
    }

    /// The name of the variable at `index`, hidden ones included.
    ///
    /// # Panics
    /// When there is no such variable.
    pub fn name(&self, index: usize) -> &str {
        &self.nodes[index].name
    }

    /// The variables as plain data, in the order of positions: what [`CptModel::new`] takes.
    pub fn factors(&self) -> Vec<Factor> {
        let names = |parents: &[usize]| parents.iter().map(|&p| self.name(p).to_owned()).collect();
        self.nodes
            .iter()
            .enumerate()
            .map(|(index, node)| Factor {
                name: node.name.clone(),
                cardinality: node.cardinality,
                hidden: index >= self.observed,
                parents: names(&node.parents),
                rows: node.rows.clone(),
            })
            .collect()
    }

    /// `P(v | parents)` of the variable at `index` as a table over its parents and itself.
    ///
    /// # Panics
    /// When there is no such variable.
    pub fn table(&self, index: usize) -> Table {
        let node = &self.nodes[index];
        let scope: Vec<usize> = node.parents.iter().copied().chain([index]).collect();
        let cardinalities = scope.iter().map(|&v| self.nodes[v].cardinality).collect();
        Table::trusted(scope, cardinalities, node.rows.clone())
    }

    /// `P(v)` of everything that is seen.
    ///
    /// # Errors
    /// [`ScmError::TooLarge`].
    pub fn joint(&self) -> Result<Table, ScmError> {
        self.marginal(&(0..self.observed).collect::<Vec<_>>())
    }

    /// The distribution of `variables` (which may be hidden), in this order.
    ///
    /// # Errors
    /// [`ScmError::TableVariable`], [`ScmError::TooLarge`].
    pub fn marginal(&self, variables: &[usize]) -> Result<Table, ScmError> {
        self.restricted(variables, &[])
    }

    /// `P(variables, given)`: the joint probability as a table over `variables` alone.
    ///
    /// # Errors
    /// [`ScmError::TableVariable`], [`ScmError::ValueOutOfRange`], [`ScmError::TooLarge`].
    pub fn restricted(
        &self,
        variables: &[usize],
        given: &[(usize, usize)],
    ) -> Result<Table, ScmError> {
        self.restricted_under(variables, given, &[])
    }

    /// `P(variables, given; do(done))`: the joint probability after an intervention, as a table over `variables` alone. As
    /// [`CptModel::set`] and then [`CptModel::restricted`], without making the model in between.
    ///
    /// # Errors
    /// As [`CptModel::restricted`]; [`ScmError::TableVariable`] for a variable that is set and named elsewhere, too.
    pub fn restricted_under(
        &self,
        variables: &[usize],
        given: &[(usize, usize)],
        done: &[(usize, usize)],
    ) -> Result<Table, ScmError> {
        let named = |pairs: &[(usize, usize)], index: usize| pairs.iter().any(|&(v, _)| v == index);
        for (i, &index) in variables.iter().enumerate() {
            let repeated = variables[..i].contains(&index);
            if index >= self.nodes.len() || repeated || named(given, index) || named(done, index) {
                return Err(ScmError::TableVariable { index });
            }
        }
        for (i, &(index, value)) in done.iter().enumerate() {
            if named(given, index) || named(&done[..i], index) {
                return Err(ScmError::TableVariable { index });
            }
            self.check_value(index, value)?;
        }
        for &(index, value) in given {
            self.check_value(index, value)?;
        }
        let contradicted = given
            .iter()
            .enumerate()
            .any(|(i, pair)| given[..i].iter().any(|other| other.0 == pair.0 && other.1 != pair.1));
        if contradicted {
            // Two values of one variable: nothing is like that.
            let cardinalities: Vec<usize> =
                variables.iter().map(|&v| self.cardinality(v)).collect();
            let cells = cell_count(&cardinalities)?;
            return Table::new(variables.to_vec(), cardinalities, vec![0.0; cells]);
        }
        let seeds = variables.iter().copied().chain(given.iter().map(|&(index, _)| index));
        let world = self.dag.mutilated(done.iter().map(|&(index, _)| index));
        let factors = world
            .ancestors_of(seeds)
            .iter()
            .filter(|&index| !named(done, index))
            .map(|index| {
                let known = given.iter().chain(done);
                known.fold(self.table(index), |table, &(at, value)| table.at(at, value))
            })
            .collect();
        eliminate(factors, variables)
    }

    /// `P(variables | given)`.
    ///
    /// # Errors
    /// [`ScmError::ImpossibleCondition`] when the condition has probability zero, otherwise as
    /// [`CptModel::restricted`].
    pub fn conditional(
        &self,
        variables: &[usize],
        given: &[(usize, usize)],
    ) -> Result<Table, ScmError> {
        self.restricted(variables, given)?.normalised().ok_or(ScmError::ImpossibleCondition)
    }

    /// The probability that all of `event` holds.
    ///
    /// # Errors
    /// As [`CptModel::restricted`].
    pub fn probability(&self, event: &[(usize, usize)]) -> Result<f64, ScmError> {
        Ok(self.restricted(&[], event)?.total())
    }

    /// One draw of every variable, hidden ones at the end.
    ///
    /// Each variable takes one uniform number, in the order of positions, and inverts its distribution function with
    /// it; so draws from the same stream under different interventions share their noise, and that noise is the one of
    /// [`CptModel::to_functional`].
    pub fn sample(&self, stream: &mut Stream) -> Vec<usize> {
        let noise: Vec<f64> = self.nodes.iter().map(|_| stream.uniform()).collect();
        let mut values = vec![0; self.nodes.len()];
        for &index in self.dag.topological_order() {
            values[index] = invert(self.row(index, &values), noise[index]);
        }
        values
    }

    /// The row of the table of `index` that belongs to the parents' values among `values`.
    pub(crate) fn row(&self, index: usize, values: &[usize]) -> &[f64] {
        let node = &self.nodes[index];
        let row = node
            .parents
            .iter()
            .fold(0, |row, &parent| row * self.nodes[parent].cardinality + values[parent]);
        &node.rows[row * node.cardinality..(row + 1) * node.cardinality]
    }

    pub(crate) fn check_value(&self, index: usize, value: usize) -> Result<(), ScmError> {
        let node = self.nodes.get(index).ok_or(ScmError::TableVariable { index })?;
        if value < node.cardinality {
            return Ok(());
        }
        let (variable, cardinality) = (node.name.clone(), node.cardinality);
        Err(ScmError::ValueOutOfRange { variable, value, cardinality })
    }

    /// The hidden variables.
    pub fn hidden(&self) -> NodeSet {
        (self.observed..self.nodes.len()).collect()
    }
}

/// The value whose share of `[0, 1)` holds `noise`.
pub(crate) fn invert(row: &[f64], noise: f64) -> usize {
    let mut sum = 0.0;
    for (value, p) in row.iter().enumerate() {
        sum += p;
        if noise < sum {
            return value;
        }
    }
    // Rounding may leave the sum below the noise: the last value that can occur.
    row.iter().rposition(|&p| p > 0.0).unwrap_or(0)
}

pub(crate) fn check_rows(node: &Node, nodes: &[Node]) -> Result<(), ScmError> {
    let shape: Vec<usize> = node.parents.iter().map(|&parent| nodes[parent].cardinality).collect();
    let variable = || node.name.clone();
    let rows = cell_count(&shape)?;
    let expected = rows.saturating_mul(node.cardinality);
    if node.cardinality == 0 || expected != node.rows.len() {
        return Err(ScmError::RowCount { variable: variable(), expected, found: node.rows.len() });
    }
    let mut at = vec![0; shape.len()];
    for row in node.rows.chunks_exact(node.cardinality) {
        let sum: f64 = row.iter().sum();
        let good = row.iter().all(|&p| (0.0..=1.0 + ROW_TOLERANCE).contains(&p));
        if !good || (sum - 1.0).abs() > ROW_TOLERANCE {
            return Err(ScmError::NotADistribution { variable: variable(), row: at, sum });
        }
        advance(&mut at, &shape);
    }
    Ok(())
}
