//! Random causal questions on a given graph.

use crate::discrete::{Fact, World};
use counterfoil_graph::{Admg, NodeSet};
use counterfoil_random::Stream;

/// `P(y | do(x), z)`: disjoint sets of variables.
#[derive(Clone, Debug, PartialEq)]
pub struct EffectQuestion {
    /// What is set.
    pub x: NodeSet,
    /// What is asked about.
    pub y: NodeSet,
    /// What is known.
    pub z: NodeSet,
}

/// A random effect question: one or two causes (now and then none), one or two effects, and a condition in about a
/// third of the cases. `None` for the graph without nodes.
pub fn effect(graph: &Admg, stream: &mut Stream) -> Option<EffectQuestion> {
    let order = stream.permutation(graph.len());
    let mut rest = order.into_iter();
    let mut take = |count: usize| rest.by_ref().take(count).collect::<NodeSet>();
    let y = take(if stream.bernoulli(0.75) { 1 } else { 2 });
    let x = take(match stream.below(20) {
        0 => 0,
        1..=13 => 1,
        14..=18 => 2,
        _ => 3,
    });
    let z = take(match stream.below(20) {
        0..=12 => 0,
        13..=17 => 1,
        _ => 2,
    });
    (!y.is_empty()).then_some(EffectQuestion { x, y, z })
}

/// A counterfactual question: facts of several worlds, given facts of several worlds.
#[derive(Clone, Debug, PartialEq)]
pub struct CounterfactualQuestion {
    /// What is asked about.
    pub event: Vec<Fact>,
    /// What is known.
    pub given: Vec<Fact>,
}

/// What a random counterfactual question looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CounterfactualShape {
    /// The largest number of facts in the event; at least one is there.
    pub event: usize,
    /// The largest number of facts that are given.
    pub given: usize,
    /// The largest number of variables that a world sets.
    pub set: usize,
    /// The probability that a world sets a variable to what it would have been in another world.
    pub nested: f64,
}

impl Default for CounterfactualShape {
    fn default() -> Self {
        Self { event: 3, given: 2, set: 2, nested: 0.1 }
    }
}

/// A random counterfactual question about variables with the given numbers of values.
///
/// Worlds are drawn from a small pool, since questions whose facts share worlds are the interesting ones; the actual
/// world is always in it.
pub fn counterfactual(
    cardinalities: &[usize],
    shape: &CounterfactualShape,
    stream: &mut Stream,
) -> CounterfactualQuestion {
    let n = cardinalities.len();
    let mut pool = vec![World::actual()];
    for _ in 0..=stream.below(3) {
        let mut world = World::actual();
        for variable in stream.permutation(n).into_iter().take(1 + stream.below(shape.set.max(1))) {
            let value = stream.below(cardinalities[variable]);
            world = if stream.bernoulli(shape.nested) {
                let other = stream.below(n);
                let there = World::actual().set(other, stream.below(cardinalities[other]));
                world.set_as(variable, variable, there)
            } else {
                world.set(variable, value)
            };
        }
        pool.push(world);
    }
    let mut fact = || {
        let variable = stream.below(n);
        let world = pool[stream.below(pool.len())].clone();
        Fact::new(variable, world, stream.below(cardinalities[variable]))
    };
    let mut facts: Vec<Fact> = (0..shape.event.max(1) + shape.given).map(|_| fact()).collect();
    let mut given = facts.split_off(shape.event.max(1));
    facts.truncate(1 + stream.below(shape.event.max(1)));
    given.truncate(stream.below(shape.given + 1));
    CounterfactualQuestion { event: facts, given }
}
