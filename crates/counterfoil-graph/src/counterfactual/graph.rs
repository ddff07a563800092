//! Which variables of which worlds are one and the same once an event is known to have happened.

use super::{
    event::Counterfactual,
    world::World,
    worlds::{Held, Place, Worlds},
};
use crate::{Admg, CausalGraph, NodeSet, QueryError};
use std::collections::BTreeMap;

/// The value of a variable in a world, as far as an event settles it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// This value: an intervention set it, or the event states it.
    Known(usize),
    /// Whatever the node of this number takes.
    Of(usize),
}

/// A counterfactual variable, together with all that must equal it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterfactualNode {
    /// Position of the variable in the graph.
    pub variable: usize,
    /// The values of its parents, in the order of their positions.
    pub parents: Vec<(usize, Value)>,
    /// Its own value, where the event states it.
    pub value: Option<usize>,
    /// The worlds in which it is this very variable, as indices into [`CounterfactualGraph::worlds`], ascending.
    pub worlds: Vec<usize>,
}

/// The counterfactual graph of an event (Shpitser and Pearl 2007), that is to say its twin or multi network with equal
/// nodes merged: the ancestors, in every world that the event speaks of, of what it states there.
///
/// Nodes are numbered along a topological order. A variable is one node in two worlds exactly when all its parents have
/// equal values there: then it sees the same causes and the same noise, and so it is equal ("consistency" and
/// "composition"). What an intervention sets is no node but a [`Value::Known`] of its children; interventions on
/// variables that are no ancestors vanish by themselves ("exclusion"), and so does nesting, since a child sees the node
/// of the inner world.
///
/// ```
/// use counterfoil_graph::{admg, counterfactual::{CounterfactualGraph, Event}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let graph = admg! { X -> M -> Y; Z -> M }?;
/// let event = Event::parse(&graph, "Y[X=1]=1, X=0")?;
/// let Some(network) = CounterfactualGraph::of(&graph, &event)? else { panic!("it can happen") };
/// // Y, M and Z in the world of X = 1 and X in the real one.
/// assert_eq!(network.nodes().len(), 4);
/// assert_eq!(network.text(&graph), "X=0; Z[X=1]; M[X=1]; Y[X=1]=1; Z[X=1] -> M[X=1]; M[X=1] -> Y[X=1]");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterfactualGraph {
    nodes: Vec<CounterfactualNode>,
    worlds: Vec<World>,
}

impl CounterfactualGraph {
    /// The counterfactual graph of an event; `None` when the event contradicts itself. `O(w (n + m) log (w n))` for `w`
    /// worlds.
    ///
    /// # Errors
    /// [`QueryError::OutOfRange`], [`QueryError::Worlds`].
    pub fn of(graph: &Admg, event: &super::Event) -> Result<Option<Self>, QueryError> {
        event.check(graph)?;
        let mut worlds = Worlds::default();
        let stated = worlds.add_event(event);
        worlds.check(graph.len())?;
        Ok(Closure::new(graph, &worlds, &stated, []).map(|closure| closure.graph(graph, &worlds)))
    }

    /// The network of all variables in all of the `worlds`: with two of them the twin network of Balke and Pearl
    /// (1994), in which what the worlds have in common is merged. `O(w (n + m) log (w n))`.
    ///
    /// # Errors
    /// [`QueryError::OutOfRange`], [`QueryError::Worlds`].
    pub fn network(
        graph: &Admg,
        worlds: impl IntoIterator<Item = World>,
    ) -> Result<Self, QueryError> {
        let mut table = Worlds::default();
        let mut places = Vec::new();
        for world in worlds {
            if graph.is_empty() && world.is_factual() {
                continue;
            }
            let atoms = [super::Atom { of: Counterfactual { variable: 0, world }, value: 0 }];
            let event = super::Event::from_iter(atoms);
            event.check(graph)?;
            let world = table.add_event(&event)[0].0.world;
            table.check(graph.len())?;
            places.extend((0..graph.len()).map(|variable| Place { variable, world }));
        }
        let closure = Closure::new(graph, &table, &[], places);
        // Where nothing is stated, nothing contradicts.
        Ok(closure.map_or(Self { nodes: Vec::new(), worlds: Vec::new() }, |closure| {
            closure.graph(graph, &table)
        }))
    }

    /// The nodes, parents before children.
    pub fn nodes(&self) -> &[CounterfactualNode] {
        &self.nodes
    }

    /// The worlds that the nodes refer to.
    pub fn worlds(&self) -> &[World] {
        &self.worlds
    }

    /// The directed edges between nodes: values that are not known and thus come from another node. Sorted by effect.
    pub fn directed_edges(&self) -> impl Iterator<Item = (usize, usize)> {
        self.nodes.iter().enumerate().flat_map(|(child, node)| {
            node.parents.iter().filter_map(move |(_, value)| match value {
                Value::Of(parent) => Some((*parent, child)),
                Value::Known(_) => None,
            })
        })
    }

    /// The bidirected edges between nodes, smaller number first: variables with a hidden common cause in the graph, and
    /// one variable under different causes, which has its own noise in common.
    pub fn bidirected_edges<'s>(
        &'s self,
        graph: &'s Admg,
    ) -> impl Iterator<Item = (usize, usize)> + 's {
        (0..self.nodes.len()).flat_map(move |b| {
            (0..b)
                .filter(move |&a| {
                    let (u, v) = (self.nodes[a].variable, self.nodes[b].variable);
                    u == v || graph.spouses(v).binary_search(&u).is_ok()
                })
                .map(move |a| (a, b))
        })
    }

    /// A node by the first of its worlds, with its value where that is stated: `Y[X=1]=0`.
    pub fn label(&self, graph: &Admg, node: usize) -> String {
        let node = &self.nodes[node];
        let world = node.worlds.first().map(|&w| self.worlds[w].text(graph)).unwrap_or_default();
        let value = node.value.map(|value| format!("={value}")).unwrap_or_default();
        format!("{}{world}{value}", graph.name(node.variable))
    }

    /// Nodes and edges as statements: `X=0; Y[X=1]; X=0 <-> Y[X=1]`.
    pub fn text(&self, graph: &Admg) -> String {
        let label = |node| self.label(graph, node);
        let bare = |node: usize| {
            let label = label(node);
            let end =
                label.len() - self.nodes[node].value.map_or(0, |value| format!("={value}").len());
            label[..end].to_owned()
        };
        let nodes = (0..self.nodes.len()).map(label);
        let directed = self.directed_edges().map(|(a, b)| format!("{} -> {}", bare(a), bare(b)));
        let bidirected =
            self.bidirected_edges(graph).map(|(a, b)| format!("{} <-> {}", bare(a), bare(b)));
        nodes.chain(directed).chain(bidirected).collect::<Vec<_>>().join("; ")
    }
}

/// A node of a closure under construction; the values of its parents stand in the order of the graph's list.
#[derive(Clone, Debug)]
pub(super) struct Merged {
    pub(super) variable: usize,
    pub(super) parents: Vec<Value>,
    pub(super) value: Option<usize>,
    /// One of the places that it is.
    pub(super) place: Place,
}

/// The counterfactual ancestors of some places, with everything merged that stated values make equal.
#[derive(Clone, Debug)]
pub(super) struct Closure {
    pub(super) nodes: Vec<Merged>,
    /// By world, then variable: its value there, where it was needed.
    at: Vec<Value>,
    needed: Vec<NodeSet>,
    /// Number of variables.
    n: usize,
}

impl Closure {
    /// Of nothing.
    pub(super) fn empty(graph: &Admg) -> Self {
        Self { nodes: Vec::new(), at: Vec::new(), needed: Vec::new(), n: graph.len() }
    }

    /// Merges along a topological order: when a variable's turn comes, the values of its parents are settled in every
    /// world, so that equal lists of values are equal nodes; then the statements about the variable settle its values.
    ///
    /// `wanted` are places that must be covered although nothing is stated about them. `None` when two statements about
    /// one node differ, or one differs from what an intervention sets.
    pub(super) fn new(
        graph: &Admg,
        worlds: &Worlds,
        stated: &[(Place, usize)],
        wanted: impl IntoIterator<Item = Place>,
    ) -> Option<Self> {
        let needed = needed(graph, worlds, stated.iter().map(|(p, _)| *p).chain(wanted));
        let mut statements: Vec<(Place, usize)> = stated.to_vec();
        statements.sort_unstable();
        let n = graph.len();
        let at = vec![Value::Of(usize::MAX); n * worlds.len()];
        let mut closure = Self { nodes: Vec::new(), at, needed, n };
        for &variable in graph.topological_order() {
            let first = closure.nodes.len();
            let mut known: BTreeMap<Vec<Value>, usize> = BTreeMap::new();
            for world in 0..worlds.len() {
                if !closure.needed[world].contains(variable) {
                    continue;
                }
                let place = Place { variable, world };
                let value = match worlds.held(place) {
                    Some(Held::Value(value)) => Value::Known(value),
                    Some(Held::AsIn(inner)) => closure.value(Place { variable, world: inner }),
                    None => {
                        let parents: Vec<Value> = graph
                            .parents(variable)
                            .iter()
                            .map(|&p| closure.value(Place { variable: p, world }))
                            .collect();
                        let node = *known.entry(parents).or_insert_with_key(|parents| {
                            let parents = parents.clone();
                            closure.nodes.push(Merged { variable, parents, value: None, place });
                            closure.nodes.len() - 1
                        });
                        Value::Of(node)
                    }
                };
                closure.at[world * n + variable] = value;
            }
            let from = statements.partition_point(|(place, _)| place.variable < variable);
            let mine = statements[from..].iter().take_while(|(p, _)| p.variable == variable);
            for &(place, value) in mine {
                let before = match closure.value(place) {
                    Value::Known(set) => Some(set),
                    Value::Of(node) => closure.nodes[node].value.replace(value),
                };
                if before.is_some_and(|before| before != value) {
                    return None;
                }
            }
            // From here on the nodes that a statement settled go by their values.
            if closure.nodes[first..].iter().any(|node| node.value.is_some()) {
                for world in 0..worlds.len() {
                    let place = Place { variable, world };
                    closure.at[world * n + variable] = closure.settled(closure.value(place));
                }
            }
        }
        Some(closure)
    }

    /// The value by which children know a node: what is stated of it, or that it is this node.
    pub(super) fn settled(&self, value: Value) -> Value {
        match value {
            Value::Of(node) => {
                self.nodes.get(node).and_then(|node| node.value).map_or(value, Value::Known)
            }
            Value::Known(_) => value,
        }
    }

    /// The value at a place. Places that are needed all have one; what is not needed has the value of no node.
    pub(super) fn value(&self, place: Place) -> Value {
        self.at[place.world * self.n + place.variable]
    }

    /// The variables that have a node.
    pub(super) fn variables(&self) -> NodeSet {
        self.nodes.iter().map(|node| node.variable).collect()
    }

    /// The nodes by districts of the graph of their variables, in the order of the districts' smallest variables.
    pub(super) fn districts(&self, graph: &Admg) -> Vec<Vec<usize>> {
        let districts = graph.view().within(&self.variables()).districts();
        let mut district_of = vec![usize::MAX; graph.len()];
        for (number, district) in districts.iter().enumerate() {
            district.iter().for_each(|variable| district_of[variable] = number);
        }
        let mut members = vec![Vec::new(); districts.len()];
        for (number, node) in self.nodes.iter().enumerate() {
            members[district_of[node.variable]].push(number);
        }
        members
    }

    fn graph(&self, graph: &Admg, worlds: &Worlds) -> CounterfactualGraph {
        let mut nodes: Vec<CounterfactualNode> = self
            .nodes
            .iter()
            .map(|node| CounterfactualNode {
                variable: node.variable,
                parents: graph
                    .parents(node.variable)
                    .iter()
                    .copied()
                    .zip(node.parents.iter().copied())
                    .collect(),
                value: node.value,
                worlds: Vec::new(),
            })
            .collect();
        // A node is what it is in every world that needs the variable and sees the same parents.
        let seen = self.nodes.iter().enumerate().map(|(i, n)| ((n.variable, &n.parents), i));
        let numbers: BTreeMap<(usize, &Vec<Value>), usize> = seen.collect();
        for world in 0..worlds.len() {
            for variable in &self.needed[world] {
                if worlds.held(Place { variable, world }).is_some() {
                    continue;
                }
                let parents = graph.parents(variable).iter();
                let parents: Vec<Value> =
                    parents.map(|&p| self.value(Place { variable: p, world })).collect();
                if let Some(&number) = numbers.get(&(variable, &parents)) {
                    nodes[number].worlds.push(world);
                }
            }
        }
        let worlds = (0..worlds.len()).map(|world| worlds.world(world).clone()).collect();
        CounterfactualGraph { nodes, worlds }
    }
}

/// By world: the variables whose values decide about the `roots`. Against the arrows, stopping at what is held.
fn needed(graph: &Admg, worlds: &Worlds, roots: impl IntoIterator<Item = Place>) -> Vec<NodeSet> {
    let mut needed = vec![NodeSet::new(); worlds.len()];
    let mut stack: Vec<Place> =
        roots.into_iter().filter(|place| needed[place.world].insert(place.variable)).collect();
    while let Some(place) = stack.pop() {
        let mut push = |next: Place| {
            if needed[next.world].insert(next.variable) {
                stack.push(next);
            }
        };
        match worlds.held(place) {
            Some(Held::Value(_)) => {}
            Some(Held::AsIn(inner)) => push(Place { world: inner, ..place }),
            None => graph.parents(place.variable).iter().for_each(|&p| {
                push(Place { variable: p, ..place });
            }),
        }
    }
    needed
}
