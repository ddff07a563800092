//! What an answer costs: the same questions answered by several methods at several numbers of network calls.

use std::sync::atomic::AtomicBool;

use counterfoil_autoencoder::Procedure;
use counterfoil_diffusion::{Abduction as _, inversion::Method};
use indexmap::IndexMap;

pub use super::questions::{Figure, Priced};
use super::{prepare::Prepared, questions::answer_each, summary::Solver};
use crate::{config::Config, data::Data, error::Result, progress::Reporter};

/// The measurement against which all are held: the naive inversion with the most network calls.
pub fn reference(priced: &[Priced]) -> Option<&Priced> {
    let naive = priced.iter().filter(|price| price.solver.method == Method::Ddim);
    naive.max_by_key(|price| price.evaluations)
}

/// The smallest number of network calls, of those measured, at which each method reaches `reference`, by figure and by
/// method; nothing where it never does.
pub fn sufficient(
    priced: &[Priced],
    reference: &Priced,
) -> IndexMap<String, IndexMap<String, Option<usize>>> {
    let mut least = IndexMap::new();
    for (name, goal) in &reference.figures {
        let of_figure: &mut IndexMap<String, Option<usize>> =
            least.entry(name.clone()).or_default();
        for price in priced {
            let found = of_figure.entry(price.solver.method.name().to_owned()).or_default();
            if price.figures.get(name).is_some_and(|figure| figure.reaches(goal)) {
                let calls = price.evaluations;
                *found = Some(found.map_or(calls, |smallest| smallest.min(calls)));
            }
        }
    }
    least
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The ways between image and noise.
    pub methods: Vec<Method>,
    /// Network calls to abduct and decode, together.
    pub calls: Vec<usize>,
    /// Calls of the naive inversion that all are held against.
    pub reference: usize,
    /// Held-out images.
    pub images: usize,
}

/// Answers the same questions about held-out images with each of `methods` at each number of calls, and scores the
/// answers with one set of judges. Nothing is written into the run.
///
/// # Errors
/// As [`super::evaluate`], and when the decoder is direct.
pub fn price(
    config: &Config,
    data: &Data,
    prepared: &Prepared,
    asked: &Asked,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
) -> Result<Vec<Priced>> {
    prepared.expect_diffusion()?;
    let procedure = |method: Method, steps: usize| Procedure {
        method,
        steps,
        ..config.sections().counterfactual
    };
    let weights = prepared.weights();
    let each = |method: &Method| -> Vec<(Method, usize)> {
        asked.calls.iter().map(|calls| (*method, *calls)).collect()
    };
    let mut rows: Vec<(Method, usize)> = asked.methods.iter().flat_map(each).collect();
    rows.push((Method::Ddim, asked.reference));
    let mut ways = Vec::new();
    for (method, calls) in rows {
        let steps = affordable(calls, |steps| {
            let solver =
                Solver::of(&prepared.counterfactuals(&weights, procedure(method, steps))?)?;
            Ok(solver.evaluations.iter().sum())
        })?;
        if let Some(steps) = steps {
            ways.push((format!("{} in {calls} calls", method.name()), procedure(method, steps)));
        }
    }
    answer_each(config, data, prepared, &ways, asked.images, reporter, interrupt)
}

/// The most steps that take no more than `calls`, where `price` gives the calls of a number of steps; nothing where even
/// one step takes more. Calls grow with steps.
fn affordable(calls: usize, price: impl Fn(usize) -> Result<usize>) -> Result<Option<usize>> {
    // Every step calls the network at least once on the way up and once on the way down.
    let (mut fits, mut next) = (None, (1, calls / 2));
    while next.0 <= next.1 {
        let middle = next.0.midpoint(next.1);
        if price(middle)? <= calls {
            fits = Some(middle);
            next.0 = middle + 1;
        } else {
            next.1 = middle - 1;
        }
    }
    Ok(fits)
}

#[cfg(test)]
mod tests {
    use super::{super::summary::Ends, *};

    #[test]
    fn calls_buy_the_most_steps_that_they_pay_for() {
        for (calls, expected) in
            [(1, None), (9, None), (10, Some(1)), (17, Some(1)), (18, Some(2)), (100, Some(12))]
        {
            let found = affordable(calls, |steps| Ok(8 * steps + 2)).unwrap();
            assert_eq!(found, expected, "{calls} calls");
        }
    }

    #[test]
    fn a_figure_reaches_what_lies_in_its_spread_or_beyond() {
        let at = |value: f64, ci95: Ends, ideal: f64| Figure { value, ci95, ideal };
        let slope = at(1.05, [0.98, 1.12], 1.0);
        for (value, reached) in
            [(1.11, true), (0.96, true), (1.0, true), (1.13, false), (0.94, false)]
        {
            assert_eq!(at(value, [0.0, 0.0], 1.0).reaches(&slope), reached, "{value}");
        }
        let error = at(0.2, [0.15, 0.25], 0.0);
        assert!(at(0.0, [0.0, 0.0], 0.0).reaches(&error));
        assert!(!at(0.26, [0.2, 0.3], 0.0).reaches(&error));
        let kept = at(0.98, [0.95, 1.0], 1.0);
        assert!(at(0.95, [0.9, 1.0], 1.0).reaches(&kept));
        assert!(!at(0.94, [0.9, 1.0], 1.0).reaches(&kept));
    }
}
