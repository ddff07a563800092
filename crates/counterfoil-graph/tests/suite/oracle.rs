//! A model with explicit hidden causes and an evaluator of formulas, both as plain as can be, to check answers with.

use counterfoil_graph::{
    Admg, NodeSet,
    estimand::{Arena, Expr, Node, Symbol},
};
use std::collections::BTreeMap;

/// A number in (0, 1) for each pair of numbers: the finaliser of SplitMix64.
pub(crate) fn unit(seed: u64, index: u64) -> f64 {
    let mut z =
        (seed ^ index.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// A semi-Markovian model of binary variables, with one binary hidden cause for each bidirected edge.
pub(crate) struct Model {
    graph: Admg,
    hidden: Vec<(usize, usize)>,
    seed: u64,
}

impl Model {
    pub(crate) fn new(graph: &Admg, seed: u64) -> Self {
        Self { graph: graph.clone(), hidden: graph.bidirected_edges().collect(), seed }
    }

    /// The probability that `node` is 1 when the variables have the values in `bits` and the hidden causes those in
    /// `causes`; `shift` makes it that of another population.
    fn one(&self, node: usize, bits: usize, causes: usize, shift: u64) -> f64 {
        let mut key = node as u64 + 1;
        for &parent in self.graph.parents(node) {
            key = key * 2 + (bits >> parent & 1) as u64;
        }
        for (i, &(a, b)) in self.hidden.iter().enumerate() {
            if a == node || b == node {
                key = key * 2 + (causes >> i & 1) as u64;
            }
        }
        0.1 + 0.8 * unit(self.seed ^ shift << 32, key * 64 + node as u64)
    }

    /// The joint distribution of all variables when those of `fixed` have their values in `values` from outside, in
    /// the population where the mechanisms of `shifted` differ. Bit i of an index is the value of node i.
    pub(crate) fn joint(
        &self,
        fixed: &NodeSet,
        values: usize,
        shifted: &NodeSet,
        shift: u64,
    ) -> Vec<f64> {
        let n = self.graph.len();
        let mut table = vec![0.0; 1 << n];
        for causes in 0..1_usize << self.hidden.len() {
            let weight: f64 = (0..self.hidden.len())
                .map(|i| {
                    let p = 0.25 + 0.5 * unit(self.seed, 1_000_000 + i as u64);
                    if causes >> i & 1 == 1 { p } else { 1.0 - p }
                })
                .product();
            for (bits, cell) in table.iter_mut().enumerate() {
                let p: f64 = (0..n)
                    .map(|node| {
                        let value = bits >> node & 1;
                        if fixed.contains(node) {
                            return if values >> node & 1 == value { 1.0 } else { 0.0 };
                        }
                        let shift = if shifted.contains(node) { shift } else { 0 };
                        let one = self.one(node, bits, causes, shift);
                        if value == 1 { one } else { 1.0 - one }
                    })
                    .product();
                *cell += weight * p;
            }
        }
        table
    }

    /// `P(y | do(x), z)` at all values of all variables, by truncated factorisation.
    pub(crate) fn effect(&self, y: &NodeSet, x: &NodeSet, z: &NodeSet) -> Vec<f64> {
        let mut joints: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        let acting: usize = x.iter().map(|node| 1 << node).sum();
        (0..1_usize << self.graph.len())
            .map(|bits| {
                let joint = joints
                    .entry(bits & acting)
                    .or_insert_with(|| self.joint(x, bits, &NodeSet::new(), 0));
                mass(joint, &(y | z), bits) / mass(joint, z, bits)
            })
            .collect()
    }
}

/// The probability that the nodes of `set` have their values in `bits`.
pub(crate) fn mass(joint: &[f64], set: &NodeSet, bits: usize) -> f64 {
    let mask: usize = set.iter().map(|node| 1 << node).sum();
    joint.iter().enumerate().filter(|(b, _)| b & mask == bits & mask).map(|(_, p)| p).sum()
}

/// The value of an expression where the variables have the values in `bits`; `joint` gives the distribution of a source
/// under the interventions on a set.
pub(crate) fn value(
    arena: &Arena,
    expr: Expr,
    bits: usize,
    joint: &mut dyn FnMut(usize, &NodeSet, usize) -> Vec<f64>,
) -> f64 {
    let mut values: BTreeMap<Symbol, usize> = BTreeMap::new();
    for symbol in arena.free_symbols(expr) {
        values.insert(symbol, bits >> symbol.variable() & 1);
    }
    Evaluator { arena, joint, seen: BTreeMap::new() }.at(expr, &mut values)
}

struct Evaluator<'a> {
    arena: &'a Arena,
    joint: &'a mut dyn FnMut(usize, &NodeSet, usize) -> Vec<f64>,
    seen: BTreeMap<(usize, NodeSet, usize), Vec<f64>>,
}

impl Evaluator<'_> {
    fn at(&mut self, expr: Expr, values: &mut BTreeMap<Symbol, usize>) -> f64 {
        let arena = self.arena;
        match arena.node(expr) {
            Node::One => 1.0,
            Node::Zero => 0.0,
            Node::Product(factors) => factors.iter().map(|&f| self.at(f, values)).product(),
            Node::Ratio { numerator, denominator } => {
                self.at(numerator, values) / self.at(denominator, values)
            }
            Node::Sum { over, body } => {
                let outside = values.clone();
                let total = (0..1_usize << over.len())
                    .map(|choice| {
                        for (i, &symbol) in over.iter().enumerate() {
                            values.insert(symbol, choice >> i & 1);
                        }
                        self.at(body, values)
                    })
                    .sum();
                *values = outside;
                total
            }
            Node::Probability(term) => {
                let set = |symbols: &[Symbol]| -> NodeSet {
                    symbols.iter().map(|s| s.variable()).collect()
                };
                let bits: usize = term
                    .of
                    .iter()
                    .chain(term.given)
                    .chain(term.do_)
                    .map(|s| values[s] << s.variable())
                    .sum();
                let fixed = set(term.do_);
                let at = bits & fixed.iter().map(|node| 1 << node).sum::<usize>();
                let joint = &mut self.joint;
                let table = self
                    .seen
                    .entry((term.source, fixed.clone(), at))
                    .or_insert_with(|| joint(term.source, &fixed, at));
                let given = set(term.given);
                mass(table, &(&set(term.of) | &given), bits) / mass(table, &given, bits)
            }
        }
    }
}
