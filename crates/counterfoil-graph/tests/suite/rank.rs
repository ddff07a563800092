//! Verdicts of identification against a test that knows nothing of districts: whether small changes of a model that
//! leave all observations as they are leave the effect as it is.
//!
//! The gradients of the effect must lie in the span of the gradients of the observed probabilities, at a point without
//! special properties. All arithmetic is exact, modulo a prime, so there is no tolerance: that a gradient lies outside
//! proves that the effect is not identifiable. That it lies inside at a random point is strong evidence for the contrary.

use crate::{identification::drawn, oracle::unit};
use counterfoil_graph::{
    Admg, NodeSet, Query,
    identification::{Workspace, identifiable},
};
use proptest::prelude::*;

const PRIME: u64 = (1 << 31) - 1;
/// Values of each hidden cause; the observed variables have two.
const HIDDEN: usize = 4;

fn mul(a: u64, b: u64) -> u64 {
    a * b % PRIME
}

fn sub(a: u64, b: u64) -> u64 {
    (a + PRIME - b) % PRIME
}

/// By Fermat's little theorem.
fn inverse(a: u64) -> u64 {
    let (mut base, mut exponent, mut result) = (a, PRIME - 2, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = mul(result, base);
        }
        base = mul(base, base);
        exponent >>= 1;
    }
    result
}

/// A model with numbers below the prime as parameters.
struct Model<'g> {
    graph: &'g Admg,
    hidden: Vec<(usize, usize)>,
    /// Where the parameters of each hidden cause, then of each node, begin.
    starts: Vec<usize>,
    parameters: Vec<u64>,
}

impl<'g> Model<'g> {
    fn new(graph: &'g Admg, seed: u64) -> Self {
        let hidden: Vec<_> = graph.bidirected_edges().collect();
        let mut starts = Vec::new();
        let mut count = 0;
        for _ in &hidden {
            starts.push(count);
            count += HIDDEN - 1;
        }
        for node in 0..graph.len() {
            starts.push(count);
            let causes = hidden.iter().filter(|(a, b)| *a == node || *b == node).count();
            count += HIDDEN.pow(causes as u32) << graph.parents(node).len();
        }
        let number = |i: usize| 2 + (unit(seed, i as u64) * (PRIME - 4) as f64) as u64;
        Self { graph, hidden, starts, parameters: (0..count).map(number).collect() }
    }

    /// One factor of the joint probability: its value, its parameter, and whether it grows or shrinks with that.
    fn factors(
        &self,
        bits: usize,
        causes: &[usize],
        fixed: &NodeSet,
    ) -> Vec<(u64, Option<usize>, bool)> {
        let mut factors = Vec::new();
        for (i, &cause) in causes.iter().enumerate() {
            let own = self.starts[i]..self.starts[i] + HIDDEN - 1;
            // The weight of the last value is what the others leave; its parameters all make it shrink.
            match own.clone().nth(cause) {
                Some(parameter) => {
                    factors.push((self.parameters[parameter], Some(parameter), true));
                }
                None => factors.push((
                    own.fold(1, |rest, p| sub(rest, self.parameters[p])),
                    Some(i),
                    false,
                )),
            }
        }
        for node in (0..self.graph.len()).filter(|&node| !fixed.contains(node)) {
            let mut row = 0;
            for (i, &(a, b)) in self.hidden.iter().enumerate() {
                if a == node || b == node {
                    row = row * HIDDEN + causes[i];
                }
            }
            for &parent in self.graph.parents(node) {
                row = row * 2 + (bits >> parent & 1);
            }
            let parameter = self.starts[self.hidden.len() + node] + row;
            let one = self.parameters[parameter];
            let is_one = bits >> node & 1 == 1;
            factors.push((if is_one { one } else { sub(1, one) }, Some(parameter), is_one));
        }
        factors
    }

    /// The probability of every assignment when `fixed` are set, and its gradient.
    fn joint(&self, fixed: &NodeSet) -> Vec<(u64, Vec<u64>)> {
        let states = HIDDEN.pow(self.hidden.len() as u32);
        (0..1_usize << self.graph.len())
            .map(|bits| {
                let (mut value, mut gradient) = (0, vec![0; self.parameters.len()]);
                for state in 0..states {
                    let causes: Vec<usize> = (0..self.hidden.len())
                        .map(|i| state / HIDDEN.pow(i as u32) % HIDDEN)
                        .collect();
                    let factors = self.factors(bits, &causes, fixed);
                    let weight = factors.iter().fold(1, |w, f| mul(w, f.0));
                    value = (value + weight) % PRIME;
                    for (at, &(_, parameter, grows)) in factors.iter().enumerate() {
                        let without = factors
                            .iter()
                            .enumerate()
                            .filter(|(other, _)| *other != at)
                            .fold(1, |w, (_, f)| mul(w, f.0));
                        let mut add = |p: usize| {
                            gradient[p] = if grows {
                                (gradient[p] + without) % PRIME
                            } else {
                                sub(gradient[p], without)
                            };
                        };
                        if at < causes.len() && !grows {
                            (self.starts[at]..self.starts[at] + HIDDEN - 1).for_each(add);
                        } else if let Some(parameter) = parameter {
                            add(parameter);
                        }
                    }
                }
                (value, gradient)
            })
            .collect()
    }
}

fn total(joint: &[(u64, Vec<u64>)], mask: usize, bits: usize) -> (u64, Vec<u64>) {
    let mut sum = (0, vec![0; joint[0].1.len()]);
    for (_, (value, gradient)) in joint.iter().enumerate().filter(|(b, _)| b & mask == bits & mask)
    {
        sum.0 = (sum.0 + value) % PRIME;
        for (s, g) in sum.1.iter_mut().zip(gradient) {
            *s = (*s + g) % PRIME;
        }
    }
    sum
}

/// Takes multiples of the rows of `basis` from `row`, which ends as zero when it lies in their span.
fn reduce(basis: &[(usize, Vec<u64>)], row: &mut [u64]) {
    for (pivot, known) in basis {
        let by = row[*pivot];
        if by != 0 {
            for (r, k) in row.iter_mut().zip(known) {
                *r = sub(*r, mul(by, *k));
            }
        }
    }
}

/// Whether every change that keeps the observed probabilities keeps the effect, to first order.
fn is_determined(graph: &Admg, query: &Query, seed: u64) -> bool {
    let model = Model::new(graph, seed);
    let mut basis: Vec<(usize, Vec<u64>)> = Vec::new();
    for (_, mut row) in model.joint(&NodeSet::new()) {
        reduce(&basis, &mut row);
        if let Some(pivot) = row.iter().position(|&r| r != 0) {
            let scale = inverse(row[pivot]);
            basis.push((pivot, row.iter().map(|&r| mul(r, scale)).collect()));
        }
    }
    let joint = model.joint(&query.do_);
    let mask = |set: &NodeSet| set.iter().map(|node| 1_usize << node).sum::<usize>();
    let (x, z) = (mask(&query.do_), mask(&query.given));
    let all = mask(&query.y) | x | z;
    (0..1_usize << graph.len()).filter(|bits| bits & !all == 0).all(|bits| {
        let (above, above_by) = total(&joint, all, bits);
        let (below, below_by) = total(&joint, x | z, bits);
        // The derivative of the quotient, up to the square of its denominator.
        let mut row: Vec<u64> = above_by
            .iter()
            .zip(&below_by)
            .map(|(&a, &b)| sub(mul(a, below), mul(above, b)))
            .collect();
        reduce(&basis, &mut row);
        row.iter().all(|&r| r == 0)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn what_is_identifiable_is_determined_and_nothing_else_is((graph, query) in drawn(4), seed: u64) {
        prop_assume!(graph.bidirected_edges().count() <= 3);
        let yes = identifiable(&graph, &query, &mut Workspace::default()).unwrap().is_none();
        prop_assert_eq!(is_determined(&graph, &query, seed), yes, "{} in {}", query.text(&graph), graph);
    }
}
