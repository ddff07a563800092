//! How many DAGs a class has, and one of them at random, in polynomial time.

use super::cliques::{Choice, choices};
use crate::{Cpdag, Dag, NodeSet};
use num_bigint::BigUint;
use std::collections::BTreeMap;

/// A Markov equivalence class that has been counted, ready to be drawn from: clique picking (Wienoebst, Bannach and
/// Liskiewicz 2021, "Polynomial-time algorithms for counting and sampling Markov equivalent DAGs").
///
/// Each chain component is counted by the maximal clique that its direction begins with; what is left open behind the
/// clique falls into smaller chordal graphs, of which at most twice as many are different as there are cliques. Counts
/// are exact integers of any size.
///
/// ```
/// use counterfoil_graph::{Dag, equivalence::MarkovClass};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let dag = Dag::from_dot("digraph { a; b; c; d; a -> b; a -> c; b -> c; c -> d }")?;
/// let class = MarkovClass::of(&dag.cpdag()?);
/// assert_eq!(class.size().to_string(), "8");
/// // Randomness is handed in: here a poor sort.
/// let mut state = 1_u64;
/// let member = class.sample(&mut || {
///     state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
///     state ^ (state >> 29)
/// });
/// assert_eq!(member.cpdag()?, dag.cpdag()?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MarkovClass {
    cpdag: Cpdag,
    components: Vec<NodeSet>,
    counted: BTreeMap<NodeSet, Counted>,
    size: BigUint,
}

/// A connected chordal graph, by its nodes: the number of its directions, and of those that begin with each clique.
#[derive(Clone, Debug)]
struct Counted {
    size: BigUint,
    choices: Vec<(Choice, BigUint)>,
}

impl MarkovClass {
    /// Counts the class. Polynomial: for a component of n nodes and c cliques, `O(c)` subgraphs are taken apart in
    /// `O(c (n + m + n^2 / 64))` each.
    pub fn of(cpdag: &Cpdag) -> Self {
        let mut counted = BTreeMap::new();
        let components = cpdag.chain_components();
        let mut size = BigUint::from(1_u32);
        for component in components.iter().filter(|component| component.len() > 1) {
            count(cpdag, component, &mut counted);
            size *= size_of(component, &counted);
        }
        Self { cpdag: cpdag.clone(), components, counted, size }
    }

    /// The number of DAGs in the class.
    pub fn size(&self) -> &BigUint {
        &self.size
    }

    /// The logarithm of the size to base 2, exact to the last bits of a double.
    pub fn size_log2(&self) -> f64 {
        let shift = self.size.bits().saturating_sub(64);
        let head = (&self.size >> shift).iter_u64_digits().next().unwrap_or(1);
        (head as f64).log2() + shift as f64
    }

    /// A member, each with the same probability if `draw` gives independent uniform numbers of 64 bits. Numbers are drawn
    /// again where a bound would bend them. `O(n + m)` steps of big integers of `O(n log n)` bits.
    pub fn sample(&self, draw: &mut impl FnMut() -> u64) -> Dag {
        let mut position = vec![0; self.cpdag.len()];
        let mut next = 0;
        let mut place = |node: usize| {
            position[node] = next;
            next += 1;
        };
        // What is still to be put in order; the last comes next.
        let mut stack: Vec<&NodeSet> = self.components.iter().rev().collect();
        while let Some(part) = stack.pop() {
            let Some(counted) = self.counted.get(part) else {
                part.iter().for_each(&mut place);
                continue;
            };
            let mut left = below(&counted.size, draw);
            let chosen = counted.choices.iter().find(|(_, weight)| {
                let found = left < *weight;
                if !found {
                    left -= weight;
                }
                found
            });
            // The weights sum to the size, so that one is found.
            if let Some((choice, _)) = chosen {
                beginning(choice, draw).into_iter().for_each(&mut place);
                stack.extend(choice.parts.iter().rev());
            }
        }
        self.cpdag.directed_by(&position)
    }
}

impl Cpdag {
    /// The number of DAGs in the class; see [`MarkovClass`].
    pub fn class_size(&self) -> BigUint {
        MarkovClass::of(self).size
    }
}

fn size_of(part: &NodeSet, counted: &BTreeMap<NodeSet, Counted>) -> BigUint {
    // A single node is not listed.
    counted.get(part).map_or_else(|| BigUint::from(1_u32), |known| known.size.clone())
}

/// Counts `component` and everything that its choices leave open, with a stack of its own.
fn count(cpdag: &Cpdag, component: &NodeSet, counted: &mut BTreeMap<NodeSet, Counted>) {
    let mut stack = vec![(component.clone(), choices(cpdag, component))];
    while let Some((set, choices_of_set)) = stack.pop() {
        let missing = choices_of_set
            .iter()
            .flat_map(|choice| &choice.parts)
            .find(|part| part.len() > 1 && !counted.contains_key(part))
            .cloned();
        if let Some(part) = missing {
            stack.push((set, choices_of_set));
            let choices_of_part = choices(cpdag, &part);
            stack.push((part, choices_of_part));
            continue;
        }
        let mut size = BigUint::ZERO;
        let mut weighted = Vec::with_capacity(choices_of_set.len());
        for choice in choices_of_set {
            let lengths: Vec<usize> = choice.forbidden.iter().map(NodeSet::len).collect();
            let mut weight = orders(choice.clique.len(), &lengths);
            for part in &choice.parts {
                weight *= size_of(part, counted);
            }
            size += &weight;
            weighted.push((choice, weight));
        }
        counted.insert(set, Counted { size, choices: weighted });
    }
}

/// The number of orders of `n` things of which no beginning is one of the nested sets with these sizes, which ascend: of
/// all orders, those are taken away whose shortest forbidden beginning is the i-th set.
fn orders(n: usize, forbidden: &[usize]) -> BigUint {
    let mut factorials = vec![BigUint::from(1_u32)];
    for k in 1..=n {
        let next = &factorials[k - 1] * k;
        factorials.push(next);
    }
    // The orders of the i-th set itself without a shorter forbidden beginning.
    let mut first: Vec<BigUint> = Vec::with_capacity(forbidden.len());
    let without = |n: usize, first: &[BigUint]| {
        let taken = forbidden.iter().zip(first).map(|(&size, ways)| ways * &factorials[n - size]);
        let taken: BigUint = taken.sum();
        &factorials[n] - taken
    };
    for &size in forbidden {
        let ways = without(size, &first);
        first.push(ways);
    }
    without(n, &first)
}

/// An order of the clique without a forbidden beginning, each with the same probability: node by node, weighted by the
/// number of ways to go on, which depends on sizes alone.
fn beginning(choice: &Choice, draw: &mut impl FnMut() -> u64) -> Vec<usize> {
    let n = choice.clique.len();
    let sizes: Vec<usize> = choice.forbidden.iter().map(NodeSet::len).collect();
    // Ring k holds what the k-th forbidden set adds to the one before, the last ring what is in none.
    let mut rings: Vec<Vec<usize>> = vec![Vec::new(); sizes.len() + 1];
    for &node in &choice.clique {
        let inner = choice.forbidden.iter().position(|set| set.contains(node));
        rings[inner.unwrap_or(sizes.len())].push(node);
    }
    let mut order = Vec::with_capacity(n);
    // The outermost ring drawn from so far: the beginning lies in that forbidden set and in no smaller.
    let mut reached = 0;
    while order.len() < n {
        let drawn = order.len();
        let ways = |ring: usize| -> BigUint {
            let ring = ring.max(reached);
            if sizes.get(ring) == Some(&(drawn + 1)) {
                return BigUint::ZERO;
            }
            let rest: Vec<usize> =
                sizes.get(ring..).unwrap_or_default().iter().map(|size| size - drawn - 1).collect();
            orders(n - drawn - 1, &rest)
        };
        let weights: Vec<BigUint> =
            rings.iter().enumerate().map(|(ring, left)| ways(ring) * left.len()).collect();
        let mut left = below(&weights.iter().sum(), draw);
        let mut ring = 0;
        while ring + 1 < weights.len() && left >= weights[ring] {
            left -= &weights[ring];
            ring += 1;
        }
        let of_ring = BigUint::from(rings[ring].len());
        let pick = below(&of_ring, draw).iter_u64_digits().next().unwrap_or(0) as usize;
        order.push(rings[ring].swap_remove(pick));
        reached = reached.max(ring);
    }
    order
}

/// A uniform number below `bound`, which is positive: as many bits as it has, drawn again while they are too large.
fn below(bound: &BigUint, draw: &mut impl FnMut() -> u64) -> BigUint {
    let bits = bound.bits();
    loop {
        let mut digits = Vec::with_capacity(bits.div_ceil(32) as usize);
        for _ in 0..bits.div_ceil(64) {
            let word = draw();
            digits.extend([word as u32, (word >> 32) as u32]);
        }
        let excess = bits.div_ceil(64) * 64 - bits;
        let number = BigUint::new(digits) >> excess;
        if number < *bound {
            return number;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: against all orders.
    #[test]
    fn orders_are_counted_without_listing_them() {
        fn list(left: &[usize], chosen: usize, forbidden: &[usize]) -> u32 {
            // A set of the first k things is complete when k are chosen and all are among them.
            let is_set = |&size: &usize| chosen == (1 << size) - 1;
            if forbidden.iter().any(is_set) {
                return 0;
            }
            if left.is_empty() {
                return 1;
            }
            let go = |&next: &usize| {
                let rest: Vec<usize> = left.iter().copied().filter(|&k| k != next).collect();
                list(&rest, chosen | 1 << next, forbidden)
            };
            left.iter().map(go).sum()
        }
        for forbidden in [vec![], vec![1], vec![2], vec![1, 2], vec![1, 3, 4], vec![2, 4]] {
            let things: Vec<usize> = (0..5).collect();
            assert_eq!(orders(5, &forbidden), BigUint::from(list(&things, 0, &forbidden)));
        }
    }
}
