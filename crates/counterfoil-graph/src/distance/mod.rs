//! How far a guessed graph is from the true one: by its edges, and by the causal conclusions that it leads to.
//!
//! - [`hamming`] counts the pairs of nodes that two graphs join differently (structural Hamming distance, SHD).
//! - [`intervention`] counts the effects of single variables that adjustment for parents in the guess would get wrong
//!   (structural intervention distance, SID; Peters and Buehlmann 2015), and [`intervention_bounds`] the least and the
//!   most over the DAGs of a guessed class.
//! - [`adjustment`] counts the effects that a strategy of choosing adjustment sets in the guess would get wrong
//!   (adjustment identification distance, AID; Henckel, Wuertzen and Weichwald 2024), between DAGs and classes of DAGs.
//!
//! [`intervention`] and [`adjustment`] look at hundreds of causes on several cores; the count does not depend on how many.

mod adjustment;
mod intervention;
mod validity;

pub use adjustment::{DagLike, Strategy, adjustment};
pub use intervention::{intervention, intervention_bounds};

use crate::{GraphError, MixedGraph, equivalence::check_same_variables};
use rayon::prelude::*;

/// A cause takes a few microseconds, and waking another core a hundred.
const CAUSES_AT_ONCE: usize = 128;

/// A number of wrong answers and the number of questions that were asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mistakes {
    /// Ordered pairs of a cause and an effect about which the guess is wrong.
    pub wrong: usize,
    /// All ordered pairs of different variables, `n (n - 1)`.
    pub asked: usize,
}

impl Mistakes {
    /// The share of wrong answers, in 0 .. 1; 0 where nothing can be asked.
    pub fn share(&self) -> f64 {
        if self.asked == 0 { 0.0 } else { self.wrong as f64 / self.asked as f64 }
    }
}

/// The mistakes about all causes, counted for each.
fn over_causes(n: usize, wrong_for: impl Fn(usize) -> usize + Send + Sync) -> Mistakes {
    let causes = (0..n).into_par_iter().with_min_len(CAUSES_AT_ONCE);
    Mistakes { wrong: causes.map(wrong_for).sum(), asked: n * n.saturating_sub(1) }
}

/// The structural Hamming distance: the number of pairs of nodes that the two graphs do not join by the same edges.
/// A reversed edge counts once, and so does `a -> b` against `a -- b` (the convention of Tsamardinos, Brown and Aliferis
/// 2006 for CPDAGs; of pcalg and of most tools). `O(n + m log m)`.
///
/// # Errors
/// [`GraphError::DifferentVariables`].
///
/// ```
/// use counterfoil_graph::{Dag, distance::hamming};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let truth = Dag::from_dot("digraph { a; b; c; a -> b; b -> c }")?;
/// let guess = Dag::from_dot("digraph { a; b; c; b -> a; a -> c }")?;
/// // a - b is reversed, b - c missing, a - c too many.
/// assert_eq!(hamming(&truth, &guess)?, 3);
/// # Ok(())
/// # }
/// ```
pub fn hamming(first: &MixedGraph, second: &MixedGraph) -> Result<usize, GraphError> {
    check_same_variables(first, second)?;
    let sorted = |graph: &MixedGraph| {
        let mut edges = graph.mixed_edges();
        edges.sort_unstable();
        edges
    };
    let (of_first, of_second) = (sorted(first), sorted(second));
    let only = |these: &[crate::Edge], those: &[crate::Edge]| -> Vec<[usize; 2]> {
        let own = these.iter().filter(|edge| those.binary_search(edge).is_err());
        own.map(|edge| {
            let [a, b] = edge.ends();
            [a.min(b), a.max(b)]
        })
        .collect()
    };
    let mut pairs = only(&of_first, &of_second);
    pairs.extend(only(&of_second, &of_first));
    pairs.sort_unstable();
    pairs.dedup();
    Ok(pairs.len())
}
