//! Worlds that differ in what is done to them, and facts about their variables.

use super::Action;
use std::collections::BTreeMap;

/// What an intervention sets a variable of a world by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Setting {
    Act(Action),
    /// The value that another variable, or the same, takes in another world.
    As(usize, World),
}

/// One of the worlds of a counterfactual question: the same exogenous noise everywhere, and interventions that are its
/// own.
///
/// Beside the [actions](Action) on a model, a variable may be set to the value that it *would have had* in another
/// world, which is how natural direct and indirect effects are said (nested counterfactuals):
///
/// ```
/// use counterfoil_scm::discrete::World;
///
/// let [x, m] = [0, 1];
/// // x = 1, but the mediator as it would have been under x = 0.
/// let direct = World::actual().set(x, 1).set_as(m, m, World::actual().set(x, 0));
/// # let _ = direct;
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    pub(crate) settings: BTreeMap<usize, Setting>,
}

impl World {
    /// The world as it is: nothing is done.
    pub fn actual() -> Self {
        Self::default()
    }

    /// The same world with `do(variable = value)`; replaces what was done to the variable before.
    pub fn set(self, variable: usize, value: usize) -> Self {
        self.act(variable, Action::Set(value))
    }

    /// The same world with the variable set to the value that `other` takes in `world`.
    pub fn set_as(mut self, variable: usize, other: usize, world: World) -> Self {
        self.settings.insert(variable, Setting::As(other, world));
        self
    }

    /// The same world with `action` on the variable. A new random mechanism has no place in a world, since it needs
    /// noise that the others do not have: give it to the model
    /// ([`FunctionalModel::intervene`](super::FunctionalModel::intervene)).
    pub fn act(mut self, variable: usize, action: Action) -> Self {
        self.settings.insert(variable, Setting::Act(action));
        self
    }

    /// `true` when nothing is done.
    pub fn is_actual(&self) -> bool {
        self.settings.is_empty()
    }
}

/// A statement about one variable of one world: `Y_x = y`.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The variable.
    pub variable: usize,
    /// The world that it is looked at in.
    pub world: World,
    /// The value that it has.
    pub value: usize,
}

impl Fact {
    /// `variable = value` in `world`.
    pub fn new(variable: usize, world: World, value: usize) -> Self {
        Self { variable, world, value }
    }

    /// `variable = value` in the actual world.
    pub fn seen(variable: usize, value: usize) -> Self {
        Self::new(variable, World::actual(), value)
    }
}
