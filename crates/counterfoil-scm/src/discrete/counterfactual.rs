//! Exact probabilities of facts about several worlds, by two algorithms that have nothing in common but the network.

use super::{
    CptModel, Fact, FunctionalModel, Table,
    eliminate::eliminate,
    model::Node,
    network::Network,
    table::{advance, cell_count},
    world::World,
};
use crate::{ScmError, names::free};
use std::{collections::BTreeSet, mem};

/// Up to so many states of the noise, trying all is faster than eliminating one at a time.
const FEW_STATES: usize = 512;

impl FunctionalModel {
    /// `P(event | given)`, facts of any number of worlds; nothing given is no condition.
    ///
    /// By enumeration where the relevant noise has few states, by elimination otherwise.
    ///
    /// # Errors
    /// [`ScmError::ImpossibleCondition`] when the condition has probability zero; [`ScmError::TableVariable`],
    /// [`ScmError::ValueOutOfRange`]; [`ScmError::RandomInWorld`], [`ScmError::CyclicPolicy`],
    /// [`ScmError::UnlikeValues`] for a world that cannot be; [`ScmError::TooLarge`].
    pub fn probability(&self, event: &[Fact], given: &[Fact]) -> Result<f64, ScmError> {
        let question = Question::new(self, &[], event, given)?;
        let few = question.states().is_some_and(|states| states <= FEW_STATES);
        let table = if few { question.enumerate()? } else { question.eliminate()? };
        ratio(&table, given)
    }

    /// [`FunctionalModel::probability`] by trying every state of the noise that matters: the definition of a
    /// counterfactual (Pearl 2009, section 7.1.3), and the yardstick of everything else.
    ///
    /// # Errors
    /// As [`FunctionalModel::probability`].
    pub fn probability_by_enumeration(
        &self,
        event: &[Fact],
        given: &[Fact],
    ) -> Result<f64, ScmError> {
        ratio(&Question::new(self, &[], event, given)?.enumerate()?, given)
    }

    /// [`FunctionalModel::probability`] by variable elimination on the network of all worlds, exponential in the width
    /// of that network instead of the number of sources.
    ///
    /// # Errors
    /// As [`FunctionalModel::probability`].
    pub fn probability_by_elimination(
        &self,
        event: &[Fact],
        given: &[Fact],
    ) -> Result<f64, ScmError> {
        ratio(&Question::new(self, &[], event, given)?.eliminate()?, given)
    }

    /// The joint distribution of variables in worlds, given facts. Variable `i` of the table is the `i`-th of
    /// `variables`.
    ///
    /// # Errors
    /// As [`FunctionalModel::probability`].
    ///
    /// ```
    /// use counterfoil_scm::discrete::{Exogenous, Function, FunctionalModel, World};
    ///
    /// let model = FunctionalModel::new(
    ///     [Exogenous::new("type", vec![0.2, 0.3, 0.5])],
    ///     [
    ///         Function::new("x", 2, [""; 0], [""; 0], vec![0]),
    ///         Function::new("y", 2, ["x"], ["type"], vec![0, 1, 0, 1, 1, 0]),
    ///     ],
    /// )?;
    /// let worlds = [0, 1].map(|x| World::actual().set(0, x));
    /// let joint = model.distribution(&[(1, &worlds[0]), (1, &worlds[1])], &[])?;
    /// assert_eq!(joint.values(), [0.5, 0.2, 0.0, 0.3]); // never, helped, harmed, always
    /// # Ok::<(), counterfoil_scm::ScmError>(())
    /// ```
    pub fn distribution(
        &self,
        variables: &[(usize, &World)],
        given: &[Fact],
    ) -> Result<Table, ScmError> {
        let question = Question::new(self, variables, &[], given)?;
        let few = question.states().is_some_and(|states| states <= FEW_STATES);
        let table = if few { question.enumerate()? } else { question.eliminate()? };
        table.normalised().ok_or(ScmError::ImpossibleCondition)
    }

    /// The distribution of the noise given facts: the abduction step. Variable `i` of the table is source `i`.
    ///
    /// # Errors
    /// As [`FunctionalModel::probability`]; [`ScmError::TooLarge`] for many sources.
    pub fn abduct(&self, given: &[Fact]) -> Result<Table, ScmError> {
        let shape: Vec<usize> = self.sources.iter().map(|s| s.probabilities.len()).collect();
        let cells = cell_count(&shape)?;
        let question = Question::new(self, &[], &[], given)?;
        let mut noise = vec![0; shape.len()];
        let mut scratch = vec![0; question.network.copies.len()];
        let mut values = Vec::with_capacity(cells);
        for _ in 0..cells {
            let holds = question.holds(&noise, &mut scratch, &question.given);
            let p = self.sources.iter().zip(&noise).map(|(s, &state)| s.probabilities[state]);
            values.push(if holds { p.product() } else { 0.0 });
            advance(&mut noise, &shape);
        }
        Table::new((0..shape.len()).collect(), shape, values)?
            .normalised()
            .ok_or(ScmError::ImpossibleCondition)
    }

    /// The twin network of several worlds as a model of its own, with the noise as hidden variables; for two worlds the
    /// one of Balke and Pearl (1994).
    ///
    /// # Errors
    /// As [`FunctionalModel::probability`].
    pub fn twin(&self, worlds: &[&World]) -> Result<Twin, ScmError> {
        let network = Network::new(self, worlds)?;
        let copies = network.copies.len();
        // What nobody sees stands after what is seen, in every world.
        let hidden = |place: &usize| network.copies[*place].variable >= self.cpt.len();
        let (unseen, mut order): (Vec<usize>, Vec<usize>) = (0..copies).partition(hidden);
        let seen = order.len();
        order.extend(unseen);
        let mut position = vec![0; copies];
        for (at, &place) in order.iter().enumerate() {
            position[place] = at;
        }
        let mut taken: BTreeSet<String> = self.sources.iter().map(|s| s.name.clone()).collect();
        taken.extend((0..self.rules.len()).map(|variable| self.cpt.name(variable).to_owned()));
        let mut named = vec![false; self.rules.len()];
        let mut nodes: Vec<Node> = Vec::with_capacity(copies + self.sources.len());
        for &place in &order {
            let variable = network.copies[place].variable;
            let mut name = self.cpt.name(variable).to_owned();
            // The first copy is called as the variable is.
            if mem::replace(&mut named[variable], true) {
                name = free(name, '\'', |name| taken.contains(name));
                taken.insert(name.clone());
            }
            let table = network.table(place)?;
            let (_, parents) = table.variables().split_last().unwrap_or((&0, &[]));
            let parents = parents.iter().map(|&p| position.get(p).copied().unwrap_or(p)).collect();
            let cardinality = network.cardinality(place);
            nodes.push(Node { name, cardinality, parents, rows: table.into_values() });
        }
        nodes.extend(self.sources.iter().map(|source| Node {
            name: source.name.clone(),
            cardinality: source.probabilities.len(),
            parents: vec![],
            rows: source.probabilities.clone(),
        }));
        let model = CptModel::from_nodes(nodes, seen)?;
        let places = |world| network.places(world).iter().map(|&place| position[place]).collect();
        let places = (0..worlds.len()).map(places).collect();
        Ok(Twin { model, places })
    }
}

/// Several worlds of a [`FunctionalModel`] side by side; made by [`FunctionalModel::twin`].
#[derive(Clone, Debug, PartialEq)]
pub struct Twin {
    /// All copies of all variables, named by primes in the order of their making, those of hidden variables and the noise
    /// hidden.
    pub model: CptModel,
    places: Vec<Vec<usize>>,
}

impl Twin {
    /// The position in [`Twin::model`] of a variable in a world, both by their number; worlds in which the variable
    /// cannot differ share one.
    pub fn position(&self, world: usize, variable: usize) -> Option<usize> {
        self.places.get(world)?.get(variable).copied()
    }
}

/// A question in terms of a network's copies.
struct Question<'m> {
    network: Network<'m>,
    /// Places to be tabulated.
    variables: Vec<usize>,
    /// The event, tabulated as its truth when it is asked for.
    event: Vec<(usize, usize)>,
    given: Vec<(usize, usize)>,
    has_event: bool,
    relevant: Vec<usize>,
    sources: Vec<usize>,
}

impl<'m> Question<'m> {
    fn new(
        model: &'m FunctionalModel,
        variables: &[(usize, &World)],
        event: &[Fact],
        given: &[Fact],
    ) -> Result<Self, ScmError> {
        let worlds: Vec<&World> = variables
            .iter()
            .map(|&(_, world)| world)
            .chain(event.iter().chain(given).map(|fact| &fact.world))
            .collect();
        let network = Network::new(model, &worlds)?;
        let count = model.rules.len();
        let mut number = 0;
        let mut place = |variable: usize| {
            number += 1;
            let places = network.places(number - 1);
            places.get(variable).copied().ok_or(ScmError::TableVariable { index: variable })
        };
        let variables: Vec<usize> =
            variables.iter().map(|&(v, _)| place(v)).collect::<Result<_, _>>()?;
        let mut placed = |facts: &[Fact]| {
            facts
                .iter()
                .map(|fact| {
                    if fact.variable >= count {
                        return Err(ScmError::TableVariable { index: fact.variable });
                    }
                    model.to_cpt().check_value(fact.variable, fact.value)?;
                    Ok((place(fact.variable)?, fact.value))
                })
                .collect::<Result<Vec<_>, ScmError>>()
        };
        let event_places = placed(event)?;
        let given_places = placed(given)?;
        let facts = event_places.iter().chain(&given_places).map(|&(place, _)| place);
        let relevant = network.relevant(variables.iter().copied().chain(facts));
        let mut sources: Vec<usize> =
            relevant.iter().flat_map(|&place| network.sources(place)).copied().collect();
        sources.sort_unstable();
        sources.dedup();
        Ok(Self {
            network,
            variables,
            has_event: !event.is_empty(),
            event: event_places,
            given: given_places,
            relevant,
            sources,
        })
    }

    /// How many states the noise has that matters.
    fn states(&self) -> Option<usize> {
        self.shape().iter().try_fold(1usize, |states, &n| states.checked_mul(n))
    }

    fn shape(&self) -> Vec<usize> {
        self.sources.iter().map(|&s| self.network.model.sources[s].probabilities.len()).collect()
    }

    fn holds(&self, noise: &[usize], values: &mut [usize], facts: &[(usize, usize)]) -> bool {
        self.network.run_some(&self.relevant, noise, values);
        facts.iter().all(|&(place, value)| values[place] == value)
    }

    /// The shape of the answer: the asked variables, or whether the event holds.
    fn answer_shape(&self) -> Vec<usize> {
        if self.has_event {
            return vec![2];
        }
        self.variables.iter().map(|&place| self.network.cardinality(place)).collect()
    }

    /// The joint probability of the condition and of each cell of the answer.
    fn enumerate(&self) -> Result<Table, ScmError> {
        let shape = self.shape();
        let states = cell_count(&shape)?;
        let cardinalities = self.answer_shape();
        let mut cells = vec![0.0; cell_count(&cardinalities)?];
        let mut at = vec![0; shape.len()];
        let mut noise = vec![0; self.network.model.sources.len()];
        let mut values = vec![0; self.network.copies.len()];
        for _ in 0..states {
            let mut p = 1.0;
            for (&source, &state) in self.sources.iter().zip(&at) {
                noise[source] = state;
                p *= self.network.model.sources[source].probabilities[state];
            }
            if self.holds(&noise, &mut values, &self.given) {
                let cell = if self.has_event {
                    usize::from(self.event.iter().all(|&(place, value)| values[place] == value))
                } else {
                    self.variables
                        .iter()
                        .zip(&cardinalities)
                        .fold(0, |cell, (&place, &n)| cell * n + values[place])
                };
                cells[cell] += p;
            }
            advance(&mut at, &shape);
        }
        Table::new((0..cardinalities.len()).collect(), cardinalities, cells)
    }

    fn eliminate(&self) -> Result<Table, ScmError> {
        let cardinalities = self.answer_shape();
        let cells = cell_count(&cardinalities)?;
        let names: Vec<usize> = (0..cardinalities.len()).collect();
        if contradicts(&self.given) {
            return Table::new(names, cardinalities, vec![0.0; cells]);
        }
        if self.has_event {
            let condition = self.product(&[], &self.given)?.total();
            let both: Vec<(usize, usize)> = self.given.iter().chain(&self.event).copied().collect();
            let both = if contradicts(&both) { 0.0 } else { self.product(&[], &both)?.total() };
            return Table::new(names, cardinalities, vec![condition - both, both]);
        }
        // A place may be asked for twice, and may be given: tabulate it once and spread.
        let mut distinct = self.variables.clone();
        distinct.sort_unstable();
        distinct.dedup();
        distinct.retain(|place| !self.given.iter().any(|(known, _)| known == place));
        let table = self.product(&distinct, &self.given)?;
        let mut at = vec![0; cardinalities.len()];
        let mut values = Vec::with_capacity(cells);
        for _ in 0..cells {
            let asked: Vec<(usize, usize)> =
                self.variables.iter().copied().zip(at.iter().copied()).collect();
            let all: Vec<(usize, usize)> = self.given.iter().chain(&asked).copied().collect();
            let cell: Vec<usize> = distinct
                .iter()
                .filter_map(|place| asked.iter().find(|(p, _)| p == place).map(|&(_, v)| v))
                .collect();
            let value = if contradicts(&all) { 0.0 } else { table.get(&cell).unwrap_or(0.0) };
            values.push(value);
            advance(&mut at, &cardinalities);
        }
        Table::new(names, cardinalities, values)
    }

    /// The joint probability of `facts` and each value of the copies in `keep`.
    fn product(&self, keep: &[usize], facts: &[(usize, usize)]) -> Result<Table, ScmError> {
        let copies = self.network.copies.len();
        let seeds = keep.iter().copied().chain(facts.iter().map(|&(place, _)| place));
        let relevant = self.network.relevant(seeds);
        let mut sources: Vec<usize> =
            relevant.iter().flat_map(|&place| self.network.sources(place)).copied().collect();
        sources.sort_unstable();
        sources.dedup();
        let mut factors = Vec::with_capacity(relevant.len() + sources.len());
        for place in relevant {
            let table = self.network.table(place)?;
            factors.push(facts.iter().fold(table, |t, &(known, value)| t.at(known, value)));
        }
        factors.extend(sources.into_iter().map(|source| {
            let probabilities = self.network.model.sources[source].probabilities.clone();
            Table::trusted(vec![copies + source], vec![probabilities.len()], probabilities)
        }));
        eliminate(factors, keep)
    }
}

fn contradicts(facts: &[(usize, usize)]) -> bool {
    facts
        .iter()
        .enumerate()
        .any(|(i, fact)| facts[..i].iter().any(|other| other.0 == fact.0 && other.1 != fact.1))
}

/// The share of the event in an answer of two cells.
fn ratio(table: &Table, given: &[Fact]) -> Result<f64, ScmError> {
    let &[without, with] = table.values() else {
        // No event: certain, unless the condition is impossible.
        return if table.total() > 0.0 { Ok(1.0) } else { Err(ScmError::ImpossibleCondition) };
    };
    match (given.is_empty(), with + without) {
        (true, _) => Ok(with),
        (false, total) if total > 0.0 => Ok(with / total),
        _ => Err(ScmError::ImpossibleCondition),
    }
}
