//! Worlds that differ in what is done to them, and facts about their variables.

use super::Action;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, mem,
    sync::Arc,
};

/// What an intervention sets a variable of a world by.
#[derive(Clone)]
pub(crate) enum Setting {
    Act(Action),
    /// The value that another variable, or the same, takes in another world.
    As(usize, Arc<World>),
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
#[derive(Clone, Default)]
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
    ///
    /// Worlds that share an inner world by its `Arc` share the work on it, too.
    pub fn set_as(mut self, variable: usize, other: usize, world: impl Into<Arc<World>>) -> Self {
        self.settings.insert(variable, Setting::As(other, world.into()));
        self
    }

    /// The same world with `action` on the variable. A new random mechanism has no place in a world, since it needs
    /// noise that the others do not have: give it to the model
    /// ([`FunctionalModel::intervene`](super::FunctionalModel::intervene)).
    pub fn act(mut self, variable: usize, action: Action) -> Self {
        self.settings.insert(variable, Setting::Act(action));
        self
    }

    /// The worlds that this one refers to, by ascending variable.
    pub(crate) fn inner(&self) -> impl DoubleEndedIterator<Item = &Arc<World>> {
        self.settings.values().filter_map(|setting| match setting {
            Setting::Act(_) => None,
            Setting::As(_, inner) => Some(inner),
        })
    }

    /// Whether the same is done in both, where inner worlds that one has shared with the other are the same, and all
    /// others different.
    pub(crate) fn is_alike(&self, other: &Self) -> bool {
        self.agrees(other, Arc::ptr_eq)
    }

    /// Whether the settings are the same, with `same` for inner worlds.
    fn agrees<'w>(
        &'w self,
        other: &'w Self,
        mut same: impl FnMut(&'w Arc<World>, &'w Arc<World>) -> bool,
    ) -> bool {
        self.settings.len() == other.settings.len()
            && self.settings.iter().zip(&other.settings).all(|(ours, theirs)| {
                ours.0 == theirs.0
                    && match (ours.1, theirs.1) {
                        (Setting::Act(a), Setting::Act(b)) => a == b,
                        (Setting::As(v, a), Setting::As(w, b)) => v == w && same(a, b),
                        _ => false,
                    }
            })
    }
}

/// As if every inner world were written out. Shared ones are compared once, and with a stack: worlds may be nested as
/// deep as a graph.
impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        let mut begun = BTreeSet::new();
        let mut stack: Vec<(&Self, &Self)> = vec![(self, other)];
        while let Some((a, b)) = stack.pop() {
            // A pair that was begun is equal, or the comparison ends with it.
            let alike = a.agrees(b, |a, b| {
                if !Arc::ptr_eq(a, b) && begun.insert((Arc::as_ptr(a), Arc::as_ptr(b))) {
                    stack.push((a.as_ref(), b.as_ref()));
                }
                true
            });
            if !alike {
                return false;
            }
        }
        true
    }
}

/// Takes nested worlds apart one after the other: within each other they would need a stack as deep as they are.
impl Drop for World {
    fn drop(&mut self) {
        let mut stack: Vec<Arc<Self>> = nested(mem::take(&mut self.settings)).collect();
        while let Some(inner) = stack.pop() {
            if let Some(mut last) = Arc::into_inner(inner) {
                stack.extend(nested(mem::take(&mut last.settings)));
            }
        }
    }
}

/// The worlds that settings refer to.
fn nested(settings: BTreeMap<usize, Setting>) -> impl Iterator<Item = Arc<World>> {
    settings.into_values().filter_map(|setting| match setting {
        Setting::Act(_) => None,
        Setting::As(_, inner) => Some(inner),
    })
}

/// What is done to each variable. Of an inner world it shows what is done there, but not which worlds that refers to in
/// turn: written out, shared worlds may fill every memory.
impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&Shown { world: self, levels: 1 }, f)
    }
}

struct Shown<'w> {
    world: &'w World,
    levels: usize,
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (variable, setting) in &self.world.settings {
            match setting {
                Setting::Act(action) => map.entry(variable, action),
                Setting::As(other, _) if self.levels == 0 => {
                    map.entry(variable, &format_args!("As({other}, ..)"))
                }
                Setting::As(other, inner) => {
                    let shown = Shown { world: inner, levels: self.levels - 1 };
                    map.entry(variable, &format_args!("As({other}, {shown:?})"))
                }
            };
        }
        map.finish()
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
