//! The worlds that an event speaks of, each once and by number, inner ones before those that refer to them.

use super::{
    event::{Counterfactual, Event},
    world::{Setting, World},
};
use crate::QueryError;
use std::{collections::BTreeMap, sync::Arc};

/// How a numbered world holds a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    /// At this value.
    Value(usize),
    /// At the value that the variable takes in the world of this number, which is smaller than that of the world itself.
    AsIn(usize),
}

/// A variable in a numbered world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) variable: usize,
    pub(super) world: usize,
}

/// A value takes 16 bytes, so that this many in all worlds together are a GiB.
const PLACES: usize = 1 << 26;

/// Worlds by number. Equal worlds have one number.
#[derive(Clone, Debug, Default)]
pub(super) struct Worlds {
    all: Vec<World>,
    /// By world: what it holds, ascending.
    held: Vec<Vec<(usize, Held)>>,
    numbers: BTreeMap<Vec<(usize, Held)>, usize>,
    /// Inner worlds by address: those that are shared are looked at once. Kept, so that no address is used again.
    shared: BTreeMap<usize, (Arc<World>, usize)>,
}

impl Worlds {
    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// The number of a world; it and the worlds within it are added where they are new.
    pub(super) fn add(&mut self, world: &World) -> usize {
        // With a stack and not by calling itself, since worlds are nested as deep as a graph may be.
        let mut stack = self.unnumbered(world);
        while let Some(inner) = stack.last().cloned() {
            let within = self.unnumbered(&inner);
            if within.is_empty() {
                stack.pop();
                let number = self.number(&inner);
                self.shared.insert(address(&inner), (inner, number));
            } else {
                stack.extend(within);
            }
        }
        self.number(world)
    }

    /// The worlds that a world refers to and that have no number yet, the last first.
    fn unnumbered(&self, world: &World) -> Vec<Arc<World>> {
        let inner = world.settings().filter_map(|(_, setting)| match setting {
            Setting::AsIn(inner) if !self.shared.contains_key(&address(inner)) => {
                Some(Arc::clone(inner))
            }
            _ => None,
        });
        let mut inner: Vec<_> = inner.collect();
        inner.reverse();
        inner
    }

    /// The number of a world whose inner ones have theirs.
    fn number(&mut self, world: &World) -> usize {
        let held: Vec<(usize, Held)> = world
            .settings()
            .map(|(variable, setting)| match setting {
                Setting::Value(value) => (variable, Held::Value(*value)),
                Setting::AsIn(inner) => (variable, Held::AsIn(self.shared[&address(inner)].1)),
            })
            .collect();
        if let Some(&number) = self.numbers.get(&held) {
            return number;
        }
        let number = self.held.len();
        self.numbers.insert(held.clone(), number);
        self.held.push(held);
        self.all.push(world.clone());
        number
    }

    /// Refuses more worlds than there is room for, when each has a value for each of so many variables.
    ///
    /// # Errors
    /// [`QueryError::Worlds`].
    pub(super) fn check(&self, variables: usize) -> Result<(), QueryError> {
        let worlds = self.len();
        match worlds.checked_mul(variables) {
            Some(places) if places <= PLACES => Ok(()),
            _ => Err(QueryError::Worlds { worlds, variables, limit: PLACES }),
        }
    }

    /// The statements of an event as places and values.
    pub(super) fn add_event(&mut self, event: &Event) -> Vec<(Place, usize)> {
        event.atoms().iter().map(|atom| (self.place(&atom.of), atom.value)).collect()
    }

    pub(super) fn place(&mut self, of: &Counterfactual) -> Place {
        Place { variable: of.variable, world: self.add(&of.world) }
    }

    /// How a world holds a variable, if it does.
    pub(super) fn held(&self, place: Place) -> Option<Held> {
        let held = &self.held[place.world];
        let at = held.binary_search_by_key(&place.variable, |(variable, _)| *variable).ok()?;
        Some(held[at].1)
    }

    /// All that a world holds, by ascending variable.
    pub(super) fn all_held(&self, world: usize) -> &[(usize, Held)] {
        &self.held[world]
    }

    /// The counterfactual variable that a place is.
    pub(super) fn counterfactual(&self, place: Place) -> Counterfactual {
        Counterfactual { variable: place.variable, world: self.all[place.world].clone() }
    }

    pub(super) fn world(&self, number: usize) -> &World {
        &self.all[number]
    }
}

/// What tells one shared world from another.
fn address(world: &Arc<World>) -> usize {
    Arc::as_ptr(world) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counterfactual::Atom;

    #[test]
    fn equal_worlds_share_a_number_and_inner_ones_come_first() {
        let inner = World::factual().set(0, 1);
        let outer = World::factual().set_as_in(1, inner.clone());
        let mut worlds = Worlds::default();
        assert_eq!([worlds.add(&outer), worlds.add(&inner), worlds.add(&outer)], [1, 0, 1]);
        assert_eq!(worlds.held(Place { variable: 1, world: 1 }), Some(Held::AsIn(0)));
        assert_eq!(worlds.held(Place { variable: 0, world: 1 }), None);
        let event: Event =
            [Atom { of: Counterfactual::factual(2), value: 3 }].into_iter().collect();
        assert_eq!(worlds.add_event(&event), [(Place { variable: 2, world: 2 }, 3)]);
    }
}
