//! What the graph alone says: separations, rules, sets and classes.

use super::{
    Finding,
    query::{Case, Ends, Hidden, MovedTerm, Triple},
};
use counterfoil_graph::{
    Dag, MixedGraph, NodeSet, Query,
    adjustment::Effect,
    do_calculus::{Rule, applicable, mutilated},
    front_door::FrontDoor,
    instruments::Instruments,
    separation::Path,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

type Names = BTreeSet<String>;
type Family = BTreeSet<Names>;

fn names(graph: &MixedGraph, set: &NodeSet) -> Names {
    graph.names(set).into_iter().map(str::to_owned).collect()
}

fn family<'s>(graph: &MixedGraph, sets: impl IntoIterator<Item = &'s NodeSet>) -> Family {
    sets.into_iter().map(|set| names(graph, set)).collect()
}

#[derive(Deserialize, Serialize, PartialEq)]
struct Separated {
    separated: bool,
}

pub(super) fn separation(case: &Case, query: &Triple) -> Result<Finding, String> {
    let [x, y, z] = [case.set(&query.x)?, case.set(&query.y)?, case.set(&query.z)?];
    let separated = case.graph.separated(&x, &y, &z).map_err(|error| error.to_string())?;
    let path = case.graph.open_path(&x, &y, &z).map_err(|error| error.to_string())?;
    if path.is_none() != separated {
        return Err("the verdict and the path disagree".to_owned());
    }
    if let Some(path) = path {
        open(&path, path.verify(&*case.graph, &z), case)?;
    }
    Finding::of(&case.expected()?, &Separated { separated })
}

fn open(path: &Path, verified: bool, case: &Case) -> Result<(), String> {
    let shown = || format!("the path {} is not open", path.display(&case.graph));
    verified.then_some(()).ok_or_else(shown)
}

#[derive(Deserialize, Serialize, PartialEq)]
struct Applies {
    applies: bool,
}

pub(super) fn rule(case: &Case, query: &MovedTerm) -> Result<Finding, String> {
    let rule = Rule::from_number(query.rule).ok_or_else(|| {
        format!("there is no rule {}: the do-calculus has 1, 2 and 3", query.rule)
    })?;
    let term =
        Query { y: case.set(&query.y)?, do_: case.set(&query.x)?, given: case.set(&query.w)? };
    let z = case.set(&query.z)?;
    let verdict = applicable(&case.graph, rule, &term, &z).map_err(|error| error.to_string())?;
    if let Err(path) = &verdict {
        let view = mutilated(&case.graph, rule, &term, &z);
        open(path, path.verify(&view, &(&term.do_ | &term.given)), case)?;
    }
    Finding::of(&case.expected()?, &Applies { applies: verdict.is_ok() })
}

#[derive(Deserialize, Serialize, PartialEq)]
struct Adjustment {
    n_valid: u64,
    n_backdoor: u64,
    backdoor_exists: bool,
    minimal_sets: Family,
    o_set: Option<Names>,
    /// Left out where there are too many.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_sets: Option<Family>,
    #[serde(skip_serializing_if = "Option::is_none")]
    backdoor_sets: Option<Family>,
}

pub(super) fn adjustment(case: &Case, query: &Ends) -> Result<Finding, String> {
    let expected: Adjustment = case.expected()?;
    let graph = &case.graph;
    let effect = Effect::of(graph, &case.set(&query.x)?, &case.set(&query.y)?)
        .map_err(|error| error.to_string())?
        .allowed(&(&graph.nodes() - &case.set(&query.latent)?));
    // Listed only where they are compared: there may be very many.
    let listed = |sets: &mut dyn Iterator<Item = NodeSet>, wanted: bool| {
        if wanted {
            let sets: Vec<NodeSet> = sets.collect();
            (sets.len() as u64, Some(family(graph, &sets)))
        } else {
            (sets.count() as u64, None)
        }
    };
    let (n_valid, valid_sets) = listed(&mut effect.all(), expected.valid_sets.is_some());
    let (n_backdoor, backdoor_sets) =
        listed(&mut effect.all_backdoor(), expected.backdoor_sets.is_some());
    let minimal: Vec<NodeSet> = effect.all_minimal().collect();
    let got = Adjustment {
        n_valid,
        n_backdoor,
        backdoor_exists: n_backdoor > 0,
        minimal_sets: family(graph, &minimal),
        o_set: effect.optimal().map(|set| names(graph, &set)),
        valid_sets,
        backdoor_sets,
    };
    Finding::of(&expected, &got)
}

#[derive(Deserialize, Serialize, PartialEq)]
struct FrontDoorSets {
    sets: Family,
    minimal_sets: Family,
}

/// The empty set, which meets the conditions where there is no effect, is not listed in cases.
pub(super) fn front_door(case: &Case, query: &Ends) -> Result<Finding, String> {
    let graph = &case.graph;
    let question = FrontDoor::of(graph, &case.set(&query.x)?, &case.set(&query.y)?)
        .map_err(|error| error.to_string())?
        .allowed(&(&graph.nodes() - &case.set(&query.latent)?));
    let found: Vec<NodeSet> = question.all().filter(|set| !set.is_empty()).collect();
    let is_minimal = |set: &&NodeSet| !found.iter().any(|o| o != *set && o.is_subset(set));
    let got = FrontDoorSets {
        sets: family(graph, &found),
        minimal_sets: family(graph, found.iter().filter(is_minimal)),
    };
    Finding::of(&case.expected()?, &got)
}

#[derive(Deserialize, Serialize, PartialEq)]
struct ConditionalInstruments {
    conditional_instruments: BTreeSet<Instrument>,
}

#[derive(Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Instrument {
    z: String,
    given: Names,
}

pub(super) fn instruments(case: &Case, query: &Ends) -> Result<Finding, String> {
    let graph = &case.graph;
    let single = |names: &[String], which: &str| match names {
        [name] => case.node(name),
        _ => Err(format!("`{which}` holds {} variables: an instrument is for one", names.len())),
    };
    let question = Instruments::of(graph, single(&query.x, "x")?, single(&query.y, "y")?)
        .map_err(|error| error.to_string())?
        .allowed(&(&graph.nodes() - &case.set(&query.latent)?));
    let instrument = |(z, given): (usize, NodeSet)| Instrument {
        z: graph.name(z).to_owned(),
        given: names(graph, &given),
    };
    let conditional_instruments = question.all().map(instrument).collect();
    Finding::of(&case.expected()?, &ConditionalInstruments { conditional_instruments })
}

type Pairs = BTreeSet<[String; 2]>;

/// Edges without a direction, each with its ends in alphabetical order.
fn unordered(edges: impl IntoIterator<Item = [String; 2]>) -> Pairs {
    let sorted = |mut pair: [String; 2]| {
        pair.sort_unstable();
        pair
    };
    edges.into_iter().map(sorted).collect()
}

#[derive(Deserialize, Serialize, PartialEq)]
struct Class {
    directed: Pairs,
    undirected: Pairs,
    #[serde(rename = "class_size")]
    size: u64,
}

pub(super) fn cpdag(case: &Case) -> Result<Finding, String> {
    let dag = Dag::try_from((*case.graph).clone()).map_err(|error| error.to_string())?;
    let class = dag.cpdag().map_err(|error| error.to_string())?;
    let named = |(a, b): (usize, usize)| [a, b].map(|node| class.name(node).to_owned());
    let size = class.class_size();
    let got = Class {
        directed: class.directed_edges().map(named).collect(),
        undirected: unordered(class.undirected_edges().map(named)),
        size: u64::try_from(size).map_err(|error| error.to_string())?,
    };
    let expected: Class = case.expected()?;
    let expected = Class { undirected: unordered(expected.undirected), ..expected };
    Finding::of(&expected, &got)
}

#[derive(Deserialize, Serialize, PartialEq)]
struct Projected {
    nodes: Vec<String>,
    directed: Pairs,
    bidirected: Pairs,
}

pub(super) fn projection(case: &Case, query: &Hidden) -> Result<Finding, String> {
    let projected = case.graph.project(&case.set(&query.latent)?);
    let named = |(a, b): (usize, usize)| [a, b].map(|node| projected.name(node).to_owned());
    let got = Projected {
        nodes: projected.variables().map(|variable| variable.name().to_owned()).collect(),
        directed: projected.directed_edges().map(named).collect(),
        bidirected: unordered(projected.bidirected_edges().map(named)),
    };
    let expected: Projected = case.expected()?;
    let expected = Projected { bidirected: unordered(expected.bidirected), ..expected };
    Finding::of(&expected, &got)
}
