//! The parallel-worlds network: one copy of a variable for every world in which it may differ.

use super::{
    Action, FunctionalModel, Table,
    action::shifted,
    table::{advance, cell_count},
    world::{Setting, World},
};
use crate::ScmError;
use std::{collections::BTreeMap, sync::Arc};

/// What a copy gets its value from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    /// The variable's own function, moved by so many steps.
    Own(i64),
    Fixed(usize),
    Policy(Vec<usize>),
}

/// A variable in some worlds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Copy {
    pub(crate) variable: usize,
    source: Source,
    /// The copies that it reads, in the order of its function's parents.
    parents: Vec<usize>,
}

/// Several worlds of one model side by side, sharing their noise (Balke and Pearl 1994; the parallel worlds graph of
/// Avin, Shpitser and Pearl 2005, with equal copies merged as in the counterfactual graph of Shpitser and Pearl 2007).
///
/// Copies are hash-consed bottom up: a variable whose function and whose inputs are the same in two worlds is one copy.
/// So every copy stands after what it reads.
#[derive(Clone, Debug)]
pub(crate) struct Network<'m> {
    pub(crate) model: &'m FunctionalModel,
    pub(crate) copies: Vec<Copy>,
    index: BTreeMap<Copy, usize>,
    /// By world that was built: the copy of each variable.
    worlds: Vec<Vec<usize>>,
    /// Inner worlds by address, as positions in `worlds`. Kept, so that no address is used again.
    shared: BTreeMap<*const World, (Arc<World>, usize)>,
    /// The asked worlds, as positions in `worlds`.
    asked: Vec<usize>,
}

impl<'m> Network<'m> {
    /// The network of the given worlds and of those that they refer to.
    pub(crate) fn new(model: &'m FunctionalModel, worlds: &[&World]) -> Result<Self, ScmError> {
        let mut network = Self {
            model,
            copies: vec![],
            index: BTreeMap::new(),
            worlds: vec![],
            shared: BTreeMap::new(),
            asked: vec![],
        };
        for (number, world) in worlds.iter().enumerate() {
            // Facts often state several things of one world.
            let before = worlds[..number].iter().position(|other| other.is_alike(world));
            let built = match before {
                Some(before) => network.asked[before],
                None => network.build(world)?,
            };
            network.asked.push(built);
        }
        Ok(network)
    }

    /// The copy of each variable in the asked world `number`.
    pub(crate) fn places(&self, number: usize) -> &[usize] {
        &self.worlds[self.asked[number]]
    }

    /// Adds a world, after those that it refers to and that are not there yet. With a stack and not by calling itself,
    /// since worlds may be nested as deep as a graph.
    fn build(&mut self, world: &World) -> Result<usize, ScmError> {
        let mut stack = self.missing(world);
        while let Some(inner) = stack.last().cloned() {
            let within = self.missing(&inner);
            if !within.is_empty() {
                stack.extend(within);
                continue;
            }
            stack.pop();
            if !self.shared.contains_key(&Arc::as_ptr(&inner)) {
                let built = self.build_last(&inner)?;
                self.shared.insert(Arc::as_ptr(&inner), (inner, built));
            }
        }
        self.build_last(world)
    }

    /// The worlds that a world refers to and that are not there yet, the last first.
    fn missing(&self, world: &World) -> Vec<Arc<World>> {
        let there = |inner: &Arc<World>| self.shared.contains_key(&Arc::as_ptr(inner));
        world.inner().rev().filter(|inner| !there(inner)).cloned().collect()
    }

    /// Adds a world whose inner ones are there.
    fn build_last(&mut self, world: &World) -> Result<usize, ScmError> {
        let cpt = self.model.to_cpt();
        let count = self.model.rules.len();
        // Values that come from other worlds are settled first.
        let mut places: Vec<Option<usize>> = vec![None; count];
        for (&variable, setting) in &world.settings {
            if variable >= count {
                return Err(ScmError::TableVariable { index: variable });
            }
            match setting {
                Setting::As(other, nested) => {
                    if *other >= count {
                        return Err(ScmError::TableVariable { index: *other });
                    }
                    if cpt.cardinality(*other) != cpt.cardinality(variable) {
                        return Err(ScmError::UnlikeValues {
                            variable: cpt.name(variable).to_owned(),
                            other: cpt.name(*other).to_owned(),
                        });
                    }
                    let (_, nested) = self.shared[&Arc::as_ptr(nested)];
                    places[variable] = Some(self.worlds[nested][*other]);
                }
                Setting::Act(action) => self.check(variable, action)?,
            }
        }
        for variable in self.order(world)? {
            if places[variable].is_some() {
                continue;
            }
            let (source, reads) = match world.settings.get(&variable) {
                Some(Setting::Act(Action::Set(value))) => (Source::Fixed(*value), &[][..]),
                Some(Setting::Act(Action::Policy { inputs, values })) => {
                    (Source::Policy(values.clone()), &inputs[..])
                }
                Some(Setting::Act(Action::Shift(steps))) => {
                    (Source::Own(*steps), &self.model.rules[variable].parents[..])
                }
                _ => (Source::Own(0), &self.model.rules[variable].parents[..]),
            };
            let parents = reads.iter().filter_map(|&parent| places[parent]).collect();
            let copy = Copy { variable, source, parents };
            let place = *self.index.entry(copy).or_insert_with_key(|copy| {
                self.copies.push(copy.clone());
                self.copies.len() - 1
            });
            places[variable] = Some(place);
        }
        self.worlds.push(places.into_iter().flatten().collect());
        Ok(self.worlds.len() - 1)
    }

    /// Actions are checked by acting on the model; a new mechanism has no noise in a world.
    fn check(&self, variable: usize, action: &Action) -> Result<(), ScmError> {
        let cpt = self.model.to_cpt();
        match action {
            Action::Set(value) => cpt.check_value(variable, *value),
            Action::Shift(_) => Ok(()),
            Action::Policy { inputs, values } => cpt.check_policy(variable, inputs, values),
            Action::Mechanism { .. } => {
                Err(ScmError::RandomInWorld { variable: cpt.name(variable).to_owned() })
            }
        }
    }

    /// The variables, each after what it reads in this world.
    fn order(&self, world: &World) -> Result<Vec<usize>, ScmError> {
        let policies: Vec<(usize, &[usize])> = world
            .settings
            .iter()
            .filter_map(|(&variable, setting)| match setting {
                Setting::Act(Action::Policy { inputs, .. }) => Some((variable, &inputs[..])),
                _ => None,
            })
            .collect();
        if policies.is_empty() {
            return Ok(self.model.order.clone());
        }
        let fixed = |variable: usize| {
            matches!(
                world.settings.get(&variable),
                Some(Setting::As(..) | Setting::Act(Action::Set(_)))
            )
        };
        let reads = |variable: usize| -> &[usize] {
            match policies.iter().find(|(steered, _)| *steered == variable) {
                Some((_, inputs)) => inputs,
                None if fixed(variable) => &[],
                None => &self.model.rules[variable].parents,
            }
        };
        let mut placed = vec![false; self.model.rules.len()];
        let mut order = Vec::with_capacity(placed.len());
        while order.len() < placed.len() {
            let ready = (0..placed.len())
                .find(|&v| !placed[v] && reads(v).iter().all(|&parent| placed[parent]));
            let Some(next) = ready else {
                let variable = policies[0].0;
                let variable = self.model.to_cpt().name(variable).to_owned();
                return Err(ScmError::CyclicPolicy { variable });
            };
            placed[next] = true;
            order.push(next);
        }
        Ok(order)
    }

    /// The values of all copies under a state of the noise.
    pub(crate) fn run(&self, noise: &[usize]) -> Vec<usize> {
        let mut values = vec![0; self.copies.len()];
        for place in 0..self.copies.len() {
            values[place] = self.value(place, |parent| values[parent], noise);
        }
        values
    }

    /// Fills in the values of the copies in `places`, which must stand after what they read.
    pub(crate) fn run_some(&self, places: &[usize], noise: &[usize], values: &mut [usize]) {
        for &place in places {
            values[place] = self.value(place, |parent| values[parent], noise);
        }
    }

    fn value(&self, place: usize, value_of: impl Fn(usize) -> usize, noise: &[usize]) -> usize {
        let copy = &self.copies[place];
        let cpt = self.model.to_cpt();
        match &copy.source {
            Source::Fixed(value) => *value,
            Source::Policy(values) => {
                let row = copy
                    .parents
                    .iter()
                    .fold(0, |row, &parent| row * self.cardinality(parent) + value_of(parent));
                values[row]
            }
            Source::Own(steps) => {
                let rule = &self.model.rules[copy.variable];
                let row = copy
                    .parents
                    .iter()
                    .fold(0, |row, &parent| row * self.cardinality(parent) + value_of(parent));
                let row = rule.sources.iter().fold(row, |row, &source| {
                    row * self.model.sources[source].probabilities.len() + noise[source]
                });
                shifted(rule.values[row], *steps, cpt.cardinality(copy.variable))
            }
        }
    }

    pub(crate) fn cardinality(&self, place: usize) -> usize {
        self.model.to_cpt().cardinality(self.copies[place].variable)
    }

    /// The sources that a copy reads.
    pub(crate) fn sources(&self, place: usize) -> &[usize] {
        match self.copies[place].source {
            Source::Own(_) => &self.model.rules[self.copies[place].variable].sources,
            Source::Fixed(_) | Source::Policy(_) => &[],
        }
    }

    /// The copies that those in `seeds` depend on, themselves included, each after what it reads.
    pub(crate) fn relevant(&self, seeds: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut wanted = vec![false; self.copies.len()];
        for seed in seeds {
            wanted[seed] = true;
        }
        for place in (0..self.copies.len()).rev() {
            if wanted[place] {
                for &parent in &self.copies[place].parents {
                    wanted[parent] = true;
                }
            }
        }
        (0..self.copies.len()).filter(|&place| wanted[place]).collect()
    }

    /// The copies that a copy reads, ascending, each once.
    pub(crate) fn reads(&self, place: usize) -> Vec<usize> {
        let mut reads = self.copies[place].parents.clone();
        reads.sort_unstable();
        reads.dedup();
        reads
    }

    /// The table of zeros and ones of a copy over what it reads, its sources and itself. Copies are numbered by their
    /// places, sources after all copies.
    pub(crate) fn table(&self, place: usize) -> Result<Table, ScmError> {
        let reads = self.reads(place);
        let sources = self.sources(place);
        let mut cardinalities: Vec<usize> = reads.iter().map(|&r| self.cardinality(r)).collect();
        cardinalities.extend(sources.iter().map(|&s| self.model.sources[s].probabilities.len()));
        let rows = cell_count(&cardinalities)?;
        let own = self.cardinality(place);
        cell_count(&[rows, own])?;
        let mut values = vec![0.0; rows * own];
        let mut at = vec![0; cardinalities.len()];
        let mut noise = vec![0; self.model.sources.len()];
        for row in 0..rows {
            for (&source, &state) in sources.iter().zip(&at[reads.len()..]) {
                noise[source] = state;
            }
            let value_of =
                |parent: usize| reads.binary_search(&parent).map_or(0, |column| at[column]);
            values[row * own + self.value(place, value_of, &noise)] = 1.0;
            advance(&mut at, &cardinalities);
        }
        let copies = self.copies.len();
        let scope = reads.into_iter().chain(sources.iter().map(|&s| copies + s)).chain([place]);
        cardinalities.push(own);
        Ok(Table::trusted(scope.collect(), cardinalities, values))
    }
}
