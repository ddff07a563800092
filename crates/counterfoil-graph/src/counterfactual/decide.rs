//! Whether a counterfactual probability follows from all interventional distributions.

use super::{
    conflict::{Conflict, Demand},
    event::{Event, Status},
    formula::Formula,
    graph::{Closure, Value},
    worlds::Worlds,
};
use crate::{Admg, QueryError};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What became of the question for the probability of an event given another.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Answer {
    /// The probability is a function of the interventional distributions: this one.
    Identified(Formula),
    /// Two models agree on every interventional distribution and differ here; this is why.
    NotIdentified(Box<Conflict>),
    /// Zero in every model of the graph in which the condition is possible.
    Zero,
    /// One in every model of the graph in which the condition is possible.
    One,
    /// The condition has probability zero in every model of the graph.
    UndefinedCondition,
}

impl Answer {
    /// The answer without its reasons.
    pub fn status(&self) -> Status {
        match self {
            Self::Identified(_) => Status::Identifiable,
            Self::NotIdentified(_) => Status::NotIdentifiable,
            Self::Zero => Status::Zero,
            Self::One => Status::One,
            Self::UndefinedCondition => Status::UndefinedCondition,
        }
    }
}

/// The probability of `event` given `given` (which may be [`Event::sure`]) from the distributions under all
/// interventions, `P_*`: what experiments could tell, however many.
///
/// After Correa, Lee and Bareinboim (2021), who showed their procedure complete; the steps here are arranged so that no
/// separate rewriting is left to go wrong:
///
/// 1. Unnesting, exclusion, effectiveness, composition and consistency are one merge along a topological order, see
///    [`CounterfactualGraph`](super::CounterfactualGraph). An event that contradicts itself shows there, and so does one
///    that its condition implies.
/// 2. The merged nodes fall into factors, one for each district of the graph of their variables. A factor follows from
///    one experiment when no variable has two different values in it, as a member or as a parent of one. Otherwise no
///    experiment shows those nodes together: that is the [`Conflict`].
/// 3. Factors that share a value which is summed over belong to one part. With a condition, the parts that stand alike
///    in `P(event, given)` and in `P(given)` cancel before 2 is asked; these are the observations that are independent of
///    the event given the rest, the counterfactual form of rule 2.
///
/// Statements are understood for variables with any number of values: what is identified for binary variables alone, by
/// subtraction from one, is not identified. `O(w (n + m) log^2 (w n))` for `w` worlds, the formula included.
///
/// Deviation: the paper conditions by its ancestral components for arbitrary values of the event and sums them out of
/// the same expression for the denominator, which is wrong when an intervention sets a variable to the value that the
/// event states of it. Here `P(given)` is worked out by itself.
///
/// ```
/// use counterfoil_graph::{admg, counterfactual::{Event, Status, identify}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let graph = admg! { X -> Y; X <-> Y }?;
/// let status = |event: &str, given: &str| {
///     let (event, given) = (Event::parse(&graph, event)?, Event::parse(&graph, given)?);
///     Ok::<_, Box<dyn std::error::Error>>(identify(&graph, &event, &given)?.status())
/// };
/// assert_eq!(status("Y[X=0]=1", "")?, Status::Identifiable);
/// assert_eq!(status("Y[X=0]=1", "X=0")?, Status::Identifiable); // consistency: P(y | x)
/// assert_eq!(status("Y[X=0]=1", "X=1")?, Status::NotIdentifiable);
/// assert_eq!(status("Y[X=0]=1", "X=0, Y=1")?, Status::One);
/// assert_eq!(status("Y[X=0]=1", "X=0, Y=0")?, Status::Zero);
/// assert_eq!(status("Y=1", "X[X=0]=1")?, Status::UndefinedCondition);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`QueryError::OutOfRange`]; [`QueryError::Worlds`] for very many worlds of a very large graph.
pub fn identify(graph: &Admg, event: &Event, given: &Event) -> Result<Answer, QueryError> {
    event.check(graph)?;
    given.check(graph)?;
    let mut worlds = Worlds::default();
    let stated = worlds.add_event(event);
    let condition = worlds.add_event(given);
    worlds.check(graph.len())?;
    let places = stated.iter().map(|(place, _)| *place);
    // With the places of the event in it, so that one sees what the condition alone says about them.
    let Some(known) = Closure::new(graph, &worlds, &condition, places) else {
        return Ok(Answer::UndefinedCondition);
    };
    if stated.iter().all(|&(place, value)| known.value(place) == Value::Known(value)) {
        return Ok(Answer::One);
    }
    let both: Vec<_> = stated.into_iter().chain(condition.iter().copied()).collect();
    let Some(joint) = Closure::new(graph, &worlds, &both, []) else {
        return Ok(Answer::Zero);
    };
    let mut sides = [Side::new(graph, joint), Side::empty(graph)];
    if !condition.is_empty() {
        // The condition was found to be possible above.
        if let Some(closure) = Closure::new(graph, &worlds, &condition, []) {
            sides[1] = Side::new(graph, closure);
            cancel(&mut sides);
        }
    }
    for (side, in_condition) in sides.iter().zip([false, true]) {
        if let Some(clash) = side.clash(graph) {
            let conflict = side.conflict(graph, &worlds, &clash, in_condition);
            return Ok(Answer::NotIdentified(Box::new(conflict)));
        }
    }
    Ok(Answer::Identified(Formula::new(graph, &worlds, &both, &sides)))
}

/// One of the two probabilities whose ratio is asked for, in its parts.
#[derive(Clone, Debug)]
pub(super) struct Side {
    pub(super) closure: Closure,
    /// Nodes by district.
    pub(super) districts: Vec<Vec<usize>>,
    /// Districts by part: those that shared free values join.
    pub(super) parts: Vec<Vec<usize>>,
}

/// A variable that a district needs at two values: the district, the variable, and two nodes with the value each needs.
struct Clash {
    district: usize,
    variable: usize,
    demands: [(usize, Value); 2],
}

impl Side {
    fn empty(graph: &Admg) -> Self {
        Self { closure: Closure::empty(graph), districts: Vec::new(), parts: Vec::new() }
    }

    fn new(graph: &Admg, closure: Closure) -> Self {
        let districts = closure.districts(graph);
        let mut district_of = vec![0; closure.nodes.len()];
        for (number, members) in districts.iter().enumerate() {
            for &node in members {
                district_of[node] = number;
            }
        }
        let mut joined = Joined::new(districts.len());
        for (number, node) in closure.nodes.iter().enumerate() {
            for parent in &node.parents {
                if let Value::Of(parent) = *parent {
                    joined.join(district_of[number], district_of[parent]);
                }
            }
        }
        Self { closure, parts: joined.classes(), districts }
    }

    /// The first district that cannot be seen in one experiment. `O(n + m)`.
    fn clash(&self, graph: &Admg) -> Option<Clash> {
        // By variable: the district that saw it last, its value there, and the node that needs it.
        let mut seen = vec![(usize::MAX, Value::Known(0), 0); graph.len()];
        for &district in self.parts.iter().flatten() {
            for &number in &self.districts[district] {
                let node = &self.closure.nodes[number];
                let own = self.closure.settled(Value::Of(number));
                let parents = graph.parents(node.variable).iter().copied();
                let all = parents.zip(node.parents.iter().copied()).chain([(node.variable, own)]);
                for (variable, value) in all {
                    let (stamp, before, by) = seen[variable];
                    if stamp != district {
                        seen[variable] = (district, value, number);
                    } else if before != value {
                        let demands = [(by, before), (number, value)];
                        return Some(Clash { district, variable, demands });
                    }
                }
            }
        }
        None
    }

    fn conflict(
        &self,
        graph: &Admg,
        worlds: &Worlds,
        clash: &Clash,
        in_condition: bool,
    ) -> Conflict {
        let counterfactual = |node: usize| worlds.counterfactual(self.closure.nodes[node].place);
        let demand = |&(node, value): &(usize, Value)| Demand {
            by: counterfactual(node),
            value: match value {
                Value::Known(value) => Some(value),
                Value::Of(_) => None,
            },
        };
        let [from, to] = [clash.demands[0].0, clash.demands[1].0];
        let path = self.path(graph, &self.districts[clash.district], from, to);
        Conflict {
            variable: clash.variable,
            demands: [demand(&clash.demands[0]), demand(&clash.demands[1])],
            path: path.into_iter().map(counterfactual).collect(),
            in_condition,
        }
    }

    /// The shortest way between two nodes of a district over bidirected edges and nodes of one variable.
    fn path(&self, graph: &Admg, district: &[usize], from: usize, to: usize) -> Vec<usize> {
        let mut of_variable: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for &node in district {
            of_variable.entry(self.closure.nodes[node].variable).or_default().push(node);
        }
        let mut came_from: BTreeMap<usize, usize> = BTreeMap::from([(to, to)]);
        let mut queue = VecDeque::from([to]);
        while let Some(node) = queue.pop_front() {
            let variable = self.closure.nodes[node].variable;
            let near = graph.spouses(variable).iter().chain([&variable]);
            for &next in near.filter_map(|v| of_variable.get(v)).flatten() {
                came_from.entry(next).or_insert_with(|| {
                    queue.push_back(next);
                    node
                });
            }
        }
        let mut path = vec![from];
        let mut at = from;
        while at != to {
            // A district is connected, so the search from its one end came by the other.
            at = came_from.get(&at).copied().unwrap_or(to);
            path.push(at);
        }
        path
    }
}

/// Takes away the parts that stand alike on both sides.
fn cancel(sides: &mut [Side; 2]) {
    let mut numbers = BTreeMap::new();
    let [joint, given] = sides;
    let ours = signatures(joint, &mut numbers);
    let theirs = signatures(given, &mut numbers);
    let common: BTreeSet<_> = {
        let all: BTreeSet<_> = ours.iter().collect();
        theirs.iter().filter(|part| all.contains(part)).cloned().collect()
    };
    for (side, signatures) in [(joint, ours), (given, theirs)] {
        let mut signatures = signatures.iter();
        side.parts.retain(|_| signatures.next().is_none_or(|part| !common.contains(part)));
    }
}

/// A node, numbered so that equal ones of different closures have the same number.
type Numbers = BTreeMap<(usize, Vec<Value>), usize>;

/// For each part its nodes with what is stated of them.
fn signatures(side: &Side, numbers: &mut Numbers) -> Vec<Vec<(usize, Option<usize>)>> {
    let nodes = &side.closure.nodes;
    let mut number_of: Vec<usize> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let parents = node.parents.iter().map(|value| match *value {
            Value::Of(parent) => Value::Of(number_of[parent]),
            known @ Value::Known(_) => known,
        });
        let new = numbers.len();
        number_of.push(*numbers.entry((node.variable, parents.collect())).or_insert(new));
    }
    let part = |districts: &Vec<usize>| {
        let members = districts.iter().flat_map(|&district| &side.districts[district]);
        let mut part: Vec<_> = members.map(|&node| (number_of[node], nodes[node].value)).collect();
        part.sort_unstable();
        part
    };
    side.parts.iter().map(part).collect()
}

/// Classes of an equivalence that grows: union and find with path halving.
pub(super) struct Joined(Vec<usize>);

impl Joined {
    pub(super) fn new(len: usize) -> Self {
        Self((0..len).collect())
    }

    fn root(&mut self, mut of: usize) -> usize {
        while self.0[of] != of {
            self.0[of] = self.0[self.0[of]];
            of = self.0[of];
        }
        of
    }

    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        // The smaller number stays, so that the classes come in the order of their first members.
        self.0[a.max(b)] = a.min(b);
    }

    pub(super) fn classes(mut self) -> Vec<Vec<usize>> {
        let mut classes = vec![Vec::new(); self.0.len()];
        for member in 0..self.0.len() {
            classes[self.root(member)].push(member);
        }
        classes.retain(|class| !class.is_empty());
        classes
    }
}
