//! A second way to tell which counterfactual variables are equal, pair by pair, to check certificates with.

use super::{
    conflict::Conflict,
    event::Event,
    worlds::{Held, Place, Worlds},
};
use crate::Admg;
use std::collections::BTreeSet;

pub(super) fn conflict(conflict: &Conflict, graph: &Admg, event: &Event, given: &Event) -> bool {
    if event.check(graph).is_err() || given.check(graph).is_err() {
        return false;
    }
    let Some((first, last)) = conflict.path.first().zip(conflict.path.last()) else {
        return false;
    };
    if [first, last] != [&conflict.demands[0].by, &conflict.demands[1].by] {
        return false;
    }
    let mut worlds = Worlds::default();
    let condition = worlds.add_event(given);
    let stated = worlds.add_event(event);
    let both: Vec<_> = stated.iter().chain(&condition).copied().collect();
    // Nodes in worlds that nothing is stated about prove nothing.
    let known = worlds.len();
    let path: Vec<Place> = conflict.path.iter().map(|node| worlds.place(node)).collect();
    if worlds.len() != known || path.iter().any(|place| place.variable >= graph.len()) {
        return false;
    }
    let (Some(joint), Some(alone)) =
        (Pairs::new(graph, &worlds, &both), Pairs::new(graph, &worlds, &condition))
    else {
        return false;
    };
    if stated.iter().all(|&(place, value)| alone.value(place) == Some(value)) {
        return false;
    }
    let (side, other) = if conflict.in_condition { (&alone, &joint) } else { (&joint, &alone) };
    side.joins(&path) && side.clashes(conflict, &path) && side.differs(other, path[0])
}

/// What some statements make equal, as a table of all pairs of worlds.
struct Pairs<'g> {
    graph: &'g Admg,
    worlds: &'g Worlds,
    /// By variable and world: the value that is set or stated.
    values: Vec<Option<usize>>,
    /// By variable and two worlds: whether its parents have equal values in both.
    same: Vec<bool>,
    /// By variable and world: whether a statement depends on it.
    needed: Vec<bool>,
}

impl<'g> Pairs<'g> {
    /// `None` when the statements contradict each other.
    fn new(graph: &'g Admg, worlds: &'g Worlds, stated: &[(Place, usize)]) -> Option<Self> {
        let (n, w) = (graph.len(), worlds.len());
        let mut pairs = Self {
            graph,
            worlds,
            values: vec![None; n * w],
            same: vec![false; n * w * w],
            needed: vec![false; n * w],
        };
        for &variable in graph.topological_order() {
            let place = |world| Place { variable, world };
            for (a, b) in (0..w).flat_map(|a| (0..w).map(move |b| (a, b))) {
                let same = graph.parents(variable).iter().all(|&p| {
                    pairs.equal(
                        Place { variable: p, world: a },
                        &pairs,
                        Place { variable: p, world: b },
                    )
                });
                pairs.same[(variable * w + a) * w + b] = same;
            }
            for world in 0..w {
                if let Some(Held::Value(value)) = worlds.held(place(world)) {
                    pairs.values[variable * w + world] = Some(value);
                }
            }
            for &(of, value) in stated.iter().filter(|(of, _)| of.variable == variable) {
                let home = pairs.home(of);
                if worlds.held(home).is_some() {
                    if pairs.value(home) != Some(value) {
                        return None;
                    }
                    continue;
                }
                for world in (0..w).filter(|&world| worlds.held(place(world)).is_none()) {
                    if pairs.same[(variable * w + home.world) * w + world]
                        && pairs.values[variable * w + world]
                            .replace(value)
                            .is_some_and(|v| v != value)
                    {
                        return None;
                    }
                }
            }
            for world in 0..w {
                let home = pairs.home(place(world));
                pairs.values[variable * w + world] = pairs.values[variable * w + home.world];
            }
        }
        for &(place, _) in stated {
            pairs.needed[place.variable * w + place.world] = true;
        }
        for &variable in graph.topological_order().iter().rev() {
            for world in (0..w).rev() {
                let below = graph.children(variable).iter().any(|&child| {
                    let child = Place { variable: child, world };
                    pairs.is_needed(child) && worlds.held(child).is_none()
                });
                pairs.needed[variable * w + world] |= below;
                if let Some(Held::AsIn(inner)) = worlds.held(Place { variable, world }) {
                    let needed = pairs.needed[variable * w + world];
                    pairs.needed[variable * w + inner] |= needed;
                }
            }
        }
        Some(pairs)
    }

    fn value(&self, place: Place) -> Option<usize> {
        self.values[place.variable * self.worlds.len() + place.world]
    }

    fn is_needed(&self, place: Place) -> bool {
        self.needed[place.variable * self.worlds.len() + place.world]
    }

    /// Where the variable of a nested intervention really lives.
    fn home(&self, mut place: Place) -> Place {
        while let Some(Held::AsIn(inner)) = self.worlds.held(place) {
            place.world = inner;
        }
        place
    }

    /// Whether the value at `a` under these statements is the value at `b` under others: both known and equal, or both
    /// open and of the same parents. Asks for the parents of one variable only, in this table.
    fn equal(&self, a: Place, other: &Self, b: Place) -> bool {
        match (self.value(a), other.value(b)) {
            (Some(x), Some(y)) => x == y,
            (None, None) => {
                let w = self.worlds.len();
                self.same[(a.variable * w + self.home(a).world) * w + self.home(b).world]
            }
            _ => false,
        }
    }

    /// A place that is a node: needed, and held by nothing.
    fn is_node(&self, place: Place) -> bool {
        self.is_needed(place) && self.worlds.held(place).is_none()
    }

    /// Whether the path consists of nodes that bidirected edges join, or that are one variable.
    fn joins(&self, path: &[Place]) -> bool {
        path.iter().all(|&place| self.is_node(place))
            && path.windows(2).all(|pair| {
                let [a, b] = [pair[0].variable, pair[1].variable];
                a == b || self.graph.spouses(a).contains(&b)
            })
    }

    /// Whether the ends need the variable at the two values that the certificate says, and these differ.
    fn clashes(&self, conflict: &Conflict, path: &[Place]) -> bool {
        let variable = conflict.variable;
        let (Some(&first), Some(&last)) = (path.first(), path.last()) else { return false };
        let ends = [first, last];
        let concerns = |end: &Place| {
            end.variable == variable || self.graph.parents(end.variable).contains(&variable)
        };
        let [a, b] = ends.map(|end| Place { variable, ..end });
        ends.iter().all(concerns)
            && [self.value(a), self.value(b)]
                == [conflict.demands[0].value, conflict.demands[1].value]
            && !self.equal(a, self, b)
    }

    /// Whether the part around `start` stands otherwise, or not at all, in the other probability.
    fn differs(&self, other: &Self, start: Place) -> bool {
        let across = self.across(other);
        let w = self.worlds.len();
        let is_same = |a: Place, b: Place| {
            a.variable == b.variable
                && self.value(a) == other.value(b)
                && across[(a.variable * w + a.world) * w + b.world]
        };
        let twin = |a: Place| {
            let in_worlds = (0..w).map(|world| Place { world, ..a });
            in_worlds.into_iter().find(|&b| other.is_node(b) && is_same(a, b))
        };
        let Some(start_there) = twin(start) else { return true };
        let (here, there) = (self.part(start), other.part(start_there));
        !(here.iter().all(|&a| there.iter().any(|&b| is_same(a, b)))
            && there.iter().all(|&b| here.iter().any(|&a| is_same(a, b))))
    }

    /// By variable and two worlds, one of this table and one of another: whether the parents have equal values.
    fn across(&self, other: &Self) -> Vec<bool> {
        let w = self.worlds.len();
        let mut across = vec![false; self.same.len()];
        for &variable in self.graph.topological_order() {
            for (a, b) in (0..w).flat_map(|a| (0..w).map(move |b| (a, b))) {
                across[(variable * w + a) * w + b] =
                    self.graph.parents(variable).iter().all(|&p| {
                        let (a, b) =
                            (Place { variable: p, world: a }, Place { variable: p, world: b });
                        match (self.value(a), other.value(b)) {
                            (Some(x), Some(y)) => x == y,
                            (None, None) => {
                                across[(p * w + self.home(a).world) * w + self.home(b).world]
                            }
                            _ => false,
                        }
                    });
            }
        }
        across
    }

    /// Everything that shares a district or an open value with `start`, or with what does.
    fn part(&self, start: Place) -> Vec<Place> {
        let w = self.worlds.len();
        let mut seen = BTreeSet::from([start]);
        let mut stack = vec![start];
        while let Some(at) = stack.pop() {
            let kin = self.graph.spouses(at.variable).iter().chain([&at.variable]);
            let mut near: Vec<Place> = kin
                .flat_map(|&variable| (0..w).map(move |world| Place { variable, world }))
                .collect();
            let parents = self.graph.parents(at.variable).iter();
            let parents = parents.map(|&p| self.home(Place { variable: p, ..at }));
            near.extend(parents.filter(|&p| self.value(p).is_none()));
            if self.value(at).is_none() {
                let children = self.graph.children(at.variable);
                for world in (0..w).filter(|&v| self.home(Place { world: v, ..at }) == at) {
                    near.extend(children.iter().map(|&c| Place { variable: c, world }));
                }
            }
            for next in near {
                if self.is_node(next) && seen.insert(next) {
                    stack.push(next);
                }
            }
        }
        seen.into_iter().collect()
    }
}
