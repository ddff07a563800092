//! `do(x = value)`: variables that are changed from outside.

use crate::{Change, Dag, GraphError, Placement};
use std::collections::BTreeMap;

/// An intervention: a [`Change`] of each of some variables of one graph, in the variables' own units. Most are hard and set
/// values; soft ones shift or scale what a variable's causes make of it.
///
/// Every change was checked against the type of its variable. A set value outside the declared range is allowed and
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
///
/// let more = Intervention::parse(&dag, ["dose+=2"])?;
/// assert_eq!(more.describe(&dag), "do(dose += 2 mg)");
/// assert_eq!((more.get(0), more.targets()), (None, vec![0]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intervention(BTreeMap<usize, Change>);

impl Intervention {
    /// The intervention that changes nothing.
    pub fn none() -> Self {
        Self::default()
    }

    /// This intervention with one more variable set, given by name.
    ///
    /// # Errors
    /// [`GraphError::UnknownVariable`] (with a suggestion), [`GraphError::OutsideDomain`],
    /// [`GraphError::UnlabelledIntervention`], [`GraphError::ChangedTwice`].
    pub fn set(self, dag: &Dag, name: &str, value: f64) -> Result<Self, GraphError> {
        let index = dag.index_of(name)?;
        self.set_index(dag, index, value)
    }

    /// This intervention with one more variable set, given by position.
    ///
    /// # Errors
    /// As [`Intervention::set`], and [`GraphError::IndexOutOfRange`].
    pub fn set_index(self, dag: &Dag, index: usize, value: f64) -> Result<Self, GraphError> {
        self.change_index(dag, index, Change::Set(value))
    }

    /// This intervention with one more variable changed, given by position.
    ///
    /// # Errors
    /// Those of [`Change::check`], [`GraphError::ChangedTwice`] and [`GraphError::IndexOutOfRange`].
    pub fn change_index(
        mut self,
        dag: &Dag,
        index: usize,
        change: Change,
    ) -> Result<Self, GraphError> {
        if index >= dag.len() {
            return Err(GraphError::IndexOutOfRange { index, len: dag.len() });
        }
        let variable = dag.variable(index);
        change.check(variable)?;
        if let Some(first) = self.0.insert(index, change) {
            let name = variable.name().to_owned();
            let [first, second] = [first, change].map(|change| change.written(variable));
            return Err(GraphError::ChangedTwice { name, first, second });
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

    /// The intervention that makes these changes of the variables at the given positions.
    ///
    /// # Errors
    /// As [`Intervention::change_index`].
    pub fn from_changes(
        dag: &Dag,
        changes: impl IntoIterator<Item = (usize, Change)>,
    ) -> Result<Self, GraphError> {
        changes.into_iter().try_fold(Self::none(), |action, (index, change)| {
            action.change_index(dag, index, change)
        })
    }

    /// The intervention written as texts of the form `name=number`, as on a command line; `name+=number`, `name-=number`
    /// and `name*=number` are soft.
    ///
    /// # Errors
    /// [`GraphError::BadIntervention`] for other text, otherwise as [`Intervention::set`] and [`Change::check`].
    pub fn parse<'t>(
        dag: &Dag,
        texts: impl IntoIterator<Item = &'t str>,
    ) -> Result<Self, GraphError> {
        texts.into_iter().try_fold(Self::none(), |action, text| {
            let bad = || GraphError::BadIntervention { text: text.to_owned() };
            // A name may hold "=", a number cannot: split at the last one.
            let (name, value) = text.rsplit_once('=').ok_or_else(bad)?;
            let value: f64 = value.trim().parse().map_err(|_| bad())?;
            // A name may end in "+" too: the whole is tried first.
            let soft = match (dag.index_of(name.trim()), name.chars().last()) {
                (Ok(_), _) => None,
                (_, Some('+')) => Some(Change::Shift(value)),
                (_, Some('-')) => Some(Change::Shift(-value)),
                (_, Some('*')) => Some(Change::Scale(value)),
                _ => None,
            };
            match soft {
                None => action.set(dag, name.trim(), value),
                Some(change) => {
                    let index = dag.index_of(name[..name.len() - 1].trim())?;
                    action.change_index(dag, index, change)
                }
            }
        })
    }

    /// The same intervention on another graph that has variables of the same names: from a model's graph to that
    /// of its labels, say.
    ///
    /// # Errors
    /// As [`Intervention::set`] on `to`.
    pub fn translate(&self, from: &Dag, to: &Dag) -> Result<Self, GraphError> {
        self.iter().try_fold(Self::none(), |action, (index, change)| {
            action.change_index(to, to.index_of(from.variable(index).name())?, change)
        })
    }

    /// This intervention followed by another: where both change a variable, the later one holds.
    pub fn then(mut self, later: &Self) -> Self {
        self.0.extend(later.iter());
        self
    }

    /// The value that the variable at `index` is set to; nothing where it is not changed or softly.
    pub fn get(&self, index: usize) -> Option<f64> {
        self.change(index)?.value()
    }

    /// What happens to the variable at `index`.
    pub fn change(&self, index: usize) -> Option<Change> {
        self.0.get(&index).copied()
    }

    /// The value of the variable at `index` of `dag` whose causes and noise make it `natural`: that one where nothing happens
    /// to it, the one that is set, or the natural one moved.
    pub fn outcome(&self, dag: &Dag, index: usize, natural: f64) -> f64 {
        self.change(index).map_or(natural, |change| change.of(dag.variable(index), natural))
    }

    /// The changed variables and what happens to them, by ascending position.
    pub fn iter(&self) -> impl Iterator<Item = (usize, Change)> {
        self.0.iter().map(|(&index, &change)| (index, change))
    }

    /// The set variables and their values, by ascending position: all that there is where nothing is soft.
    pub fn values(&self) -> impl Iterator<Item = (usize, f64)> {
        self.iter().filter_map(|(index, change)| Some((index, change.value()?)))
    }

    /// The positions of the changed variables, ascending. Where nothing is soft, what [`Dag::mutilated`] takes.
    pub fn targets(&self) -> Vec<usize> {
        self.0.keys().copied().collect()
    }

    /// Number of changed variables.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// `true` when nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The set variables whose value lies outside their declared range, ascending.
    pub fn extrapolated(&self, dag: &Dag) -> Vec<usize> {
        self.values()
            .filter(|&(index, value)| {
                matches!(dag.variable(index).place(value), Ok(Placement::Extrapolated))
            })
            .map(|(index, _)| index)
            .collect()
    }

    /// The intervention as it is written: `do(thickness = 2.5 px, intensity = 200 grey level)`.
    pub fn describe(&self, dag: &Dag) -> String {
        let written = |(index, change): (usize, Change)| change.written(dag.variable(index));
        let parts: Vec<String> = self.iter().map(written).collect();
        format!("do({})", parts.join(", "))
    }
}
