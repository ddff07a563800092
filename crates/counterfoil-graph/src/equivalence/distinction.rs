//! Whether two graphs imply the same independences, and if not, one that tells them apart.

use crate::{Dag, GraphError, Mag, MixedGraph, NodeSet, mag::separated};

/// A separation that one of two graphs has and the other has not: the certificate that they are not equivalent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distinction {
    /// One end of the pair.
    pub a: usize,
    /// The other end.
    pub b: usize,
    /// The set that separates the pair in one graph and not in the other.
    pub given: NodeSet,
    /// `true` when it is the first graph that separates the pair.
    pub separated_in_first: bool,
}

impl Distinction {
    /// Checks the claim by one separation query in each of the two DAGs or MAGs. `O(n + m)`.
    pub fn verify(&self, first: &MixedGraph, second: &MixedGraph) -> bool {
        let (a, b) = ([self.a].into(), [self.b].into());
        let apart = |graph: &MixedGraph| separated(graph, &a, &b, &self.given);
        let fits = [self.a, self.b].into_iter().chain(&self.given).all(|node| node < first.len())
            && first.len() == second.len()
            && self.a != self.b
            && !self.given.contains(self.a)
            && !self.given.contains(self.b);
        fits && apart(first) == self.separated_in_first && apart(second) != self.separated_in_first
    }
}

/// Refuses graphs over different variables.
pub(crate) fn check_same_variables(
    first: &MixedGraph,
    second: &MixedGraph,
) -> Result<(), GraphError> {
    let names = |graph: &MixedGraph| -> Vec<String> {
        graph.variables().map(|variable| variable.name().to_owned()).collect()
    };
    let (first, second) = (names(first), names(second));
    if first == second {
        return Ok(());
    }
    let place = first.iter().zip(&second).position(|(a, b)| a != b);
    let place = place.unwrap_or(first.len().min(second.len()));
    let shown = |names: &[String]| names.get(place).cloned().unwrap_or("nothing".to_owned());
    Err(GraphError::DifferentVariables {
        position: place,
        first: shown(&first),
        second: shown(&second),
    })
}

impl Dag {
    /// `None` when the two graphs imply the same independences: when they join the same pairs and have the same
    /// v-structures (Verma and Pearl 1990). Otherwise a separation of one that the other lacks.
    ///
    /// `O(n + m d)` for the largest number d of parents.
    ///
    /// # Errors
    /// [`GraphError::DifferentVariables`], [`GraphError::LatentInClass`].
    ///
    /// ```
    /// use counterfoil_graph::Dag;
    ///
    /// # fn main() -> Result<(), counterfoil_graph::GraphError> {
    /// let chain = Dag::from_dot("digraph { a; b; c; a -> b; b -> c }")?;
    /// let fork = Dag::from_dot("digraph { a; b; c; b -> a; b -> c }")?;
    /// let collider = Dag::from_dot("digraph { a; b; c; a -> b; c -> b }")?;
    /// assert_eq!(chain.distinguished_from(&fork)?, None);
    /// let told = chain.distinguished_from(&collider)?.ok_or("told apart").unwrap();
    /// assert!(told.verify(&chain, &collider));
    /// # Ok(())
    /// # }
    /// ```
    pub fn distinguished_from(&self, other: &Self) -> Result<Option<Distinction>, GraphError> {
        check_same_variables(self, other)?;
        crate::class::check_observed(self)?;
        crate::class::check_observed(other)?;
        let by = |one: &Self, a: usize, b: usize, first: bool| {
            let given = one.ancestors([a, b]).without(a).without(b);
            Ok(Some(Distinction { a, b, given, separated_in_first: first }))
        };
        for a in 0..self.len() {
            for (one, two, first) in [(self, other, true), (other, self, false)] {
                if let Some(&b) = two.adjacent(a).iter().find(|&&b| !one.is_adjacent(a, b)) {
                    return by(one, a, b, first);
                }
            }
        }
        for (one, two, first) in [(self, other, true), (other, self, false)] {
            for node in 0..self.len() {
                let parents = one.parents(node);
                for (i, &a) in parents.iter().enumerate() {
                    let new = |&&c: &&usize| {
                        let there = two.parents(node);
                        let both =
                            there.binary_search(&a).is_ok() && there.binary_search(&c).is_ok();
                        !both && !one.is_adjacent(a, c)
                    };
                    if let Some(&c) = parents[i + 1..].iter().find(new) {
                        return by(one, a, c, first);
                    }
                }
            }
        }
        Ok(None)
    }
}

impl Mag {
    /// `None` when the two graphs imply the same independences, otherwise a separation of one that the other lacks.
    ///
    /// Of two MAGs it suffices to look, for every pair that one of them has apart, at the set anterior to the pair: these
    /// pairwise statements imply all others (Sadeghi and Lauritzen 2014, theorem 4). `O(n^2 (n + m))`.
    ///
    /// # Errors
    /// [`GraphError::DifferentVariables`].
    pub fn distinguished_from(&self, other: &Self) -> Result<Option<Distinction>, GraphError> {
        check_same_variables(self, other)?;
        for (one, two, first) in [(self, other, true), (other, self, false)] {
            for a in 0..self.len() {
                for b in a + 1..self.len() {
                    let Some(given) = one.separator(a, b) else { continue };
                    if !separated(two, &[a].into(), &[b].into(), &given) {
                        return Ok(Some(Distinction { a, b, given, separated_in_first: first }));
                    }
                }
            }
        }
        Ok(None)
    }
}
