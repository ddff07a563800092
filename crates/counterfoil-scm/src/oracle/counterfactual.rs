//! Counterfactuals: formulas of experiments and of data against the enumeration of all exogenous states.

use super::{Disagreement, TOLERANCE, agree, effect::completions};
use crate::{
    ScmError,
    discrete::{Fact, FunctionalModel, facts},
};
use counterfoil_graph::{
    Admg,
    counterfactual::{Answer, Formula, Question},
    estimand::{Distribution, Symbol},
    identification::NotIdentified,
};

/// What [`counterfactual`] found to be right.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum CounterfactualOutcome {
    /// The formula of interventional distributions equals the truth.
    Identified {
        /// The difference.
        error: f64,
        /// What became of the second stage.
        from_data: FromData,
    },
    /// The conflict is one.
    Refused,
    /// The probability is 0.
    Zero,
    /// The probability is 1.
    One,
    /// The condition is impossible.
    Undefined,
    /// In this model the condition never holds although it could in others: there is nothing to compare with.
    NoTruth,
}

/// The stage from experiments to observations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FromData {
    /// The formula of the joint distribution equals the truth, too.
    Identified {
        /// The largest difference over all values of further variables.
        error: f64,
    },
    /// An experiment that the formula needs is not identified, by a hedge that is one.
    Refused,
}

/// Identifies `question` in `graph` and compares with the model: a formula of interventional distributions, and the
/// formula of the joint distribution behind it, with the truth; a refusal with its verifier; zero, one and undefined
/// with the model's answer.
///
/// # Errors
/// [`Disagreement`] when they differ by more than [`TOLERANCE`], or when anything fails on the way.
pub fn counterfactual(
    graph: &Admg,
    question: &Question,
    model: &FunctionalModel,
) -> Result<CounterfactualOutcome, Disagreement> {
    let wrong = |finding: String| Disagreement::new(graph, question.text(graph), finding);
    let answer = question.identify(graph).map_err(|e| wrong(e.to_string()))?;
    if let Answer::NotIdentified(conflict) = &answer {
        let holds = conflict.verify(graph, &question.event, &question.given);
        return if holds {
            Ok(CounterfactualOutcome::Refused)
        } else {
            Err(wrong(format!("the conflict is none: {}", conflict.text(graph))))
        };
    }
    let (event, given) = (facts(&question.event), facts(&question.given));
    let truth = match truth(model, &event, &given) {
        Ok(truth) => Some(truth),
        Err(ScmError::ImpossibleCondition) => None,
        Err(other) => return Err(wrong(other.to_string())),
    };
    match (&answer, truth) {
        (Answer::UndefinedCondition, None) => Ok(CounterfactualOutcome::Undefined),
        (Answer::UndefinedCondition, Some(truth)) => {
            Err(wrong(format!("called undefined, and is {truth}")))
        }
        (_, None) => Ok(CounterfactualOutcome::NoTruth),
        (Answer::Zero, Some(truth)) if truth <= TOLERANCE => Ok(CounterfactualOutcome::Zero),
        (Answer::One, Some(truth)) if truth >= 1.0 - TOLERANCE => Ok(CounterfactualOutcome::One),
        (Answer::Identified(formula), Some(truth)) => {
            let error = formula_error(formula, model, model, truth).map_err(wrong)?;
            let from_data = from_data(graph, formula, model, truth).map_err(wrong)?;
            Ok(CounterfactualOutcome::Identified { error, from_data })
        }
        (answer, Some(truth)) => Err(wrong(format!("called {}, and is {truth}", answer.status()))),
    }
}

fn from_data(
    graph: &Admg,
    formula: &Formula,
    model: &FunctionalModel,
    truth: f64,
) -> Result<FromData, String> {
    match formula.from_observations(graph) {
        Ok(formula) => {
            let joint = model.to_cpt().observations().map_err(|e| e.to_string())?;
            let error = formula_error(&formula, &joint, model, truth)?;
            Ok(FromData::Identified { error })
        }
        Err(NotIdentified::Hedge(hedge)) => {
            // The query that the hedge speaks of is the one of an experiment, reduced.
            if hedge.verify(graph, &hedge.reduced) {
                Ok(FromData::Refused)
            } else {
                Err(format!("{hedge:?} is no hedge"))
            }
        }
        Err(other) => Err(other.to_string()),
    }
}

/// The largest difference between the formula and the truth over all values of variables that the question does not
/// name. Refuses one beyond the tolerance.
pub(crate) fn formula_error<D: Distribution<Number = f64>>(
    formula: &Formula,
    distribution: &D,
    model: &FunctionalModel,
    truth: f64,
) -> Result<f64, String> {
    let estimand = formula.estimand();
    let size = |symbol: Symbol| model.to_cpt().cardinality(symbol.variable());
    let mut worst: f64 = 0.0;
    for at in completions(&estimand.free_symbols(), formula.values(), size) {
        let value = estimand.eval(distribution, &at).map_err(|e| format!("{estimand}: {e}"))?;
        let error = (value - truth).abs();
        if !agree(value, truth) {
            return Err(format!("{estimand} is {value} at {at:?}, and the truth is {truth}"));
        }
        worst = worst.max(error);
    }
    Ok(worst)
}

/// `P(event | given)` by the model: by trying all states of its noise, which formulas have nothing in common with, or where there
/// are too many of them by elimination.
pub(crate) fn truth(
    model: &FunctionalModel,
    event: &[Fact],
    given: &[Fact],
) -> Result<f64, ScmError> {
    match model.probability_by_enumeration(event, given) {
        Err(ScmError::TooLarge { .. }) => model.probability(event, given),
        found => found,
    }
}
