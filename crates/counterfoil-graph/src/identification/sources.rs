//! Effects from several experiments and populations together, each district of the effect from one that shows it.

use super::{
    by_district::Task,
    regime::{Regime, Regimes},
    search::{Exhausted, Outcome, System},
    thicket::Thicket,
};
use crate::{
    Admg, Query, QueryError,
    estimand::{Arena, Estimand},
};

/// Why there is no formula from the given regimes.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum NotIdentifiedFrom {
    /// The regimes do not determine the effect; the thicket proves it.
    #[error(
        "the regimes do not determine the effect: none shows how one of its districts comes about"
    )]
    Thicket(Box<Thicket>),
    /// No sequence of steps of the do-calculus and of probability leads from the regimes to the effect. Where a regime
    /// measures only a part of the variables, that is all that is known.
    #[error(
        "no derivation leads from the regimes to the effect: {} terms can be derived and it is not among them",
        .0.len()
    )]
    Exhausted(Box<Exhausted>),
    /// The graph is too large to search all derivations from regimes that measure only a part of the variables.
    #[error(
        "no formula was found within {terms} derived terms: measure more variables, or leave out of the graph what has no part in the question"
    )]
    Undecided {
        /// The number of terms that were derived.
        terms: usize,
    },
    /// The query or a regime does not fit the graph.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// A formula for `P(y | do(x), z)` in the target in terms of `regimes`: observations, experiments, other populations,
/// incomplete and selected samples.
///
/// 1. As in [`identify`](super::identify) the effect is a product over districts, and each is asked of every regime in
///    turn (general identification: Lee, Correa and Bareinboim 2019, Kivva et al 2022; z-identification: Bareinboim and
///    Pearl 2012). A regime of another population serves a district when no selection node points at it
///    (transportability: Bareinboim and Pearl 2012, 2014; Lee, Correa and Bareinboim 2020). This is complete where
///    every regime measures or sets every variable, and a refusal then is a [`Thicket`].
/// 2. Where some regimes measure less, the same is tried on projections of the graph that hide some variables: of all
///    of these when at most 10 variables can be hidden, else of those that some regimes measure (surrogate outcomes:
///    Tikka and Karvanen 2019; partial observability: Lee and Bareinboim 2020).
///    A sample that not every case came into serves a district that can be freed of the selection (RC: Bareinboim and
///    Tian 2015).
/// 3. What is still open goes to an exhaustive search of the do-calculus (Tikka, Hyttinen and Karvanen 2021) over graphs
///    of up to 12 nodes, within a budget of terms.
///
/// Sound always. Step 1 is polynomial, the others are bounded: `2^10` projections, `2^17` terms. The free
/// symbols of the formula are those of the query, and what a regime sets although it has no part in the answer: any value
/// of that will do.
///
/// # Errors
/// [`NotIdentifiedFrom`]; of its query errors [`QueryError::Overlap`] when a selection node is measured, set or asked
/// for, and [`QueryError::Population`] when different selection nodes bear on regimes of one population, [`QueryError::Nameless`].
///
/// ```
/// use counterfoil_graph::{Query, admg, identification::{Regime, identify_from}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Confounding everywhere, and two small experiments.
/// let graph = admg! { X -> Z -> Y; X <-> Z; X <-> Y }?;
/// let first = Regime::observing(&graph, ["Z"])?.after(&graph, ["X"])?;
/// let second = Regime::observing(&graph, ["Y"])?.after(&graph, ["Z"])?;
/// let query = Query::p(&graph, ["Y"])?.do_(["X"])?;
/// let estimand = identify_from(&graph, &query, &[first, second])?;
/// assert_eq!(estimand.to_string(), "Σ_z P(z | do(x)) P(y | do(z))");
/// # Ok(())
/// # }
/// ```
pub fn identify_from(
    graph: &Admg,
    query: &Query,
    regimes: &[Regime],
) -> Result<Estimand, NotIdentifiedFrom> {
    query.check(graph)?;
    let regimes = Regimes::new(graph, query, regimes)?;
    let task = Task::new(graph, query, &regimes);
    let mut arena = Arena::new();
    let sources = sources(&mut arena, &regimes);
    let found = match task.direct(&mut arena, &sources) {
        Some(expr) => Some(expr),
        None => task.by_districts(&mut arena, &sources).map_err(NotIdentifiedFrom::Thicket)?,
    };
    if let Some(expr) = found {
        // Attempts that came to nothing have left parts behind.
        let mut clean = Arena::new();
        let root = clean.import(&arena, expr);
        return Ok(Estimand::new(clean, root, graph));
    }
    let Some(system) = System::new(graph, query, &regimes) else {
        return Err(NotIdentifiedFrom::Undecided { terms: 0 });
    };
    match system.search() {
        Outcome::Found(search) => {
            let mut arena = Arena::new();
            let numbers = self::sources(&mut arena, &regimes);
            let root = search.formula(&mut arena, &regimes, &numbers);
            Ok(Estimand::new(arena, root, graph))
        }
        Outcome::Exhausted(closure) => Err(NotIdentifiedFrom::Exhausted(Box::new(closure))),
        Outcome::OutOfBudget { terms } => Err(NotIdentifiedFrom::Undecided { terms }),
    }
}

/// The arena's number for each regime: one for each population.
fn sources(arena: &mut Arena, regimes: &Regimes) -> Vec<usize> {
    let number =
        |regime: &Regime| regime.population.as_deref().map_or(0, |name| arena.source(name));
    regimes.list.iter().map(number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Edge, MixedGraph, NodeSet, Variable};
    use proptest::prelude::*;

    fn admg(n: usize, chosen: &[(bool, u8)]) -> Admg {
        let pairs = (0..n).flat_map(|b| (0..b).map(move |a| (a, b)));
        let mut edges = Vec::new();
        for ((a, b), &(directed, bidirected)) in pairs.zip(chosen) {
            edges.extend(directed.then(|| Edge::directed(a, b)));
            edges.extend((bidirected == 0).then(|| Edge::bidirected(a, b)));
        }
        let variables = (0..n).map(|i| Variable::continuous(format!("v{i}")).unwrap());
        Admg::try_from(MixedGraph::new(variables, edges).unwrap()).unwrap()
    }

    fn set(n: usize, bits: usize) -> NodeSet {
        (0..n).filter(|i| bits >> i & 1 == 1).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// Exact: the polynomial search by districts and the exhaustive one over derivations, which have nothing in
        /// common, agree where the first is complete; elsewhere the second finds all that the first does. The last of
        /// five nodes is a selection node for some regimes.
        #[test]
        fn districts_and_derivations_agree(
            chosen in prop::collection::vec((any::<bool>(), 0u8..4), 6),
            switched in 0usize..16,
            [y, x, z] in [1usize..16, 0usize..16, 0usize..16],
            given in prop::collection::vec((0usize..16, 0usize..16, any::<bool>()), 1..4),
            complete: bool,
        ) {
            let n = 4;
            let mut graph = admg(n + 1, &chosen);
            let mut edges = graph.mixed_edges();
            edges.extend(set(n, switched).iter().map(|child| Edge::directed(n, child)));
            graph = Admg::try_from(MixedGraph::new(graph.variables().cloned(), edges).unwrap()).unwrap();
            let (x, z) = (x & !y, z & !y & !x);
            let query = Query { y: set(n, y), do_: set(n, x), given: set(n, z) };
            let regimes: Vec<Regime> = given
                .iter()
                .map(|&(done, measured, elsewhere)| Regime {
                    population: elsewhere.then(|| "other".to_owned()),
                    do_: set(n, done),
                    observed: set(n, if complete { 15 & !done } else { measured & !done }),
                    selection: if elsewhere { [n].into() } else { NodeSet::new() },
                })
                .collect();
            // A selection node that no regime is switched by would be a hidden cause.
            prop_assume!(given.iter().any(|g| g.2) || switched == 0);
            let regimes = Regimes::new(&graph, &query, &regimes).unwrap();
            let task = Task::new(&graph, &query, &regimes);
            let mut arena = Arena::new();
            let numbers = sources(&mut arena, &regimes);
            let direct = task.direct(&mut arena, &numbers).is_some();
            let districts = task.by_districts(&mut arena, &numbers);
            let system = System::new(&graph, &query, &regimes).unwrap();
            let derived = matches!(system.search(), Outcome::Found(_));
            let found = matches!(districts, Ok(Some(_)));
            prop_assert!(derived || !(direct || found));
            if regimes.are_complete(&graph) {
                prop_assert_eq!(found, derived, "{:?}", districts);
                prop_assert!(found || !direct);
            }
        }
    }
}
