//! Random causal questions on a given graph.

use counterfoil_graph::{
    Admg, NodeSet, Query,
    counterfactual::{Event, Question, World},
};
use counterfoil_random::Stream;

/// A random effect question: one or two causes (now and then none), one or two effects, and a condition in about a
/// third of the cases. `None` for the graph without nodes.
pub fn effect(graph: &Admg, stream: &mut Stream) -> Option<Query> {
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
    (!y.is_empty()).then_some(Query { y, do_: x, given: z })
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

/// So often is a statement drawn anew that logic alone may decide.
const REDRAWS: usize = 4;

/// A random counterfactual question about variables with the given numbers of values.
///
/// Worlds are drawn from a small pool, since questions whose facts share worlds are the interesting ones; the actual
/// world is always in it. Statements about a variable that its world sets, and two about the same variable of one world,
/// are rare: they make the answer trivial more often than not. Without variables there is nothing to state, and the
/// question is whether what is sure happens.
pub fn counterfactual(
    cardinalities: &[usize],
    shape: &CounterfactualShape,
    stream: &mut Stream,
) -> Question {
    let n = cardinalities.len();
    if n == 0 {
        return Question::default();
    }
    let mut pool = vec![World::factual()];
    for _ in 0..=stream.below(3) {
        let mut world = World::factual();
        for variable in stream.permutation(n).into_iter().take(1 + stream.below(shape.set.max(1))) {
            let value = stream.below(cardinalities[variable]);
            world = if stream.bernoulli(shape.nested) {
                let other = stream.below(n);
                let there = World::factual().set(other, stream.below(cardinalities[other]));
                world.set_as_in(variable, there)
            } else {
                world.set(variable, value)
            };
        }
        pool.push(world);
    }
    let facts = 1 + stream.below(shape.event.max(1));
    let known = stream.below(shape.given + 1);
    let mut stated: Vec<(usize, usize)> = Vec::new();
    let mut event = |count: usize| {
        (0..count).fold(Event::sure(), |event, _| {
            let mut variable = stream.below(n);
            let mut number = stream.below(pool.len());
            for _ in 0..REDRAWS {
                let set = pool[number].settings().any(|(v, _)| v == variable);
                if !set && !stated.contains(&(variable, number)) {
                    break;
                }
                variable = stream.below(n);
                number = stream.below(pool.len());
            }
            stated.push((variable, number));
            event.and(variable, pool[number].clone(), stream.below(cardinalities[variable]))
        })
    };
    Question { event: event(facts), given: event(known) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_no_variables_nothing_is_asked() {
        let stream = &mut Stream::new(1, "questions of nothing", 0, 0);
        let question = counterfactual(&[], &CounterfactualShape::default(), stream);
        assert_eq!(question, Question::default());
    }
}
