//! What goes to stdout: text, tables, or one JSON document.

use std::{
    collections::BTreeSet,
    io::{ErrorKind, Write, stdout},
    path::Path,
};

use counterfoil::experiment::{
    actions::{
        figures::Row,
        imagine::{Imagination, Imagined},
    },
    evaluate::{
        Summary,
        dotted::{Figures, flatten},
    },
};
use serde::Serialize;
use serde_json::json;

use crate::say::say;

/// Writes text and a line break.
///
/// # Errors
/// When stdout cannot be written; a reader that has gone (`| head`) is no error.
pub(crate) fn line(text: &str) -> anyhow::Result<()> {
    match writeln!(stdout(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes one JSON document.
///
/// # Errors
/// As [`line`].
pub(crate) fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    line(&serde_json::to_string_pretty(value)?)
}

/// Writes rows under a header, columns aligned: the first to the left, numbers to the right.
///
/// # Errors
/// As [`line`].
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> anyhow::Result<()> {
    line(&aligned(header, rows))
}

fn aligned(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(|h| (*h).to_owned()).collect();
    let lines: Vec<&Vec<String>> = std::iter::once(&header).chain(rows).collect();
    let width = |column: usize| {
        lines.iter().filter_map(|l| l.get(column)).map(|c| c.chars().count()).max().unwrap_or(0)
    };
    let numeric = |column: usize| {
        rows.iter().all(|row| row.get(column).is_none_or(|c| c == "-" || c.parse::<f64>().is_ok()))
    };
    let columns: Vec<(usize, bool)> = (0..header.len()).map(|c| (width(c), numeric(c))).collect();
    let cell = |(text, (width, numeric)): (&String, &(usize, bool))| {
        if *numeric { format!("{text:>width$}") } else { format!("{text:<width$}") }
    };
    let join = |row: &Vec<String>| {
        row.iter().zip(&columns).map(cell).collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    lines.into_iter().map(join).collect::<Vec<_>>().join("\n")
}

/// A number as a person reads it: six significant digits, no trailing zeros.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    if !(1e-4..1e7).contains(&size) {
        return format!("{value:.4e}");
    }
    let decimals = (5.0 - size.log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A number, or `-` where there is none.
pub(crate) fn maybe(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), number)
}

/// Writes figures without their intervals, one row each, one column a run.
///
/// # Errors
/// As [`line`].
pub(crate) fn figures(rows: &[Row], runs: usize) -> anyhow::Result<()> {
    let numbers: Vec<String> = (1..=runs).map(|n| n.to_string()).collect();
    let header: Vec<&str> =
        std::iter::once("figure").chain(numbers.iter().map(String::as_str)).collect();
    let row = |row: &Row| {
        let values = row.values.iter().copied().map(maybe);
        std::iter::once(row.figure.clone()).chain(values).collect()
    };
    let rows = rows.iter().filter(|row| !is_interval(&row.figure));
    table(&header, &rows.map(row).collect::<Vec<_>>())
}

/// Writes the numbers of a summary as a list of figures, without their intervals.
///
/// # Errors
/// As [`line`].
pub(crate) fn summary(summary: &Summary) -> anyhow::Result<()> {
    let mut found = Figures::new();
    flatten("", &serde_json::to_value(summary)?, &mut found);
    found.retain(|(name, _)| !is_interval(name));
    let rows: Vec<Vec<String>> =
        found.into_iter().map(|(name, value)| vec![name, number(value)]).collect();
    table(&["figure", "value"], &rows)
}

/// Whether a figure is an end of the interval of another one.
fn is_interval(name: &str) -> bool {
    name.starts_with("intervals.") || name.contains("ci95.")
}

/// Tells what was imagined: where the picture lies, and what is read from each image beside what is known.
///
/// # Errors
/// As [`line`].
pub(crate) fn imagined(
    imagination: &Imagination,
    imagined: &Imagined,
    file: &Path,
    as_json: bool,
) -> anyhow::Result<()> {
    let labels = imagination.labels();
    if as_json {
        return json(&json!({ "picture": file, "labels": labels, "imagined": imagined }));
    }
    for warning in &imagined.warnings {
        say(&format!("warning: {warning}"));
    }
    let mut header = vec!["image", "column"];
    header.extend(&labels);
    header.extend(labels.iter().map(|_| "(true)"));
    let ranged = imagined.rows.iter().flat_map(|row| &row.cells).any(|cell| cell.ranges.is_some());
    header.extend(labels.iter().filter(|_| ranged).map(|_| "(range)"));
    let mut rows = Vec::new();
    for row in &imagined.rows {
        for (column, cell) in imagined.columns.iter().zip(&row.cells) {
            let item = row.item.map_or_else(|| "-".to_owned(), |item| item.to_string());
            let read = cell.read.iter().copied().map(number);
            let truth = (0..labels.len()).map(|k| maybe(cell.truth.as_ref().map(|t| t[k])));
            let ranges = labels.iter().enumerate().filter(|_| ranged).map(|(k, _)| {
                let range = cell.ranges.as_ref().and_then(|ranges| ranges.get(k)?.as_ref());
                range.map_or_else(
                    || maybe(None),
                    |[a, b]| format!("{} to {}", number(*a), number(*b)),
                )
            });
            let told = [item, column.clone()].into_iter().chain(read).chain(truth);
            rows.push(told.chain(ranges).collect());
        }
    }
    table(&header, &rows)?;
    let found = || imagined.identification.iter().flatten();
    let effects = found().filter_map(|one| {
        Some((one.query.clone(), one.estimand.as_ref().or(one.hedge.as_ref())?.clone()))
    });
    let images = found()
        .filter_map(|one| one.of_image.as_ref().map(|image| (image.query.clone(), image.ground())));
    verdicts(["effect", "what data say of it, by the graph"], effects)?;
    verdicts(["of an image (0 as seen, 1 as set)", "what its answer rests on"], images)?;
    line(&format!("picture  {}", file.display()))
}

/// Questions and what the graph says of them, each once; nothing where nothing was asked.
fn verdicts(
    header: [&str; 2],
    found: impl Iterator<Item = (String, String)>,
) -> anyhow::Result<()> {
    let found: BTreeSet<(String, String)> = found.collect();
    if found.is_empty() {
        return Ok(());
    }
    line("")?;
    let rows: Vec<Vec<String>> = found.into_iter().map(|(query, by)| vec![query, by]).collect();
    table(&header, &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_six_digits() {
        for (value, expected) in [
            (0.0, "0"),
            (2.5, "2.5"),
            (1500.0, "1500"),
            (0.000312345678, "0.000312346"),
            (1.0 / 3.0, "0.333333"),
            (123456.789, "123457"),
            (1e-7, "1.0000e-7"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(number(value), expected);
        }
    }

    #[test]
    fn columns_of_numbers_are_flushed_right() {
        let rows = [vec!["a".to_owned(), "1".into()], vec!["long".into(), "-".into()]];
        assert_eq!(aligned(&["name", "steps"], &rows), "name  steps\na         1\nlong      -");
    }
}
