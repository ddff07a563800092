//! Which cell is run next, and whether it can still end in the time that was given.

use std::{
    fmt,
    str::FromStr,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use serde::Serialize;

use super::{
    child::Ended,
    plan::{Cell, Plan},
    store::{Record, Store},
};
use crate::{
    error::{ExperimentError, Result},
    numbers::duration,
    progress::Reporter,
    run_dir::RunLock,
};

/// The time in which cells must end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Budget(Option<f64>);

impl Budget {
    /// No limit.
    pub const NONE: Self = Self(None);

    /// Seconds that are left `spent` seconds after the beginning.
    fn left(self, spent: f64) -> f64 {
        self.0.map_or(f64::INFINITY, |all| all - spent)
    }
}

impl FromStr for Budget {
    type Err = String;

    /// `2h`, `90m`, `1h30m`, `45s`.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong = || "write a time such as 2h, 90m, 1h30m or 45s".to_owned();
        let (mut seconds, mut digits, mut units) = (0.0, String::new(), "hms".chars());
        for c in text.chars() {
            if c.is_ascii_digit() || c == '.' {
                digits.push(c);
                continue;
            }
            // Each unit once, the larger before the smaller.
            units.by_ref().find(|unit| *unit == c).ok_or_else(wrong)?;
            let number: f64 = digits.parse().map_err(|_| wrong())?;
            seconds += number
                * if c == 'h' {
                    3600.0
                } else if c == 'm' {
                    60.0
                } else {
                    1.0
                };
            digits.clear();
        }
        if digits.is_empty() && seconds > 0.0 { Ok(Self(Some(seconds))) } else { Err(wrong()) }
    }
}

/// What runs a cell.
pub trait Runner {
    /// Runs it to its end.
    ///
    /// # Errors
    /// When it cannot be started or its answer makes no sense; a cell that fails is no error.
    fn run(&mut self, cell: &Cell, interrupt: &AtomicBool) -> Result<Ended>;
}

/// Where a cell stands.
#[derive(Clone, Debug)]
pub enum State {
    /// It ran.
    Done(Box<Record>),
    /// It ran here and ended with an error.
    Failed(String),
    /// Its record cannot be read.
    Damaged(String),
    /// It cannot run here.
    Blocked(String),
    /// It did not run.
    Missing,
}

impl State {
    /// The record of a cell that ran.
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Done(record) => Some(record),
            _ => None,
        }
    }

    /// One word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Failed(_) => "failed",
            Self::Damaged(_) => "damaged",
            Self::Blocked(_) => "blocked",
            Self::Missing => "missing",
        }
    }

    /// Why a cell has no record, where there is a reason.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Failed(reason) | Self::Damaged(reason) | Self::Blocked(reason) => Some(reason),
            _ => None,
        }
    }

    /// Whether it would make sense to run it.
    pub fn runs(&self) -> bool {
        matches!(self, Self::Missing | Self::Failed(_) | Self::Damaged(_))
    }
}

/// Where every cell of a plan stands.
pub fn states(plan: &Plan, store: &Store) -> Vec<State> {
    plan.cells.iter().map(|cell| state(cell, store)).collect()
}

fn state(cell: &Cell, store: &Store) -> State {
    match store.record(&cell.hash) {
        Ok(Some(record)) => State::Done(Box::new(record)),
        Err(error) => State::Damaged(error.to_string()),
        Ok(None) => match (&cell.blocked, store.failure(&cell.hash)) {
            (Some(reason), _) => State::Blocked(reason.clone()),
            (None, Some(failure)) => State::Failed(failure.to_string()),
            (None, None) => State::Missing,
        },
    }
}

impl fmt::Display for super::store::Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.exit_status {
            Some(status) => write!(f, "exit status {status}: {}", self.said),
            None => f.write_str(&self.said),
        }
    }
}

/// How long cells take, by those that ran.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<Known>);

#[derive(Clone, Debug)]
struct Known {
    experiment: String,
    preset: Option<String>,
    name: String,
    seconds: f64,
}

impl Times {
    /// What the records of a store tell.
    pub fn of(records: &[Record]) -> Self {
        let mut times = Self::default();
        for record in records {
            times.learn(record);
        }
        times
    }

    fn learn(&mut self, record: &Record) {
        self.0.push(Known {
            experiment: record.experiment.clone(),
            preset: record.preset.clone(),
            name: record.name.clone(),
            seconds: record.seconds,
        });
    }

    /// Seconds that a cell may take: as long as the middle one of the same experiment, preset and method took, else of the
    /// same experiment and preset, else what the table's file says. One that had to share its machine says little.
    pub fn estimate(&self, cell: &Cell) -> f64 {
        let world =
            || self.0.iter().filter(|k| k.experiment == cell.experiment && k.preset == cell.preset);
        let own = world().filter(|known| known.name == cell.name).map(|known| known.seconds);
        middle(own.collect())
            .or_else(|| middle(world().map(|known| known.seconds).collect()))
            .unwrap_or(60.0 * cell.minutes)
    }
}

/// The middle one of several times, the longer of two.
fn middle(mut seconds: Vec<f64>) -> Option<f64> {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied()
}

/// What was done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Cells that ran and were kept.
    pub ran: usize,
    /// Cells that ran and failed.
    pub failed: usize,
    /// Selected cells that could not have ended in the time given.
    pub left: usize,
    /// Selected cells that another process was at, or ran meanwhile.
    pub elsewhere: usize,
    /// Whether the user stopped it.
    pub interrupted: bool,
}

/// The right to run a cell, or why it is another process's: two may fill one table at a time.
fn claimed(store: &Store, cell: &Cell) -> Result<std::result::Result<RunLock, String>> {
    match store.claim(&cell.hash) {
        Ok(lock) => Ok(match store.record(&cell.hash) {
            Ok(Some(_)) => Err("another process has run it meanwhile".to_owned()),
            _ => Ok(lock),
        }),
        Err(held @ ExperimentError::Locked { .. }) => Ok(Err(held.to_string())),
        Err(other) => Err(other),
    }
}

/// Runs the selected cells that have no record yet, one after the other, as long as one can end in time; those that
/// failed before come last. `kept` is called after every cell, so that what is shown never lags behind.
///
/// # Errors
/// When a cell cannot be started or its outcome cannot be kept, and the errors of `kept`.
#[expect(clippy::too_many_arguments, reason = "each is one of the things it brings together")]
pub fn perform(
    plan: &Plan,
    selected: &[bool],
    store: &Store,
    budget: Budget,
    runner: &mut dyn Runner,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
    kept: &mut dyn FnMut() -> Result<()>,
) -> Result<Outcome> {
    let mut times = Times::of(&store.all()?);
    let states = states(plan, store);
    let mut waiting: Vec<usize> =
        (0..plan.cells.len()).filter(|&k| selected[k] && states[k].runs()).collect();
    waiting.sort_by_key(|&k| matches!(states[k], State::Failed(_)));
    let (all, began) = (waiting.len(), Instant::now());
    let mut outcome = Outcome::default();
    reporter.begin("cells", all as u64, 0);
    while !interrupt.load(Ordering::Relaxed) {
        let left = budget.left(began.elapsed().as_secs_f64());
        let fits = |&k: &usize| times.estimate(&plan.cells[k]) <= left;
        let Some(place) = waiting.iter().position(fits) else { break };
        let cell = &plan.cells[waiting.remove(place)];
        let rest: f64 = waiting.iter().map(|&k| times.estimate(&plan.cells[k])).sum();
        let own = times.estimate(cell);
        reporter.note(&format!(
            "cell {} of {all}: {}, {}, seed {}: about {}, {} for all that are left{}",
            all - waiting.len(),
            cell.experiment,
            cell.name,
            cell.seed,
            duration(own),
            duration(own + rest),
            if left.is_finite() { format!(", {} given", duration(left)) } else { String::new() },
        ));
        let start = Instant::now();
        // Held until the cell is kept, so that nobody finds it neither claimed nor done.
        let claim = claimed(store, cell)?;
        let ended = match &claim {
            Ok(_) => runner.run(cell, interrupt)?,
            Err(said) => Ended::Elsewhere(said.clone()),
        };
        match ended {
            Ended::Done(run) => {
                let seconds = start.elapsed().as_secs_f64();
                times.learn(&store.keep(cell, &run, seconds)?);
                outcome.ran += 1;
            }
            Ended::Failed(failure) => {
                reporter.note(&format!("failed: {failure}"));
                store.fail(&cell.hash, &failure)?;
                outcome.failed += 1;
            }
            Ended::Elsewhere(held) => {
                reporter.note(&format!("passed over: {held}"));
                outcome.elsewhere += 1;
            }
            Ended::Interrupted => {
                outcome.interrupted = true;
                break;
            }
        }
        reporter
            .advance((all - waiting.len()) as u64, &format!("{}, {}", cell.experiment, cell.name));
        kept()?;
    }
    reporter.end();
    outcome.interrupted |= interrupt.load(Ordering::Relaxed);
    outcome.left = if outcome.interrupted { 0 } else { waiting.len() };
    Ok(outcome)
}
