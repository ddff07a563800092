//! Worlds, which may refer to further ones. Inner worlds are shared, and nested as deep as a graph may be: nothing here
//! walks one of them twice, or calls itself.

use super::parse::DEPTH;
use crate::{MixedGraph, QueryError};
use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    fmt::{self, Write},
    hash::{Hash, Hasher},
    mem,
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
#[derive(Clone, Default)]
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
    ///
    /// A world that is shared is written out wherever it is referred to. Where that goes deeper than
    /// [`Event::parse`](super::Event::parse) reads, or on for thousands of settings, the rest is `…`.
    pub fn text(&self, graph: &MixedGraph) -> String {
        if self.is_factual() {
            return String::new();
        }
        written(self, |variable| graph.name(variable).to_owned())
    }
}

/// Lexicographic by ascending variable, a value before a nested world, as if every inner world were written out.
impl Ord for World {
    fn cmp(&self, other: &Self) -> Ordering {
        // A pair of inner worlds that was begun is equal, or the comparison has ended there.
        let mut begun = BTreeSet::new();
        let mut stack = vec![(self.0.iter(), other.0.iter())];
        while let Some((ours, theirs)) = stack.last_mut() {
            let (ours, theirs) = match (ours.next(), theirs.next()) {
                (Some(ours), Some(theirs)) => (ours, theirs),
                (None, None) => {
                    stack.pop();
                    continue;
                }
                (None, Some(_)) => return Ordering::Less,
                (Some(_), None) => return Ordering::Greater,
            };
            let order = ours.0.cmp(theirs.0).then_with(|| match (ours.1, theirs.1) {
                (Setting::Value(a), Setting::Value(b)) => a.cmp(b),
                (Setting::Value(_), Setting::AsIn(_)) => Ordering::Less,
                (Setting::AsIn(_), Setting::Value(_)) => Ordering::Greater,
                (Setting::AsIn(_), Setting::AsIn(_)) => Ordering::Equal,
            });
            if order.is_ne() {
                return order;
            }
            if let (Setting::AsIn(a), Setting::AsIn(b)) = (ours.1, theirs.1)
                && !Arc::ptr_eq(a, b)
                && begun.insert((Arc::as_ptr(a), Arc::as_ptr(b)))
            {
                stack.push((a.0.iter(), b.0.iter()));
            }
        }
        Ordering::Equal
    }
}

impl PartialOrd for World {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for World {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for World {}

/// Of the settings and of those one world further in. To look deeper would be to walk all that is written out; worlds that
/// differ only there have one hash.
impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_settings(self, state, |inner, state| hash_settings(inner, state, |_, _| {}));
    }
}

fn hash_settings<H: Hasher>(world: &World, state: &mut H, nested: impl Fn(&World, &mut H)) {
    world.0.len().hash(state);
    for (variable, setting) in &world.0 {
        variable.hash(state);
        mem::discriminant(setting).hash(state);
        match setting {
            Setting::Value(value) => value.hash(state),
            Setting::AsIn(inner) => nested(inner, state),
        }
    }
}

/// Takes nested worlds apart one after the other: within each other they would need a stack as deep as they are.
impl Drop for World {
    fn drop(&mut self) {
        let mut stack: Vec<Arc<Self>> = nested(mem::take(&mut self.0)).collect();
        while let Some(inner) = stack.pop() {
            if let Some(mut last) = Arc::into_inner(inner) {
                stack.extend(nested(mem::take(&mut last.0)));
            }
        }
    }
}

/// The worlds that settings refer to.
fn nested(settings: BTreeMap<usize, Setting>) -> impl Iterator<Item = Arc<World>> {
    settings.into_values().filter_map(|setting| match setting {
        Setting::Value(_) => None,
        Setting::AsIn(inner) => Some(inner),
    })
}

/// The settings by position and cut as in [`World::text`]: `World[0=1, 1[0=0]]`.
impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("World")?;
        f.write_str(&written(self, |variable| variable.to_string()))
    }
}

/// So many settings of inner worlds are written at most.
const WRITTEN: usize = 4096;

/// The settings in brackets.
fn written(world: &World, name: impl Fn(usize) -> String) -> String {
    let mut text = "[".to_owned();
    let mut left = WRITTEN;
    let mut stack = vec![(world.0.iter(), true)];
    while let Some((settings, first)) = stack.last_mut() {
        let (next, separator) = (settings.next(), if *first { "" } else { ", " });
        *first = false;
        let depth = stack.len() - 1;
        let Some((&variable, setting)) = next else {
            text.push(']');
            stack.pop();
            continue;
        };
        text.push_str(separator);
        if depth > 0 {
            let Some(fewer) = left.checked_sub(1) else {
                text.push_str("…]");
                stack.pop();
                continue;
            };
            left = fewer;
        }
        text.push_str(&name(variable));
        match setting {
            Setting::Value(value) => {
                // Writing to a string cannot fail.
                let _ = write!(text, "={value}");
            }
            Setting::AsIn(inner) if depth == DEPTH && !inner.is_factual() => text.push_str("[…]"),
            Setting::AsIn(inner) => {
                text.push('[');
                stack.push((inner.0.iter(), true));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Admg,
        counterfactual::{Event, Question},
    };
    use std::hash::DefaultHasher;

    fn hash(world: &World) -> u64 {
        let mut state = DefaultHasher::new();
        world.hash(&mut state);
        state.finish()
    }

    /// The question for all paths of a graph in which every variable is caused by the two before it: about `1.6^n` of
    /// them, by n worlds.
    fn fibonacci(n: usize, new: usize) -> (Admg, Question) {
        let edge = |i: usize| format!("V{} -> V{i}; V{} -> V{i}", i - 1, i - 2);
        let text = (2..n).map(edge).fold("V0 -> V1".to_owned(), |all, next| all + "; " + &next);
        let graph: Admg = text.parse().unwrap();
        let edges: Vec<_> = graph.directed_edges().collect();
        let question = Question::along(&graph, (n - 1, 1), 0, [0, new], &edges).unwrap();
        (graph, question)
    }

    #[test]
    fn shared_worlds_are_not_walked_as_often_as_they_are_shared() {
        let (graph, question) = fibonacci(90, 1);
        let world = |question: &Question| question.event.atoms()[0].of.world.clone();
        let text = question.text(&graph);
        assert!(text.contains("…") && text.len() < 100_000, "{}", text.len());
        assert!(format!("{question:?}").len() < 100_000);
        // Equal without sharing anything, and with a difference at the very end.
        let (ours, equal) = (world(&question), world(&fibonacci(90, 1).1));
        let greater = world(&fibonacci(90, 2).1);
        assert_eq!((ours.cmp(&equal), hash(&ours)), (Ordering::Equal, hash(&equal)));
        assert_eq!((ours.cmp(&greater), greater.cmp(&ours)), (Ordering::Less, Ordering::Greater));
        // What can be written out is.
        let (graph, few) = fibonacci(8, 1);
        let event = Event::parse(&graph, &few.event.text(&graph)).unwrap();
        assert_eq!((&event, hash(&world(&few))), (&few.event, hash(&event.atoms()[0].of.world)));
        assert_eq!(format!("{:?}", World::factual().set_as_in(3, World::factual())), "World[3[]]");
    }

    /// Exact: worlds as the pairs of numbers that the order is said to be lexicographic in.
    #[test]
    fn worlds_are_ordered_by_their_settings() {
        let value = |v, to| World::factual().set(v, to);
        let nested = |v, inner| World::factual().set_as_in(v, inner);
        let ascending = [
            World::factual(),
            value(0, 1),
            value(0, 1).set(1, 0),
            value(0, 2),
            nested(0, World::factual()),
            nested(0, value(3, 1)),
            nested(0, value(3, 1)).set(1, 0),
            nested(0, value(3, 2)),
            value(1, 0),
        ];
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                assert_eq!(a.cmp(b), i.cmp(&j), "{a:?} and {b:?}");
            }
        }
    }

    /// A stack of the usual size holds some ten thousand calls within each other.
    #[test]
    fn worlds_are_nested_as_deep_as_a_graph() {
        let deep = |bottom: usize| {
            let bottom = World::factual().set(0, bottom);
            (1..100_000).fold(bottom, |inner, v| World::factual().set_as_in(v, inner))
        };
        let [a, b, c] = [deep(1), deep(1), deep(2)];
        assert!(a == b && a < c && hash(&a) == hash(&b));
        assert!(format!("{a:?}").contains("99935[…]]]"), "{a:?}");
    }
}
