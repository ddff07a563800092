//! `do(x = value)`: variables that are set from outside, whatever their causes say.

use crate::{Dag, GraphError, Placement};
use std::collections::BTreeMap;

/// A hard intervention: a value for each of some variables of one graph, in the variables' own units.
///
/// Every value was checked against the type of its variable. A value outside the declared range is allowed and
/// listed by [`Intervention::extrapolated`], so that a result can carry a warning.
///
/// ```
/// use counterfoil_graph::{Dag, Intervention};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let dag = Dag::from_dot("digraph { dose [unit=mg, low=0, high=10, domain_low=0]; effect; dose -> effect }")?;
/// let action = Intervention::none().set(&dag, "dose", 12.0)?;
/// assert_eq!(action.get(0), Some(12.0));
/// assert_eq!(action.extrapolated(&dag), [0]);
/// assert_eq!(action.describe(&dag), "do(dose = 12 mg)");
/// assert!(Intervention::none().set(&dag, "dose", -1.0).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intervention(BTreeMap<usize, f64>);

impl Intervention {
    /// The intervention that sets nothing.
    pub fn none() -> Self {
        Self::default()
    }

    /// This intervention with one more variable, given by name.
    ///
    /// # Errors
    /// [`GraphError::UnknownVariable`] (with a suggestion), [`GraphError::OutsideDomain`],
    /// [`GraphError::UnlabelledIntervention`], [`GraphError::SetTwice`].
    pub fn set(self, dag: &Dag, name: &str, value: f64) -> Result<Self, GraphError> {
        let index = dag.index_of(name)?;
        self.set_index(dag, index, value)
    }

    /// This intervention with one more variable, given by position.
    ///
    /// # Errors
    /// As [`Intervention::set`], and [`GraphError::IndexOutOfRange`].
    pub fn set_index(mut self, dag: &Dag, index: usize, value: f64) -> Result<Self, GraphError> {
        if index >= dag.len() {
            return Err(GraphError::IndexOutOfRange { index, len: dag.len() });
        }
        let variable = dag.variable(index);
        variable.place(value)?;
        if let Some(first) = self.0.insert(index, value) {
            let name = variable.name().to_owned();
            return Err(GraphError::SetTwice { name, first, second: value });
        }
        Ok(self)
    }

    /// The intervention that sets the variables at the given positions.
    ///
    /// # Errors
    /// As [`Intervention::set_index`].
    pub fn from_pairs(
        dag: &Dag,
        pairs: impl IntoIterator<Item = (usize, f64)>,
    ) -> Result<Self, GraphError> {
        pairs
            .into_iter()
            .try_fold(Self::none(), |action, (index, value)| action.set_index(dag, index, value))
    }

    /// The intervention written as texts of the form `name=number`, as on a command line.
    ///
    /// # Errors
    /// [`GraphError::BadIntervention`] for other text, otherwise as [`Intervention::set`].
    pub fn parse<'t>(
        dag: &Dag,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Result<Self, GraphError> {
        texts.into_iter().try_fold(Self::none(), |action, text| {
            let bad = || GraphError::BadIntervention { text: text.to_owned() };
            // A name may hold "=", a number cannot: split at the last one.
            let (name, value) = text.rsplit_once('=').ok_or_else(bad)?;
            let value: f64 = value.trim().parse().map_err(|_| bad())?;
            action.set(dag, name.trim(), value)
        })
    }

    /// The same intervention on another graph that has variables of the same names: from a model's graph to that
    /// of its labels, say.
    ///
    /// # Errors
    /// As [`Intervention::set`] on `to`.
    pub fn translate(&self, from: &Dag, to: &Dag) -> Result<Self, GraphError> {
        self.iter().try_fold(Self::none(), |action, (index, value)| {
            action.set(to, from.variable(index).name(), value)
        })
    }

    /// This intervention followed by another: where both set a variable, the later one holds.
    pub fn then(mut self, later: &Self) -> Self {
        self.0.extend(later.iter());
        self
    }

    /// The value that the variable at `index` is set to.
    pub fn get(&self, index: usize) -> Option<f64> {
        self.0.get(&index).copied()
    }

    /// The set variables and their values, by ascending position.
    pub fn iter(&self) -> impl Iterator<Item = (usize, f64)> {
        self.0.iter().map(|(&index, &value)| (index, value))
    }

    /// The positions of the set variables, ascending: what [`Dag::mutilated`] takes.
    pub fn targets(&self) -> Vec<usize> {
        self.0.keys().copied().collect()
    }

    /// Number of set variables.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// `true` when nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The set variables whose value lies outside their declared range, ascending.
    pub fn extrapolated(&self, dag: &Dag) -> Vec<usize> {
        self.iter()
            .filter(|&(index, value)| {
                matches!(dag.variable(index).place(value), Ok(Placement::Extrapolated))
            })
            .map(|(index, _)| index)
            .collect()
    }

    /// The intervention as it is written: `do(thickness = 2.5 px, intensity = 200 grey level)`.
    pub fn describe(&self, dag: &Dag) -> String {
        let parts: Vec<String> = self
            .iter()
            .map(|(index, value)| {
                let variable = dag.variable(index);
                let unit = variable.unit().map(|unit| format!(" {unit}")).unwrap_or_default();
                format!("{} = {value}{unit}", variable.name())
            })
            .collect();
        format!("do({})", parts.join(", "))
    }
}
