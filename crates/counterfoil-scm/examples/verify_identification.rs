//! Compares as many random answers of the graph crate as you like with brute force, and says how many there were of each
//! kind; exits with 1 when any is wrong.
//!
//! ```sh
//! cargo run --release -p counterfoil-scm --example verify_identification -- \
//!     --effects 100000 --counterfactuals 10000 --seed 1
//! ```

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "an example is a program")]

use counterfoil_scm::oracle::{
    CounterfactualCase, CounterfactualOutcome, Disagreement, EffectCase, EffectOutcome, FromData,
    counterfactual, effect,
};
use rayon::prelude::*;
use std::{collections::BTreeMap, process::ExitCode};

/// So many wrong answers are shown; all are counted.
const SHOWN: usize = 10;

/// Kinds of answers, with their number and the largest error of a formula among them.
#[derive(Default)]
struct Tally {
    kinds: BTreeMap<&'static str, (u64, f64)>,
    wrong: Vec<(u64, Disagreement)>,
}

impl Tally {
    fn add(&mut self, kind: &'static str, error: f64) {
        let (count, worst) = self.kinds.entry(kind).or_default();
        *count += 1;
        *worst = worst.max(error);
    }

    fn join(mut self, other: Self) -> Self {
        for (kind, (count, error)) in other.kinds {
            let (sum, worst) = self.kinds.entry(kind).or_default();
            *sum += count;
            *worst = worst.max(error);
        }
        self.wrong.extend(other.wrong);
        self
    }

    fn print(&mut self, what: &str, asked: u64) {
        println!("{asked} {what} questions");
        for (kind, (count, error)) in &self.kinds {
            let worst =
                if *error > 0.0 { format!("  largest error {error:.1e}") } else { String::new() };
            println!("  {count:>8}  {kind}{worst}");
        }
        println!("  {:>8}  wrong", self.wrong.len());
        self.wrong.sort_by_key(|(item, _)| *item);
        for (item, disagreement) in self.wrong.iter().take(SHOWN) {
            println!("    case {item}: {disagreement}");
        }
    }
}

fn effects(seed: u64, count: u64) -> Tally {
    tally(count, |item, tally| {
        let case = match EffectCase::draw(seed, item) {
            Ok(case) => case,
            Err(error) => return Err(no_case(&error.to_string())),
        };
        let conditional = !case.query.given.is_empty();
        match effect(&case.graph, &case.query, &case.model)? {
            EffectOutcome::Identified { error } if conditional => {
                tally.add("identified, with a condition: formula right at every cell", error);
            }
            EffectOutcome::Identified { error } => {
                tally.add("identified: formula right at every cell", error);
            }
            EffectOutcome::Refused if conditional => {
                tally.add("refused, with a condition: hedge verified", 0.0);
            }
            EffectOutcome::Refused => tally.add("refused: hedge verified", 0.0),
        }
        Ok(())
    })
}

fn counterfactuals(seed: u64, count: u64) -> Tally {
    tally(count, |item, tally| {
        let case = match CounterfactualCase::draw(seed, item) {
            Ok(case) => case,
            Err(error) => return Err(no_case(&error.to_string())),
        };
        match counterfactual(&case.graph, &case.question, &case.model)? {
            CounterfactualOutcome::Identified { error, from_data } => match from_data {
                FromData::Identified { error: second } => {
                    tally.add("identified from data: both formulas right", error.max(second));
                }
                FromData::Refused => {
                    tally.add(
                        "identified from experiments alone: formula right, hedge verified",
                        error,
                    );
                }
            },
            CounterfactualOutcome::Refused => tally.add("refused: conflict verified", 0.0),
            CounterfactualOutcome::Zero => tally.add("zero, and so it is", 0.0),
            CounterfactualOutcome::One => tally.add("one, and so it is", 0.0),
            CounterfactualOutcome::Undefined => tally.add("undefined, condition impossible", 0.0),
            _ => tally.add("condition impossible in this model: nothing to compare", 0.0),
        }
        Ok(())
    })
}

/// Runs all items on all cores.
fn tally(count: u64, check: impl Fn(u64, &mut Tally) -> Result<(), Disagreement> + Sync) -> Tally {
    (0..count)
        .into_par_iter()
        .fold(Tally::default, |mut tally, item| {
            if let Err(disagreement) = check(item, &mut tally) {
                tally.wrong.push((item, disagreement));
            }
            tally
        })
        .reduce(Tally::default, Tally::join)
}

fn no_case(error: &str) -> Disagreement {
    let (graph, question) = ("no graph".to_owned(), "no question".to_owned());
    Disagreement { graph, question, finding: format!("the case could not be drawn: {error}") }
}

fn main() -> ExitCode {
    let mut settings =
        BTreeMap::from([("--effects", 10_000), ("--counterfactuals", 1_000), ("--seed", 1)]);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().and_then(|text| text.parse::<u64>().ok());
        let (Some(setting), Some(value)) = (settings.get_mut(name.as_str()), value) else {
            eprintln!(
                "usage: verify_identification [--effects N] [--counterfactuals N] [--seed N]"
            );
            return ExitCode::from(2);
        };
        *setting = value;
    }
    let of = |name: &str| settings.get(name).copied().unwrap_or_default();
    let mut asked = effects(of("--seed"), of("--effects"));
    asked.print("effect", of("--effects"));
    let mut imagined = counterfactuals(of("--seed"), of("--counterfactuals"));
    imagined.print("counterfactual", of("--counterfactuals"));
    let wrong = asked.wrong.len() + imagined.wrong.len();
    println!("seed {}: {wrong} disagreements", of("--seed"));
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
