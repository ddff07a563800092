//! The counterfactual questions that have names: effects on the treated, direct and indirect effects, causes of events.

use super::{
    decide::{Answer, identify},
    event::Event,
    world::World,
};
use crate::{Admg, MixedGraph, NodeSet, QueryError};
use std::{collections::BTreeSet, sync::Arc};

/// The probability of an event given another.
///
/// The constructors take variables by position, as pairs with values where they take one, and assume nothing about the
/// number of values. Effects are differences or ratios of such probabilities and left to the reader: their terms are
/// identified one by one.
///
/// ```
/// use counterfoil_graph::{admg, counterfactual::{Answer, Question}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let graph = admg! { X -> M -> Y; X -> Y }?;
/// let [x, m, y] = [0, 1, 2];
/// // Y under X = 1 if M stayed as it would be under X = 0.
/// let direct = Question::natural_direct((y, 1), x, [0, 1], &[m].into());
/// assert_eq!(direct.text(&graph), "P(Y[X=1, M[X=0]]=1)");
/// let Answer::Identified(formula) = direct.identify(&graph)? else { panic!("it is identified") };
/// assert_eq!(formula.estimand().to_string(), "Σ_m P(m | do(x')) P(y | do(x, m))");
/// let from_data = formula.from_observations(&graph)?;
/// assert_eq!(from_data.estimand().to_string(), "Σ_m P(m | x') P(y | x, m)");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Question {
    /// What may happen.
    pub event: Event,
    /// What is known to have happened.
    pub given: Event,
}

/// A variable, by position, and a value of it.
type Valued = (usize, usize);

impl Question {
    /// The probability of `event` given `given`, both in the notation of [`Event::parse`].
    ///
    /// # Errors
    /// As [`Event::parse`].
    pub fn parse(graph: &MixedGraph, event: &str, given: &str) -> Result<Self, QueryError> {
        Ok(Self { event: Event::parse(graph, event)?, given: Event::parse(graph, given)? })
    }

    /// Whether and how the probability follows from all interventional distributions: [`identify`].
    ///
    /// # Errors
    /// As [`identify`].
    pub fn identify(&self, graph: &Admg) -> Result<Answer, QueryError> {
        identify(graph, &self.event, &self.given)
    }

    /// `P(Y_x = y)`: the probability of an outcome under interventions.
    pub fn under(outcome: Valued, interventions: impl IntoIterator<Item = Valued>) -> Self {
        let world =
            interventions.into_iter().fold(World::factual(), |w, (v, value)| w.set(v, value));
        Self { event: Event::sure().and(outcome.0, world, outcome.1), given: Event::sure() }
    }

    /// `P(Y_x = y | X = x')`: the outcome under a treatment for those who got another, whose difference from what is
    /// seen in them, `P(y | x')`, is the effect of treatment on the treated (Heckman 1992; Shpitser and Pearl 2009).
    pub fn treated(outcome: Valued, treatment: usize, under: usize, got: usize) -> Self {
        let given = Event::sure().and(treatment, World::factual(), got);
        Self { given, ..Self::under(outcome, [(treatment, under)]) }
    }

    /// `P(Y_{x, m} = y)`: two of these with equal mediators make a controlled direct effect (Pearl 2001).
    pub fn controlled_direct(
        outcome: Valued,
        treatment: Valued,
        mediators: impl IntoIterator<Item = Valued>,
    ) -> Self {
        Self::under(outcome, mediators.into_iter().chain([treatment]))
    }

    /// `P(Y_{x', M_x} = y)`: the outcome under the new treatment x' with the mediators as under the old one, x. Minus
    /// `P(Y_x = y)` it is the natural direct effect of going from x to x' (Pearl 2001).
    pub fn natural_direct(
        outcome: Valued,
        treatment: usize,
        [old, new]: [usize; 2],
        mediators: &NodeSet,
    ) -> Self {
        let before = Arc::new(World::factual().set(treatment, old));
        let world = mediators
            .iter()
            .fold(World::factual(), |world, mediator| world.set_as_in(mediator, before.clone()))
            .set(treatment, new);
        Self { event: Event::sure().and(outcome.0, world, outcome.1), given: Event::sure() }
    }

    /// `P(Y_{x, M_x'} = y)`: the outcome under the old treatment x with the mediators as under the new one, x'. Minus
    /// `P(Y_x = y)` it is the natural indirect effect of going from x to x' (Pearl 2001).
    pub fn natural_indirect(
        outcome: Valued,
        treatment: usize,
        [old, new]: [usize; 2],
        mediators: &NodeSet,
    ) -> Self {
        Self::natural_direct(outcome, treatment, [new, old], mediators)
    }

    /// The probability of an outcome when the new treatment is passed on along some edges alone, and along all others
    /// the old one: minus `P(Y_x = y)` it is the effect along the paths that consist of `active` edges (Avin, Shpitser
    /// and Pearl 2005).
    ///
    /// Each variable on such a path is nested: it sees the parents behind active edges as they are under the new
    /// treatment, and the others as they are under the old one. Worlds are shared, so that their number is linear.
    ///
    /// # Errors
    /// [`QueryError::OutOfRange`], [`QueryError::NoEdge`] for an active edge that the graph does not have.
    pub fn along(
        graph: &Admg,
        outcome: Valued,
        treatment: usize,
        [old, new]: [usize; 2],
        active: &[(usize, usize)],
    ) -> Result<Self, QueryError> {
        let len = graph.len();
        let ends = active.iter().flat_map(|&(a, b)| [a, b]).chain([outcome.0, treatment]);
        if let Some(index) = ends.into_iter().find(|&index| index >= len) {
            return Err(QueryError::OutOfRange { index, len });
        }
        let missing = |&&(a, b): &&(usize, usize)| graph.parents(b).binary_search(&a).is_err();
        if let Some(&(a, b)) = active.iter().find(missing) {
            let [cause, effect] = [a, b].map(|node| graph.name(node).to_owned());
            return Err(QueryError::NoEdge { cause, effect });
        }
        let active: BTreeSet<(usize, usize)> = active.iter().copied().collect();
        let before = Arc::new(World::factual().set(treatment, old));
        // By variable: the world in which it has what came along active edges; none where nothing did.
        let mut changed: Vec<Option<Arc<World>>> = vec![None; len];
        changed[treatment] = Some(World::factual().set(treatment, new).into());
        for &variable in graph.topological_order() {
            let passes = |&p: &usize| active.contains(&(p, variable)) && changed[p].is_some();
            let parents = graph.parents(variable);
            if variable == treatment || !parents.iter().any(passes) {
                continue;
            }
            let mut world = World::factual();
            for &parent in parents {
                let source = changed[parent].as_ref().filter(|_| passes(&parent));
                world = world.set_as_in(parent, source.unwrap_or(&before).clone());
            }
            changed[variable] = Some(world.into());
        }
        let world = changed[outcome.0].as_deref().unwrap_or(&before).clone();
        Ok(Self { event: Event::sure().and(outcome.0, world, outcome.1), given: Event::sure() })
    }

    /// `P(Y_{x'} = y' | X = x, Y = y)`, the probability of necessity: would the outcome y have been y' had the treatment
    /// been x' instead of x (Pearl 1999)?
    pub fn necessity(
        outcome: usize,
        [y, other]: [usize; 2],
        treatment: usize,
        [x, instead]: [usize; 2],
    ) -> Self {
        let given =
            Event::sure().and(treatment, World::factual(), x).and(outcome, World::factual(), y);
        Self { given, ..Self::under((outcome, other), [(treatment, instead)]) }
    }

    /// `P(Y_x = y | X = x', Y = y')`, the probability of sufficiency: would x have brought about y where x' and y' were
    /// seen (Pearl 1999)?
    pub fn sufficiency(
        outcome: usize,
        [y, other]: [usize; 2],
        treatment: usize,
        [x, instead]: [usize; 2],
    ) -> Self {
        Self::necessity(outcome, [other, y], treatment, [instead, x])
    }

    /// `P(Y_x = y, Y_{x'} = y')`, the probability of necessity and sufficiency (Pearl 1999).
    pub fn necessity_and_sufficiency(
        outcome: usize,
        [y, other]: [usize; 2],
        treatment: usize,
        [x, instead]: [usize; 2],
    ) -> Self {
        let under = |value: usize| World::factual().set(treatment, value);
        let event = Event::sure().and(outcome, under(x), y).and(outcome, under(instead), other);
        Self { event, given: Event::sure() }
    }

    /// The question in text: `P(Y[X=1]=1 | X=0)`.
    pub fn text(&self, graph: &MixedGraph) -> String {
        if self.given.is_empty() {
            format!("P({})", self.event.text(graph))
        } else {
            format!("P({} | {})", self.event.text(graph), self.given.text(graph))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: the questions that have names, written out; old and new, seen and asked for must not change places.
    #[test]
    fn questions_by_name_say_what_they_ask() {
        let graph: Admg = "X -> M -> Y; X -> Y".parse().unwrap();
        let mediators = graph.set_of(["M"]).unwrap();
        for (question, text) in [
            (Question::under((2, 1), [(0, 3)]), "P(Y[X=3]=1)"),
            (Question::treated((2, 1), 0, 3, 4), "P(Y[X=3]=1 | X=4)"),
            (Question::controlled_direct((2, 1), (0, 3), [(1, 5)]), "P(Y[X=3, M=5]=1)"),
            (Question::natural_direct((2, 1), 0, [3, 4], &mediators), "P(Y[X=4, M[X=3]]=1)"),
            (Question::natural_indirect((2, 1), 0, [3, 4], &mediators), "P(Y[X=3, M[X=4]]=1)"),
            (Question::necessity(2, [1, 0], 0, [3, 4]), "P(Y[X=4]=0 | X=3, Y=1)"),
            (Question::sufficiency(2, [1, 0], 0, [3, 4]), "P(Y[X=3]=1 | X=4, Y=0)"),
            (Question::necessity_and_sufficiency(2, [1, 0], 0, [3, 4]), "P(Y[X=3]=1, Y[X=4]=0)"),
        ] {
            assert_eq!(question.text(&graph), text);
        }
    }

    /// On the path that leads through everything, and with all of its edges active, a treatment does what it does.
    #[test]
    fn all_edges_together_are_the_total_effect() {
        let graph: Admg = "X -> A -> B -> Y; X -> B; A -> Y; X -> Y; A <-> B".parse().unwrap();
        let edges: Vec<_> = graph.directed_edges().collect();
        let along = Question::along(&graph, (3, 1), 0, [0, 1], &edges).unwrap();
        let total = Question::under((3, 1), [(0, 1)]);
        assert_eq!(along.identify(&graph).unwrap(), total.identify(&graph).unwrap());
        let none = Question::along(&graph, (3, 1), 0, [0, 1], &[]).unwrap();
        let old = Question::under((3, 1), [(0, 0)]);
        assert_eq!(none.identify(&graph).unwrap(), old.identify(&graph).unwrap());
    }

    /// An edge that is written the wrong way round would otherwise count as passive, and the answer be that of another
    /// question.
    #[test]
    fn edges_that_are_none_are_refused() {
        let graph: Admg = "X -> M -> Y; X <-> Y".parse().unwrap();
        let along = |edges: &[(usize, usize)]| {
            Question::along(&graph, (2, 1), 0, [0, 1], edges).map_err(|error| error.to_string())
        };
        assert!(along(&[(0, 1), (1, 2)]).is_ok());
        let none = |edge: &str| {
            Err(format!("there is no edge {edge} in the graph: name edges that it has"))
        };
        assert_eq!(along(&[(0, 1), (2, 1)]), none("Y -> M"));
        assert_eq!(along(&[(0, 2)]), none("X -> Y"));
    }

    /// A layered graph has exponentially many paths; the worlds stay few.
    #[test]
    fn many_paths_are_few_worlds() {
        let layers = (0..40).map(|i| {
            let j = i + 1;
            format!("A{i} -> A{j}; A{i} -> B{j}; B{i} -> A{j}; B{i} -> B{j}")
        });
        let text = layers.fold("X -> A0; X -> B0".to_owned(), |all, layer| all + "; " + &layer);
        let graph: Admg = text.parse().unwrap();
        let mut edges: Vec<_> = graph.directed_edges().collect();
        // A variable that passes on the new treatment to one child and the old one to the other.
        edges.remove(10);
        let outcome = graph.index_of("A40").unwrap();
        let along = Question::along(&graph, (outcome, 1), 0, [0, 1], &edges).unwrap();
        let Answer::NotIdentified(conflict) = along.identify(&graph).unwrap() else { panic!() };
        assert!(conflict.verify(&graph, &along.event, &along.given));
    }

    /// As many worlds as variables, each within the next: more than a stack of calls can hold, and than there is room to
    /// have all variables in.
    #[test]
    fn a_long_path_is_as_many_worlds_within_each_other() {
        let chain = |len: usize| {
            let variables = (0..len).map(|i| crate::Variable::continuous(format!("v{i}")).unwrap());
            let edges = (1..len).map(|i| crate::Edge::directed(i - 1, i));
            Admg::try_from(MixedGraph::new(variables, edges).unwrap()).unwrap()
        };
        let along = |graph: &Admg| {
            let edges: Vec<_> = graph.directed_edges().collect();
            Question::along(graph, (graph.len() - 1, 1), 0, [0, 1], &edges).unwrap()
        };
        let long = chain(100_000);
        let question = along(&long);
        assert!(question.text(&long).ends_with("]]]=1)"));
        let (worlds, variables) = (100_000, 100_000);
        let refusal = QueryError::Worlds { worlds, variables, limit: 1 << 26 };
        assert_eq!(question.identify(&long), Err(refusal));
        let short = chain(300);
        let Answer::Identified(formula) = along(&short).identify(&short).unwrap() else { panic!() };
        assert_eq!(formula.estimand().to_string(), "P(v299 | do(v0))");
    }
}
