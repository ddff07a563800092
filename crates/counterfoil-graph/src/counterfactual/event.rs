//! What can be asked about imagined worlds: variables in worlds, and the values that they take there.

use super::world::{Setting, World};
use crate::{MixedGraph, QueryError};
use std::{collections::BTreeSet, fmt, sync::Arc};

/// A variable in a world, `Y_x` of the literature.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counterfactual {
    /// Position of the variable in its graph.
    pub variable: usize,
    /// The world that it is looked at in.
    pub world: World,
}

impl Counterfactual {
    /// The variable in the real world.
    pub fn factual(variable: usize) -> Self {
        Self { variable, world: World::factual() }
    }

    /// The variable with the settings of its world in brackets: `Y[X=1]`.
    pub fn text(&self, graph: &MixedGraph) -> String {
        format!("{}{}", graph.name(self.variable), self.world.text(graph))
    }
}

/// A variable in a world takes a value there, `Y_x = y`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Atom {
    /// The variable in its world.
    pub of: Counterfactual,
    /// The value. Two values of one variable are the same exactly when the numbers are; nothing is assumed of how many
    /// there are.
    pub value: usize,
}

/// A conjunction of statements about variables in worlds: `Y_x = y and X = x'`. The empty one is always true.
///
/// ```
/// use counterfoil_graph::{admg, counterfactual::{Event, World}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let graph = admg! { X -> M -> Y; X -> Y }?;
/// let written = Event::parse(&graph, "Y[X=1, M[X=0]] = 1, X = 0")?;
/// let built = Event::sure()
///     .and(2, World::factual().set(0, 1).set_as_in(1, World::factual().set(0, 0)), 1)
///     .and(0, World::factual(), 0);
/// assert_eq!(written, built);
/// assert_eq!(built.text(&graph), "Y[X=1, M[X=0]]=1, X=0");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Event(Vec<Atom>);

impl Event {
    /// The event that always happens: no statement.
    pub fn sure() -> Self {
        Self::default()
    }

    /// The event that the text describes: statements with commas or `&` between them, each a variable, in brackets
    /// what its world holds, and a value, as in `Y[X=1, M[X=0]] = 1, X = 0`. A variable within brackets that has
    /// brackets itself (`M[X=0]`, or `M[]` for the real world) is held at the value it takes in that world.
    ///
    /// # Errors
    /// [`QueryError::Event`] for text of another form, [`QueryError::Graph`] for an unknown name,
    /// [`QueryError::SetTwice`].
    pub fn parse(graph: &MixedGraph, text: &str) -> Result<Self, QueryError> {
        super::parse::event(graph, text)
    }

    /// The same event where, in addition, `variable` takes `value` in `world`.
    pub fn and(mut self, variable: usize, world: World, value: usize) -> Self {
        self.0.push(Atom { of: Counterfactual { variable, world }, value });
        self
    }

    /// The statements in the order in which they were made.
    pub fn atoms(&self) -> &[Atom] {
        &self.0
    }

    /// Number of statements.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// `true` for the event without statements, which is certain.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The event in the notation of [`Event::parse`].
    pub fn text(&self, graph: &MixedGraph) -> String {
        let atoms = self.0.iter().map(|atom| format!("{}={}", atom.of.text(graph), atom.value));
        atoms.collect::<Vec<_>>().join(", ")
    }

    /// Checks that every variable is one of the graph.
    ///
    /// # Errors
    /// [`QueryError::OutOfRange`].
    pub fn check(&self, graph: &MixedGraph) -> Result<(), QueryError> {
        let len = graph.len();
        let check = |index: usize| {
            if index < len { Ok(()) } else { Err(QueryError::OutOfRange { index, len }) }
        };
        let mut seen = BTreeSet::new();
        for atom in &self.0 {
            check(atom.of.variable)?;
            let mut worlds = vec![&atom.of.world];
            while let Some(world) = worlds.pop() {
                for (variable, setting) in world.settings() {
                    check(variable)?;
                    if let Setting::AsIn(inner) = setting
                        && seen.insert(Arc::as_ptr(inner))
                    {
                        worlds.push(inner);
                    }
                }
            }
        }
        Ok(())
    }
}

impl FromIterator<Atom> for Event {
    fn from_iter<I: IntoIterator<Item = Atom>>(atoms: I) -> Self {
        Self(atoms.into_iter().collect())
    }
}

/// Whether the result of a question was yes, no, or settled by logic alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// The probability is a function of the given distributions.
    Identifiable,
    /// Two models agree on all given distributions and differ in the probability.
    NotIdentifiable,
    /// The event contradicts itself or the condition, in every model of the graph.
    Zero,
    /// The condition implies the event, in every model of the graph.
    One,
    /// The condition contradicts itself, so that there is no such probability.
    UndefinedCondition,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identifiable => "identifiable",
            Self::NotIdentifiable => "not identifiable",
            Self::Zero => "zero",
            Self::One => "one",
            Self::UndefinedCondition => "undefined condition",
        })
    }
}
