//! Records as rows: means over seeds, the spread between them, who is best, and what is missing.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde::Serialize;

use super::{
    columns,
    figures::{Column, Figure, Form, Goal, Side, mean},
    plan::{Plan, Row, Section},
    schedule::State,
    store::Record,
    sweep::Place,
};
use crate::{
    numbers::{count, estimate, number, percent},
    plot::Axis,
    run_dir::StoppedBy,
};

/// A table as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct Board {
    /// The table's name.
    pub name: String,
    /// The preset of its file.
    pub preset: Option<String>,
    /// Cells that ran.
    pub done: usize,
    /// All cells.
    pub cells: usize,
    /// Every column that a section has, once.
    pub glossary: Vec<Head>,
    /// One for each experiment and label.
    pub sections: Vec<Part>,
    /// On what the cells ran, and with what; a cell's [`Seed::machine`] counts them from 1.
    pub machines: Vec<String>,
}

/// The methods of one experiment side by side.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// The experiment.
    pub experiment: String,
    /// What the file calls the group.
    pub label: Option<String>,
    /// The preset of the experiment.
    pub preset: Option<String>,
    /// What its rows vary, where they are a sweep.
    #[serde(skip)]
    pub axis: Option<Axis>,
    /// How many held-out images figures are means over; nothing before a cell has run.
    pub images: Option<usize>,
    /// The figures that any of the cells has.
    pub columns: Vec<Head>,
    /// Methods and ablations.
    pub rows: Vec<Line>,
}

/// The head of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// The name that a machine reads.
    pub key: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// The unit.
    pub unit: &'static str,
    /// What it means.
    pub about: &'static str,
    /// `lower`, `higher`, `nearer to 1`, or nothing.
    pub better: Option<&'static str>,
    /// Which of a section's tables it stands in.
    pub side: Side,
}

/// One method or ablation.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// What it is called.
    pub name: String,
    /// The keys that it sets.
    pub set: Vec<String>,
    /// Where it stands in a sweep.
    #[serde(skip)]
    pub place: Option<Place>,
    /// Its seeds and where they stand.
    pub seeds: Vec<Seed>,
    /// One for each column.
    pub entries: Vec<Option<Entry>>,
    /// The hash and the seed of the cell whose picture is shown.
    pub picture: Option<(String, u64)>,
    /// Whether it saw other data than the first row that ran: its figures are shown and not ranked.
    pub other_data: bool,
}

/// Where one cell stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Seed {
    /// The seed.
    pub seed: u64,
    /// The hash of its config.
    pub hash: String,
    /// `done`, `failed`, `damaged`, `blocked` or `missing`.
    pub state: &'static str,
    /// Why there is no record, or what to know of the one that there is.
    pub reason: Option<String>,
    /// Which of [`Board::machines`] it ran on, counted from 1.
    pub machine: Option<usize>,
}

/// One figure of a row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// The mean over the seeds that ran.
    pub value: f64,
    /// The mean ends of the seeds' 95 % intervals.
    pub ends: Option<[f64; 2]>,
    /// The figure of each seed that ran.
    pub seeds: Vec<f64>,
    /// 1 for the best, 2 for the second best.
    pub rank: Option<u8>,
    /// The value in words.
    pub text: String,
    /// The interval in words.
    pub interval: Option<String>,
    /// The seeds in words, where there are several.
    pub spread: Option<String>,
}

impl Board {
    /// The table of a plan whose cells stand as `states` say.
    pub fn new(plan: &Plan, states: &[State]) -> Self {
        let done = states.iter().filter_map(State::record);
        let machines: Vec<String> =
            done.clone().map(machine).collect::<BTreeSet<_>>().into_iter().collect();
        let sections: Vec<Part> =
            plan.sections.iter().map(|section| part(plan, section, states, &machines)).collect();
        let shown = |head: &Head| sections.iter().any(|part| part.columns.contains(head));
        Self {
            glossary: columns::all().map(head).filter(shown).collect(),
            name: plan.name.clone(),
            preset: plan.preset.clone(),
            done: done.clone().count(),
            cells: plan.cells.len(),
            sections,
            machines,
        }
    }

    /// The command that makes it.
    pub fn command(&self) -> String {
        let preset = self.preset.as_ref().map_or(String::new(), |name| format!(" --preset {name}"));
        format!("cargo xtask experiment {}{preset}", self.name)
    }
}

impl Part {
    /// The places of the columns on one side.
    pub fn side(&self, side: Side) -> Vec<usize> {
        (0..self.columns.len()).filter(|&column| self.columns[column].side == side).collect()
    }

    /// The experiment, what the file calls the group, and the preset.
    pub fn title(&self) -> String {
        let preset = self.preset.as_ref().map_or(String::new(), |preset| format!(" ({preset})"));
        match &self.label {
            Some(label) => format!("{}{preset}: {label}", self.experiment),
            None => format!("{}{preset}", self.experiment),
        }
    }
}

impl Line {
    /// How many of its seeds ran.
    pub fn done(&self) -> usize {
        self.seeds.iter().filter(|seed| seed.state == "done").count()
    }

    /// What to know of the row beside its figures: how many seeds ran, and what became of the others.
    pub fn status(&self) -> String {
        let (done, all) = (self.done(), self.seeds.len());
        let mut parts = Vec::new();
        if done > 0 {
            parts.push(match all {
                1 => format!("seed {}", self.seeds[0].seed),
                _ if done == all => format!("{all} seeds"),
                _ => format!("{done} of {all} seeds"),
            });
        }
        let stopped =
            self.seeds.iter().filter(|seed| seed.state == "done" && seed.reason.is_some());
        let on: BTreeSet<usize> = self.seeds.iter().filter_map(|seed| seed.machine).collect();
        if !on.is_empty() {
            let numbers: Vec<String> = on.iter().map(|n| format!("[{n}]")).collect();
            parts.push(format!("on {}", numbers.join(", ")));
        }
        parts.extend(stopped.map(|seed| format!("seed {} stopped by the clock", seed.seed)));
        if self.other_data {
            parts.push("on other data, so not ranked".to_owned());
        }
        for (state, words) in [
            ("failed", "failed"),
            ("damaged", "damaged record"),
            ("blocked", "not run"),
            ("missing", "not run"),
        ] {
            let seeds = self.seeds.iter().filter(|seed| seed.state == state);
            let seeds: Vec<u64> = seeds.map(|seed| seed.seed).collect();
            if seeds.len() == all {
                parts.push(words.to_owned());
            } else if !seeds.is_empty() {
                parts.push(format!("{} {words}", named(&seeds)));
            }
        }
        parts.join("; ")
    }

    /// Why seeds have no record, or one of a training that was cut short: each reason once.
    pub fn reasons(&self) -> Vec<String> {
        reasons(&self.seeds)
    }
}

fn reasons(seeds: &[Seed]) -> Vec<String> {
    let mut found: IndexMap<&str, Vec<u64>> = IndexMap::new();
    for seed in seeds {
        if let Some(reason) = &seed.reason {
            found.entry(reason).or_default().push(seed.seed);
        }
    }
    found.into_iter().map(|(reason, seeds)| format!("{}: {reason}", named(&seeds))).collect()
}

/// `seed 0`, or `seeds 0, 1`.
fn named(seeds: &[u64]) -> String {
    let numbers: Vec<String> = seeds.iter().map(u64::to_string).collect();
    format!("{} {}", if seeds.len() == 1 { "seed" } else { "seeds" }, numbers.join(", "))
}

fn part(plan: &Plan, section: &Section, states: &[State], machines: &[String]) -> Part {
    let rows: Vec<(&Row, Vec<&Record>)> = section
        .rows
        .iter()
        .map(|row| (row, row.cells.iter().filter_map(|&cell| states[cell].record()).collect()))
        .collect();
    let data = rows.iter().flat_map(|(_, records)| records).map(|record| &record.data).next();
    let mut lines: Vec<Line> = rows
        .iter()
        .map(|(row, records)| Line {
            name: row.name.clone(),
            set: row.set.clone(),
            place: row.place.clone(),
            seeds: row
                .cells
                .iter()
                .map(|&cell| seed(plan, cell, &states[cell], machines))
                .collect(),
            entries: Vec::new(),
            picture: records
                .iter()
                .find(|record| record.picture.is_some())
                .map(|record| (record.config_hash.clone(), record.seed)),
            other_data: records.iter().any(|record| Some(&record.data) != data),
        })
        .collect();
    let mut columns = Vec::new();
    for column in columns::all() {
        let figures: Vec<Vec<Figure>> = rows
            .iter()
            .map(|(_, records)| {
                records.iter().filter_map(|r| column.figure(r, &section.world)).collect()
            })
            .collect();
        if figures.iter().all(Vec::is_empty) {
            continue;
        }
        columns.push(head(column));
        let mut entries = entries(column, &figures);
        if column.goal != Goal::Cost {
            let ranked = entries.iter_mut().zip(&lines).filter(|(_, line)| !line.other_data);
            rank(column, ranked.filter_map(|(entry, _)| entry.as_mut()).collect());
        }
        for (line, entry) in lines.iter_mut().zip(entries) {
            line.entries.push(entry);
        }
    }
    Part {
        experiment: section.experiment.clone(),
        label: section.label.clone(),
        preset: section
            .rows
            .iter()
            .flat_map(|row| &row.cells)
            .find_map(|&cell| plan.cells[cell].preset.clone()),
        axis: section.axis.clone(),
        images: rows.iter().flat_map(|(_, records)| records).map(|r| r.summary.eval_n).next(),
        columns,
        rows: lines,
    }
}

fn seed(plan: &Plan, cell: usize, state: &State, machines: &[String]) -> Seed {
    let cell = &plan.cells[cell];
    let clock = |record: &&Record| record.summary.stopped_by == Some(StoppedBy::WallClock);
    let stopped = state.record().filter(clock).map(|record| {
        format!("training was stopped by the clock at step {}", count(record.summary.steps))
    });
    let reason = state.reason().map(str::to_owned).or(stopped);
    let ran_on = state.record().map(machine);
    let machine = machines.iter().position(|one| Some(one) == ran_on.as_ref()).map(|at| at + 1);
    Seed { seed: cell.seed, hash: cell.hash.clone(), state: state.word(), reason, machine }
}

fn head(column: &Column) -> Head {
    let better = match column.goal {
        Goal::Low => Some("lower"),
        Goal::High => Some("higher"),
        Goal::One => Some("nearer to 1"),
        Goal::Cost => None,
    };
    let Column { key, title, unit, about, side, .. } = *column;
    Head { key, title, unit, about, better, side }
}

/// The entries of a column, not ranked yet.
fn entries(column: &Column, figures: &[Vec<Figure>]) -> Vec<Option<Entry>> {
    figures.iter().map(|seeds| Some(entry(column, seeds, mean(seeds.iter().copied())?))).collect()
}

/// Marks the best among two or more, and the second best among three or more. Equal values share a rank, and the next one
/// is left out then.
fn rank(column: &Column, entries: Vec<&mut Entry>) {
    let mut order: Vec<f64> = entries.iter().map(|entry| column.badness(entry.value)).collect();
    let compared = order.len();
    order.sort_by(f64::total_cmp);
    for entry in entries {
        let badness = column.badness(entry.value);
        entry.rank = match order.iter().position(|other| *other == badness) {
            Some(0) if compared > 1 => Some(1),
            Some(1) if compared > 2 => Some(2),
            _ => None,
        };
    }
}

fn entry(column: &Column, seeds: &[Figure], all: Figure) -> Entry {
    let write = |x: f64| match column.form {
        Form::Number => number(x),
        Form::Percent => percent(x, 1),
        Form::Count => count(x.round().max(0.0) as u64),
    };
    let (text, interval) = match (column.form, all.ends) {
        (Form::Number, Some(ends)) => {
            let (text, interval) = estimate(all.value, ends);
            (text, Some(interval))
        }
        (_, Some([low, high])) => {
            let low = write(low);
            // The unit once, at the end.
            let low = low.trim_end_matches(" %");
            (write(all.value), Some(format!("{low} to {}", write(high))))
        }
        (_, None) => (write(all.value), None),
    };
    let values: Vec<f64> = seeds.iter().map(|figure| figure.value).collect();
    let spread = || values.iter().map(|value| write(*value)).collect::<Vec<_>>().join(" · ");
    let spread = (values.len() > 1).then(spread);
    Entry { value: all.value, ends: all.ends, seeds: values, rank: None, text, interval, spread }
}

/// A machine and its software in one line.
fn machine(record: &Record) -> String {
    let revision = record.git.as_ref().map_or("no revision", |git| git.short());
    let dirty = record.git.as_ref().is_some_and(|git| git.dirty);
    format!(
        "{}{}, {} cores, {} threads, {}; Counterfoil {} at {revision}{}, libtorch {}",
        record.cpu.model,
        if record.cpu.bf16 { "" } else { " without bf16" },
        record.cpu.cores,
        record.threads.map_or("?".to_owned(), |n| n.to_string()),
        record.device.as_deref().unwrap_or("unknown device"),
        record.software.counterfoil,
        if dirty { " with changes" } else { "" },
        record.software.libtorch,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: what several seeds lack is said once, in the order of the first of them.
    #[test]
    fn a_reason_is_told_once() {
        let seed = |seed, reason: Option<&str>| Seed {
            seed,
            hash: String::new(),
            state: "blocked",
            reason: reason.map(str::to_owned),
            machine: None,
        };
        let told = reasons(&[
            seed(0, Some("no folder")),
            seed(1, None),
            seed(2, Some("no room")),
            seed(3, Some("no folder")),
        ]);
        assert_eq!(told, ["seeds 0, 3: no folder", "seed 2: no room"]);
    }
}
