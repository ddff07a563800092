//! Label files: CSV with an index and one column of numbers for each labelled variable.
//!
//! ```text
//! index,thickness,intensity
//! 0,2.2673757,145.269
//! 1,3.2086186,229.09312
//! ```
//!
//! Columns are found by name and may stand in any order; further columns are ignored. The index counts from 0
//! without gaps, so a row that is missing, doubled or misplaced is noticed on its line.

use crate::{DataError, Result};
use counterfoil_graph::Dag;
use indexmap::IndexSet;
use ndarray::Array2;
use std::path::Path;

/// Reads the label file of a graph's variables; returns `rows x variables` in the graph's order.
///
/// # Errors
/// When the file cannot be opened, or with [`DataError::Csv`], which names the line: a column is missing or
/// doubled, a row has too few or too many fields, an index is out of order, a value is no finite number or lies
/// outside its variable's domain.
pub fn read(file: &Path, graph: &Dag) -> Result<Array2<f64>> {
    let bytes = fs_err::read(file)?;
    parse(&bytes, graph).map_err(|(line, reason)| DataError::Csv {
        file: file.to_owned(),
        line,
        reason,
    })
}

/// What an empty cell, or one that says `nan`, means in a variable's column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blank {
    /// A mistake.
    Refused,
    /// A label that nobody knows; it is read as NaN.
    Unknown,
}

/// Reads a label file whose rows are named by another column than the index; returns the names and the labels.
///
/// # Errors
/// As [`read`], but that `blank` cells may be unknown labels; also when a row has no name or that of a row before it.
pub(crate) fn read_named(
    file: &Path,
    graph: &Dag,
    key: &str,
    blank: Blank,
) -> Result<(Vec<String>, Array2<f64>)> {
    let bytes = fs_err::read(file)?;
    let mut names = IndexSet::new();
    let accept = |_: usize, name: &str| {
        if name.is_empty() {
            return Err(format!("nothing stands in column `{key}`"));
        }
        // Doubles could come into two parts of a split.
        if !names.insert(name.to_owned()) {
            return Err(format!("{name} has a row already; keep one"));
        }
        Ok(())
    };
    let labels = table(&bytes, graph, key, blank, accept)
        .map_err(|(line, reason)| DataError::Csv { file: file.to_owned(), line, reason })?;
    Ok((names.into_iter().collect(), labels))
}

/// Whether a label file has a column of this name.
///
/// # Errors
/// When the file cannot be opened, or with [`DataError::Csv`] for a header that is none.
pub(crate) fn has_column(file: &Path, name: &str) -> Result<bool> {
    let bytes = fs_err::read(file)?;
    let found = reader(&bytes).headers().map(|headers| headers.iter().any(|header| header == name));
    found.map_err(|error| {
        let (line, reason) = csv_fault(&error, &bytes);
        DataError::Csv { file: file.to_owned(), line, reason }
    })
}

/// How all label files are read: spaces around a field say nothing.
fn reader(bytes: &[u8]) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes)
}

/// A line, counted from 1, and what is wrong there.
type Fault = (u64, String);

fn parse(bytes: &[u8], graph: &Dag) -> Result<Array2<f64>, Fault> {
    table(bytes, graph, "index", Blank::Refused, |row, text| {
        if text.parse() == Ok(row) {
            return Ok(());
        }
        Err(format!("index {text:?} where {row} is due; a row is missing, repeated or misplaced"))
    })
}

/// Rows of labels, whose key column is shown to `accept` with the number of the row.
fn table(
    bytes: &[u8],
    graph: &Dag,
    key: &str,
    blank: Blank,
    mut accept: impl FnMut(usize, &str) -> Result<(), String>,
) -> Result<Array2<f64>, Fault> {
    let mut reader = reader(bytes);
    let headers = reader.headers().map_err(|e| csv_fault(&e, bytes))?.clone();
    let column = |name: &str| -> Result<usize, Fault> {
        let mut found = headers.iter().enumerate().filter(|(_, header)| *header == name);
        match (found.next(), found.next()) {
            (Some((k, _)), None) => Ok(k),
            (None, _) => {
                let present = headers.iter().collect::<Vec<_>>().join(", ");
                Err((1, format!("no column `{name}`; the columns are {present}")))
            }
            (Some(_), Some(_)) => Err((1, format!("two columns are called `{name}`; keep one"))),
        }
    };
    let key_column = column(key)?;
    let columns = graph
        .variables()
        .map(|variable| Ok((column(variable.name())?, variable)))
        .collect::<Result<Vec<_>, Fault>>()?;

    let mut labels = Vec::new();
    let mut rows = 0;
    for record in reader.into_records() {
        let record = record.map_err(|e| csv_fault(&e, bytes))?;
        let line = line_of(record.position(), bytes);
        let field = |k: usize| record.get(k).unwrap_or_default();
        accept(rows, field(key_column)).map_err(|reason| (line, reason))?;
        for &(k, variable) in &columns {
            let text = field(k);
            if blank == Blank::Unknown && says_nothing(text) {
                labels.push(f64::NAN);
                continue;
            }
            let value: f64 = text.parse().map_err(|_| {
                (line, format!("{:?} in column `{}` is not a number", text, variable.name()))
            })?;
            // Refuses NaN and infinities as well as what the variable's hard bounds exclude.
            variable.place(value).map_err(|e| (line, e.to_string()))?;
            labels.push(value);
        }
        rows += 1;
    }
    Array2::from_shape_vec((rows, columns.len()), labels).map_err(|e| (0, e.to_string()))
}

/// Whether a cell holds no value: nothing at all, or `nan` in any spelling that a number is read from.
fn says_nothing(text: &str) -> bool {
    text.is_empty() || text.parse::<f64>().is_ok_and(f64::is_nan)
}

/// The line on which a record begins; the reader's own count stops before the empty lines that it skips.
fn line_of(position: Option<&csv::Position>, bytes: &[u8]) -> u64 {
    let Some(position) = position else { return 1 };
    let rest = bytes.get(position.byte() as usize..).unwrap_or_default();
    let skipped = rest.iter().take_while(|b| b"\r\n".contains(b)).filter(|b| **b == b'\n').count();
    position.line() + skipped as u64
}

fn csv_fault(error: &csv::Error, bytes: &[u8]) -> Fault {
    let line = line_of(error.position(), bytes);
    let reason = match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} fields where the header has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "not UTF-8 text".to_owned(),
        _ => error.to_string(),
    };
    (line, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn graph() -> Dag {
        Dag::from_dot("digraph { a [domain_low=0]; b; a -> b }").unwrap()
    }

    proptest! {
        /// Exact: every f64 survives, because the shortest text that names it is read back to it.
        #[test]
        fn labels_are_read_to_the_last_bit(
            rows in prop::collection::vec((0.0..1e300f64, prop::num::f64::NORMAL), 0..20),
        ) {
            let lines = rows.iter().enumerate().map(|(k, (a, b))| format!("{b:?}, x ,{k},{a:?}\n"));
            let text: String = std::iter::once("b,extra,index,a\n".to_owned()).chain(lines).collect();
            let labels = parse(text.as_bytes(), &graph()).unwrap();
            prop_assert_eq!(labels.dim(), (rows.len(), 2));
            for (k, (a, b)) in rows.iter().enumerate() {
                prop_assert_eq!((labels[[k, 0]], labels[[k, 1]]), (*a, *b));
            }
        }

        /// Exact: what is blank is NaN where it stands, every other cell keeps its bits, and the index refuses both spellings.
        #[test]
        fn blanks_are_unknown_where_they_may_be(
            rows in prop::collection::vec((prop::option::of(0.0..1e9f64), prop::option::of(-1e9..1e9f64)), 1..20),
            word in "(|nan|NaN|-NAN| )",
        ) {
            let cell = |value: &Option<f64>| value.map_or(word.clone(), |value| format!("{value:?}"));
            let lines = rows.iter().enumerate().map(|(k, (a, b))| format!("{k},{},{}\n", cell(a), cell(b)));
            let text: String = std::iter::once("index,a,b\n".to_owned()).chain(lines).collect();
            let labels = table(text.as_bytes(), &graph(), "index", Blank::Unknown, |_, _| Ok(())).unwrap();
            let given = rows.iter().flat_map(|(a, b)| [*a, *b]);
            for (found, given) in labels.iter().zip(given) {
                prop_assert_eq!(found.to_bits(), given.unwrap_or(f64::NAN).to_bits());
            }
            let whole = rows.iter().all(|(a, b)| a.is_some() && b.is_some());
            prop_assert_eq!(parse(text.as_bytes(), &graph()).is_ok(), whole);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), header: bool) {
            let start: &[u8] = if header { b"index,a,b\n0,1,2\n" } else { b"" };
            let _ = parse(&[start, &bytes].concat(), &graph());
        }

        #[test]
        fn arbitrary_fields_never_panic(text in "[0-9,.eE+\\-naif\"\r\n ]{0,80}") {
            let _ = parse(format!("index,a,b\n{text}").as_bytes(), &graph());
        }
    }

    #[test]
    fn each_fault_is_named_with_its_line() {
        let check = |text: &str, line: u64, expected: &str| {
            let (found, reason) = parse(text.as_bytes(), &graph()).unwrap_err();
            assert!(reason.contains(expected), "{reason:?} does not say {expected:?}");
            assert_eq!(found, line, "{reason}");
        };
        check("", 1, "no column `index`");
        check("index,a\n0,1\n", 1, "no column `b`; the columns are index, a");
        check("index,a,b,a\n", 1, "two columns are called `a`");
        check("index,a,b\n0,1,2\n2,1,2\n", 3, "index \"2\" where 1 is due");
        check("index,a,b\n0,1,2\n0,1,2\n", 3, "index \"0\" where 1 is due");
        check("index,a,b\nzero,1,2\n", 2, "index \"zero\"");
        check("index,a,b\n0,1,2\n1,1\n", 3, "2 fields where the header has 3");
        check("index,a,b\n0,1,2\n\n1,x,2\n", 4, "\"x\" in column `a` is not a number");
        check("index,a,b\r\n0,1,2\r\n1,x,2\r\n", 3, "\"x\" in column `a` is not a number");
        check("index,a,b\n0,1,NaN\n", 2, "NaN is no value of `b`");
        check("index,a,b\n0,1,\n", 2, "\"\" in column `b`");
        check("index,a,b\n0,inf,2\n", 2, "inf is no value of `a`");
        check("index,a,b\n0,-1,2\n", 2, "-1 is no value of `a`");
        let (line, reason) = parse(b"index,a,b\n0,1,2\n1,\xff,2\n", &graph()).unwrap_err();
        assert_eq!((line, reason.as_str()), (3, "not UTF-8 text"));
    }
}
