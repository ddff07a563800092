//! Functional causal models with finite noise, which answer every counterfactual question by trying all of the noise.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::goldens::strings;
use counterfoil_graph::{
    Admg, MixedGraph,
    counterfactual::{Counterfactual, Event, Setting, World},
    estimand::{Arena, Expr, Node, Symbol},
};
use counterfoil_random::Stream;
use serde_json::Value;
use std::collections::BTreeMap;

/// How a variable follows from its parents and its noise: a table, the first argument most significant.
struct Mechanism {
    parents: Vec<usize>,
    noises: Vec<usize>,
    table: Vec<usize>,
}

/// A structural causal model in which everything is finite.
pub(crate) struct Fscm {
    order: Vec<usize>,
    /// By variable: how many values it has.
    pub(crate) cardinalities: Vec<usize>,
    /// By noise variable: the probabilities of its values.
    noises: Vec<Vec<f64>>,
    mechanisms: Vec<Mechanism>,
}

/// A random distribution over `k` values, none of them rare.
fn probabilities(stream: &mut Stream, k: usize) -> Vec<f64> {
    let weights: Vec<f64> = (0..k).map(|_| stream.uniform_in(0.2, 1.0)).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|w| w / total).collect()
}

impl Fscm {
    /// The model of a case, whose variables are binary.
    pub(crate) fn from_json(graph: &MixedGraph, json: &Value) -> Self {
        let exogenous = json["exogenous"].as_object().unwrap();
        let position = |name: &str| exogenous.keys().position(|key| key == name).unwrap();
        let floats =
            |v: &Value| v.as_array().unwrap().iter().map(|p| p.as_f64().unwrap()).collect();
        let mechanisms = graph.variables().map(|variable| {
            let function = &json["functions"][variable.name()];
            let names = |key: &str| strings(&function[key]);
            Mechanism {
                parents: names("parents")
                    .iter()
                    .map(|name| graph.index_of(name).unwrap())
                    .collect(),
                noises: names("exogenous").into_iter().map(position).collect(),
                table: function["table"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|v| v.as_u64().unwrap() as usize)
                    .collect(),
            }
        });
        Self {
            order: strings(&json["nodes"]).iter().map(|v| graph.index_of(v).unwrap()).collect(),
            cardinalities: vec![2; graph.len()],
            noises: exogenous.values().map(floats).collect(),
            mechanisms: mechanisms.collect(),
        }
    }

    /// A random model of a graph: a noise of four values for each variable, and one of two for each bidirected edge.
    pub(crate) fn random(graph: &Admg, cardinalities: &[usize], stream: &mut Stream) -> Self {
        let n = graph.len();
        let mut noises: Vec<Vec<f64>> = (0..n).map(|_| probabilities(stream, 4)).collect();
        let mut of: Vec<Vec<usize>> = (0..n).map(|v| vec![v]).collect();
        for (a, b) in graph.bidirected_edges() {
            of[a].push(noises.len());
            of[b].push(noises.len());
            noises.push(probabilities(stream, 2));
        }
        let mechanisms = (0..n).map(|v| {
            let parents = graph.parents(v).to_vec();
            let arguments = parents.iter().map(|&p| cardinalities[p]);
            let size: usize = arguments.chain(of[v].iter().map(|&u| noises[u].len())).product();
            let table = (0..size).map(|_| stream.below(cardinalities[v])).collect();
            Mechanism { parents, noises: of[v].clone(), table }
        });
        let mechanisms = mechanisms.collect();
        let order = graph.topological_order().to_vec();
        Self { order, cardinalities: cardinalities.to_vec(), noises, mechanisms }
    }

    /// The values of all variables in a world, for given noise.
    fn solve(&self, noise: &[usize], world: &World) -> Vec<usize> {
        let mut values = vec![usize::MAX; self.order.len()];
        for (variable, setting) in world.settings() {
            values[variable] = match setting {
                Setting::Value(value) => *value,
                Setting::AsIn(other) => self.solve(noise, other)[variable],
                _ => unreachable!("there are two sorts of settings"),
            };
        }
        for &variable in &self.order {
            if values[variable] == usize::MAX {
                let mechanism = &self.mechanisms[variable];
                let mut at = 0;
                for &parent in &mechanism.parents {
                    at = at * self.cardinalities[parent] + values[parent];
                }
                for &u in &mechanism.noises {
                    at = at * self.noises[u].len() + noise[u];
                }
                values[variable] = mechanism.table[at];
            }
        }
        values
    }

    fn happens(&self, noise: &[usize], event: &Event) -> bool {
        let value = |of: &Counterfactual| self.solve(noise, &of.world)[of.variable];
        event.atoms().iter().all(|atom| value(&atom.of) == atom.value)
    }

    /// Calls `visit` with every combination of noise and its probability.
    fn for_each_noise(&self, mut visit: impl FnMut(f64, &[usize])) {
        let mut noise = vec![0; self.noises.len()];
        loop {
            let weight = noise.iter().zip(&self.noises).map(|(&u, p)| p[u]).product();
            visit(weight, &noise);
            let Some(at) = (0..noise.len()).rfind(|&i| noise[i] + 1 < self.noises[i].len()) else {
                return;
            };
            noise[at] += 1;
            noise[at + 1..].fill(0);
        }
    }

    /// The probabilities of the condition, and of event and condition at once.
    pub(crate) fn probabilities(&self, event: &Event, given: &Event) -> [f64; 2] {
        let mut sums = [0.0; 2];
        self.for_each_noise(|weight, noise| {
            if self.happens(noise, given) {
                sums[0] += weight;
                if self.happens(noise, event) {
                    sums[1] += weight;
                }
            }
        });
        sums
    }

    /// The joint distribution under an intervention, by the values of all variables.
    fn joint(&self, world: &World) -> BTreeMap<Vec<usize>, f64> {
        let mut joint = BTreeMap::new();
        self.for_each_noise(|weight, noise| {
            *joint.entry(self.solve(noise, world)).or_insert(0.0) += weight;
        });
        joint
    }
}

/// Computes formulas on a model's interventional distributions, each of which it works out once.
pub(crate) struct Experiments<'m> {
    model: &'m Fscm,
    joints: BTreeMap<World, BTreeMap<Vec<usize>, f64>>,
}

impl<'m> Experiments<'m> {
    pub(crate) fn new(model: &'m Fscm) -> Self {
        Self { model, joints: BTreeMap::new() }
    }

    /// The value of an expression for given values of its free symbols.
    pub(crate) fn value(&mut self, arena: &Arena, expr: Expr, at: &BTreeMap<Symbol, usize>) -> f64 {
        match arena.node(expr) {
            Node::One => 1.0,
            Node::Zero => 0.0,
            Node::Product(factors) => factors.iter().map(|&f| self.value(arena, f, at)).product(),
            Node::Ratio { numerator, denominator } => {
                self.value(arena, numerator, at) / self.value(arena, denominator, at)
            }
            Node::Sum { over, body } => {
                let Some((&first, rest)) = over.split_first() else { panic!("an empty sum") };
                assert!(rest.iter().all(|s| s.variable() != first.variable()));
                let mut all = vec![at.clone()];
                for symbol in over {
                    let values = 0..self.model.cardinalities[symbol.variable()];
                    let extended = all.into_iter().flat_map(|at| {
                        values.clone().map(move |value| {
                            let mut at = at.clone();
                            at.insert(*symbol, value);
                            at
                        })
                    });
                    all = extended.collect();
                }
                all.iter().map(|at| self.value(arena, body, at)).sum()
            }
            Node::Probability(term) => {
                let fixed = |symbols: &[Symbol]| -> Vec<(usize, usize)> {
                    // A symbol that stands for any value stands for the first.
                    let value = |s| at.get(s).copied().unwrap_or(0);
                    symbols.iter().map(|s| (s.variable(), value(s))).collect()
                };
                let (of, given, do_) = (fixed(term.of), fixed(term.given), fixed(term.do_));
                let world = do_.iter().fold(World::factual(), |w, &(v, value)| w.set(v, value));
                let joint =
                    self.joints.entry(world.clone()).or_insert_with(|| self.model.joint(&world));
                let total = |sets: &[&[(usize, usize)]]| -> f64 {
                    let fits =
                        |cell: &[usize]| sets.iter().copied().flatten().all(|&(v, x)| cell[v] == x);
                    joint.iter().filter(|(cell, _)| fits(cell)).map(|(_, p)| p).sum()
                };
                total(&[&of, &given]) / total(&[&given])
            }
        }
    }
}
