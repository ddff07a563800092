//! Blocks of a BIF text made a network: names looked up, rows put in their places.

use super::{
    BifNetwork, BifVariable, FILLED,
    parser::{Document, Entry, ProbabilityBlock},
};
use crate::{
    GraphError, suggest,
    text::{Position, Word},
};
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn resolve(document: Document) -> Result<BifNetwork, GraphError> {
    let mut network = BifNetwork { name: document.name, variables: Vec::new() };
    let mut positions: IndexMap<String, Position> = IndexMap::new();
    for block in document.variables {
        let at = block.name.at;
        if positions.insert(block.name.text.clone(), at).is_some() {
            return Err(at.error(GraphError::DuplicateVariable { name: block.name.text }));
        }
        let variable = BifVariable {
            name: block.name.text,
            states: block.states.into_iter().map(|state| state.text).collect(),
            ..BifVariable::default()
        };
        variable.check_states().map_err(|error| at.error(error))?;
        network.variables.push(variable);
    }
    let mut given = BTreeMap::new();
    let mut left = FILLED;
    for block in document.probabilities {
        let child = find(&positions, &block.child)?;
        if given.insert(child, block.child.at).is_some() {
            let message = format!("`{}` has two tables: keep one", block.child.text);
            return Err(block.child.at.syntax(message));
        }
        let mut parents = Vec::with_capacity(block.parents.len());
        let mut seen = BTreeSet::new();
        for name in &block.parents {
            let parent = find(&positions, name)?;
            if !seen.insert(parent) {
                return Err(name.at.error(GraphError::DuplicateEdge {
                    from: name.text.clone(),
                    arrow: "->",
                    to: block.child.text.clone(),
                }));
            }
            parents.push(parent);
        }
        network.variables[child].rows = rows(&network, child, &parents, &block, &mut left)?;
        network.variables[child].parents = parents;
    }
    // What is still wrong concerns a variable, or the first table of a cycle.
    network.check().map_err(|error| {
        let name = match &error {
            GraphError::Cycle { names } => names.first(),
            GraphError::BadName { name } | GraphError::TooFewCategories { name, .. } => Some(name),
            _ => None,
        };
        let node = name.and_then(|name| positions.get_full(name));
        match node {
            Some((node, _, &at)) => match error {
                GraphError::Cycle { .. } => given.get(&node).copied().unwrap_or(at).error(error),
                _ => at.error(error),
            },
            None => error,
        }
    })?;
    Ok(network)
}

fn find(positions: &IndexMap<String, Position>, name: &Word) -> Result<usize, GraphError> {
    positions.get_index_of(&name.text).ok_or_else(|| {
        let names = || positions.keys();
        name.at.error(GraphError::UnknownVariable {
            name: name.text.clone(),
            suggestion: suggest::nearest(&name.text, names().map(String::as_str))
                .map(str::to_owned),
            names: names().cloned().collect(),
        })
    })
}

/// The rows of a table in the order of [`BifVariable::rows`]; `left` numbers may still be filled up by defaults.
fn rows(
    network: &BifNetwork,
    child: usize,
    parents: &[usize],
    block: &ProbabilityBlock,
    left: &mut usize,
) -> Result<Vec<Vec<f64>>, GraphError> {
    let variable = &network.variables[child];
    let at = block.child.at;
    let bad = |at: Position, problem: String| at.error(variable.bad_table(problem));
    if block.entries.is_empty() {
        return Ok(Vec::new());
    }
    let sizes: Vec<usize> =
        parents.iter().map(|&parent| network.variables[parent].states.len()).collect();
    let combinations = sizes.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    let Some(combinations) = combinations else {
        return Err(bad(at, "has more rows than can be counted: take parents away".to_owned()));
    };
    let index_of_state: Vec<BTreeMap<&str, usize>> = parents
        .iter()
        .map(|&parent| {
            let states = network.variables[parent].states.iter().enumerate();
            states.map(|(index, state)| (state.as_str(), index)).collect()
        })
        .collect();

    let mut found: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    let mut default = None;
    for entry in &block.entries {
        match entry {
            Entry::Default(row, at) => {
                variable.check_row(row).map_err(|error| at.error(error))?;
                if default.replace(row).is_some() {
                    return Err(bad(*at, "has two defaults: keep one".to_owned()));
                }
            }
            Entry::Table(numbers, at) => {
                let states = variable.states.len();
                if combinations.checked_mul(states) != Some(numbers.len()) {
                    return Err(bad(
                        *at,
                        format!(
                            "has {} numbers: give one for each state and each combination of the parents' states",
                            numbers.len()
                        ),
                    ));
                }
                for combination in 0..combinations {
                    let row: Vec<f64> = (0..states)
                        .map(|state| numbers[state * combinations + combination])
                        .collect();
                    variable.check_row(&row).map_err(|error| at.error(error))?;
                    if found.insert(combination, row).is_some() {
                        return Err(bad(*at, "gives a row twice: keep one".to_owned()));
                    }
                }
            }
            Entry::Row(states, row, at) => {
                if states.len() != parents.len() {
                    return Err(bad(
                        *at,
                        format!(
                            "has a row for {} states: name one of each of the {} parents",
                            states.len(),
                            parents.len()
                        ),
                    ));
                }
                let mut combination = 0;
                for ((state, known), size) in states.iter().zip(&index_of_state).zip(&sizes) {
                    let index = known.get(state.text.as_str()).ok_or_else(|| {
                        let problem = format!(
                            "names the state {:?}, which the parent does not have",
                            state.text
                        );
                        bad(state.at, problem)
                    })?;
                    combination = combination * size + index;
                }
                variable.check_row(row).map_err(|error| at.error(error))?;
                if found.insert(combination, row.clone()).is_some() {
                    return Err(bad(*at, "gives a row twice: keep one".to_owned()));
                }
            }
        }
    }
    let Some(default) = default else {
        if found.len() < combinations {
            let absent = (0..combinations).find(|row| !found.contains_key(row)).unwrap_or_default();
            let names = describe(network, parents, absent);
            return Err(bad(at, format!("has no row for ({names}): add it or a default")));
        }
        return Ok(found.into_values().collect());
    };
    let numbers = combinations.saturating_mul(variable.states.len());
    if numbers > FILLED {
        return Err(bad(at, format!("has more than {FILLED} numbers: take parents away")));
    }
    *left = left.checked_sub(numbers).ok_or_else(|| {
        let problem = "is one of those with defaults, which together have";
        bad(at, format!("{problem} more than {FILLED} numbers: take parents away"))
    })?;
    let row = |combination| found.remove(&combination).unwrap_or_else(|| default.clone());
    Ok((0..combinations).map(row).collect())
}

/// The states of the parents in a combination.
fn describe(network: &BifNetwork, parents: &[usize], mut combination: usize) -> String {
    let mut names: Vec<&str> = Vec::with_capacity(parents.len());
    for &parent in parents.iter().rev() {
        let states = &network.variables[parent].states;
        names.push(&states[combination % states.len()]);
        combination /= states.len();
    }
    names.reverse();
    names.join(", ")
}
