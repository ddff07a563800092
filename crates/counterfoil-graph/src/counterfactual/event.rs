//! What can be asked about imagined worlds: variables in worlds, and the values that they take there.

use crate::{MixedGraph, QueryError};
use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    fmt,
    sync::Arc,
};

/// How a world holds a variable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Setting {
    /// At this value.
    Value(usize),
    /// At the value that the same variable takes in another world: a nested counterfactual.
    AsIn(Arc<World>),
}

/// A world: the real one, or one in which some variables are held by intervention and everything else follows its
/// mechanisms with the same exogenous noise.
///
/// ```
/// use counterfoil_graph::counterfactual::World;
///
/// // X held at 1, M at the value that it would have if X were 0.
/// let mixed = World::factual().set(0, 1).set_as_in(1, World::factual().set(0, 0));
/// assert_eq!(mixed.settings().count(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct World(BTreeMap<usize, Setting>);

impl World {
    /// The real world, in which nothing is held.
    pub fn factual() -> Self {
        Self::default()
    }

    /// The world in which the named variables are held at values.
    ///
    /// # Errors
    /// [`QueryError::Graph`] for an unknown name, [`QueryError::SetTwice`].
    pub fn named<'n>(
        graph: &MixedGraph,
        values: impl IntoIterator<Item = (&'n str, usize)>,
    ) -> Result<Self, QueryError> {
        let mut world = Self::factual();
        for (name, value) in values {
            world.hold(graph, graph.index_of(name)?, Setting::Value(value))?;
        }
        Ok(world)
    }

    /// The same world with `variable` held at `value`; replaces what held it before.
    pub fn set(mut self, variable: usize, value: usize) -> Self {
        self.0.insert(variable, Setting::Value(value));
        self
    }

    /// The same world with `variable` held at the value that it takes in `other`; replaces what held it before.
    ///
    /// Worlds that share an inner world by its `Arc` share the work on it, too.
    pub fn set_as_in(mut self, variable: usize, other: impl Into<Arc<Self>>) -> Self {
        self.0.insert(variable, Setting::AsIn(other.into()));
        self
    }

    /// What is held, by ascending variable.
    pub fn settings(&self) -> impl ExactSizeIterator<Item = (usize, &Setting)> {
        self.0.iter().map(|(variable, setting)| (*variable, setting))
    }

    /// `true` for the real world.
    pub fn is_factual(&self) -> bool {
        self.0.is_empty()
    }

    /// Holds a variable that is not held yet.
    pub(super) fn hold(
        &mut self,
        graph: &MixedGraph,
        variable: usize,
        setting: Setting,
    ) -> Result<(), QueryError> {
        match self.0.entry(variable) {
            Entry::Occupied(before) if *before.get() != setting => {
                Err(QueryError::SetTwice { name: graph.name(variable).to_owned() })
            }
            entry => {
                entry.or_insert(setting);
                Ok(())
            }
        }
    }

    /// The settings in brackets, as in `[X=1, M[X=0]]`; nothing for the real world.
    pub fn text(&self, graph: &MixedGraph) -> String {
        if self.is_factual() {
            return String::new();
        }
        let settings: Vec<String> = self
            .settings()
            .map(|(variable, setting)| match setting {
                Setting::Value(value) => format!("{}={value}", graph.name(variable)),
                Setting::AsIn(world) if world.is_factual() => {
                    format!("{}[]", graph.name(variable))
                }
                Setting::AsIn(world) => format!("{}{}", graph.name(variable), world.text(graph)),
            })
            .collect();
        format!("[{}]", settings.join(", "))
    }
}

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

    /// Both events at once.
    pub fn and_all(mut self, other: &Self) -> Self {
        self.0.extend(other.0.iter().cloned());
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
