//! A causal effect from a table of categorical data: identified in the graph, estimated with bootstrap intervals.

use std::path::Path;

use counterfoil_graph::{
    Admg, NodeSet, Query,
    estimand::{Counts, Estimand, Symbol},
    identification::{NotIdentified, identify},
};
use counterfoil_random::Stream;
use serde::Serialize;

use crate::error::{ExperimentError, Result};

/// More values than this make no category.
const MOST_LEVELS: usize = 64;

/// More cells than this are no answer that anyone reads.
const MOST_CELLS: usize = 10_000;

/// Columns of a CSV file that a graph speaks of, as categories.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What the graph says of the columns alone: variables without one are hidden.
    graph: Admg,
    /// The values of each, ascending: numbers by size, other texts in alphabetical order.
    levels: Vec<Vec<String>>,
    counts: Counts,
    /// Variables of the graph that have no column.
    hidden: Vec<String>,
}

/// An effect to estimate: variables by name, each with a value or with all of them.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// What is set.
    pub causes: Vec<(String, Option<String>)>,
    /// What is asked for.
    pub outcomes: Vec<(String, Option<String>)>,
    /// What is known of the cases that are asked about.
    pub given: Vec<(String, Option<String>)>,
}

/// How intervals are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrap {
    /// Resamples of the rows.
    pub replicates: usize,
    /// The coverage of the intervals, between 0 and 1.
    pub level: f64,
    /// What the resamples are drawn with.
    pub seed: u64,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The question in text.
    pub query: String,
    /// The formula that was evaluated.
    pub estimand: String,
    /// Rows of the sample.
    pub rows: u64,
    /// Variables of the graph without a column, taken for hidden.
    pub hidden: Vec<String>,
    /// The columns of `cells`: causes, condition, outcomes.
    pub variables: Vec<String>,
    /// One entry for each combination of values.
    pub cells: Vec<Cell>,
}

/// One probability.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// One value a variable of [`Effect::variables`].
    pub values: Vec<String>,
    /// The plug-in estimate.
    pub estimate: f64,
    /// The percentile interval; `None` where too few resamples gave a value.
    pub interval: Option<[f64; 2]>,
    /// The standard deviation of the resampled values.
    pub standard_error: Option<f64>,
    /// Resamples without a value.
    pub undefined: usize,
}

impl Sample {
    /// Reads the columns of a CSV file with a header that the graph names; others are passed over, and variables
    /// without a column are projected out of the graph.
    ///
    /// # Errors
    /// When the file cannot be read, has no rows or rows of different lengths, an empty cell, a column with very many
    /// values, or no column of the graph; line and column are named.
    pub fn read(file: &Path, graph: &Admg) -> Result<Self> {
        let text = fs_err::read_to_string(file).map_err(ExperimentError::unreadable)?;
        Self::parse(&text, graph).map_err(|reason| ExperimentError::Syntax {
            origin: file.display().to_string(),
            reason,
        })
    }

    fn parse(text: &str, graph: &Admg) -> std::result::Result<Self, String> {
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let header = reader.headers().map_err(|error| error.to_string())?.clone();
        let column = |name: &str| header.iter().position(|column| column == name);
        let measured: Vec<(usize, usize)> = (0..graph.len())
            .filter_map(|node| column(graph.name(node)).map(|column| (node, column)))
            .collect();
        if measured.is_empty() {
            return Err(
                "has no column that the graph names: its header must hold their names".into()
            );
        }
        let mut cells: Vec<Vec<String>> = vec![Vec::new(); measured.len()];
        for record in reader.records() {
            let record = record.map_err(|error| error.to_string())?;
            for ((node, column), cells) in measured.iter().zip(&mut cells) {
                let cell = record.get(*column).unwrap_or_default();
                if matches!(cell, "" | "NA" | "NaN" | "nan") {
                    let line = record.position().map_or(0, csv::Position::line);
                    let name = graph.name(*node);
                    return Err(format!(
                        "line {line}, column `{name}` has no value: leave such rows out or fill them in"
                    ));
                }
                cells.push(cell.to_owned());
            }
        }
        let rows = cells.first().map_or(0, Vec::len);
        if rows == 0 {
            return Err("has no rows".to_owned());
        }
        let hidden: NodeSet =
            &graph.nodes() - &measured.iter().map(|(node, _)| *node).collect::<NodeSet>();
        let names = |set: &NodeSet| graph.names(set).into_iter().map(str::to_owned).collect();
        let (hidden, graph) = (names(&hidden), graph.project(&hidden));
        let mut levels = Vec::with_capacity(cells.len());
        let mut values = Vec::with_capacity(cells.len());
        for (node, column) in cells.iter().enumerate() {
            let found = ascending(column);
            if found.len() > MOST_LEVELS {
                return Err(format!(
                    "column `{}` has {} different values: group them into at most {MOST_LEVELS}",
                    graph.name(node),
                    found.len()
                ));
            }
            values.push(column.iter().map(|cell| place(&found, cell)).collect::<Vec<_>>());
            levels.push(found);
        }
        let variables: Vec<(usize, usize)> = levels.iter().map(Vec::len).enumerate().collect();
        let row = |row: usize| values.iter().map(|column| column[row]).collect::<Vec<usize>>();
        let counts =
            Counts::new(&variables, (0..rows).map(row)).map_err(|error| error.to_string())?;
        Ok(Self { graph, levels, counts, hidden })
    }

    /// The graph of the measured variables.
    pub fn graph(&self) -> &Admg {
        &self.graph
    }

    /// Identifies the effect and estimates it for every combination of the values that the question leaves open.
    ///
    /// # Errors
    /// [`ExperimentError::Syntax`] for names and values that there are not, an effect that is not identifiable, or one
    /// that the data have no cases for.
    pub fn estimate(&self, question: &Question, bootstrap: &Bootstrap) -> Result<Effect> {
        self.answer(question, bootstrap)
            .map_err(|reason| ExperimentError::Syntax { origin: "the effect".to_owned(), reason })
    }

    fn answer(
        &self,
        question: &Question,
        bootstrap: &Bootstrap,
    ) -> std::result::Result<Effect, String> {
        let Question { causes, outcomes, given } = question;
        let set = |named: &[(String, Option<String>)]| {
            self.graph.set_of(named.iter().map(|(name, _)| name)).map_err(|e| e.to_string())
        };
        let query = Query { y: set(outcomes)?, do_: set(causes)?, given: set(given)? };
        let estimand: Estimand = match identify(&self.graph, &query) {
            Ok(estimand) => estimand,
            Err(NotIdentified::Hedge(hedge)) => {
                let (query, why) = (query.text(&self.graph), hedge.text(&self.graph));
                return Err(format!("{query} is not identifiable from these columns: {why}"));
            }
            Err(error) => return Err(error.to_string()),
        };
        let asked: Vec<(usize, Vec<usize>)> = causes
            .iter()
            .chain(given)
            .chain(outcomes)
            .map(|(name, value)| self.values(name, value.as_deref()))
            .collect::<std::result::Result<_, _>>()?;
        let combinations = combinations(&asked)?;
        let cells: Vec<Vec<(Symbol, usize)>> =
            combinations.iter().map(|cell| with_further(cell, &estimand)).collect();
        let stream = &mut Stream::new(bootstrap.seed, "bootstrap", 0, 0);
        let found = estimand
            .estimate(&self.counts, &cells, bootstrap.replicates, bootstrap.level, stream)
            .map_err(|error| error.to_string())?;
        let shown = |cell: &[(usize, usize)]| {
            cell.iter().map(|&(node, value)| self.levels[node][value].clone()).collect()
        };
        let cells = combinations.iter().zip(found).map(|(cell, found)| Cell {
            values: shown(cell),
            estimate: found.value,
            interval: found.interval,
            standard_error: found.standard_error,
            undefined: found.undefined,
        });
        Ok(Effect {
            query: query.text(&self.graph),
            estimand: estimand.to_string(),
            rows: self.counts.total(),
            hidden: self.hidden.clone(),
            variables: asked.iter().map(|(node, _)| self.graph.name(*node).to_owned()).collect(),
            cells: cells.collect(),
        })
    }

    /// The values that are asked about: the one given, or all.
    fn values(
        &self,
        name: &str,
        value: Option<&str>,
    ) -> std::result::Result<(usize, Vec<usize>), String> {
        let node = self.graph.index_of(name).map_err(|error| error.to_string())?;
        let levels = &self.levels[node];
        let Some(value) = value else { return Ok((node, (0..levels.len()).collect())) };
        match levels.iter().position(|level| level == value) {
            Some(found) => Ok((node, vec![found])),
            None => Err(format!(
                "`{value}` is no value of `{name}` in the data: its values are {}",
                levels.join(", ")
            )),
        }
    }
}

/// A cell with the first value of what the formula speaks of without depending on it.
fn with_further(cell: &[(usize, usize)], estimand: &Estimand) -> Vec<(Symbol, usize)> {
    let mut values: Vec<(Symbol, usize)> =
        cell.iter().map(|&(node, value)| (Symbol::of(node), value)).collect();
    for symbol in estimand.free_symbols() {
        if values.iter().all(|(known, _)| *known != symbol) {
            values.push((symbol, 0));
        }
    }
    values
}

/// The different texts of a column: by size where all are numbers, in alphabetical order otherwise.
fn ascending(column: &[String]) -> Vec<String> {
    let mut found: Vec<String> = column.to_vec();
    found.sort_unstable();
    found.dedup();
    let numbers: Option<Vec<f64>> = found.iter().map(|text| text.parse().ok()).collect();
    if let Some(numbers) = numbers {
        let mut both: Vec<(f64, String)> = numbers.into_iter().zip(found).collect();
        both.sort_by(|a, b| a.0.total_cmp(&b.0));
        found = both.into_iter().map(|(_, text)| text).collect();
    }
    found
}

fn place(levels: &[String], cell: &str) -> usize {
    levels.iter().position(|level| level == cell).unwrap_or_default()
}

/// All combinations of values, the last variable varying fastest.
fn combinations(
    asked: &[(usize, Vec<usize>)],
) -> std::result::Result<Vec<Vec<(usize, usize)>>, String> {
    let cells = asked.iter().fold(1_usize, |cells, (_, values)| cells.saturating_mul(values.len()));
    if cells > MOST_CELLS {
        return Err(format!(
            "there are {cells} combinations of values: fix some, as in `--do X=1`"
        ));
    }
    let mut all = vec![Vec::new()];
    for (node, values) in asked {
        let more = |cell: &Vec<(usize, usize)>| {
            values
                .iter()
                .map(|&value| {
                    let mut cell = cell.clone();
                    cell.push((*node, value));
                    cell
                })
                .collect::<Vec<_>>()
        };
        all = all.iter().flat_map(more).collect();
    }
    Ok(all)
}
