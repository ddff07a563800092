//! A group that varies one key: its values as rows, and the figures of the rows as lines over it.

use serde::Deserialize;

use super::{
    board::{Board, Line, Part},
    file::{Ablation, Group, Origin},
};
use crate::{
    config::Method,
    error::{ExperimentError, Result},
    plot::{self, Axis},
};

/// Columns that are worth a panel, in their order.
const PANELS: [&str; 5] = ["effect", "descendants", "image", "reading", "drift"];

/// A key and the values that it takes in turn, for each method of its group.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sweep {
    /// The key, as `--set` has it.
    key: String,
    /// Its values.
    values: Vec<f64>,
    /// What stands below the horizontal axis; the key where it is left out.
    #[serde(default)]
    pub(super) axis: Option<String>,
    /// Whether the horizontal axis is logarithmic.
    #[serde(default)]
    pub(super) logarithm: bool,
}

impl Sweep {
    pub(super) fn axis(&self) -> Axis {
        let title = self.axis.clone().unwrap_or_else(|| self.key.clone());
        Axis { title, logarithmic: self.logarithm }
    }
}

/// Where a row stands on the axis of its section, and on the line of which method.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// The value of the key.
    pub at: f64,
    /// The method.
    pub method: String,
}

/// Turns the sweep of a group into a row for each method and value.
pub(super) fn spread(origin: &Origin, number: usize, group: &mut Group) -> Result<()> {
    let Some(sweep) = &group.sweep else { return Ok(()) };
    let key = |name: &str| format!("matrix[{number}].{name}");
    if !group.ablations.is_empty() {
        let reason = "stands beside a sweep, which makes the rows: give it a group of its own";
        return Err(origin.wrong(&key("ablations"), reason));
    }
    let low = if sweep.logarithm { 0.0 } else { f64::NEG_INFINITY };
    let usable = |value: &f64| value.is_finite() && *value > low;
    if sweep.values.len() < 2 || !sweep.values.iter().all(usable) {
        let above = if sweep.logarithm { " above 0" } else { "" };
        let reason = format!("must be at least two numbers{above}");
        return Err(origin.wrong(&key("sweep.values"), &reason));
    }
    let several = group.methods.len() > 1;
    let default = [Method::Default.name().to_owned()];
    let methods = if group.methods.is_empty() { &default[..] } else { &group.methods[..] };
    let rows = methods.iter().flat_map(|method| sweep.values.iter().map(move |at| (method, *at)));
    group.ablations = rows
        .map(|(method, at)| {
            let set = format!("{}={at:?}", sweep.key);
            let name = if several { format!("{method}, {set}") } else { set.clone() };
            let place = Some(Place { at, method: method.clone() });
            Ablation { name, method: Some(method.clone()), set: vec![set], place }
        })
        .collect();
    group.methods.clear();
    Ok(())
}

/// A sweep as a drawing.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// The place of its section in the board.
    pub section: usize,
    /// The name of its file.
    pub name: String,
    /// What is in it.
    pub svg: String,
}

/// The drawings of the sweeps of a board that have something to draw.
///
/// # Errors
/// When a drawing fails.
pub fn drawings(board: &Board) -> Result<Vec<Drawing>> {
    let mut drawn = Vec::new();
    for (section, part) in board.sections.iter().enumerate() {
        if let Some(svg) = drawing(part)? {
            drawn.push(Drawing { section, name: file_name(part), svg });
        }
    }
    Ok(drawn)
}

/// `sweep-EXPERIMENT-LABEL.svg`, in letters, digits and hyphens.
fn file_name(part: &Part) -> String {
    let label = part.label.as_deref().unwrap_or_default().to_lowercase();
    let words: Vec<&str> =
        label.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let parts = ["sweep", &part.experiment].into_iter().chain(words);
    format!("{}.svg", parts.collect::<Vec<_>>().join("-"))
}

/// One panel a figure, one line a method; nothing where fewer than two values have run.
fn drawing(part: &Part) -> Result<Option<String>> {
    let Some(axis) = &part.axis else { return Ok(None) };
    let panels: Vec<(Axis, Vec<plot::Line>)> = PANELS
        .iter()
        .filter_map(|key| {
            let column = part.columns.iter().position(|head| head.key == *key)?;
            let lines = lines(&part.rows, column);
            let title = part.columns[column].title;
            lines.iter().any(|line| line.points.len() > 1).then(|| (Axis::linear(title), lines))
        })
        .collect();
    if panels.is_empty() {
        return Ok(None);
    }
    plot::panels(axis, &panels)
        .map(Some)
        .map_err(|reason| ExperimentError::Syntax { origin: "the drawing".to_owned(), reason })
}

fn lines(rows: &[Line], column: usize) -> Vec<plot::Line> {
    let mut lines = plot::by_name(rows.iter().filter_map(|row| {
        let (place, entry) = (row.place.as_ref()?, row.entries[column].as_ref()?);
        Some((place.method.clone(), place.at, entry.value))
    }));
    for line in &mut lines {
        line.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    lines
}
